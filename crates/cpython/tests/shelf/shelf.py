"""An entity with a large attribute, and all that can be done to that."""

from dataclasses import dataclass

from anabranch import entity

HIDDEN: list = []


@dataclass
class Row:
    number: int
    tags: list[str]


def new_entries() -> list:
    rows: list = [[number, "row"] for number in range(600)]
    rows[5] = {"a": 1, "b": [2]}
    rows[6] = Row(6, ["x"])
    rows[7] = ([1], 2)
    rows[8] = {1, 2, 3}
    rows[9] = frozenset((1, (2, 3)))
    return rows


@entity
class Shelf:
    def __init__(self, name: str):
        self.name = name
        self.count = 0
        self.last = None
        self.spare = None
        self.entries = new_entries()
        self.text = "x" * 10_000

    def __key__(self) -> str:
        return self.name

    def change(self, what: int) -> None:
        entries = self.entries
        if what <= 6:
            self.count += 1
        elif what == 7:
            entries[0].append(self.count)
        elif what == 8:
            entries.append([self.count])
        elif what == 9:
            entries.pop()
        elif what == 10:
            entries[5]["a"] += 1
        elif what == 11:
            entries[5]["b"].append("y")
        elif what == 12:
            entries[6].tags.append("z")
        elif what == 13:
            entries[6].number += 1
        elif what == 14:
            entries[6].__dict__ = {"number": self.count, "tags": []}
        elif what == 15:
            entries[7][0].append(self.count)
        elif what == 16:
            entries[8] ^= {self.count % 8}
        elif what == 17:
            entries[8].discard(self.count % 8)
        elif what == 18:
            entries[1], entries[2] = entries[2], entries[1]
        elif what == 19:
            entries[1][0] = int(str(entries[1][0]))
        elif what == 20:
            self.text = self.text[:-1] + "y"
        elif what == 21:
            self.text = self.text[:-1] + self.text[-1]
        self.move(what)

    def move(self, what: int) -> None:
        if what == 22:
            self.last = self.entries[0]
        elif what == 23:
            self.last = self.entries[7]
        elif what == 24:
            self.last = (self.entries[5]["b"],)
        elif what <= 28:
            self.last = None
        elif what == 29:
            self.entries = list(self.entries)
        elif what == 30:
            self.spare, self.entries = self.entries, new_entries()
        elif what == 31 and self.spare is not None:
            self.spare, self.entries = None, self.spare
        elif what == 32:
            del self.text
            self.text = "z" * 10_000
        elif what == 33:
            self.entries[3] = self.entries[4]
        elif what == 34:
            self.entries[3] = [0]
        elif what == 35:
            self.last = {"rows": [1, 2, 3], "more": ()}

    def increment(self) -> int:
        self.count += 1
        return self.count

    def hide(self) -> None:
        """Takes the attribute away, but not the object."""
        HIDDEN[:] = [self.entries]
        del self.entries

    def put_back(self, own: bool) -> None:
        self.entries = HIDDEN[0] if own else new_entries()[:-1]
