"""Entities whose methods never end by themselves, each in another way."""

from typing import Any

from anabranch import entity


class Endless:
    """Whatever is done with it does not end."""

    def __deepcopy__(self, memo: Any) -> "Endless":
        while True:
            pass

    def __eq__(self, other: object) -> bool:
        while True:
            pass

    def __hash__(self) -> int:
        return 0

    def __reduce__(self) -> Any:
        while True:
            pass


class EndlessMessage(Exception):
    """Its text never ends."""

    def __str__(self) -> str:
        while True:
            pass


def swallow() -> None:
    """Goes on after whatever is raised in it."""
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


class Manager:
    """A context that swallows what is raised in it."""

    def __enter__(self) -> None: ...

    def __exit__(self, *raised: object) -> bool:
        return True


@entity
class Loop:
    """Counts what was done to it, and loops."""

    def __init__(self, name: str, kind: str = ""):
        self.name = name
        self.count = 0
        self.kind = kind
        self.value: Any = None
        while kind == "constructor":
            pass

    def __key__(self) -> str:
        while self.kind == "key":
            pass
        return self.name

    def add(self) -> int:
        self.count += 1
        return self.count

    @property
    def total(self) -> int:
        while True:
            pass

    def native(self) -> None:
        self.count += 1
        while True:
            pass

    def split(self, other: "Loop") -> None:
        self.count += 1
        while True:
            other.add()

    def remote(self, other: "Loop") -> None:
        self.count += 1
        other.native()

    def remote_property(self, other: "Loop") -> int:
        self.count += 1
        return other.total

    def changed_key(self) -> None:
        vars(self).update(kind="key")

    def remote_constructor(self, name: str) -> None:
        self.count += 1
        Loop(name, "constructor")

    def copy_hook(self, other: "Loop") -> None:
        self.count += 1
        other.take(Endless())

    def take(self, value: Any) -> None:
        self.value = value

    def equality_hook(self) -> bool:
        self.count += 1
        return Endless() == Endless()

    def result(self) -> Any:
        self.count += 1
        return Endless()

    def message(self) -> None:
        self.count += 1
        raise EndlessMessage

    def comprehension(self) -> int:
        self.count += 1
        return sum([1 for _ in iter(int, 1)])

    def generator(self) -> int:
        self.count += 1
        return sum(1 for _ in iter(int, 1))

    def swallowing(self) -> None:
        self.count += 1
        swallow()

    def swallowing_once(self) -> int:
        """Goes on after the interrupt, and ends well."""
        self.count += 1
        try:
            while True:
                pass
        except BaseException:
            return self.count

    def swallowing_split(self, other: "Loop") -> None:
        self.count += 1
        while True:
            try:
                other.native()
            except BaseException:
                other.add()

    def finally_loop(self) -> None:
        self.count += 1
        try:
            while True:
                pass
        finally:
            while True:
                pass

    def manager(self) -> None:
        self.count += 1
        while True:
            with Manager():
                while True:
                    pass

    def recursion(self, depth: int = 0) -> int:
        """Recursion that goes on after its own end."""
        self.count += 1
        try:
            return self.recursion(depth + 1)
        except RecursionError:
            return self.recursion(depth - 1) + self.recursion(depth - 1)

    def ping(self, other: "Loop") -> None:
        self.count += 1
        while True:
            try:
                other.pong(self)
            except RecursionError:
                self.count += 1

    def pong(self, other: "Loop") -> None:
        other.ping(self)

    def allocation(self) -> int:
        self.count += 1
        chunks: list[bytes] = []
        while True:
            chunks.append(bytes(10))

    def finalizer(self) -> int:
        """What is done when its value goes does not end."""
        self.count += 1

        class Last:
            def __del__(self) -> None:
                while True:
                    pass

        last = Last()
        del last
        return self.count
