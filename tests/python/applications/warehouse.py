"""Entities of very different sizes, more of them than fit into memory."""

from anabranch import entity


@entity
class Crate:
    """A large one, whose content is replaced as a whole."""

    def __init__(self, number: int, content: bytes):
        self.number = number
        self.content = content
        self.version = 0

    def __key__(self) -> int:
        return self.number

    def fill(self, content: bytes) -> int:
        self.content = content
        self.version += 1
        return self.version

    def look(self) -> tuple[int, bytes]:
        return (self.version, self.content[:8])


@entity
class Screw:
    """As small as can be."""

    def __init__(self, number: int):
        self.number = number
        self.turns = 0

    def __key__(self) -> int:
        return self.number

    def turn(self, turns: int) -> int:
        self.turns += turns
        return self.turns
