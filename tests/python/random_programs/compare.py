"""Runs a program in plain Python and on an engine, and compares what it prints."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .run import Modules, Run, Started, written


@dataclass
class Outcome:
    plain: Run
    engine: Run

    def is_same(self) -> bool:
        return (self.plain.output, self.plain.code) == (self.engine.output, self.engine.code)

    def is_valid(self) -> bool:
        """Whether plain Python ran the program to its end: else it says nothing about us."""
        return self.plain.code == 0

    def first_difference(self) -> tuple[str, str, str]:
        """The call, and the lines of both that differ first."""
        expected, found = self.plain.output.split("\n"), self.engine.output.split("\n")
        call = ""
        for index, line in enumerate(expected):
            if line.startswith("=="):
                call = line
            other = found[index] if index < len(found) else "(end)"
            if other != line:
                return call, line, other
        return call, "(end)", f"(exit code {self.engine.code})"

    def signature(self) -> tuple[str, ...]:
        """What kind of difference it is, so that a smaller program keeps to it."""
        _, line, other = self.first_difference()
        kind = (re.sub(r"\d+", "0", text).split() for text in (line, other))
        refusals = re.findall(r"error\[AB\d+\]", self.engine.errors)
        return *(" ".join(words[:2]) for words in kind), *sorted({*refusals})

    def report(self) -> str:
        if not self.is_valid():
            return f"plain Python ends with {self.plain.code}\n{self.plain.errors[-2000:]}"
        call, line, other = self.first_difference()
        return f"{call}\nplain:  {line}\nengine: {other}\n{self.engine.errors[-2000:]}"


def outcome(modules: Modules, engine: str) -> Outcome:
    """Runs it on both at the same time."""
    with written(modules) as folder:
        both = Started(folder, "plain"), Started(folder, engine)
        return Outcome(both[0].end(), both[1].end())


def fails_alike(first: Outcome, engine: str, modules: Modules) -> bool:
    """Whether a program has the difference of `first`."""
    found = outcome(modules, engine)
    if not first.is_valid():
        return found.plain.code == first.plain.code
    return found.is_valid() and not found.is_same() and found.signature() == first.signature()
