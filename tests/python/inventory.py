"""Entities for the tests of plain mode."""

import time
from typing import Any

from anabranch import delete, entity, exists, ref


class Refused(Exception):
    """What the entities here raise."""


ALWAYS = Refused("always")


@entity
class Box:
    """Holds any value, and does to other boxes what a test asks for."""

    content: Any

    def __init__(self, name: str, content: Any = None):
        self.name = name
        self.content = content
        self.log: list[str] = []

    def __key__(self) -> str:
        return self.name

    def put(self, content: Any) -> Any:
        self.content = content
        return content

    def look(self) -> Any:
        return self.content

    def note(self, text: str) -> None:
        self.log.append(text)

    def myself(self) -> "Box":
        return self

    def note_and_refuse(self, text: str) -> None:
        self.log.append(text)
        raise Refused(text)

    def refuse_always(self) -> None:
        raise ALWAYS

    def count(self) -> None:
        before = self.content
        # Lets other threads run, so that two counts at a time would lose one.
        time.sleep(0)
        self.content = before + 1

    def note_elsewhere_and_refuse(self, other: "Box", text: str) -> None:
        other.note(text)
        self.note_and_refuse(text)

    def note_elsewhere_and_catch(self, other: "Box", text: str) -> str:
        try:
            other.note_and_refuse(text)
        except Refused as refused:
            self.note(f"caught {refused}")
        return "went on"

    def create_and_refuse(self, name: str) -> None:
        Box(name)
        raise Refused(name)

    def delete_and_refuse(self, other: "Box") -> None:
        delete(other)
        raise Refused(other.__class__.__name__)

    def exists_twice(self, name: str) -> tuple[bool, bool]:
        before = exists(Box, name)
        Box(name)
        return before, exists(Box, name)

    def give_content(self, other: "Box") -> bool:
        """Whether the other box got the very object."""
        return other.put(self.content) is self.content

    def give_content_to_itself(self, other: "Box") -> bool:
        """The same through a reference to this box."""
        assert other == self
        return other.put(self.content) is self.content and other.content is self.content

    def is_given_alias(self, first: list[int], second: list[int]) -> bool:
        return first is second

    def gives_alias(self, other: "Box") -> bool:
        shared = [1]
        return other.is_given_alias(shared, second=shared)

    def read_and_change(self, other: "Box") -> None:
        other.content.append("lost")

    def write_then_change(self, other: "Box") -> None:
        content = ["written"]
        other.content = content
        content.append("lost")

    def there_and_back(self, other: "Box", name: str) -> Any:
        """Changes itself, and looks at itself through another box."""
        self.content = "uncommitted"
        return other.look_at(ref(Box, name))

    def look_at(self, other: "Box") -> Any:
        return other.look()

    def ping(self, other: "Box", depth: int) -> int:
        return 0 if depth == 0 else 1 + other.ping(self, depth - 1)

    def close(self) -> Any:
        content = self.content
        delete(self)
        return content

    def close_and_use(self) -> Any:
        delete(self)
        return self.content
