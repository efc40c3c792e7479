"""Many clients at once, over both protocols, until the server is gone or it is enough."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from anabranch import connect_async
from anabranch.client import AsyncClient

from crash.asked import Asked, NoReply, Protocol, Reply, draw, send


@dataclass
class Answered:
    """A request and its reply."""

    asked: Asked
    reply: Reply
    begun: float
    ended: float


@dataclass
class Unanswered:
    """A request that may have been applied."""

    asked: Asked
    begun: float


@dataclass
class Harvest:
    """What came of some requests."""

    answered: list[Answered] = field(default_factory=list[Answered])
    unanswered: list[Unanswered] = field(default_factory=list[Unanswered])
    again: list[tuple[str, Reply]] = field(default_factory=list[tuple[str, Reply]])
    """Further replies to requests that were answered."""


@dataclass(frozen=True)
class Clients:
    """One client for each protocol."""

    binary: AsyncClient
    http: AsyncClient

    def of(self, protocol: Protocol) -> AsyncClient:
        return self.binary if protocol == "binary" else self.http


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Clients]:
    """Clients that send each request once."""
    binary = url.replace("http", "anabranch", 1)
    # A server that is killed closes its connections; the timeout is for one that hangs.
    async with (
        connect_async(binary, retries=0, timeout=60) as one,
        connect_async(url, retries=0, timeout=60) as other,
    ):
        yield Clients(one, other)


TWICE = 0.02
"""How many requests are sent twice at the same time."""


@dataclass
class Load:
    """How many clients there are and what they may ask."""

    holders: list[str]
    choice: random.Random
    tasks: dict[Protocol, int]
    pause: float = 0.0
    """How long a client waits after each reply."""

    async def run(self, clients: Clients, prefix: str, is_enough: Callable[[], bool]) -> Harvest:
        """All clients ask until it is enough, each until it gets no reply."""
        harvest = Harvest()
        async with asyncio.TaskGroup() as group:
            number = 0
            for protocol, count in self.tasks.items():
                for _ in range(count):
                    client = _Client(
                        clients.of(protocol),
                        protocol,
                        f"{prefix}.{number}",
                        random.Random(self.choice.getrandbits(64)),
                    )
                    group.create_task(client.ask(self, harvest, is_enough))
                    number += 1
        return harvest


@dataclass
class _Client:
    app: AsyncClient
    protocol: Protocol
    name: str
    choice: random.Random

    async def ask(self, load: Load, harvest: Harvest, is_enough: Callable[[], bool]) -> None:
        number = 0
        is_alive = True
        while is_alive and not is_enough():
            asked = draw(f"{self.name}.{number}", self.protocol, load.holders, self.choice)
            number += 1
            times = 2 if self.choice.random() < TWICE else 1
            is_alive = await ask(self.app, asked, times, harvest)
            if load.pause:
                await asyncio.sleep(load.pause)


async def ask(app: AsyncClient, asked: Asked, times: int, harvest: Harvest) -> bool:
    """Sends a request, so many times at once; whether there was a reply."""
    begun = time.monotonic()
    attempts = [_attempt(app, asked) for _ in range(times)]
    outcomes = [await attempts[0]] if times == 1 else await asyncio.gather(*attempts)
    replies = [(reply, ended) for reply, ended in outcomes if reply is not None]
    if not replies:
        harvest.unanswered.append(Unanswered(asked, begun))
        return False
    reply, ended = min(replies, key=lambda it: it[1])
    harvest.answered.append(Answered(asked, reply, begun, ended))
    harvest.again += [(asked.name, other) for other, _ in replies]
    return True


async def _attempt(app: AsyncClient, asked: Asked) -> tuple[Reply | None, float]:
    try:
        reply = await send(app, asked)
    except NoReply:
        reply = None
    return reply, time.monotonic()


async def ask_again(clients: Clients, unanswered: list[Unanswered], harvest: Harvest) -> None:
    """Sends what got no reply once more, all at once."""

    async def again(one: Unanswered) -> None:
        reply, ended = await _attempt(clients.of(one.asked.protocol), one.asked)
        if reply is None:
            harvest.unanswered.append(one)
        else:
            harvest.answered.append(Answered(one.asked, reply, one.begun, ended))

    async with asyncio.TaskGroup() as group:
        for one in unanswered:
            group.create_task(again(one))
