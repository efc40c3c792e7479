"""The checkers of the crash tests, on histories that are right and on broken ones."""

import random

import pytest
from applications.passbook import CLOSED
from checkers import money, presence, replies, serial_order
from checkers.history import Operation, Version
from crash import soak
from crash.asked import Asked, Reply
from crash.book import Book
from crash.load import Answered, Harvest

FIRST = {"a": (1, 0), "b": (1, 0)}


def operation(
    name: str, time: tuple[float, float], seen: dict[str, int], made: dict[str, int]
) -> Operation:
    def versions(numbers: dict[str, int]) -> dict[str, Version]:
        return {item: (1, number) for item, number in numbers.items()}

    return Operation(name, *time, versions(seen), versions(made))


def serial_history(count: int, choice: random.Random) -> list[Operation]:
    """Operations that were executed one after another, each at an instant of its own."""
    current = dict.fromkeys("abcdef", 0)
    operations: list[Operation] = []
    for number in range(count):
        items = choice.sample(sorted(current), choice.randint(1, 3))
        seen = {item: current[item] for item in items}
        made = {item: current[item] + 1 for item in items if choice.random() < 0.6}
        current.update(made)
        time = (number - choice.random() * 9, number + choice.random() * 9)
        operations.append(operation(f"o{number}", time, seen, made))
    choice.shuffle(operations)
    return operations


def test_a_serial_history_is_explained() -> None:
    for seed in range(50):
        history = serial_history(60, random.Random(seed))
        first = dict.fromkeys("abcdef", (1, 0))
        assert serial_order.violations(history, first) == [], f"seed {seed}"


def test_a_stale_read_anywhere_is_found() -> None:
    """What an operation saw is replaced by an older version, which was told before it began."""
    first = dict.fromkeys("abcdef", (1, 0))
    for seed in range(50):
        choice = random.Random(seed)
        history = serial_history(60, choice)
        reads = [one for one in history if one.seen.keys() - one.made.keys()]
        stale = choice.choice(reads)
        item = min(stale.seen.keys() - stale.made.keys())
        count = stale.seen[item][1]
        if count == 0:
            continue
        maker = next(one for one in history if one.made.get(item) == (1, count))
        maker.ended = min(maker.ended, stale.begun - 0.5)
        maker.begun = min(maker.begun, maker.ended)
        stale.seen[item] = (1, count - 1)
        assert serial_order.violations(history, first), f"seed {seed}"


def test_a_lost_update_is_found() -> None:
    both = [
        operation("one", (0, 9), {"a": 0}, {"a": 1}),
        operation("two", (0, 9), {"a": 0}, {"a": 1}),
    ]
    assert serial_order.violations(both, FIRST) == ["one and two both made a (1, 1)"]


def test_a_version_of_nobody_is_found() -> None:
    found = serial_order.violations([operation("one", (0, 1), {"a": 5}, {})], FIRST)
    assert found == ["one saw a (1, 5), which nobody made"]


def test_a_lost_reply_is_found() -> None:
    """What was told before a crash is not there after it."""
    history = [
        operation("write", (0, 1), {"a": 0}, {"a": 1}),
        operation("read after the crash", (2, 3), {"a": 0}, {}),
    ]
    (found,) = serial_order.violations(history, FIRST)
    assert "ended before it: read after the crash" in found
    assert "missed a (1, 1), made by write" in found


def test_a_version_from_before_the_history_is_found() -> None:
    (found,) = serial_order.violations([operation("one", (0, 1), {"a": 2}, {})], {"a": (1, 3)})
    assert "went back" in found


def test_write_skew_is_found() -> None:
    """Each misses what the other made: no real time is needed to see it."""
    history = [
        operation("one", (0, 9), {"a": 0, "b": 0}, {"a": 1}),
        operation("two", (0, 9), {"a": 0, "b": 0}, {"b": 1}),
    ]
    (found,) = serial_order.violations(history, FIRST)
    assert found.startswith("no order explains: ")
    assert found.count("missed") == 2


def test_a_read_of_half_a_transaction_is_found() -> None:
    history = [
        operation("both", (0, 9), {"a": 0, "b": 0}, {"a": 1, "b": 1}),
        operation("half", (0, 9), {"a": 1, "b": 0}, {}),
    ]
    (found,) = serial_order.violations(history, FIRST)
    assert "made a (1, 1), seen by half" in found


def test_a_cycle_of_many_is_found() -> None:
    edges = [[(node + 1) % 2000, 2000] for node in range(2000)] + [[]]
    cycle = serial_order.find_cycle(edges)
    assert cycle is not None
    assert sorted(cycle) == list(range(2000))
    edges[1999] = [2000]
    assert serial_order.find_cycle(edges) is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["x", "y"], []),
        (["x"], ["y was told to be at 1"]),
        (["y", "x"], ["x was told to be at 0", "y was told to be at 1"]),
        (["x", "y", "y"], ["y is 2 times", "y at 2"]),
        (["x", "y", "z"], ["z at 2 of ('a', 1) was told to nobody"]),
        (["x", "y", "no"], ["no was refused and is in"]),
    ],
)
def test_presence(names: list[str], expected: list[str]) -> None:
    found = presence.violations({("a", 1): {0: "x", 1: "y"}}, {("a", 1): names}, {"no"})
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_a_list_that_is_gone_is_found() -> None:
    (found,) = presence.violations({("a", 1): {0: "x"}}, {})
    assert "is gone" in found


def test_money() -> None:
    assert money.violations("audit", {"a": 5, "b": 5}, 10) == []
    assert money.violations("audit", {"a": 5, "b": 6}, 10) == ["audit: 11 where there should be 10"]
    assert money.violations("audit", {"a": 11, "b": -1}, 10) == ["audit: b owes 1"]


def test_replies() -> None:
    assert replies.violations({"x": 1}, [("x", 1), ("y", 2)]) == []
    assert replies.violations({"x": 1}, [("x", 2)]) == ["x got 2 where it had got 1"]


def answered(asked: Asked, value: object, time: float) -> Answered:
    return Answered(asked, Reply("result", value), time, time + 0.5)


def told_round() -> tuple[Book, Harvest, Harvest]:
    """A transfer between two accounts, and what is read after it."""
    book = Book(["a", "b"], 10, random.Random(1))
    book.versions = {"a": (1, 0), "b": (1, 0)}
    asked = Asked("t", "transfer", "binary", "a", "b", 1)
    harvest = Harvest([answered(asked, [("a", 1, 0), ("b", 1, 0)], 1)])
    harvest.again = [("t", harvest.answered[0].reply)]
    audit = Asked("e", "audit", "binary", "a", others=("b",))
    statements = [Asked(f"e{holder}", "statement", "http", holder) for holder in "ab"]
    last = Harvest(
        [
            answered(audit, [(("a", 1, 1), 4), (("b", 1, 1), 6)], 3),
            answered(statements[0], (("a", 1, 1), 4, ["t"], ""), 4),
            answered(statements[1], (("b", 1, 1), 6, ["t"], ""), 5),
        ]
    )
    return book, harvest, last


def test_a_right_round_has_no_violations() -> None:
    book, harvest, last = told_round()
    assert book.judge(harvest, last) == []
    assert book.versions == {"a": (1, 1), "b": (1, 1)}


def test_each_part_of_a_round_is_judged() -> None:
    book, harvest, last = told_round()
    last.answered[1].reply = Reply("result", (("a", 1, 0), 4, [], ""))
    lost = book.judge(harvest, last)
    assert any("no order explains" in line for line in lost)
    assert any("t was told to be at 0 of ('a', 1)" in line for line in lost)

    book, harvest, last = told_round()
    last.answered[0].reply = Reply("result", [(("a", 1, 1), 5), (("b", 1, 1), 6)])
    assert any("11 where there should be 10" in line for line in book.judge(harvest, last))

    book, harvest, last = told_round()
    last.answered[2].reply = Reply("result", (("b", 1, 1), 6, ["t"], "x"))
    assert any("another note" in line for line in book.judge(harvest, last))

    book, harvest, last = told_round()
    harvest.again.append(("t", Reply("result", [("a", 1, 1), ("b", 1, 1)])))
    assert any("where it had got" in line for line in book.judge(harvest, last))

    book, harvest, last = told_round()
    del last.answered[2]
    assert any("('b', 1) is gone" in line for line in book.judge(harvest, last))


def test_an_account_that_comes_back_is_found() -> None:
    """It was closed, and is read again as it was."""
    book, harvest, last = told_round()
    closing = Asked("c", "close", "binary", "a", "b")
    seen = [("a", 1, 1), ("b", 1, 1)]
    harvest.answered.append(answered(closing, (seen, ["t"], ""), 2))
    last.answered[2].reply = Reply("result", (("b", 1, 2), 6, ["t", "c"], ""))
    found = book.judge(harvest, last)
    assert any("missed a" in line and str(CLOSED) in line for line in found)


def test_growth_is_found() -> None:
    steady = soak.Sample(100 << 20, 8 << 20, 20 << 20, 30, 9)
    grown = soak.Sample(130 << 20, 8 << 20, 20 << 20, 50, 9)
    assert soak.growth(soak.Report([steady] * 9)) == []
    assert soak.growth(soak.Report([grown] * 3 + [steady] * 6)) == []
    found = soak.growth(soak.Report([steady] * 6 + [grown] * 3))
    assert [line.split()[0] for line in found] == ["memory", "descriptors"]
