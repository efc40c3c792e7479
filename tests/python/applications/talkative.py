"""Entities that print and log."""

import logging
import sys

from anabranch import entity

print("printed while imported")
logger = logging.getLogger("talkative")


@entity
class Speaker:
    """Says what it is told to."""

    def __init__(self, name: str):
        self.name = name
        print("created", name)

    def __key__(self) -> str:
        return self.name

    def say(self, text: str) -> None:
        print(text)
        print(text, file=sys.stderr)
        logger.warning("warned of %s", text)
        logger.info("too quiet")

    def say_in_parts(self) -> None:
        print("one, ", end="", flush=True)
        print("two", end="")

    def ask(self, other: "Speaker", text: str) -> None:
        other.say(text)
        print("asked")

    def fail(self) -> None:
        print("before the failure")
        raise ValueError("no")
