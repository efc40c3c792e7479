"""Methods that never do the same twice: nothing says that they must."""

import itertools
import os
import time

from anabranch import entity

RUNS = itertools.count()


@entity
class Whim:
    """Remembers what it answered."""

    def __init__(self, name: str):
        self.name = name
        self.last = 0
        self.answers = 0

    def __key__(self) -> str:
        return self.name

    def ask(self) -> int:
        """Answers what nobody can know before."""
        noise = int.from_bytes(os.urandom(4), "big") + time.perf_counter_ns()
        self.last = noise + next(RUNS)
        self.answers += 1
        return self.last

    def ask_both(self, other: "Whim") -> tuple[int, int]:
        """Asks two, of which one is elsewhere."""
        return self.ask(), other.ask()


def main():
    first, second = Whim("first"), Whim("second")
    for _ in range(40):
        answers = first.ask_both(second)
        assert answers == (first.last, second.last)
        assert second.ask() == second.last
    print(first.answers, second.answers)
