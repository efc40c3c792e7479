"""`--memory`: what a server takes while it works on ten times more state."""

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from anabranch import connect_async
from anabranch.client import AsyncClient
from applications.warehouse import Crate, Screw
from command_line import APPLICATIONS, Server, serving

WAREHOUSE = APPLICATIONS / "warehouse.py"
MIB = 1 << 20


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in status.splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024


class Watch:
    """Looks at what a server takes, all the time."""

    def __init__(self, pid: int) -> None:
        self.start = resident_bytes(pid)
        """Interpreter, application and program, before the first request."""
        self.peak = 0
        self._pid = pid
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.01):
            self.peak = max(self.peak, resident_bytes(self._pid))

    def end(self) -> None:
        self._over.set()


@contextmanager
def watched(server: Server) -> Generator[Watch]:
    watch = Watch(server.pid)
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        yield watch
    finally:
        watch.end()
        thread.join()


async def in_parallel(count: int, tasks: int, work: Callable[[int], Awaitable[object]]) -> None:
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await work(number)

    await asyncio.gather(*(worker() for _ in range(tasks)))


def with_limit(
    folder: Path, limit: int, story: Callable[[AsyncClient], Awaitable[None]]
) -> tuple[Watch, int]:
    """Runs the story; what it took, and how much of the store there is at the end."""

    async def connected(url: str) -> None:
        address = url.replace("http://", "anabranch://")
        async with connect_async(address, retries=20) as app:
            await story(app)

    # A slow disk makes requests wait; what counts here is memory.
    options = ("--memory", str(limit), "--queue-time", "60s")
    with serving(WAREHOUSE, folder / "data", *options) as server:
        with watched(server) as watch:
            asyncio.run(connected(server.url))
        stored = sum(file.stat().st_size for file in (folder / "data" / "store").rglob("*"))
    return watch, stored


def test_large_entities_beyond_the_limit(tmp_path: Path) -> None:
    limit, total = 64 * MIB, 640 * MIB
    choice = random.Random(7)
    material = choice.randbytes(MIB)

    def content(number: int) -> bytes:
        size = choice.randrange(10_000, 100_000)
        start = choice.randrange(MIB - size)
        return f"{number:08}".encode() + material[start : start + size]

    contents: list[bytes] = []
    while sum(map(len, contents)) < total:
        contents += [content(len(contents) + number) for number in range(100)]
    versions = [0] * len(contents)

    async def story(app: AsyncClient) -> None:
        await in_parallel(
            len(contents), 16, lambda number: app.create(Crate, number, contents[number])
        )

        async def use(step: int) -> None:
            number = choice.randrange(len(versions))
            crate = app.ref(Crate, number)
            if step % 2:
                versions[number] += 1
                await app.call(Crate.fill, crate, content(number))
            else:
                _, start = await app.call(Crate.look, crate)
                assert start == f"{number:08}".encode()

        await in_parallel(4000, 16, use)
        for number in choice.sample(range(len(versions)), 200):
            assert (await app.call(Crate.look, app.ref(Crate, number)))[0] == versions[number]

    watch, stored = with_limit(tmp_path, limit, story)
    assert stored > total * 0.9, "it is not on disk"
    taken = (watch.peak - watch.start) / MIB
    assert taken < limit / MIB, f"{taken:.0f} MiB, and {watch.start / MIB:.0f} MiB at the start"


def test_small_entities_beyond_the_limit(tmp_path: Path) -> None:
    limit, count = 32 * MIB, 100_000
    choice = random.Random(8)
    turns = [0] * count

    async def story(app: AsyncClient) -> None:
        await in_parallel(count, 256, lambda number: app.create(Screw, number))

        async def use(_: int) -> None:
            number = choice.randrange(count)
            turns[number] += 1
            await app.call(Screw.turn, app.ref(Screw, number), 1)

        await in_parallel(20_000, 256, use)
        for number in choice.sample(range(count), 200):
            assert await app.call(Screw.turn, app.ref(Screw, number), 0) == turns[number]

    watch, _ = with_limit(tmp_path, limit, story)
    taken = (watch.peak - watch.start) / MIB
    assert taken < limit / MIB, f"{taken:.0f} MiB, and {watch.start / MIB:.0f} MiB at the start"
