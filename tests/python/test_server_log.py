"""What entity code prints and logs, in the log of a server."""

import re
from collections.abc import Generator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from command_line import APPLICATIONS, Server, serving


class LoggedServer:
    """A server and the lines that it has logged."""

    def __init__(self, server: Server, log: Path) -> None:
        self.http = httpx.Client(base_url=server.url, timeout=30)
        self.server = server
        self._log = log
        self._seen = 0

    def call(self, path: str, **arguments: str) -> int:
        return self.http.post(f"/v1/Speaker{path}", json=arguments).status_code

    def new_lines(self) -> list[str]:
        """The lines since the last time, without their times; transactions become `N`."""
        lines = self._log.read_text().splitlines()
        new, self._seen = lines[self._seen :], len(lines)
        new = [re.sub(r"transaction=\d+", "transaction=N", line) for line in new]
        return [re.sub(r"^\S+ +", "", line) for line in new]


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Generator[LoggedServer]:
    folder = tmp_path_factory.mktemp("talkative")
    log = folder / "log"
    with (
        log.open("w") as file,
        serving(APPLICATIONS / "talkative.py", folder / "data", log=file) as server,
    ):
        logged = LoggedServer(server, log)
        with logged.http:
            yield logged


@pytest.fixture
def name(logged: LoggedServer) -> str:
    name = str(uuid4())
    assert logged.call("", name=name) == 201
    method = 'transaction=N method="Speaker.__init__" stream="stdout"'
    assert logged.new_lines() == [f"INFO created {name} {method}"]
    return name


def test_prints_and_records(logged: LoggedServer, name: str) -> None:
    assert logged.call(f"/{name}/say", text="hello") == 200
    place = f'transaction=N method="Speaker.say" key="{name}"'
    assert logged.new_lines() == [
        f'INFO hello {place} stream="stdout"',
        f'INFO hello {place} stream="stderr"',
        f'WARN warned of hello {place} logger="talkative"',
    ]


def test_lines_cannot_be_forged(logged: LoggedServer, name: str) -> None:
    assert logged.call(f"/{name}/say", text="a\x1b[1m\rb\nc\td\u2028é") == 200
    place = f'transaction=N method="Speaker.say" key="{name}"'
    assert logged.new_lines()[:2] == [
        rf'INFO a\u{{1b}}[1m\rb {place} stream="stdout"',
        f'INFO c\td\\u{{2028}}é {place} stream="stdout"',
    ]


def test_a_line_in_parts(logged: LoggedServer, name: str) -> None:
    assert logged.call(f"/{name}/say_in_parts") == 200
    lines = logged.new_lines()
    assert len(lines) == 1
    assert lines[0].startswith("INFO one, two transaction=N")


def test_each_line_names_its_own_entity(logged: LoggedServer, name: str) -> None:
    other = str(uuid4())
    assert logged.call("", name=other) == 201
    assert logged.call(f"/{name}/ask", other=other, text="x") == 200
    lines = logged.new_lines()[1:]
    assert len(lines) == 4
    assert all(f'method="Speaker.say" key="{other}"' in line for line in lines[:3])
    ask = f'INFO asked transaction=N method="Speaker.ask" key="{name}" stream="stdout"'
    assert lines[3] == ask


def test_what_was_undone_is_marked(logged: LoggedServer, name: str) -> None:
    assert logged.call(f"/{name}/fail") == 409
    lines = logged.new_lines()
    assert lines[0].startswith("INFO before the failure transaction=N")
    assert lines[1] == "INFO aborted: what this transaction said was undone transaction=N"


def test_other_prints_go_where_they_always_went(logged: LoggedServer) -> None:
    assert logged.server.printed == "printed while imported\n"
