"""Bad and good requests over HTTP, to a real server."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from anabranch import EntityNotFound, connect, ref
from applications.ledger import Account, InsufficientFunds, Teapot
from command_line import LEDGER, serving


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with serving(LEDGER, tmp_path_factory.mktemp("server") / "data") as server:
        yield server.url


@pytest.fixture
def http(url: str) -> Generator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as http:
        yield http


@pytest.fixture
def owner(http: httpx.Client) -> str:
    """An account of its own for each test, with 100."""
    owner = str(uuid4())
    answer = http.post("/v1/Account", json={"owner": owner, "balance": 100})
    assert answer.status_code == 201
    assert answer.json() == {"key": owner}
    return owner


def state(http: httpx.Client, owner: str) -> dict[str, Any]:
    answer = http.get(f"/v1/Account/{owner}")
    assert answer.status_code == 200
    assert answer.json()["key"] == owner
    return answer.json()["state"]


def check_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """Every error is problem details, and says the same in all places."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].partition(";")[0] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"https://anabranch.dev/problems/{slug}"
    assert problem["title"]
    assert problem["detail"]
    return problem


def test_a_call(http: httpx.Client, owner: str) -> None:
    answer = http.post(f"/v1/Account/{owner}/receive", json={"amount": 5, "name": "gift"})
    assert (answer.status_code, answer.json()) == (200, {"result": None})
    assert state(http, owner) == {"owner": owner, "balance": 105, "transfers": ["gift"]}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"{'amount': 1}", b'{"amount": NaN}'])
def test_not_json(http: httpx.Client, owner: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = http.post(f"/v1/Account/{owner}/receive", content=body, headers=headers)
    if body == b"":
        # No body is no arguments; there are two that cannot be left out.
        check_problem(answer, 422, "arguments")
    else:
        check_problem(answer, 400, "not-json")


def test_not_a_value(http: httpx.Client, owner: str) -> None:
    headers = {"Content-Type": "application/vnd.anabranch.value"}
    answer = http.post(f"/v1/Account/{owner}/receive", content=b"\xff\x00", headers=headers)
    check_problem(answer, 400, "not-a-value")


def test_too_large(http: httpx.Client, owner: str) -> None:
    body = json.dumps({"amount": 1, "name": "x" * 2**21}).encode()
    headers = {"Content-Type": "application/json"}
    answer = http.post(f"/v1/Account/{owner}/receive", content=body, headers=headers)
    check_problem(answer, 413, "body-too-large")


@pytest.mark.parametrize(
    "arguments",
    [
        {"amount": "5", "name": "gift"},
        {"amount": 5.5, "name": "gift"},
        {"amount": True, "name": "gift"},
        {"amount": None, "name": "gift"},
        {"amount": 5, "name": 5},
        {"amount": 5},
        {"amount": 5, "name": "gift", "colour": "red"},
        [5, "gift"],
        "gift",
    ],
)
def test_arguments_that_do_not_fit(http: httpx.Client, owner: str, arguments: Any) -> None:
    answer = http.post(f"/v1/Account/{owner}/receive", json=arguments)
    check_problem(answer, 422, "arguments")
    assert state(http, owner)["balance"] == 100


def test_no_such_class(http: httpx.Client) -> None:
    check_problem(http.post("/v1/Nothing", json={}), 404, "no-such-class")
    check_problem(http.get("/v1/Nothing/a"), 404, "no-such-class")


def test_no_such_method(http: httpx.Client, owner: str) -> None:
    check_problem(http.post(f"/v1/Account/{owner}/fly", json={}), 404, "no-such-method")


@pytest.mark.parametrize("name", ["__init__", "__key__", "__reduce__", "balance"])
def test_what_is_no_method_cannot_be_called(http: httpx.Client, owner: str, name: str) -> None:
    check_problem(http.post(f"/v1/Account/{owner}/{name}", json={}), 404, "no-such-method")


def test_no_such_entity(http: httpx.Client) -> None:
    exception = {"type": "anabranch:EntityNotFound", "args": ["Account", "nobody"]}
    for answer in (
        http.get("/v1/Account/nobody"),
        http.post("/v1/Account/nobody/receive", json={"amount": 1, "name": "x"}),
    ):
        problem = check_problem(answer, 404, "entity-not-found")
        assert problem["exception"].items() >= exception.items()


def test_creating_what_exists(http: httpx.Client, owner: str) -> None:
    answer = http.post("/v1/Account", json={"owner": owner, "balance": 1})
    problem = check_problem(answer, 409, "entity-exists")
    exception = {"type": "anabranch:EntityExists", "args": ["Account", owner]}
    assert problem["exception"].items() >= exception.items()
    assert state(http, owner)["balance"] == 100


def test_an_exception_of_the_application(http: httpx.Client, owner: str) -> None:
    answer = http.post(f"/v1/Account/{owner}/brew", json={"colour": "white"})
    problem = check_problem(answer, 418, "application-exception")
    assert problem["exception"] == {
        "type": "applications.ledger:Teapot",
        "args": ["white"],
        "attributes": {"handle": "left"},
    }
    assert state(http, owner)["balance"] == 100


def test_the_same_key_is_applied_once(http: httpx.Client, owner: str) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    arguments = {"amount": 5, "name": "gift"}
    answers = [
        http.post(f"/v1/Account/{owner}/receive", json=arguments, headers=headers) for _ in range(2)
    ]
    assert [answer.json() for answer in answers] == [{"result": None}] * 2
    assert state(http, owner)["transfers"] == ["gift"]


def test_the_same_key_gets_the_same_exception(http: httpx.Client, owner: str) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    answers = [
        http.post(f"/v1/Account/{owner}/brew", json={"colour": "red"}, headers=headers)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    check_problem(answers[1], 418, "application-exception")


def test_the_same_key_for_another_request(http: httpx.Client, owner: str) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    path = f"/v1/Account/{owner}/receive"
    http.post(path, json={"amount": 5, "name": "gift"}, headers=headers)
    answer = http.post(path, json={"amount": 6, "name": "gift"}, headers=headers)
    check_problem(answer, 422, "idempotency-conflict")
    assert state(http, owner)["balance"] == 105


def test_a_method_of_http_that_is_not_allowed(http: httpx.Client, owner: str) -> None:
    check_problem(http.delete(f"/v1/Account/{owner}"), 405, "method-not-allowed")


def test_a_path_with_nothing(http: httpx.Client) -> None:
    check_problem(http.get("/v2/Account/a"), 404, "no-such-route")


def test_operations_pages(http: httpx.Client) -> None:
    assert http.get("/healthz").status_code == 200
    assert http.get("/readyz").status_code == 200
    assert http.get("/metrics").headers["content-type"].startswith("application/openmetrics-text")
    assert http.get("/openapi.json").json()["openapi"].startswith("3.1")


@pytest.mark.parametrize("scheme", ["http", "anabranch"])
def test_the_python_client(url: str, scheme: str) -> None:
    url = url.replace("http", scheme, 1)
    one, other = f"one/{uuid4()}", f"other,{uuid4()}"
    with connect(url):
        rich, poor = Account(one, 10), Account(other, balance=0)
        assert rich.transfer(poor, 4, name="first") == 6
        assert (rich.balance, poor.balance, poor.transfers) == (6, 4, ["first"])
        with pytest.raises(InsufficientFunds):
            rich.transfer(poor, 40, "second")
        with pytest.raises(Teapot) as caught:
            poor.brew("blue")
        assert (caught.value.args, caught.value.handle) == (("blue",), "left")
        with pytest.raises(EntityNotFound, match="no Account with key 'nobody'"):
            ref(Account, "nobody").receive(1, "x")
        assert (rich.balance, poor.balance) == (6, 4)


def test_the_server_ends_in_good_order(tmp_path: Path) -> None:
    with serving(LEDGER, tmp_path / "data") as server:
        assert server.stop() == 0


def test_private_methods_cannot_be_called(http: httpx.Client, owner: str) -> None:
    answer = http.post(f"/v1/Account/{owner}/_audit", json={})
    problem = check_problem(answer, 404, "no-such-method")
    assert "receive" in problem["detail"]
    assert "it has" in problem["detail"]
    paths = http.get("/openapi.json").json()["paths"]
    assert not [path for path in paths if path.endswith("/_audit")]
