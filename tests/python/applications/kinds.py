"""Entities with every kind of key and of value."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from anabranch import entity, exists, ref


class Colour(Enum):
    RED = "red"


@dataclass
class Address:
    street: str
    number: int


@entity
class Shelf:
    """Has a tuple as its key."""

    def __init__(self, room: str, number: int):
        self.room = room
        self.number = number
        self.names = ["a"]
        # One list under two names.
        self.same = self.names

    def __key__(self) -> tuple[str, int]:
        return (self.room, self.number)

    def add(self, name: str) -> list[str]:
        self.names.append(name)
        return self.same


@entity
class Box:
    def __init__(self, number: int, shelf: Shelf):
        self.number = number
        self.shelf = shelf
        self.content: dict[str, Any] = {
            "none": None,
            "float": 1.0,
            "infinity": float("inf"),
            "big": 2**100,
            "bytes": b"\x00\xff",
            "tuple": (1, ("two",)),
            "set": {3},
            "frozenset": frozenset({"four"}),
            "numbers": {1: "one", (2, 3): "pair"},
            "$mark": "a key that looks special",
            "date": date(2026, 3, 1),
            "datetime": datetime(2026, 3, 1, 12, fold=1, tzinfo=UTC),
            "timedelta": timedelta(microseconds=-1),
            "decimal": Decimal("1.50"),
            "uuid": UUID(int=7),
            "enum": Colour.RED,
            "address": Address("Main Street", 1),
            "surrogate": "\ud800",
            "opaque": complex(1, 2),
        }

    def __key__(self) -> int:
        return self.number

    def show(self) -> str:
        return repr(self.content)

    def fill(self, size: int) -> None:
        """Gives it an attribute large enough to lie apart from the others."""
        self.large = "x" * size


def main() -> None:
    if not exists(Shelf, ("hall", 1)):
        Box(7, Shelf("hall", 1)).fill(10_000)
    box = ref(Box, 7)
    print(box.show(), len(box.large), box.shelf.add("b"))
