"""The members that all classes of a random program have."""

INIT = """
def __init__(self, name: str, n=1):
    self.name = name
    self.n = n
    self.xs = [1, 2, 3]
    self.table = {"k": 1, "l": 2}
    self.peer = None
"""

KEY = """
def __key__(self) -> str:
    return self.name
"""

DOUBLE = """
@property
def double(self):
    return 2 * self.n

@double.setter
def double(self, value):
    self.n = value // 2
"""

HALF = """
@staticmethod
def half(value):
    print("half", value)
    return value // 2
"""

LABEL = """
@classmethod
def label(cls, value):
    return f"{cls.__name__}{value}"
"""

SAY = """
def say(self, place, value=None):
    self.n += 1
    print(self.name, "says", place, value)
    return value
"""

ITSELF = """
def itself(self):
    return self
"""

LINK = """
def link(self, peer):
    self.peer = peer
"""

MIX = """
def mix(self, first, /, *rest, key=1, **more):
    print(self.name, "mixes", first, rest, key, more)
    return first + sum(rest) + key + sum(more.values())
"""

BUMP = """
def bump(self, amount=1, *, times=1):
    self.n += amount * times
    return self.n
"""

WEIGH = """
def weigh(self, amount=1):
    if amount > 9:
        raise ValueError(self.name)
    return self.n % 5 + amount
"""

SPEND = """
def spend(self, amount):
    self.n -= 1
    if amount > 7:
        raise ValueError(self.name, amount)
    return self.n % 7
"""

CALL_BACK = """
def call_back(self, who, amount):
    self.n -= 1
    return who.bump(amount) + self.n
"""

FAIL = """
def fail(self, place):
    self.n += 100
    print(self.name, "fails", place)
    error = Failure(place, self.n)
    error.add_note(f"in {self.name}")
    raise error
"""

STATE = """
def state(self):
    return self.name, self.n, self.xs, self.table, self.peer
"""

MEMBERS = {
    "init": INIT,
    "key": KEY,
    "double": DOUBLE,
    "half": HALF,
    "label": LABEL,
    "say": SAY,
    "itself": ITSELF,
    "link": LINK,
    "mix": MIX,
    "bump": BUMP,
    "weigh": WEIGH,
    "spend": SPEND,
    "call_back": CALL_BACK,
    "fail": FAIL,
    "state": STATE,
}

FIXED = ("say", "mix", "bump", "call_back", "double", "half")
"""Those that a class may define anew, without what it inherits."""

EXTENDED = {
    "init": """
def __init__(self, name: str, n=1):
    super().__init__(name, n + 1)
    self.xs.append(n)
""",
    "key": """
def __key__(self) -> str:
    return super().__key__()
""",
    "double": """
@property
def double(self):
    print("double of", self.name)
    return super().double + 1

@double.setter
def double(self, value):
    print("double of", self.name, "becomes", value)
    self.n = value
""",
    "half": """
@staticmethod
def half(value):
    print("quarter", value)
    return value // 4
""",
    "label": """
@classmethod
def label(cls, value):
    return f"<{super().label(value)}>"
""",
    "say": """
def say(self, place, value=None):
    print(self.name, "will say", place)
    return super().say(place, value)
""",
    "mix": """
def mix(self, first, /, *rest, key=2, **more):
    return super().mix(first, *rest, key=key, **more) - 1
""",
    "bump": """
def bump(self, amount=2, *, times=1):
    return super().bump(amount, times=times) + super().bump(1)
""",
    "call_back": """
def call_back(self, who, amount):
    amount = super().call_back(who, amount + 1)
    return amount + super().call_back(self, 1) + who.n
""",
    "fail": """
def fail(self, place):
    try:
        super().fail(place)
    except Failure as error:
        error.add_note("again")
        raise
    finally:
        self.n -= 50
""",
    "state": """
def state(self):
    return *super().state(), self.double
""",
}
"""What a class adds to a member that it inherits."""

READ_ONLY = """
@property
def double(self):
    return super().double - 1
"""
"""Instead of what is in `EXTENDED`, now and then."""
