"""Inherited methods over HTTP, in `check --explain`, in pictures and in the text of the program."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from command_line import anabranch, serving

AUDIT = '''\
import time


class Audited:
    """What is written down."""

    def __init__(self, name: str, limit: int = 3):
        self.name = name
        self.limit = limit
        self.log: list[str] = []

    def __key__(self) -> str:
        return self.name

    def note(self, text: str) -> int:
        """Adds a line."""
        self.log.append(text)
        return len(self.log)

    def copy_to(self, other: "Audited") -> int:
        for line in self.log:
            other.note(line)
        return other.note(f"from {self.name}")

    def when(self) -> float:
        return time.time()

    def _private(self) -> int:
        return 1
'''

BANK = """\
from anabranch import entity
from audit import Audited


@entity
class Account(Audited):
    def copy_to(self, other: Audited) -> int:
        return super().copy_to(other) + 100


@entity
class Safe(Audited):
    pass
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    (folder / "audit.py").write_text(AUDIT, encoding="utf-8")
    (folder / "bank.py").write_text(BANK, encoding="utf-8")
    return folder / "bank.py"


@pytest.fixture(scope="module")
def http(bank: Path) -> Generator[httpx.Client]:
    with (
        serving(bank, bank.parent / "data") as server,
        httpx.Client(base_url=server.url, timeout=30) as http,
    ):
        yield http


def call(http: httpx.Client, path: str, **arguments: Any) -> Any:
    answer = http.post(f"/v1/{path}", json=arguments)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_inherited_members_over_http(http: httpx.Client) -> None:
    assert call(http, "Account", name="a", limit=5) == {"key": "a"}
    assert call(http, "Safe", name="s") == {"key": "s"}
    assert call(http, "Account/a/note", text="x") == {"result": 1}
    safe = {"$ref": ["Safe", "s"]}
    assert call(http, "Account/a/copy_to", other=safe) == {"result": 102}
    account = {"$ref": ["Account", "a"]}
    assert call(http, "Safe/s/copy_to", other=account) == {"result": 4}
    state = http.get("/v1/Account/a").json()["state"]
    assert state == {"name": "a", "limit": 5, "log": ["x", "x", "from a", "from s"]}
    assert http.post("/v1/Safe/s/_private", json={}).status_code == 404
    wrong = http.post("/v1/Account/a/note", json={"text": 3})
    assert wrong.status_code == 422


def test_openapi_has_inherited_methods(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    for entity in ["Account", "Safe"]:
        assert f"/v1/{entity}/{{key}}/note" in paths
        assert f"/v1/{entity}/{{key}}/_private" not in paths
    assert paths["/v1/Safe/{key}/note"]["post"]["summary"] == "Adds a line."


def test_explanations_and_notes(bank: Path) -> None:
    completed = anabranch("check", bank, "--explain", "--notes")
    assert completed.returncode == 0, completed.stderr
    text = completed.stdout + completed.stderr
    assert "2 entity classes" in text
    sections = text.split("\n\n")
    note = next(section for section in sections if section.startswith("Safe.note"))
    assert "reads    Safe.log" in note
    assert "and no other entity" in note
    # Once for the line, although two entity classes inherit it.
    assert text.count("`time.time` is taken from the transaction") == 1


def test_pictures_and_text(bank: Path) -> None:
    dot = anabranch("graph", bank, "--format", "dot").stdout
    assert "note" in dot
    overridden = anabranch("graph", bank, "--method", "Account.Audited.copy_to", "--format", "dot")
    assert "other.note(line)" in overridden.stdout, overridden.stderr
    own = anabranch("graph", bank, "--method", "Account.copy_to", "--format", "dot").stdout
    assert "Account.Audited.copy_to()" in own
    program = anabranch("compile", bank, "--emit", "ir").stdout
    assert "  base Audited in module1" in program
    assert "function audit:Account.Audited.copy_to then seg1" in program


def test_a_traceback_shows_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        "class Base:\n"
        "    def __init__(self, name):\n"
        "        self.name = name\n"
        "    def __key__(self):\n"
        "        return self.name\n"
        "    def ask(self, other):\n"
        "        found = other.name\n"
        "        raise ValueError(found)\n",
        encoding="utf-8",
    )
    main = tmp_path / "main.py"
    main.write_text(
        "from anabranch import entity\n"
        "from base import Base\n"
        "@entity\n"
        "class A(Base):\n"
        "    def ask(self, other):\n"
        "        return super().ask(other)\n"
        "def main():\n"
        "    A('a').ask(A('b'))\n",
        encoding="utf-8",
    )
    completed = anabranch("run", main, "--engine", "local")
    assert completed.returncode == 1
    lines = [line.strip() for line in completed.stderr.splitlines() if "File " in line]
    assert f'File "{main}", line 6, in ask' in lines
    assert f'File "{tmp_path / "base.py"}", line 8, in ask' in lines


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("Base.ask = lambda self, other: 1", "ask is another function than the one at line 7"),
        ("A.__bases__ = (Base, More)", "inherits from other classes than those in its source"),
    ],
)
def test_what_is_changed_after_compilation_is_refused(
    tmp_path: Path, change: str, message: str
) -> None:
    main = tmp_path / "main.py"
    main.write_text(
        "from anabranch import entity\n"
        "class Base:\n"
        "    def __init__(self, name):\n"
        "        self.name = name\n"
        "    def __key__(self):\n"
        "        return self.name\n"
        "    def ask(self, other):\n"
        "        return other.name\n"
        "class More:\n"
        "    pass\n"
        "@entity\n"
        "class A(Base):\n"
        "    pass\n"
        f"{change}\n"
        "def main():\n"
        "    print(A('a').ask(A('b')))\n",
        encoding="utf-8",
    )
    completed = anabranch("run", main, "--engine", "local")
    assert completed.returncode == 1
    assert message in completed.stderr
