"""`anabranch check --format`, and the drawings of `anabranch graph`."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import EXAMPLES, anabranch

SHOP = EXAMPLES / "shop" / "shop.py"
MISTAKES = """\
from anabranch import entity


@entity
class Lamp:
    def __init__(self, name: str):
        self.name = name

    def __key__(self) -> str:
        return self.name

    def glow(self, other: "Lamp"):
        return "ö", other.glwo(self)
"""


@pytest.fixture
def mistaken(tmp_path: Path) -> Path:
    path = tmp_path / "lamps.py"
    path.write_text(MISTAKES, encoding="utf-8")
    return path


def test_json(mistaken: Path) -> None:
    completed = anabranch("check", mistaken, "--format", "json")
    assert completed.returncode == 1
    assert completed.stderr == ""
    (finding,) = json.loads(completed.stdout)
    assert finding["code"] == "AB043"
    assert finding["file"] == str(mistaken)
    # Columns count code points.
    place = [finding[field] for field in ("line", "column", "end_line", "end_column")]
    assert place == [13, 27, 13, 31]


def test_github(mistaken: Path) -> None:
    completed = anabranch("check", mistaken, "--format", "github")
    assert completed.returncode == 1
    assert completed.stderr == ""
    assert completed.stdout.startswith(f"::error file={mistaken},line=13,endLine=13,col=27,")
    assert completed.stdout.count("\n") == 1


def test_sarif(mistaken: Path) -> None:
    completed = anabranch("check", mistaken, "--format", "sarif")
    assert completed.returncode == 1
    assert completed.stderr == ""
    log = json.loads(completed.stdout)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "AB043"


def test_nothing_found() -> None:
    outputs = {form: anabranch("check", SHOP, "--format", form) for form in ("json", "github")}
    assert [completed.returncode for completed in outputs.values()] == [0, 0]
    assert json.loads(outputs["json"].stdout) == []
    assert outputs["github"].stdout == ""


def test_the_text_ends_with_where_to_read_on(mistaken: Path) -> None:
    completed = anabranch("check", mistaken)
    assert completed.stderr.endswith("for more, type: anabranch explain AB043\n")


def test_an_unknown_code() -> None:
    completed = anabranch("explain", "AB999")
    assert completed.returncode == 1
    assert "there is no code AB999" in completed.stderr


@pytest.mark.parametrize("method", [[], ["--method", "User.checkout"]])
def test_drawings_by_the_name_of_the_file(tmp_path: Path, method: list[str]) -> None:
    for name, start in [("a.dot", "digraph"), ("a.mmd", "flowchart"), ("a.svg", "<svg")]:
        completed = anabranch("graph", SHOP, *method, "-o", tmp_path / name)
        assert completed.returncode == 0, completed.stderr
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)
    ElementTree.parse(tmp_path / "a.svg")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "User.chekout"], "did you mean User.checkout?"),
        (["-o", "shop.png"], "--format svg|dot|mermaid"),
    ],
)
def test_drawings_that_cannot_be_made(arguments: list[str], message: str) -> None:
    completed = anabranch("graph", SHOP, *arguments)
    assert completed.returncode == 1
    assert message in completed.stderr
    assert completed.stdout == ""


LYING_HINT = """\
from anabranch import entity


@entity
class Item:
    def __init__(self, name: str):
        self.name = name
        self.count = 0

    def __key__(self) -> str:
        return self.name

    def touch(self) -> int:
        return self.count


@entity
class User:
    def __init__(self, name: str):
        self.name = name
        self.count = 0

    def __key__(self) -> str:
        return self.name

    def touch(self) -> int:
        self.count += 1
        return self.count

    def ask(self, item: Item) -> int:
        return item.touch()


def main():
    print(User("u").ask(User("v")))
"""


def test_a_wrong_hint_shows_when_effects_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "lying.py"
    path.write_text(LYING_HINT, encoding="utf-8")
    completed = anabranch("run", path, "--engine", "local")
    assert (completed.stdout, completed.returncode) == ("1\n", 0)
    completed = anabranch("run", path, "--engine", "local", "--compare-effects")
    assert "User.ask changed a User, which is not among its effects" in completed.stderr
    assert completed.returncode == 1


def test_explain_tells_what_each_method_touches() -> None:
    completed = anabranch("check", "--explain", SHOP)
    methods = {block.split("\n")[0]: block for block in completed.stdout.split("\n\n")}
    assert methods["User.buy_item"].split("\n")[1:] == [
        "  reads    Item.price, Item.stock, User.balance",
        "  writes   Item.stock, User.balance",
        "  calls    Item.update_stock",
        "  touches  the Item `item` (to write), itself (to write): all known before it runs",
    ]
    assert "changes  nothing: it only reads" in methods["User.order_totals"]
    assert "the attribute `orders` (shop.py:137)" in methods["User.order_totals"]
