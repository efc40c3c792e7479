"""The parts of a random program that are always the same."""

TOOLS = '''"""What random programs use to show what they do."""


def tell(place, value=None):
    print("tell", place, value)
    return value


def shown(error, depth=3):
    """An exception with its cause. Its context may be what a caller handles, which only Python
    without an engine knows."""
    if error is None or not depth:
        return repr(error)
    if isinstance(error, NameError):
        # A variable without a value has other words in a comprehension before Python 3.12.
        return "NameError"
    notes = getattr(error, "__notes__", [])
    because = f" from {shown(error.__cause__, depth - 1)}" if error.__cause__ else ""
    return f"{error!r}{notes or ''}{because}{' suppressed' * error.__suppress_context__}"


class Context:
    def __init__(self, place, way_out):
        self.place = place
        self.way_out = way_out

    def __enter__(self):
        print("enter", self.place)
        return self.place

    def __exit__(self, kind, error, traceback):
        print("exit", self.place, shown(error))
        if self.way_out is ValueError:
            raise ValueError(self.place) from error
        return self.way_out


class Truth:
    def __init__(self, place, value):
        self.place = place
        self.value = value

    def __bool__(self):
        print("truth", self.place)
        return bool(self.value)


class Kind:
    ONE = 1
    K = "k"


class Failure(Exception):
    def __init__(self, place, extra=None):
        super().__init__(place)
        self.extra = extra


class Local:
    """Has the members of an entity, so that only a test at run time tells it from one."""

    def __init__(self, name, n=1):
        self.name = name
        self.n = n
        self.xs = [4, 5, 6]
        self.table = {"k": 3}
        self.peer = None

    def __repr__(self):
        return f"Local({self.name!r}, {self.n}, {self.xs}, {self.table}, {self.peer!r})"

    @property
    def double(self):
        return 2 * self.n

    @double.setter
    def double(self, value):
        self.n = value // 2

    @staticmethod
    def half(value):
        print("half", value)
        return value // 2

    @classmethod
    def label(cls, value):
        return f"{cls.__name__}{value}"

    def say(self, place, value=None):
        self.n += 1
        print(self.name, "says", place, value)
        return value

    def itself(self):
        return self

    def link(self, peer):
        self.peer = peer

    def mix(self, first, /, *rest, key=1, **more):
        print(self.name, "mixes", first, rest, key, more)
        return first + sum(rest) + key + sum(more.values())

    def bump(self, amount=1, *, times=1):
        self.n += amount * times
        return self.n

    def weigh(self, amount=1):
        if amount > 9:
            raise ValueError(self.name)
        return self.n % 5 + amount

    def spend(self, amount):
        self.n -= 1
        if amount > 7:
            raise ValueError(self.name, amount)
        return self.n % 7

    def call_back(self, who, amount):
        self.n -= 1
        return amount + self.n

    def fail(self, place):
        self.n += 100
        raise Failure(place, self.n)
'''

HELPERS = '''"""Helper functions of random program {seed}, in a module of their own."""

from tools import Context, Failure, Kind, Local, Truth, shown, tell
'''

HEADER = '''"""Random program {seed}."""

import helpers
from anabranch import delete, entity, exists, ref
from helpers import B0, B3
from tools import Context, Failure, Kind, Local, Truth, shown, tell
'''

FOOTER = """

def attempt(name, call):
    print("==", name)
    try:
        print("result", call())
    except Exception as error:
        print("error", shown(error))


def show(entities):
    for each in entities:
        try:
            print(each.state())
        except Exception as error:
            print(each, shown(error))


def main():
    everything = {everything}
    for index, each in enumerate(everything):
        each.link(everything[index - 1])
    everything += {created}
"""
