"""The client: how driver code becomes requests, and answers become results and exceptions."""

import uuid
from collections.abc import Generator
from typing import Any

import anabranch
import httpx
import pytest
from anabranch import (
    AnabranchError,
    EntityExists,
    EntityNotFound,
    IdempotencyConflict,
    Interrupted,
    Overloaded,
    RemoteError,
    RequestRejected,
    Unavailable,
    connect,
    delete,
    exists,
    ref,
)
from anabranch.client.http import key_segment
from lamps import Broken, Lamp
from scripted_server import (
    HANGS_UP,
    Answer,
    ScriptedServer,
    busy,
    problem,
    scripted_server,
    value,
)


@pytest.fixture
def server() -> Generator[ScriptedServer]:
    with scripted_server() as server:
        yield server


@pytest.fixture
def driver(server: ScriptedServer) -> Generator[None]:
    with connect(server.url, retries=3, timeout=20):
        yield


NOT_FOUND = problem(404, exception={"type": "anabranch:EntityNotFound", "args": ["Lamp", "desk"]})


def lamp() -> Lamp:
    """A reference: made inside `with connect(…)`."""
    return ref(Lamp, "desk")


@pytest.mark.usefixtures("driver")
class TestRequests:
    def test_creation(self, server: ScriptedServer) -> None:
        server.answers = [value(lamp(), 201)]
        assert Lamp("desk", watts=3) == lamp()
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("POST", "/v1/Lamp")
        assert asked.arguments == (("desk",), {"watts": 3})
        assert asked.headers["content-type"] == "application/vnd.anabranch.value"
        assert "application/problem+json" in asked.headers["accept"]
        uuid.UUID(asked.key)

    def test_call(self, server: ScriptedServer) -> None:
        server.answers = [value(False)]
        assert lamp().switch(on=False) is False
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("POST", "/v1/Lamp/desk/switch")
        assert asked.arguments == ((), {"on": False})

    def test_call_with_a_reference(self, server: ScriptedServer) -> None:
        server.answers = [value("wall")]
        assert lamp().plug_into(ref(Lamp, "wall")) == "wall"
        assert server.asked[0].arguments == ((ref(Lamp, "wall"),), {})

    def test_read(self, server: ScriptedServer) -> None:
        server.answers = [value({"name": "desk", "watts": 7})]
        assert lamp().watts == 7
        (asked,) = server.asked
        assert (asked.method, asked.path) == ("GET", "/v1/Lamp/desk")

    def test_read_of_a_missing_attribute(self, server: ScriptedServer) -> None:
        server.answers = [value({"name": "desk"})]
        with pytest.raises(AttributeError, match="'Lamp' object has no attribute 'is_on'"):
            _ = lamp().is_on

    def test_existence(self, server: ScriptedServer) -> None:
        server.answers = [value({"name": "desk"}), NOT_FOUND]
        assert exists(Lamp, "desk")
        assert not exists(Lamp, "desk")

    def test_existence_where_the_class_is_unknown(self, server: ScriptedServer) -> None:
        server.answers = [problem(404, title="There is no such entity class", detail="Lamp")]
        with pytest.raises(RequestRejected, match="There is no such entity class: Lamp"):
            exists(Lamp, "desk")

    def test_a_write_says_what_to_do(self, server: ScriptedServer) -> None:
        with pytest.raises(AnabranchError, match=r"cannot set watts of Lamp\('desk'\); give Lamp"):
            lamp().watts = 3
        assert server.asked == []

    def test_a_deletion_says_what_to_do(self, server: ScriptedServer) -> None:
        with pytest.raises(AnabranchError, match=r"cannot delete Lamp\('desk'\); add a method"):
            delete(lamp())
        assert server.asked == []

    @pytest.mark.parametrize(
        ("key", "path"),
        [
            ("a/b ,ü%", "a%2Fb%20%2C%C3%BC%25"),
            (-3, "-3"),
            (b"\xff\xfe\xfd\xfc", "__79_A"),
            (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
            (("a,b", 2), "a%2Cb,2"),
        ],
    )
    def test_keys(self, server: ScriptedServer, key: Any, path: str) -> None:
        server.answers = [value({})]
        exists(Lamp, key)
        assert server.asked[0].path == f"/v1/Lamp/{path}"


def test_a_key_of_dots_is_no_folder() -> None:
    assert key_segment("..") == "%2E%2E"


class TestOutsideOfWith:
    def test_a_reference_says_that_nothing_runs_it(self, server: ScriptedServer) -> None:
        with connect(server.url):
            desk = lamp()
        with pytest.raises(AnabranchError, match=r"nothing runs Lamp\('desk'\) here"):
            desk.switch()

    def test_plain_entities_are_back(self, server: ScriptedServer) -> None:
        with connect(server.url):
            pass
        assert Lamp("plain").switch()
        assert server.asked == []

    def test_an_entity_of_plain_mode_is_not_one_of_the_server(self, server: ScriptedServer) -> None:
        plain = Lamp("plain")
        with (
            connect(server.url) as client,
            pytest.raises(TypeError, match="is an object of plain mode"),
        ):
            client.state(plain)

    def test_explicit_methods(self, server: ScriptedServer) -> None:
        with connect(server.url, token="secret") as client:
            server.answers = [value(lamp(), 201), value({"watts": 1}), NOT_FOUND]
            desk = client.create(Lamp, "desk")
            assert client.state(desk) == {"watts": 1}
            assert not client.exists(Lamp, "desk")
            assert desk == client.ref(Lamp, "desk")
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer secret"}

    def test_a_client_is_entered_once(self, server: ScriptedServer) -> None:
        with (
            connect(server.url) as client,
            pytest.raises(AnabranchError, match="in use already"),
            client,
        ):
            pass


@pytest.mark.usefixtures("driver")
class TestRetries:
    @pytest.mark.parametrize("failure", [busy(503), busy(502), busy(504), busy(429), HANGS_UP])
    def test_the_same_request_is_sent_again(self, server: ScriptedServer, failure: Answer) -> None:
        server.answers = [failure, failure, value(True)]
        assert lamp().switch()
        assert len(server.asked) == 3
        assert len({asked.key for asked in server.asked}) == 1
        assert len({asked.body for asked in server.asked}) == 1

    def test_another_operation_has_another_key(self, server: ScriptedServer) -> None:
        server.answers = [value(True)]
        lamp().switch()
        lamp().switch()
        assert len({asked.key for asked in server.asked}) == 2

    def test_they_end(self, server: ScriptedServer) -> None:
        server.answers = [busy()]
        with pytest.raises(Unavailable, match="Busy"):
            lamp().switch()
        assert len(server.asked) == 4

    def test_a_lost_connection_says_what_is_unknown(self, server: ScriptedServer) -> None:
        server.answers = [HANGS_UP]
        with pytest.raises(Unavailable, match=r"no answer to Lamp\('desk'\).switch\(\) \(tried 4"):
            lamp().switch()

    def test_an_error_of_the_request_is_final(self, server: ScriptedServer) -> None:
        server.answers = [problem(422, title="The arguments do not fit", detail="on: not a bool")]
        with pytest.raises(RequestRejected) as caught:
            lamp().switch()
        assert (caught.value.status, caught.value.detail) == (422, "on: not a bool")
        assert len(server.asked) == 1


def test_a_pause_longer_than_the_time_left_is_not_made(server: ScriptedServer) -> None:
    server.answers = [problem(503, {"Retry-After": "60"}, title="Busy")]
    with connect(server.url, timeout=30), pytest.raises(Unavailable):
        lamp().switch()
    assert len(server.asked) == 1


def test_no_server_at_all() -> None:
    with scripted_server() as gone:
        url = gone.url
    with connect(url, retries=1), pytest.raises(Unavailable, match="tried 2 times") as caught:
        lamp().switch()
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_named_requests(server: ScriptedServer) -> None:
    server.answers = [value(True)]
    with connect(server.url) as client:
        for _ in range(2):
            with client.idempotency_key("evening"):
                lamp().switch()
                lamp().switch(False)
        lamp().switch()
    keys = [asked.key for asked in server.asked]
    assert keys[:4] == ["evening", "evening:2", "evening", "evening:2"]
    uuid.UUID(keys[4])


@pytest.mark.usefixtures("driver")
class TestErrors:
    def raised(self, server: ScriptedServer, answer: Answer) -> Exception:
        server.answers = [answer]
        with pytest.raises(Exception) as caught:  # noqa: PT011
            lamp().switch()
        return caught.value

    def test_not_found(self, server: ScriptedServer) -> None:
        error = self.raised(server, NOT_FOUND)
        assert isinstance(error, EntityNotFound)
        assert (error.entity_class, error.key) == ("Lamp", "desk")

    def test_a_tuple_key_is_a_tuple_again(self, server: ScriptedServer) -> None:
        exception = {"type": "anabranch:EntityExists", "args": ["Lamp", ["a", 1]]}
        error = self.raised(server, problem(409, exception=exception))
        assert isinstance(error, EntityExists)
        assert error.key == ("a", 1)

    def test_an_exception_of_the_application(self, server: ScriptedServer) -> None:
        exception = {"type": "lamps:Broken", "args": ["it is"], "attributes": {"watts": 3}}
        error = self.raised(server, problem(409, exception=exception))
        assert isinstance(error, Broken)
        assert (error.args, error.watts) == (("it is",), 3)

    def test_an_exception_of_python(self, server: ScriptedServer) -> None:
        exception = {"type": "builtins:ValueError", "args": ["no", 1]}
        error = self.raised(server, problem(409, exception=exception))
        assert type(error) is ValueError
        assert error.args == ("no", 1)

    @pytest.mark.parametrize(
        "name",
        [
            "nowhere:Gone",
            "lamps:Gone",
            "lamps:Lamp",
            "os:system",
            "builtins:SystemExit",
            "builtins:dict",
            "",
        ],
    )
    def test_what_is_no_exception_here(self, server: ScriptedServer, name: str) -> None:
        error = self.raised(server, problem(409, exception={"type": name, "args": ["a", 1]}))
        assert isinstance(error, RemoteError)
        assert (error.exception_type, error.args) == (name, ("a", 1))
        assert str(error) == f"{name}('a', 1)"

    @pytest.mark.parametrize(
        ("slug", "status", "expected"),
        [
            ("idempotency-conflict", 422, IdempotencyConflict),
            ("unauthorized", 401, RequestRejected),
            ("body-too-large", 413, RequestRejected),
            ("bug", 500, AnabranchError),
        ],
    )
    def test_problems_of_the_server(
        self, server: ScriptedServer, slug: str, status: int, expected: type[Exception]
    ) -> None:
        url = f"https://anabranch.dev/problems/{slug}"
        error = self.raised(server, problem(status, type=url, title="Title", detail="detail"))
        assert type(error) is expected
        assert str(error) == "Title: detail"

    @pytest.mark.parametrize(
        ("slug", "status", "expected"),
        [
            ("interrupted", 504, Interrupted),
            ("overloaded", 503, Overloaded),
            ("unavailable", 503, Unavailable),
        ],
    )
    def test_problems_that_outlast_the_retries(
        self, server: ScriptedServer, slug: str, status: int, expected: type[Exception]
    ) -> None:
        url = f"https://anabranch.dev/problems/{slug}"
        error = self.raised(server, problem(status, {"Retry-After": "0"}, type=url, title="Title"))
        assert type(error) is expected

    def test_an_interrupted_transaction_is_not_repeated(self, server: ScriptedServer) -> None:
        url = "https://anabranch.dev/problems/interrupted"
        self.raised(server, problem(504, type=url, title="Title"))
        assert len(server.asked) == 1

    def test_a_page_of_something_else(self, server: ScriptedServer) -> None:
        page = Answer(404, {"Content-Type": "text/html"}, b"<h1>nothing</h1>")
        error = self.raised(server, page)
        assert isinstance(error, RequestRejected)
        assert "404" in str(error)

    def test_an_answer_that_is_no_value(self, server: ScriptedServer) -> None:
        error = self.raised(server, Answer(200, {"Content-Type": "text/html"}, b"<h1>hello</h1>"))
        assert isinstance(error, AnabranchError)
        assert "is the URL that of an Anabranch server?" in str(error)


def test_the_public_names_exist() -> None:
    for name in anabranch.__all__:
        assert hasattr(anabranch, name), name
