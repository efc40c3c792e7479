"""A steady load for minutes: memory, files and descriptors of the server must not grow.

The state is bounded, since accounts are closed, and so are the replies that the server keeps. What
still grows after the first third is a leak. Two thirds are compared by their largest samples,
because log and store grow between two checkpoints and shrink after them. The checkers judge the
replies as in a campaign.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crash.book import Book
from crash.campaign import MONEY, PASSBOOK, open_accounts, read_all
from crash.kills import Victim
from crash.load import Clients, Harvest, Load, connected

OPTIONS = [
    *("--memory", str(32 << 20)),
    *("--checkpoint-size", str(4 << 20)),
    *("--idempotency-replies", "20000"),
]
"""So little that caches are full soon."""

WINDOW_SECONDS = 5.0
"""After each window everything is answered, judged and measured."""


@dataclass(frozen=True)
class Plan:
    """How long, and where."""

    minutes: float
    seed: int
    folder: Path
    """Where the data and the server's log go."""
    holders: int = 100
    binary_clients: int = 12
    http_clients: int = 2
    pause: float = 0.005
    """How long a client waits after each reply: the load is steady, not as high as it can be."""
    tell: Callable[[str], None] = print


@dataclass(frozen=True)
class Sample:
    """What a server takes at one moment."""

    memory: int
    log: int
    store: int
    descriptors: int
    threads: int


@dataclass(frozen=True)
class Bound:
    """How much larger than before something may be."""

    factor: float
    slack: int
    unit: int = 1


BOUNDS = {
    "memory": Bound(1.1, 8 << 20, 1 << 20),
    "log": Bound(1.25, 4 << 20, 1 << 20),
    "store": Bound(1.25, 4 << 20, 1 << 20),
    "descriptors": Bound(1.0, 8),
    "threads": Bound(1.0, 2),
}


@dataclass
class Report:
    """What was measured, and what was wrong."""

    samples: list[Sample] = field(default_factory=list[Sample])
    answered: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list[str])

    def text(self) -> str:
        lines = [
            f"{self.answered} requests in {self.seconds:.0f} s, {len(self.samples)} samples, "
            f"{len(self.violations)} violations",
            f"{'':12} {'first':>7} {'second':>7} {'last third':>11}  (largest samples)",
        ]
        for name, bound in BOUNDS.items():
            first, second, last = (largest / bound.unit for largest in largest_of(self, name))
            unit = "MiB" if bound.unit > 1 else ""
            lines.append(f"{name:12} {first:7.1f} {second:7.1f} {last:11.1f}  {unit}")
        return "\n".join(lines)


def largest_of(report: Report, name: str) -> list[int]:
    """The largest sample of each third."""
    values: list[int] = [getattr(sample, name) for sample in report.samples]
    third = max(len(values) // 3, 1)
    return [
        max(part, default=0) for part in (values[:third], values[third:-third], values[-third:])
    ]


def growth(report: Report) -> list[str]:
    """What is larger in the last third than in the second, beyond its bound."""
    found: list[str] = []
    for name, bound in BOUNDS.items():
        _, before, after = largest_of(report, name)
        if after > before * bound.factor + bound.slack:
            found.append(f"{name} grew from {before} to {after}")
    return found


def run(plan: Plan) -> Report:
    """Runs a soak to its end."""
    plan.tell(f"seed {plan.seed}, in {plan.folder}")
    return asyncio.run(_soak(plan))


async def _soak(plan: Plan) -> Report:
    choice = random.Random(plan.seed)
    holders = [f"holder {number}" for number in range(plan.holders)]
    tasks = {"binary": plan.binary_clients, "http": plan.http_clients}
    load = Load(holders, choice, {"binary": tasks["binary"], "http": tasks["http"]}, plan.pause)
    book = Book(holders, MONEY * len(holders), choice)
    report = Report()
    victim = Victim(PASSBOOK, plan.folder / "data", OPTIONS, plan.folder / "server.log")
    started = time.monotonic()
    try:
        async with connected(await asyncio.to_thread(victim.url)) as clients:
            harvest = await open_accounts(clients, holders)
            await _judge(clients, book, harvest, report, "start")
            while time.monotonic() - started < plan.minutes * 60 and not report.violations:
                await _window(clients, load, book, report, victim)
                report.seconds = time.monotonic() - started
                if len(report.samples) % 6 == 0:
                    plan.tell(f"{report.seconds:.0f} s, {report.answered} requests")
                    plan.tell(f"  {report.samples[-1]}")
    finally:
        victim.kill()
    report.violations += growth(report)
    return report


async def _window(clients: Clients, load: Load, book: Book, report: Report, victim: Victim) -> None:
    end = time.monotonic() + WINDOW_SECONDS
    prefix = str(len(report.samples))
    harvest = await load.run(clients, prefix, lambda: time.monotonic() > end)
    report.samples.append(sample(victim.pid, victim.data))
    if harvest.unanswered:
        report.violations.append(f"{len(harvest.unanswered)} requests got no reply")
    else:
        await _judge(clients, book, harvest, report, prefix)


async def _judge(clients: Clients, book: Book, harvest: Harvest, report: Report, name: str) -> None:
    last = await read_all(clients, book.holders, f"{name}.end")
    report.answered += len(harvest.answered) + len(last.answered)
    report.violations += book.judge(harvest, last)


def sample(pid: int, data: Path) -> Sample:
    """What the server takes now, as the kernel says."""
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return Sample(
        memory=int(fields["VmRSS"].split()[0]) * 1024,
        log=_size(data / "log"),
        store=_size(data / "store"),
        descriptors=len(os.listdir(f"/proc/{pid}/fd")),
        threads=int(fields["Threads"]),
    )


def _size(folder: Path) -> int:
    size = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.stat(os.path.join(path, name)).st_size
            except FileNotFoundError:
                # Removed meanwhile.
                continue
    return size
