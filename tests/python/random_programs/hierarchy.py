"""The classes of a random program: entity classes, and plain classes that they inherit from.

`B0` has all members that the entity classes share; `B2` inherits it; `B1` and `B3` are mixins,
whose `super()` means another class in each entity class. Each class but `B0` overrides some
members, and reaches what it overrides in one of Python's ways.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from .members import EXTENDED, FIXED, MEMBERS, READ_ONLY

ENTITIES = ("E0", "E1", "E2")
BASES = {"B0": "helpers", "B1": "main", "B2": "main", "B3": "helpers"}
"""With the module of each."""

MIXINS = ("B1", "B3")
CHOICES = (
    *[()] * 3,
    ("B0",),
    ("B2",),
    ("B1", "B0"),
    ("B3", "B2"),
    ("B1", "B2", "B0"),
    ("B3", "B1", "B0"),
    ("B1", "B3", "B2"),
)
"""What an entity class may inherit from, in an order in which Python accepts it."""


@dataclass
class Class:
    """A class of the program."""

    name: str
    module: str
    bases: tuple[str, ...]
    order: list[str]
    """Of an entity class: where Python looks for its members."""
    header: list[str] = field(default_factory=list[str])
    """Its text without random methods."""

    @property
    def has_super(self) -> bool:
        """Whether a class comes after it, and has the members of `B0`."""
        return bool(self.bases) or self.name in MIXINS

    def can_name(self, base: str) -> bool:
        return self.module == "main" or BASES.get(base) == "helpers"


def hierarchy(choice: random.Random) -> dict[str, Class]:
    """The classes of a program, bases first."""
    bases: dict[str, tuple[str, ...]] = {"B0": (), "B1": (), "B2": ("B0",), "B3": ()}
    bases |= {entity: choice.choice(CHOICES) for entity in ENTITIES}
    classes: dict[str, Class] = {}
    for name, inherited in bases.items():
        order = [name, *inherited]
        if "B2" in inherited and "B0" not in inherited:
            order.append("B0")
        each = Class(name, BASES.get(name, "main"), inherited, order)
        each.header = header(each, choice)
        classes[name] = each
    return classes


def header(of: Class, choice: random.Random) -> list[str]:
    lines = ["", ""]
    if of.name in ENTITIES:
        lines.append("@entity")
    inherited = f"({', '.join(of.bases)})" if of.bases else ""
    lines.append(f"class {of.name}{inherited}:")
    if not of.has_super:
        members = list(MEMBERS.values())
    else:
        names = [name for name in EXTENDED if choice.random() < 0.25]
        members = [extended(of, EXTENDED[name], choice) for name in names]
        if of.name in ENTITIES and choice.random() < 0.3:
            anew = choice.choice([name for name in FIXED if name not in names] or ["link"])
            members.append(MEMBERS[anew])
    for member in members:
        lines += [f"    {line}" if line else "" for line in ["", *member.strip().split("\n")]]
    if not members:
        lines.append('    """Adds nothing."""')
    return lines


def extended(of: Class, member: str, choice: random.Random) -> str:
    """A member that goes on to what it overrides: through `super()`, or by naming a base."""
    if "@double.setter" in member and choice.random() < 0.3:
        member = READ_ONLY
    match choice.randrange(4):
        case 0:
            first = "cls" if "(cls" in member else "self"
            return member.replace("super()", f"super({of.name}, {first})")
        case 1 if of.bases and "@" not in member:
            base = choice.choice([name for name in of.order[1:] if name not in MIXINS])
            return re.sub(r"super\(\)\.(\w+)\(", rf"{base}.\1(self, ", member)
        case _:
            return member
