"""What splitting costs: the same work in one piece and in several segments.

`Record(record_id, payload)` has a state of any size. `whole` and `split` do the same; the bodies
differ in a type hint alone. With `Any` the compiler cannot know that `text` is no entity, so each
of the four calls of a method of it becomes a suspension point: five segments instead of one piece,
and four run-time tests that find an ordinary string.

| request | |
| --- | --- |
| `whole(text)` | one piece |
| `split(text)` | five segments |

Both give how often the record was written.
"""

from typing import Any

from anabranch import entity


@entity
class Record:
    """Something with a large state."""

    def __init__(self, record_id: str, payload: str):
        self.record_id = record_id
        self.payload = payload
        self.written = 0
        self.last = ""

    def __key__(self) -> str:
        return self.record_id

    def whole(self, text: str) -> int:
        """Writes a text, in one piece."""
        stripped = text.strip()
        upper = text.upper()
        lower = text.lower()
        title = text.title()
        self.last = stripped + upper + lower + title
        self.written += 1
        return self.written

    def split(self, text: Any) -> int:
        """Writes a text, in five segments."""
        stripped = text.strip()
        upper = text.upper()
        lower = text.lower()
        title = text.title()
        self.last = stripped + upper + lower + title
        self.written += 1
        return self.written


def main():
    record = Record("record-0", "x" * 1_000)
    print(record.whole(" some text "), record.last)
    print(record.split(" some text "), record.last)


if __name__ == "__main__":
    main()
