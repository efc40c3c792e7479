"""Runs random programs in plain Python and on an engine, and compares what they print.

    python -m tests.python.random_programs --programs 20000 --seed 1

A program that differs is made small and written to a folder. Its own seed makes it again, with
`--only SEED`.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from .check import Checked, check
from .compare import Outcome, fails_alike
from .coverage import table
from .generate import program
from .minimise import minimised
from .run import Modules

WORKERS = 2
SECONDS_BETWEEN_REPORTS = 10
FAILURES_MAX = 5


@dataclass
class Summary:
    """Of all programs that have run."""

    programs: Counter[str] = field(default_factory=Counter[str])
    """By engine."""
    suspended: int = 0
    raised: int = 0
    methods: int = 0
    methods_raised: int = 0
    remote_operations: int = 0
    constructs: Counter[str] = field(default_factory=Counter[str])

    def add(self, checked: Checked) -> None:
        self.programs[checked.engine.partition(":")[0]] += 1
        self.suspended += checked.remote_operations > 0
        self.raised += checked.methods_raised > 0
        self.methods += checked.methods
        self.methods_raised += checked.methods_raised
        self.remote_operations += checked.remote_operations
        self.constructs.update(checked.constructs)

    def text(self) -> str:
        engines = ", ".join(f"{count} on {engine}" for engine, count in self.programs.items())
        return (
            f"{self.programs.total()} programs ({engines}); {self.suspended} suspended, "
            f"{self.raised} raised; {self.methods} root calls, {self.methods_raised} raised; "
            f"{self.remote_operations} operations between entities"
        )


def write(modules: Modules, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def report(checked: Checked, difference: Outcome, output: Path, keep: bool) -> None:
    """Says what differs and keeps the program, made small."""
    print(f"\nprogram {checked.seed} differs\n{difference.report()}", flush=True)
    modules = program(checked.seed)
    if not keep:
        started = time.monotonic()
        modules = minimised(modules, functools.partial(fails_alike, difference, checked.engine))
        print(f"made small in {time.monotonic() - started:.0f} s")
    folder = output / checked.seed
    write(modules, folder)
    print(f"written to {folder}", flush=True)


def jobs(seed: str, programs: int, engines: list[str]) -> list[tuple[str, str]]:
    """Every tenth program runs on the second engine, if there is one."""
    return [
        job(f"{seed}.{number}", engines[-1] if number % 10 == 9 else engines[0])
        for number in range(programs)
    ]


def job(seed: str, engine: str) -> tuple[str, str]:
    """A program, and the engine that it runs on; the simulated one with a seed."""
    if engine == "simulated":
        engine = f"{engine}:{crc32(seed.encode())}"
    return seed, engine


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="random_programs", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    parser.add_argument("--only", metavar="SEED", help="one program, by its own seed")
    parser.add_argument(
        "--engine",
        default="local",
        help="one, or two with a comma: the second runs every tenth.\n"
        "together: the local one, with calls handed over together",
    )
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--output", type=Path, default=Path("failing_programs"))
    parser.add_argument("--keep", action="store_true", help="do not make a failing program small")
    parser.add_argument(
        "--coverage", action="store_true", help="print how often each construct ran"
    )
    arguments = parser.parse_args()
    print(f"seed {arguments.only or arguments.seed}", flush=True)
    engines = str(arguments.engine).split(",")
    todo = jobs(arguments.seed, arguments.programs, engines)
    if arguments.only:
        todo = [job(arguments.only, engines[0])]
    summary, failures = run(todo, arguments.workers, arguments.output, arguments.keep)
    if arguments.coverage:
        print(table(summary.constructs))
    print(f"{summary.text()}; {failures or 'no'} difference{'s' * (failures > 1)}")
    return 1 if failures else 0


def run(todo: list[tuple[str, str]], workers: int, output: Path, keep: bool) -> tuple[Summary, int]:
    """Runs the programs; counts those that differ."""
    summary, failures = Summary(), 0
    started = reported = time.monotonic()
    # Fresh processes, without threads: each program is a fork of one.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(todo)), mp_context=spawn) as pool:
        for checked in pool.map(check, *zip(*todo, strict=True), chunksize=4):
            summary.add(checked)
            if checked.difference is not None:
                failures += 1
                report(checked, checked.difference, output, keep)
                if failures == FAILURES_MAX:
                    print("more are not looked for")
                    pool.shutdown(wait=False, cancel_futures=True)
                    break
            if time.monotonic() - reported > SECONDS_BETWEEN_REPORTS:
                reported = time.monotonic()
                done, seconds = summary.programs.total(), reported - started
                print(f"{done} of {len(todo)}, {done / seconds:.1f}/s", flush=True)
    done, seconds = summary.programs.total(), time.monotonic() - started
    print(f"{seconds:.0f} s, {done / seconds:.1f} programs/s")
    return summary, failures


if __name__ == "__main__":
    sys.exit(main())
