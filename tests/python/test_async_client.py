"""The client for asyncio; what it shares with the other one is tested there."""

import asyncio
from collections.abc import Awaitable, Callable, Generator

import pytest
from anabranch import EntityNotFound, Unavailable, connect_async
from anabranch.client import AsyncClient
from lamps import Lamp
from scripted_server import (
    HANGS_UP,
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


def run(server: ScriptedServer, story: Callable[[AsyncClient], Awaitable[None]]) -> None:
    async def connected() -> None:
        async with connect_async(server.url, token="secret", retries=3) as app:
            await story(app)

    asyncio.run(connected())
    assert {asked.headers["authorization"] for asked in server.asked} <= {"Bearer secret"}


def test_operations(server: ScriptedServer) -> None:
    async def story(app: AsyncClient) -> None:
        desk = app.ref(Lamp, "desk")
        server.answers = [value(desk, 201), value(True), value({"watts": 5})]
        assert await app.create(Lamp, "desk", watts=5) == desk
        switched: bool = await app.call(Lamp.switch, desk, on=True)
        assert switched
        assert await app.read(desk, "watts") == 5
        assert await app.state(desk) == {"watts": 5}
        assert await app.exists(Lamp, "desk")

    run(server, story)
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("POST", "/v1/Lamp"),
        ("POST", "/v1/Lamp/desk/switch"),
        ("GET", "/v1/Lamp/desk"),
        ("GET", "/v1/Lamp/desk"),
        ("GET", "/v1/Lamp/desk"),
    ]
    assert server.asked[0].arguments == (("desk",), {"watts": 5})
    assert server.asked[1].arguments == ((), {"on": True})


def test_retries_keep_the_key(server: ScriptedServer) -> None:
    async def story(app: AsyncClient) -> None:
        server.answers = [busy(), HANGS_UP, value(True)]
        with app.idempotency_key("evening"):
            assert await app.call(Lamp.switch, app.ref(Lamp, "desk"))

    run(server, story)
    assert [asked.key for asked in server.asked] == ["evening"] * 3


def test_retries_end(server: ScriptedServer) -> None:
    async def story(app: AsyncClient) -> None:
        server.answers = [HANGS_UP]
        with pytest.raises(Unavailable, match="tried 4 times"):
            await app.read(app.ref(Lamp, "desk"), "watts")

    run(server, story)


def test_errors_arrive_as_themselves(server: ScriptedServer) -> None:
    async def story(app: AsyncClient) -> None:
        exception = {"type": "anabranch:EntityNotFound", "args": ["Lamp", "desk"]}
        server.answers = [problem(404, exception=exception)]
        with pytest.raises(EntityNotFound, match="no Lamp with key 'desk'"):
            await app.call(Lamp.switch, app.ref(Lamp, "desk"))
        assert not await app.exists(Lamp, "desk")

    run(server, story)


def test_a_method_of_something_else_is_refused(server: ScriptedServer) -> None:
    async def story(app: AsyncClient) -> None:
        with pytest.raises(TypeError, match="needs a method of the entity's class"):
            await app.call(len, app.ref(Lamp, "desk"))  # pyright: ignore

    run(server, story)
    assert server.asked == []


def test_tasks_do_not_share_their_names(server: ScriptedServer) -> None:
    async def story(app: AsyncClient) -> None:
        server.answers = [value(True)]
        desk = app.ref(Lamp, "desk")

        async def named(name: str) -> None:
            with app.idempotency_key(name):
                await app.call(Lamp.switch, desk)

        await asyncio.gather(named("a"), named("b"))

    run(server, story)
    assert {asked.key for asked in server.asked} == {"a", "b"}
