"""Runs random programs in plain Python and on an engine, and compares what they print.

    python -m tests.python.random_programs --count 20000 --seed 1

A count of methods, not of programs: many go into one, to run more of them in a second. A program
that differs is made small and written to a file.
"""

from __future__ import annotations

import argparse
import functools
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .compare import Outcome, outcome
from .generate import program
from .minimise import minimised

METHODS_PER_PROGRAM = 40
WORKERS = 2


def fails_alike(first: Outcome, engine: str, text: str) -> bool:
    found = outcome(text, engine)
    return found.is_valid() and not found.is_same() and found.signature() == first.signature()


def check(seed: str, methods: int, engine: str) -> tuple[str, Outcome] | None:
    """The program of this seed and its outcome, if it differs."""
    text = program(seed, methods)
    found = outcome(text, engine)
    return None if found.is_same() and found.is_valid() else (text, found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="random_programs", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="methods to generate")
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**9)))
    parser.add_argument("--engine", default="local")
    parser.add_argument("--output", type=Path, default=Path("failing_program.py"))
    parser.add_argument("--keep", action="store_true", help="do not make a failing program small")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    started = time.monotonic()
    programs = -(-arguments.count // METHODS_PER_PROGRAM)
    seeds = [f"{arguments.seed}.{number}" for number in range(programs)]
    with ThreadPoolExecutor(WORKERS) as pool:
        check_one = functools.partial(
            check, methods=METHODS_PER_PROGRAM, engine=str(arguments.engine)
        )
        run = pool.map(check_one, seeds)
        for seed, failure in zip(seeds, run, strict=True):
            if failure is None:
                continue
            text, found = failure
            pool.shutdown(wait=False, cancel_futures=True)
            print(f"program {seed} differs\n{found.report()}", flush=True)
            if not arguments.keep:
                alike = functools.partial(fails_alike, found, arguments.engine)
                text = minimised(text, alike)
            arguments.output.write_text(text, encoding="utf-8")
            print(f"written to {arguments.output}")
            return 1
    seconds = time.monotonic() - started
    count = programs * METHODS_PER_PROGRAM
    print(f"{count} methods in {programs} programs, no difference, {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
