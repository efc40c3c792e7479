"""Which calls are handed over together, and what `check --explain` says of it.

That the results are Python's is for the language tests (`tests/lang/together.md`) and the random
programs to show; here it is that there is something to show.
"""

from pathlib import Path

import pytest
from command_line import anabranch

PROGRAM = """\
from dataclasses import dataclass

from anabranch import entity


@entity
class Item:
    def __init__(self, name: str, value: int = 5):
        self.name = name
        self.value = value

    def __key__(self) -> str:
        return self.name

    def cost(self, amount: int = 1) -> int:
        return self.value * amount

    def take(self, amount: int) -> int:
        self.value -= amount
        return self.value

    def say(self) -> int:
        print(self.name)
        return self.value

    def of(self, user: "User") -> int:
        return user.limit + self.value

    def count(self, values: list[object]) -> int:
        return len(values)

    @property
    def double(self) -> int:
        return 2 * self.value


@dataclass
class Line:
    item: Item
    count: int = 2

    @property
    def same(self) -> Item:
        return self.item


@entity
class User:
    def __init__(self, name: str, first: Item):
        self.name = name
        self.first = first
        self.limit = 3
        self.line = Line(first)
        self.lines: list[Line] = [Line(first, 3), self.line]

    def __key__(self) -> str:
        return self.name

    def peek(self) -> int:
        return self.limit

    def method(self, a: Item, b: Item, items: list[Item], user: "User"):
        return EXPRESSION


def main():
    a, b = Item("a"), Item("b")
    user = User("u", a)
    try:
        print(user.method(a, b, [a, b], user))
    except Exception as error:
        print(error)
"""

TAKEN = {
    "a.value + b.value": 1,
    "a.cost(2) * 2 - b.cost(amount=3)": 1,
    "a.take(1), b.take(-self.limit + 1)": 1,
    "a.take(1), b.take(1), [a.value, b.value]": 1,
    "a.take(1) + b.cost(1) * 2 - a.value": 1,
    "self.first.value + b.value": 1,
    "self.lines[0].item.value + b.value": 0,
    "[line.item.cost(line.count + 1) for line in self.lines]": 1,
    "sum(line.item.value * line.count for line in self.lines)": 1,
    "self.line.item.value + self.line.item.cost(-self.line.count)": 1,
    "self.line.same.value + self.line.item.value": 0,
    "f'{a.name} {b.cost()}'": 1,
    "a.value < b.cost(2)": 1,
    "max(a.value, 3, b.value)": 1,
    "{a.name: b.value}": 1,
    "a.count(items), b.count(items)": 1,
    "[item.value for item in items]": 1,
    "[item.take(2) for item in items]": 1,
    "[item.value for item in items if item is not None]": 1,
    "[item.cost(n) for item, n in zip(items, [1, 2]) if n > 0]": 1,
    "{item.name: item.cost() for item in items}": 1,
    "sum(item.value for item in items)": 1,
    "sorted(item.value for item in items)": 1,
    "[(index, item.value) for index, item in enumerate(items)]": 1,
    "[item.value + item.cost(2) for item in {a: 1, b: 2}]": 1,
    "[a.value + b.value for _ in range(2)]": 1,
    # What comes between must not have been done by others before.
    "a.take(1) + b.take(1) + a.take(1)": 0,
    "sum(item.take(1) for item in items)": 0,
    "[item.take(1) for item in items if item is not None]": 0,
    "f'{a.take(1)} {b.take(1)}'": 0,
    # An argument or receiver that is not at hand, or has effects.
    "a.cost(self.peek()) + b.cost(self.peek())": 0,
    "a.cost(n := 2) + b.cost(n)": 0,
    "a.cost(b.value) + 1": 0,
    "a.count([1]), b.count([1])": 0,
    # It could not be sent, which must not show before its turn.
    "a.count(items), b.count(len)": 0,
    "items[0].value + items[1].value": 0,
    # What it is given could change before its turn.
    "a.value + 1 + b.count(items)": 0,
    # The entity itself may be reached.
    "a.of(user) + b.of(user)": 0,
    "a.value + user.limit": 0,
    # It prints, or runs code where none is called.
    "a.say() + b.say()": 0,
    "a.double + b.double": 0,
    # Not every evaluation comes to them.
    "a.value and b.value": 0,
    "a.value if self.limit else b.value": 0,
    "any(item.value for item in items)": 0,
    "a.value < b.value < a.value": 0,
    # One alone, and none.
    "a.value": 0,
    "[item.value for item in items[:1]]": 0,
    "[item.value for item in items[:0]]": 0,
    # More than are handed over at once.
    "len([item.value for item in items * 500])": 1,
    "len([item.value for item in items * 501])": 0,
}


@pytest.mark.parametrize("expression", TAKEN)
def test_what_is_handed_over(expression: str, tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text(PROGRAM.replace("EXPRESSION", expression), encoding="utf-8")
    plain = anabranch("run", program, "--engine", "plain")
    completed = anabranch("run", program, "--engine", "local", "--compare-effects", "--together")
    assert completed.stdout == plain.stdout, completed.stderr
    assert f"handed over together: {TAKEN[expression]} times" in completed.stderr


def test_nothing_is_handed_over_unless_asked_for(tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text(PROGRAM.replace("EXPRESSION", "a.value + b.value"), encoding="utf-8")
    completed = anabranch("run", program, "--engine", "local")
    assert completed.stdout == "10\n"
    assert "handed over" not in completed.stderr


def test_check_explains_it(tmp_path: Path) -> None:
    expression = "a.take(1) + b.value, [item.cost() for item in items]"
    program = tmp_path / "main.py"
    program.write_text(PROGRAM.replace("EXPRESSION", expression), encoding="utf-8")
    completed = anabranch("check", program, "--explain")
    line = PROGRAM[: PROGRAM.index("EXPRESSION")].count("\n") + 1
    lines = [text.strip() for text in completed.stdout.split("\n") if "at once" in text]
    condition = "where no call reaches what another one changes"
    assert lines == [
        f"at once  Item.cost() of each element: one round trip for all, {condition} "
        f"(main.py:{line})",
        f"at once  Item.take(), Item.value: one round trip instead of 2, {condition} "
        f"(main.py:{line})",
    ]


def test_the_segments_show_it(tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text(PROGRAM.replace("EXPRESSION", "a.value + b.value"), encoding="utf-8")
    text = anabranch("compile", program, "--emit", "python").stdout
    handed_over = '((("get", a, "value"), ("get", b, "value")),)'
    assert f'if __anabranch_together__(): return "together", 1, (a, b), 2, {handed_over}' in text
    text = anabranch("compile", program, "--emit", "ir").stdout
    assert "together get Item.value, get Item.value then seg1" in text
