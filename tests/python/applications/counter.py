"""Counts how often it was run on the same data."""

from anabranch import entity, exists, ref


@entity
class Counter:
    """A number."""

    def __init__(self, name: str):
        self.name = name
        self.number = 0

    def __key__(self) -> str:
        return self.name

    def increment(self) -> int:
        """Counts on."""
        self.number += 1
        return self.number


def main():
    counter = ref(Counter, "runs") if exists(Counter, "runs") else Counter("runs")
    print(counter.increment())
