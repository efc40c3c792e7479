"""What all parts of the generator share: choices, and what is known of the function under way."""

from __future__ import annotations

import random
from collections.abc import Callable

from .hierarchy import ENTITIES, Class, hierarchy
from .variables import Callee, Variables

CLASSES = len(ENTITIES)


class Writer:
    """Writes parts of functions. Every decision comes from the seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.classes: dict[str, Class] = hierarchy(self.random)
        self.callees: list[Callee] = []
        self.place: int = 0
        self.fresh: int = 0
        self.start(Callee("", 0, None, "main", 0))

    def start(self, function: Callee) -> None:
        """Begins with another function."""
        self.function = function
        self.lines: list[str] = []
        self.depth: int = 1 if function.owner is None else 2
        self.loops: int = 0
        self.blocks: int = 0
        self.recursions: int = 0
        self.variables = Variables()
        self.may_bind = True
        self.comprehensions: int = 0
        self.in_fstring = False
        self.may_suspend = True

    # Choices

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def choose(self, options: list[Callable[[int], str]], depth: int) -> str:
        return self.random.choice(options)(depth - 1)

    def number(self) -> int:
        """Of a place, so that the output shows which of them ran."""
        self.place += 1
        return self.place

    def known(self, kind: str) -> str | None:
        names = self.variables.bound[kind]
        return self.random.choice(names) if names else None

    def name(self, kind: str) -> str:
        return f"{kind}{self.random.randrange(4)}"

    def can_name_classes(self) -> bool:
        """The other module cannot import the entity classes: they import it."""
        return self.function.module == "main"

    # Expressions of each type, with so many levels below them

    def number_expression(self, depth: int) -> str:
        raise NotImplementedError

    def truth(self, depth: int) -> str:
        raise NotImplementedError

    def text(self, depth: int) -> str:
        raise NotImplementedError

    def list_expression(self, depth: int) -> str:
        raise NotImplementedError

    def table(self, depth: int) -> str:
        raise NotImplementedError

    def reference(self, depth: int, wanted: int | None = None) -> str:
        """An entity; of class number `wanted`, if one is."""
        raise NotImplementedError

    def leaf(self, _: int = 0) -> str:
        names = self.variables.bound["i"] + self.variables.bound["c"]
        if self.variables.maybe and self.chance(0.015):
            ints = [name for name in self.variables.maybe if name[0] == "i"]
            if ints:
                return self.random.choice(ints)
        if names and self.chance(0.6):
            return self.random.choice(names)
        return str(self.random.randrange(5))
