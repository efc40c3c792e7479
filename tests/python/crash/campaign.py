"""Round after round: load, a kill, perhaps kills while opening, retries, and the checkers."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from command_line import APPLICATIONS

from crash import kills
from crash.asked import Asked
from crash.book import Book
from crash.kills import Victim
from crash.load import Clients, Harvest, Load, Unanswered, ask, ask_again, connected

PASSBOOK = APPLICATIONS / "passbook.py"

OPTIONS = ["--checkpoint-size", "1MiB"]
"""Several checkpoints a second, and a cut of the log at most of them."""

MONEY = 1000
"""What each holder begins with."""


@dataclass(frozen=True)
class Plan:
    """How much is to be done."""

    kills: int
    seed: int
    folder: Path
    """Where the data and the server's log go."""
    holders: int = 12
    binary_clients: int = 24
    http_clients: int = 4
    load_seconds_max: float = 0.8
    tell: Callable[[str], None] = print


@dataclass
class Report:
    """What was done, and what was wrong."""

    kills: Counter[str] = field(default_factory=Counter[str])
    rounds: int = 0
    answered: int = 0
    unanswered: int = 0
    """Requests without a reply, which were sent again."""
    repeated: int = 0
    """Replies that were compared with the one before."""
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list[str])

    def text(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kills.items()))
        return (
            f"{self.kills.total()} kills ({kinds}) in {self.seconds:.0f} s: "
            f"{self.answered} requests answered, {self.unanswered} sent again after a kill, "
            f"{self.repeated} further replies compared, {len(self.violations)} violations"
        )


def run(plan: Plan) -> Report:
    """Runs a campaign to its end, or to the first round with violations."""
    plan.tell(f"seed {plan.seed}, in {plan.folder}")
    return asyncio.run(_Campaign(plan).run())


class _Campaign:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.choice = random.Random(plan.seed)
        holders = [f"holder {number}" for number in range(plan.holders)]
        self.load = Load(
            holders,
            random.Random(self.choice.getrandbits(64)),
            {"binary": plan.binary_clients, "http": plan.http_clients},
        )
        remembering = random.Random(self.choice.getrandbits(64))
        self.book = Book(holders, MONEY * len(holders), remembering)
        self.report = Report()

    async def run(self) -> Report:
        started = time.monotonic()
        told = started
        asyncio.get_running_loop().set_exception_handler(self._complain)
        async with self._served() as clients:
            harvest = await open_accounts(clients, self.load.holders)
            await self._judge(clients, harvest)
        while self.report.kills.total() < self.plan.kills and not self.report.violations:
            await self._round()
            self.report.seconds = time.monotonic() - started
            if time.monotonic() - told > 15:
                told = time.monotonic()
                self.plan.tell(self.report.text())
        return self.report

    def _complain(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A client of ours left something behind."""
        text = f"{context['message']}: {context.get('exception')!r}"
        self.report.violations.append(f"asyncio says: {text}")

    def _start(self) -> Victim:
        folder = self.plan.folder
        return Victim(PASSBOOK, folder / "data", OPTIONS, folder / "server.log")

    def _served(self) -> "_Served":
        return _Served(self._start())

    async def _round(self) -> None:
        self.report.rounds += 1
        kind = self.choice.choices(kills.UNDER_LOAD, kills.WEIGHTS)[0]
        async with self._served() as clients:
            killing = asyncio.create_task(
                asyncio.to_thread(
                    clients.victim.kill_at, kind, self.choice, self.plan.load_seconds_max
                )
            )
            prefix = str(self.report.rounds)
            harvest = await self.load.run(clients, prefix, is_enough=lambda: False)
            await killing
        self.report.kills[kind] += 1
        self.report.unanswered += len(harvest.unanswered)
        while self.choice.random() < 0.4:
            victim = self._start()
            await asyncio.to_thread(victim.kill_at, "opening", self.choice, 60)
            self.report.kills["opening"] += 1
        async with self._served() as clients:
            await self._judge(clients, harvest)

    async def _judge(self, clients: Clients, harvest: Harvest) -> None:
        """Lets everything be answered, reads all there is, and asks the checkers."""
        while harvest.unanswered:
            unanswered, harvest.unanswered = harvest.unanswered, []
            await ask_again(clients, unanswered, harvest)
        await self._repeat(clients, harvest)
        name = f"{self.report.rounds}.end"
        last = await read_all(clients, self.load.holders, name)
        self.report.answered += len(harvest.answered) + len(last.answered)
        self.report.repeated += len(harvest.again)
        self.report.violations += self.book.judge(harvest, last)

    async def _repeat(self, clients: Clients, harvest: Harvest) -> None:
        """Asks again what was answered: before the kill, and long ago."""
        known = [Unanswered(it.asked, it.begun) for it in self.book.some_answered(10)]
        known += [Unanswered(it.asked, it.begun) for it in harvest.answered[-20:]]
        repeated = Harvest()
        await ask_again(clients, known, repeated)
        assert not repeated.unanswered, "the server is gone, and nobody killed it"
        harvest.again += [(it.asked.name, it.reply) for it in repeated.answered]


class _Served:
    """A server, and clients of it, for the time of a block."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim
        self._connection = None

    async def __aenter__(self) -> "_ServedClients":
        url = await asyncio.to_thread(self.victim.url)
        self._connection = connected(url)
        clients = await self._connection.__aenter__()
        return _ServedClients(clients.binary, clients.http, self.victim)

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await self._connection.__aexit__(None, None, None)
        self.victim.kill()


@dataclass(frozen=True)
class _ServedClients(Clients):
    victim: Victim


async def open_accounts(clients: Clients, holders: list[str]) -> Harvest:
    """Creates the holders, and an account for each."""
    harvest = Harvest()
    for number, holder in enumerate(holders):
        for asked in (
            Asked(f"holder.{number}", "holder", "binary", holder),
            Asked(f"open.{number}", "open", "binary", holder, "first", MONEY),
        ):
            await ask(clients.binary, asked, 1, harvest)
    return harvest


async def read_all(clients: Clients, holders: list[str], name: str) -> Harvest:
    """All balances at once, and each account with all it has."""
    harvest = Harvest()
    audit = Asked(f"{name}.audit", "audit", "binary", holders[0], others=tuple(holders[1:]))
    await ask(clients.binary, audit, 1, harvest)
    for number, holder in enumerate(holders):
        asked = Asked(f"{name}.{number}", "statement", "binary", holder)
        await ask(clients.binary, asked, 1, harvest)
    assert not harvest.unanswered, "the server is gone, and nobody killed it"
    return harvest
