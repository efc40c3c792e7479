"""Writes random programs.

A program has a few entity classes with random methods, and a `main` that calls each of them and
prints what it returns or raises and the state it leaves. Variables are named after their type
(`i2` is an int), so a random program is well typed; it may still fail when it runs, with the same
error on every engine. Nearly every value goes through `tell`, which prints, or through the method
`say` of some entity, which is a remote call.
"""

from __future__ import annotations

from .statements import StatementWriter
from .template import CLASS, FOOTER, HEADER
from .variables import Method, Variables

CLASSES = 2
STATEMENTS_MAX = 5


class Generator(StatementWriter):
    """Writes one program."""

    def function(self, name: str, owner: int | None) -> list[str]:
        self.lines, self.depth, self.cost = [], 1 if owner is None else 2, 1
        self.owner, self.variables = owner, Variables()
        self.variables.bound["i"] = ["i8", "i9"]
        hint_a, hint_b = (
            (": 'E0'", ": 'E1'")
            if self.chance(0.5)
            else (": 'E0'", "")
            if self.chance(0.5)
            else ("", "")
        )
        parameters = (
            f"a{hint_a}, b{hint_b}, i8, u=None, i9{self.random.choice(['=2', ': int = 2'])}"
        )
        own_self = "self, " if owner is not None else ""
        self.line("u = b if u is None else u")
        for _ in range(self.random.randrange(2, STATEMENTS_MAX + 2)):
            self.statement()
        self.line(f"return {self.number_expression(2)}")
        self.methods.append(Method(name, owner, self.cost))
        indentation = "" if owner is None else "    "
        return [
            "",
            *([""] if owner is None else []),
            f"{indentation}def {name}({own_self}{parameters}):",
            *self.lines,
        ]

    def program(self) -> str:
        bodies: dict[int | None, list[str]] = {owner: [] for owner in (None, *range(CLASSES))}
        calls: list[str] = []
        for index in range(self.count):
            owner = self.random.choice([None, 0, 0, 1, 1])
            name = f"f{index}" if owner is None else f"m{index}"
            bodies[owner] += self.function(name, owner)
            if owner is not None:
                calls.append(self.call(index, owner))
        parts = [HEADER.format(seed=self.seed)]
        for number in range(CLASSES):
            parts.append(CLASS.format(number=number) + "\n".join(bodies[number]) + "\n")
        parts.append("\n".join(bodies[None]) + "\n")
        names = ", ".join(f"E{number % CLASSES}('e{number}')" for number in range(2 * CLASSES))
        parts.append(FOOTER.format(everything=f"[{names}]"))
        return "".join(parts) + "\n".join(calls) + "\n"

    def call(self, index: int, owner: int) -> str:
        a, b = self.random.choice([0, 2]), self.random.choice([1, 3])
        receiver = owner + self.random.choice([0, 2])
        call = f"everything[{receiver}].m{index}(everything[{a}], everything[{b}], {index % 5})"
        return (
            f"    attempt('E{owner}.m{index}', lambda: {call})\n"
            f"    print([each.state() for each in everything])"
        )


def program(seed: str, methods: int) -> str:
    """A random program with so many methods and helper functions."""
    return Generator(seed, methods).program()
