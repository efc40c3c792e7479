"""Entity code that fails in unusual ways fails alone."""

from collections.abc import Generator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from anabranch import RemoteError, connect
from applications.faulty import Fatal, Subject
from command_line import APPLICATIONS, serving


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    data = tmp_path_factory.mktemp("faulty") / "data"
    with serving(APPLICATIONS / "faulty.py", data) as server:
        yield server.url
        assert server.stop() == 0


@pytest.fixture
def http(url: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as http:
        yield http


@pytest.fixture
def names(http: httpx.Client) -> tuple[str, str]:
    """Two entities for each test."""
    one, other = str(uuid4()), str(uuid4())
    for name in (one, other):
        assert http.post("/v1/Subject", json={"name": name}).status_code == 201
    return one, other


def check_undone(http: httpx.Client, name: str) -> None:
    state = http.get(f"/v1/Subject/{name}").json()["state"]
    assert state == {"name": name, "count": 0, "extra": None}
    assert http.post(f"/v1/Subject/{name}/add", json={}).json() == {"result": 1}


@pytest.mark.parametrize(
    ("method", "exception", "args"),
    [
        ("exit", "builtins:SystemExit", ["the application exits"]),
        ("keyboard_interrupt", "builtins:KeyboardInterrupt", []),
        ("generator_exit", "builtins:GeneratorExit", ["early"]),
        ("stop_iteration", "builtins:StopIteration", [4]),
        ("base_exception", "applications.faulty:Fatal", ["fatal"]),
        ("secretive", "applications.faulty:Secretive", []),
        ("unserializable_result", "builtins:TypeError", None),
        ("unserializable_state", "builtins:TypeError", None),
        ("nested_result", "builtins:RecursionError", None),
        ("nested_state", "builtins:RecursionError", None),
        ("nested_text", "builtins:RecursionError", None),
        ("recursion", "builtins:RecursionError", None),
        ("recursion_in_c", "builtins:RecursionError", None),
    ],
)
def test_alone(
    http: httpx.Client, names: tuple[str, str], method: str, exception: str, args: Any
) -> None:
    answer = http.post(f"/v1/Subject/{names[0]}/{method}", json={})
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    assert problem["type"] == "https://anabranch.dev/problems/application-exception"
    assert problem["detail"]
    assert problem["exception"]["type"] == exception
    if args is not None:
        assert problem["exception"]["args"] == args
    check_undone(http, names[0])


@pytest.mark.parametrize(
    ("method", "exception"),
    [
        ("exit_elsewhere", "builtins:SystemExit"),
        ("nested_argument", "builtins:RecursionError"),
    ],
)
def test_with_another(
    http: httpx.Client, names: tuple[str, str], method: str, exception: str
) -> None:
    answer = http.post(f"/v1/Subject/{names[0]}/{method}", json={"other": names[1]})
    assert answer.status_code == 409, answer.text
    assert answer.json()["exception"]["type"] == exception
    for name in names:
        check_undone(http, name)


def test_a_thread_that_calls_an_entity(http: httpx.Client, names: tuple[str, str]) -> None:
    arguments = {"other": names[1]}
    answer = http.post(f"/v1/Subject/{names[0]}/thread_that_calls", json=arguments)
    assert (answer.status_code, answer.json()) == (200, {"result": "AnabranchError"})
    for name in names:
        check_undone(http, name)


def test_a_thread_that_exits(http: httpx.Client, names: tuple[str, str]) -> None:
    answer = http.post(f"/v1/Subject/{names[0]}/thread_that_exits", json={})
    assert answer.json() == {"result": 1}


def test_a_client_is_not_ended_by_an_exit(url: str) -> None:
    with connect(url):
        subject = Subject(str(uuid4()))
        with pytest.raises(RemoteError, match="SystemExit"):
            subject.exit()
        with pytest.raises(RemoteError, match="Fatal") as caught:
            subject.base_exception()
        assert not isinstance(caught.value, Fatal)
        assert subject.add() == 1
