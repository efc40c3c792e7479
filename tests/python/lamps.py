"""An application that clients talk to; nothing of it runs in the tests of clients."""

from anabranch import entity


class Broken(Exception):
    """Its constructor takes other arguments than `args`."""

    def __init__(self, lamp: str, watts: int):
        super().__init__(f"{lamp} is broken")
        self.watts = watts


@entity
class Lamp:
    """Something with state and methods."""

    def __init__(self, name: str, watts: int = 5):
        self.name = name
        self.watts = watts
        self.is_on = False

    def __key__(self) -> str:
        return self.name

    def switch(self, on: bool = True) -> bool:
        """Switches the lamp."""
        self.is_on = on
        return on

    def plug_into(self, other: "Lamp") -> str:
        """Takes a reference."""
        return other.name
