"""One program that goes through the semantics; every engine must print what plain Python prints."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from anabranch import delete, entity, exists, ref, transactional


class Refused(Exception):
    """What the entities here raise."""

    def __init__(self, text: str, holder: "Box | None" = None):
        super().__init__(text)
        self.holder = holder


class Colour(Enum):
    """An enum in state."""

    RED = "red"
    BLUE = 2


@dataclass
class Label:
    """A dataclass in state."""

    text: str
    colour: Colour = Colour.RED
    boxes: "list[Box]" = field(default_factory=lambda: [])


@entity
class Box:
    """Holds any value, and does things to other boxes."""

    def __init__(self, name: str, content: Any = None):
        self.name = name
        self.content: Any = content
        self.log: list[str] = []
        self.friends: dict[str, Box] = {}

    def __key__(self) -> str:
        return self.name

    def note(self, text: str, times: int = 1) -> int:
        for _ in range(times):
            self.log.append(text)
        return len(self.log)

    def note_and_refuse(self, text: str) -> None:
        self.log.append(text)
        raise Refused(text, self)

    def put(self, content: Any) -> None:
        self.content = content

    def add(self, amount: int) -> int:
        self.content += amount
        return self.content

    @transactional
    def note_elsewhere_and_refuse(self, other: "Box", text: str) -> None:
        other.note(text)
        self.note(text)
        created = Box(text)
        created.note(text)
        other.note_and_refuse(text)

    def give(self, other: "Box") -> Any:
        content = [1]
        other.put(content)
        content.append(2)
        self.content = content
        return other.content

    def copies_alias(self, other: "Box") -> bool:
        shared = [1]
        return other.same(shared, second=shared)

    def same(self, first: list[int], second: list[int]) -> bool:
        return first is second

    def back_to_me(self, other: "Box") -> int:
        self.content = 10
        grown = other.add_to(self, 5)
        return grown + self.content

    def add_to(self, other: "Box", amount: int) -> int:
        return other.add(amount)

    def ping(self, other: "Box", depth: int) -> int:
        if depth == 0:
            return 0
        return 1 + other.ping(self, depth - 1)

    def befriend(self, other: "Box") -> "Box":
        self.friends[other.name] = other
        return self

    def sum_of_friends(self) -> int:
        total = 0
        for name in sorted(self.friends):
            friend = self.friends[name]
            content = friend.content
            if content is None:
                continue
            if content > 100:
                break
            total += content
        else:
            total += 1000
        return total

    def contents_of_friends(self) -> list[Any]:
        friends = [self.friends[name] for name in sorted(self.friends)]
        return [friend.content for friend in friends if friend.content is not None]

    def drain(self, other: "Box", step: int) -> int:
        rounds = 0
        while other.content >= step:
            other.content -= step
            rounds += 1
            if rounds == 3:
                return -rounds
        return rounds

    def order(self, one: "Box", other: "Box") -> tuple[int, int, int]:
        return one.add(1), other.add(one.content), one.add(other.content)

    def either(self, one: "Box", other: "Box") -> Any:
        return one.content if one.content else other.content

    def both(self, one: "Box", other: "Box") -> bool:
        return one.content == 0 and other.add(1) > 0

    def replace(self, name: str) -> tuple[bool, bool, bool]:
        before = exists(Box, name)
        delete(ref(Box, name))
        between = exists(Box, name)
        Box(name, "new")
        return before, between, exists(Box, name)

    def close(self) -> Any:
        content = self.content
        delete(self)
        return content

    def call_itself(self) -> bool:
        me = ref(Box, self.name)
        content = [1]
        me.put(content)
        return self.content is content and me == self

    def helped(self, others: "list[Box]") -> int:
        return note_all(others, self.name)


def note_all(boxes: list[Box], text: str) -> int:
    """A helper function that uses entities."""
    total = 0
    for box in boxes:
        total += box.note(text)
    return total


def attempt(action: Any, *arguments: Any) -> None:
    try:
        print("  result", action(*arguments))
    except RecursionError:
        # Its words are those of the engine.
        print("  RecursionError")
    except Exception as error:
        print(f"  {type(error).__name__}: {error}")


def values() -> list[Any]:
    return [
        None,
        True,
        -1,
        2**100,
        0.5,
        "text ü",
        b"\x00\xff",
        [1, [2]],
        (1, ("a",)),
        {"a": {1: 2}},
        {1},
        frozenset({1}),
        date(2026, 1, 2),
        datetime(2026, 1, 2, 3, 4, 5, 6),
        datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        timedelta(days=1, microseconds=3),
        Decimal("1.10"),
        UUID(int=7),
        Colour.BLUE,
        Label("tag", Colour.BLUE, [ref(Box, "a")]),
        ref(Box, "a"),
        {ref(Box, "a"): [ref(Box, "b")]},
    ]


def main():
    a, b = Box("a"), Box("b")
    print("values")
    for value in values():
        a.content = value
        print(" ", a.content, a.content == value)

    print("rollback")
    attempt(a.note_elsewhere_and_refuse, b, "undone")
    print(" ", a.log, b.log, exists(Box, "undone"))
    attempt(a.put)
    attempt(Box, "a")
    attempt(ref(Box, "nobody").note, "x")
    attempt(delete, ref(Box, "nobody"))

    print("copies")
    print(" ", a.give(b), a.content, b.content, a.copies_alias(b), a.call_itself())

    print("calls")
    a.content = b.content = 0
    print(" ", a.back_to_me(b), a.content)
    print(" ", a.ping(b, 50), a.order(b, Box("c", 7)), b.content, ref(Box, "c").content)
    attempt(a.ping, b, 5000)
    print(" ", a.note("x", times=2), a.note(text="y"), a.log, a.helped([a, b, a]), b.log)

    print("control")
    print(" ", a.befriend(b).befriend(ref(Box, "c")) == a, sorted(a.friends))
    print(" ", a.sum_of_friends(), a.contents_of_friends())
    b.content = 101
    print(" ", a.sum_of_friends(), a.drain(b, 20), b.content, a.drain(b, 20), b.content)
    print(" ", a.either(b, a), a.both(b, a), a.both(Box("zero", 0), b), b.content)

    print("life")
    print(" ", a.replace("b"), b.content, b.log)
    delete(b)
    print(" ", exists(Box, "b"))
    attempt(b.note, "x")
    print(" ", Box("d", "last").close(), exists(Box, "d"))


if __name__ == "__main__":
    main()
