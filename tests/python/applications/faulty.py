"""Entities whose methods do what entity code should not."""

import sys
import threading
import time
from typing import Any

from anabranch import entity


class Fatal(BaseException):
    """No `Exception`."""


class Secretive(Exception):
    """Cannot be shown, copied or compared."""

    def __str__(self) -> str:
        raise Fatal("no text")

    def __reduce__(self) -> Any:
        raise Fatal("no parts")


def nested(depth: int) -> list[Any]:
    """Lists in lists."""
    result: list[Any] = []
    for _ in range(depth):
        result = [result]
    return result


def call_add(subject: object, caught: list[str]) -> None:
    """What a thread does that was started in entity code."""
    try:
        getattr(subject, "add")()  # noqa: B009, the compiler would see a plain access
    except Exception as error:
        caught.append(type(error).__name__)


@entity
class Subject:
    """Counts what was done to it, and fails."""

    def __init__(self, name: str):
        self.name = name
        self.count = 0
        self.extra: Any = None

    def __key__(self) -> str:
        return self.name

    def add(self) -> int:
        self.count += 1
        return self.count

    def exit(self) -> None:
        self.count += 1
        sys.exit("the application exits")

    def exit_elsewhere(self, other: "Subject") -> None:
        self.count += 1
        other.exit()

    def keyboard_interrupt(self) -> None:
        self.count += 1
        raise KeyboardInterrupt

    def generator_exit(self) -> None:
        self.count += 1
        raise GeneratorExit("early")

    def stop_iteration(self) -> None:
        self.count += 1
        raise StopIteration(4)

    def base_exception(self) -> None:
        self.count += 1
        raise Fatal("fatal")

    def secretive(self) -> None:
        self.count += 1
        raise Secretive

    def unserializable_result(self) -> Any:
        self.count += 1
        return lambda: None

    def unserializable_state(self) -> None:
        self.count += 1
        self.extra = threading.Lock()

    def nested_result(self) -> Any:
        self.count += 1
        return nested(100_000)

    def nested_state(self) -> None:
        self.count += 1
        self.extra = nested(100_000)

    def nested_argument(self, other: "Subject") -> None:
        self.count += 1
        other.take(nested(100_000))

    def take(self, value: Any) -> None:
        self.extra = value

    def nested_text(self) -> str:
        self.count += 1
        return repr(nested(100_000))

    def recursion(self) -> int:
        self.count += 1
        return self.recursion()

    def recursion_in_c(self) -> Any:
        """Each level is a call of Python from C."""
        self.count += 1

        def key(value: int) -> Any:
            return sorted([value], key=key)

        return key(1)

    def thread_that_calls(self, other: "Subject") -> str:
        """What a thread gets that calls another entity, outside of any transaction."""
        caught: list[str] = []
        thread = threading.Thread(target=call_add, args=(other, caught))
        thread.start()
        thread.join()
        return caught[0]

    def thread_that_exits(self) -> int:
        """What a thread raises ends that thread only."""
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
        return self.add()

    def sleep(self, seconds: float) -> None:
        self.count += 1
        time.sleep(seconds)
