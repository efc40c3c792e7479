"""The parts of a random program that are always the same."""

HEADER = '''"""Random program {seed}."""

from anabranch import entity


def tell(place, value=None):
    print("tell", place, value)
    return value


def shown(error):
    """A variable without a value has other words in a comprehension before Python 3.12."""
    return "NameError" if isinstance(error, NameError) else repr(error)


class Context:
    def __init__(self, place, swallows):
        self.place = place
        self.swallows = swallows

    def __enter__(self):
        print("enter", self.place)
        return self.place

    def __exit__(self, kind, error, traceback):
        print("exit", self.place, shown(error))
        return self.swallows


class Truth:
    def __init__(self, place, value):
        self.place = place
        self.value = value

    def __bool__(self):
        print("truth", self.place)
        return bool(self.value)

'''

CLASS = """
@entity
class E{number}:
    def __init__(self, name: str, n=1):
        self.name = name
        self.n = n
        self.xs = [1, 2, 3]
        self.table = {{"k": 1, "l": 2}}
        self.peer = None

    def __key__(self) -> str:
        return self.name

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

    def call_back(self, who, amount):
        self.n -= 1
        return who.bump(amount) + self.n

    def fail(self, place):
        self.n += 100
        print(self.name, "fails", place)
        raise ValueError(place)

    def state(self):
        return self.name, self.n, self.xs, self.table, self.peer
"""

FOOTER = """

def attempt(name, call):
    print("==", name)
    try:
        print("result", call())
    except Exception as error:
        print("error", shown(error))


def main():
    everything = {everything}
    for index, each in enumerate(everything):
        each.link(everything[index - 1])
"""
