"""Writes random programs.

A program has a few entity classes with random methods, and a `main` that calls each of them and
prints what it returns or raises and the state it leaves. Variables are named after their type
(`i2` is an int), so a random program is well typed; it may still fail when it runs, with the same
error on every engine. Nearly every value goes through `tell`, which prints, or through the method
`say` of some entity, which is a remote call.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

CLASSES = 2
CALLEE_COST_MAX = 12
STATEMENTS_MAX = 5
LOOPS_MAX = 2
BLOCKS_MAX = 3

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

CLASS = '''
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
'''

FOOTER = '''

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
'''


@dataclass
class Method:
    """A method or helper function that later ones may call."""

    name: str
    owner: int | None
    cost: int


@dataclass
class Variables:
    """What is bound where the next statement goes, by kind."""

    bound: dict[str, list[str]] = field(
        default_factory=lambda: {kind: list[str]() for kind in "isldrc"}
    )
    maybe: list[str] = field(default_factory=list[str])

    def copy(self) -> Variables:
        return Variables({kind: [*names] for kind, names in self.bound.items()}, [*self.maybe])

    def bind(self, name: str) -> None:
        names = self.bound[name[0]]
        if name not in names:
            names.append(name)

    def unbind(self, name: str) -> None:
        names = self.bound[name[0]]
        if name in names:
            names.remove(name)
        if name not in self.maybe:
            self.maybe.append(name)

    def meet(self, *others: Variables) -> None:
        """Control flow comes from here or from one of the others."""
        for kind, names in self.bound.items():
            everywhere = [n for n in names if all(n in other.bound[kind] for other in others)]
            anywhere = {*names}.union(*(other.bound[kind] for other in others))
            for name in sorted(anywhere - {*everywhere}):
                if name not in self.maybe:
                    self.maybe.append(name)
            self.bound[kind] = everywhere
        for other in others:
            self.maybe += [name for name in other.maybe if name not in self.maybe]


class Generator:
    """Writes one program. Every decision comes from its own seed."""

    def __init__(self, seed: str, methods: int) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.count = methods
        self.methods: list[Method] = []
        self.place = 0
        self.fresh = 0
        # Of the function being written:
        self.lines: list[str] = []
        self.depth = 0
        self.loops = 0
        self.blocks = 0
        self.cost = 0
        self.owner: int | None = None
        self.variables = Variables()
        self.may_bind = True
        self.in_fstring = False
        self.may_suspend = True
        self.may_return = True

    # Choices

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def choose(self, options: list[Callable[[int], str]], depth: int) -> str:
        return self.random.choice(options)(depth - 1)

    def number(self) -> int:
        self.place += 1
        return self.place

    def known(self, kind: str) -> str | None:
        names = self.variables.bound[kind]
        return self.random.choice(names) if names else None

    def name(self, kind: str) -> str:
        return f"{kind}{self.random.randrange(4)}"

    # Expressions

    def leaf(self, _: int = 0) -> str:
        names = self.variables.bound["i"] + self.variables.bound["c"]
        if self.variables.maybe and self.chance(0.015):
            ints = [name for name in self.variables.maybe if name[0] == "i"]
            if ints:
                return self.random.choice(ints)
        if names and self.chance(0.6):
            return self.random.choice(names)
        return str(self.random.randrange(5))

    def number_expression(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf()
        options = [
            self.leaf,
            self.told,
            self.binary,
            lambda d: f"-{self.number_expression(d)}",
            lambda d: f"({self.number_expression(d)} % {self.random.randrange(2, 5)})",
            self.conditional,
            lambda d: f"int(bool({self.truth(d)}))",
            lambda d: f"len({self.list_expression(d)})",
            lambda d: f"sum({self.list_expression(d)})",
            lambda d: f"max({self.number_expression(d)}, {self.number_expression(d)})",
            self.indexed,
            self.anded,
        ]
        if not self.in_fstring:
            options += [
                lambda d: f"{self.table(d)}.get({self.text(d)}, {self.number_expression(d)})",
                lambda d: f"len({self.text(d)})",
                lambda d: f"(lambda q, r={self.number_expression(0)}: q + r)"
                f"({self.number_expression(d)})",
            ]
        if self.may_bind and not self.in_fstring:
            options += [self.walrus, self.walrus]
        if self.may_suspend:
            options += [
                self.said,
                self.said,
                self.said,
                self.said,
                lambda d: f"{self.reference(d)}.n",
                lambda d: f"{self.reference(d)}.bump({self.number_expression(d)}, "
                f"times={self.number_expression(d)})",
                lambda d: f"{self.reference(d)}.call_back({self.reference(0)}, {self.leaf()})",
                self.mixed,
                self.called,
            ]
        return self.choose(options, depth)

    def told(self, depth: int) -> str:
        return f"tell({self.number()}, {self.number_expression(depth)})"

    def said(self, depth: int) -> str:
        place = self.number()
        return f"{self.reference(depth - 1)}.say({place}, {self.number_expression(depth)})"

    def binary(self, depth: int) -> str:
        operator = self.random.choice(["+", "-", "*", "|", "^", "&"])
        return f"({self.number_expression(depth)} {operator} {self.number_expression(depth)})"

    def conditional(self, depth: int) -> str:
        test = self.truth(depth)
        return f"({self.number_expression(depth)} if {test} else {self.number_expression(depth)})"

    def anded(self, depth: int) -> str:
        operator = self.random.choice(["and", "or"])
        parts = [self.number_expression(depth) for _ in range(self.random.randrange(2, 4))]
        return "(" + f" {operator} ".join(parts) + ")"

    def indexed(self, depth: int) -> str:
        elements = ", ".join(self.number_expression(depth) for _ in range(2))
        return f"[{elements}][{self.number_expression(depth)} % 2]"

    def walrus(self, depth: int) -> str:
        value = self.number_expression(depth)
        name = self.name("i")
        # Whether it runs is not known here, so nothing relies on it.
        if name not in self.variables.bound["i"] and name not in self.variables.maybe:
            self.variables.maybe.append(name)
        return f"({name} := {value})"

    def mixed(self, depth: int) -> str:
        parts = [self.number_expression(depth)]
        if self.chance(0.5):
            parts.append(f"*{self.list_expression(depth)}")
        if self.chance(0.3):
            parts.append(self.number_expression(depth))
        if self.chance(0.5):
            parts.append(f"key={self.number_expression(depth)}")
        if self.chance(0.4) and not self.in_fstring:
            parts.append(f"**{{'x{self.number()}': {self.number_expression(depth)}}}")
        if self.chance(0.2):
            parts.append(f"z{self.number()}={self.number_expression(depth)}")
        receiver = self.reference(depth - 1)
        return f"{receiver}.mix({', '.join(parts)})"

    def called(self, depth: int) -> str:
        cheap = [method for method in self.methods if method.cost + self.cost < CALLEE_COST_MAX]
        if not cheap or self.loops:
            return self.said(depth)
        method = self.random.choice(cheap)
        self.cost += method.cost
        arguments = [self.reference(0, 0), self.reference(0, 1), self.number_expression(depth)]
        if method.owner is None:
            return f"{method.name}({', '.join(arguments)})"
        receiver = self.reference(depth - 1, method.owner)
        if method.owner == self.owner and self.chance(0.5):
            receiver = "self"
        return f"{receiver}.{method.name}({', '.join(arguments)})"

    def truth(self, depth: int) -> str:
        if depth <= 0:
            return f"{self.leaf()} > {self.random.randrange(4)}"
        def compared(d: int) -> str:
            count = self.random.randrange(1, 4)
            text = self.number_expression(d)
            for _ in range(count):
                operator = self.random.choice(["<", ">", "==", "!=", "<=", ">="])
                text += f" {operator} {self.number_expression(d)}"
            return f"({text})"
        def combined(d: int) -> str:
            operator = self.random.choice(["and", "or"])
            parts = [self.truth(d) for _ in range(self.random.randrange(2, 4))]
            return "(" + f" {operator} ".join(parts) + ")"
        options = [
            compared,
            compared,
            combined,
            lambda d: f"(not {self.truth(d)})",
            lambda d: f"({self.number_expression(d)} in {self.list_expression(d)})",
            self.number_expression,
            lambda d: f"Truth({self.number()}, {self.number_expression(d)})",
            lambda d: f"({self.truth(d)} if {self.truth(d)} else {self.truth(d)})",
            lambda d: f"({self.reference(d)} == {self.reference(0)})",
        ]
        return self.choose(options, depth)

    def text(self, depth: int) -> str:
        if self.in_fstring:
            return f"str({self.number_expression(depth)})"
        variable = self.known("s")
        if depth <= 0:
            return variable or self.random.choice(['"k"', "'l'", '"""m\n  n"""'])
        options = [
            self.fstring,
            self.fstring,
            lambda d: f"({self.text(d)} + {self.text(d)})",
            lambda d: f"{self.text(d)}.upper()",
            lambda d: f"str({self.number_expression(d)})",
            lambda d: f"tell({self.number()}, {self.text(d)})",
            lambda d: f'"-".join([{self.text(d)}, {self.text(d)}])',
        ]
        if self.may_suspend:
            options += [lambda d: f"{self.reference(d)}.name"]
        return self.choose(options, depth)

    def fstring(self, depth: int) -> str:
        quote = self.random.choice(["'", '"', '"""'])
        self.in_fstring = True
        parts: list[str] = []
        for _ in range(self.random.randrange(1, 4)):
            suffix = self.random.choice(["", "", "!r", ":>4", ":{}"])
            if suffix == ":{}":
                suffix = f":{{{self.number_expression(depth - 1)} % 9}}"
                suffix = suffix.replace(":{", ":{abs(", 1).replace(" % 9}", ") % 9}")
            parts.append(f"{{{self.number_expression(depth)}{suffix}}}")
            parts.append(self.random.choice(["", " ", "{{}}", "x"]))
        self.in_fstring = False
        return f"f{quote}{''.join(parts)}{quote}"

    def list_expression(self, depth: int) -> str:
        variable = self.known("l")
        if depth <= 0:
            return variable or "[1, 2]"
        options = [
            self.list_display,
            self.list_display,
            self.list_comprehension,
            self.list_comprehension,
            lambda d: f"sorted({self.list_expression(d)})",
            lambda d: f"list(range({self.number_expression(d)} % 4))",
            lambda d: f"({self.list_expression(d)} + {self.list_expression(d)})",
            lambda d: f"{self.list_expression(d)}[{self.leaf()}:{self.number_expression(d)}]",
            lambda d: f"tell({self.number()}, {self.list_expression(d)})",
        ]
        if self.may_suspend:
            options += [
                lambda d: f"{self.reference(d)}.xs",
                lambda d: f"{self.reference(d)}.say({self.number()}, {self.list_expression(d)})",
            ]
        if not self.in_fstring:
            options += [
                lambda d: f"sorted({self.comprehension(d, '{', '}')})",
                lambda d: f"list({self.table_comprehension(d)}.values())",
            ]
        return self.choose(options, depth)

    def list_display(self, depth: int) -> str:
        parts: list[str] = []
        for _ in range(self.random.randrange(1, 4)):
            star = self.chance(0.25)
            parts.append(
                f"*{self.list_expression(depth)}" if star else self.number_expression(depth)
            )
        return f"[{', '.join(parts)}]"

    def list_comprehension(self, depth: int) -> str:
        return self.comprehension(depth, "[", "]")

    def clauses(self, depth: int, element: Callable[[], str]) -> str:
        outer, may_bind = self.variables.copy(), self.may_bind
        text = ""
        for _ in range(1 if self.chance(0.7) else 2):
            # Python forbids it in iterables, and for names that the comprehension binds itself.
            self.may_bind = False
            iterable = self.list_expression(depth)
            if self.chance(0.2) and not self.in_fstring:
                pair = f"c{self.random.randrange(3)}"
                target = f"{pair}, c3"
                iterable = f"enumerate({iterable})"
                names = [pair, "c3"]
            else:
                names = [self.random.choice(["c0", "c1", "i0", "i1"])]
                target = names[0]
            text += f" for {target} in {iterable}"
            for name in names:
                self.variables.bind(name)
                if name in self.variables.maybe:
                    self.variables.maybe.remove(name)
            for _condition in range(self.random.choice([0, 0, 1, 1, 2])):
                text += f" if {self.truth(depth)}"
        value = element()
        self.variables, self.may_bind = outer, may_bind
        return value + text

    def comprehension(self, depth: int, opening: str, closing: str) -> str:
        inner = self.clauses(depth, lambda: self.number_expression(depth))
        return f"{opening}{inner}{closing}"

    def table_comprehension(self, depth: int) -> str:
        def element() -> str:
            return f"{self.number_expression(depth)}: {self.number_expression(depth)}"

        return f"{{{self.clauses(depth, element)}}}"

    def table(self, depth: int) -> str:
        variable = self.known("d")
        if depth <= 0:
            return variable or '{"k": 1}'
        parts: list[str] = []
        for _ in range(self.random.randrange(1, 3)):
            if self.chance(0.3):
                parts.append(f"**{self.table(depth - 1)}")
            else:
                parts.append(f"{self.text(depth - 1)}: {self.number_expression(depth - 1)}")
        options = [
            lambda _: f"{{{', '.join(parts)}}}",
            lambda d: f"tell({self.number()}, {self.table(d)})",
        ]
        if self.may_suspend:
            options += [lambda d: f"{self.reference(d)}.table"]
        return self.choose(options, depth)

    def reference(self, depth: int, wanted: int | None = None) -> str:
        """An entity; of class number `wanted`, if one is."""
        plain = "a" if wanted == 0 else "b" if wanted == 1 else self.random.choice("ab")
        if depth <= 0 or not self.may_suspend:
            if wanted is None and self.owner is not None and self.chance(0.3):
                return "self"
            return plain
        options = [
            lambda _: plain,
            lambda _: plain,
            lambda d: f"{self.reference(d, wanted)}.itself()",
            lambda d: f"({plain} if {self.truth(d)} else {self.reference(d, wanted)})",
            lambda d: f"[{plain}, {self.reference(d, wanted)}][{self.number_expression(d)} % 2]",
            lambda d: f"tell({self.number()}, {self.reference(d, wanted)})",
        ]
        if wanted is None:
            options += [
                lambda _: self.known("r") or plain,
                lambda d: f"{self.reference(d)}.peer",
                lambda d: f"{self.reference(d)}.say({self.number()}, {self.reference(d)})",
                lambda _: "u",
            ]
        return self.choose(options, depth)

    # Statements

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def block(self, write: Callable[[], None]) -> None:
        self.depth += 1
        start = len(self.lines)
        write()
        if len(self.lines) == start:
            self.line("pass")
        self.depth -= 1

    def size(self) -> int:
        return self.random.choice([1, 1, 2, 2, 3])

    def body(self) -> None:
        for _ in range(self.random.randrange(1, STATEMENTS_MAX)):
            self.statement()

    def statement(self) -> None:
        simple: list[Callable[[], None]] = [
            self.assign,
            self.assign,
            self.assign_others,
            self.unpack,
            self.chain,
            self.augment,
            self.augment,
            self.set_remote,
            lambda: self.line((self.said if self.may_suspend else self.told)(self.size())),
            lambda: self.line(self.number_expression(self.size())),
            lambda: self.line(f"print({self.number()}, {self.text(self.size())})"),
            self.delete,
            self.check,
        ]
        if self.loops:
            simple += [self.leave] * 3
        if self.chance(0.06):
            simple = [self.fail]
            if self.may_return:
                simple += [self.leave_function, self.leave_function]
        compound: list[Callable[[], None]] = [
            self.branch,
            self.branch,
            self.protected,
            self.in_context,
            self.matched,
        ]
        if self.loops < LOOPS_MAX:
            compound += [self.for_loop, self.for_loop, self.while_loop]
        if self.blocks < BLOCKS_MAX and self.chance(0.4):
            self.blocks += 1
            self.random.choice(compound)()
            self.blocks -= 1
        else:
            self.random.choice(simple)()

    def assign(self) -> None:
        value = self.number_expression(self.size())
        name = self.name("i")
        hint = ": int" if self.chance(0.05) else ""
        self.line(f"{name}{hint} = {value}")
        self.variables.bind(name)

    def assign_others(self) -> None:
        kind = self.random.choice("sldr")
        write = {"s": self.text, "l": self.list_expression, "d": self.table, "r": self.reference}
        value = write[kind](self.size())
        name = self.name(kind)
        self.line(f"{name} = {value}")
        self.variables.bind(name)

    def unpack(self) -> None:
        first, second = self.name("i"), self.name("i")
        value = f"{self.number_expression(self.size())}, {self.number_expression(self.size())}"
        rest = self.name("l")
        match self.random.randrange(4):
            case 0:
                self.line(f"{first}, {second} = {value}")
            case 1:
                self.line(f"{first}, *{rest}, {second} = {value}, {self.leaf()}")
                self.variables.bind(rest)
            case 2:
                self.line(f"({first}, [{second}]) = tell({self.number()}, 1), [{self.leaf()}]")
            case _:
                other = self.reference(self.size()) if self.may_suspend else "self"
                if self.owner is None and other == "self":
                    other = first
                    self.line(f"{other}, {second} = {value}")
                else:
                    self.line(f"{first}, {other}.n, {second} = {self.leaf()}, {value}")
        self.variables.bind(first)
        self.variables.bind(second)

    def chain(self) -> None:
        first, second = self.name("i"), self.name("i")
        targets = [first, second]
        if self.may_suspend:
            targets.insert(self.random.randrange(3), f"{self.reference(self.size())}.n")
        if variable := self.known("d"):
            targets.insert(self.random.randrange(3), f"{variable}[{self.text(1)}]")
        self.line(f"{' = '.join(targets)} = {self.number_expression(self.size())}")
        self.variables.bind(first)
        self.variables.bind(second)

    def augment(self) -> None:
        operator = self.random.choice(["+=", "-=", "*=", "|="])
        choices: list[str] = []
        if name := self.known("i"):
            choices += [name, name]
        if name := self.known("l"):
            choices.append(f"{name}[{self.number_expression(1)} % len({name})]")
        if self.owner is not None:
            choices += ["self.n", f"self.xs[{self.number_expression(1)} % 3]"]
        if self.may_suspend:
            choices.append(f"{self.reference(self.size())}.n")
        if choices:
            target = self.random.choice(choices)
            self.line(f"{target} {operator} {self.number_expression(self.size())}")

    def set_remote(self) -> None:
        if not self.may_suspend:
            return
        attribute, value = self.random.choice(
            [
                ("n", self.number_expression(self.size())),
                ("xs", self.list_expression(self.size())),
                ("table", self.table(self.size())),
                ("peer", self.reference(self.size())),
            ]
        )
        self.line(f"{self.reference(self.size())}.{attribute} = {value}")

    def delete(self) -> None:
        if (name := self.known("i")) and self.chance(0.3):
            self.line(f"del {name}")
            self.variables.unbind(name)

    def check(self) -> None:
        if self.chance(0.4):
            self.line(f"assert {self.truth(self.size())} or True, {self.text(1)}")

    def leave(self) -> None:
        self.line(f"if {self.truth(1)}: {self.random.choice(['break', 'continue'])}")

    def leave_function(self) -> None:
        self.line(f"if {self.truth(1)}: return {self.number_expression(self.size())}")

    def fail(self) -> None:
        if self.may_suspend and self.chance(0.5):
            self.line(f"if {self.truth(1)}: {self.reference(0)}.fail({self.number()})")
        else:
            error = self.random.choice(["KeyError", "ValueError"])
            self.line(f"if {self.truth(1)}: raise {error}({self.number_expression(1)})")

    def branch(self) -> None:
        before = self.variables
        ends: list[Variables] = []
        self.line(f"if {self.truth(self.size())}:")
        for index in range(self.random.randrange(1, 4)):
            self.variables = before.copy()
            if index:
                # The tests before have run, and may have bound something.
                self.line(f"elif {self.truth(self.size())}:")
            self.block(self.body)
            ends.append(self.variables)
        self.variables = before.copy()
        if self.chance(0.5):
            self.line("else:")
            self.block(self.body)
        self.variables.meet(*ends)

    def iterable(self) -> tuple[list[str], str]:
        depth = self.size()
        if self.may_suspend and self.chance(0.15):
            values = f"{self.reference(depth)}.say({self.number()}, {self.list_expression(1)})"
            return [self.name("i")], values
        match self.random.randrange(6):
            case 0:
                return [self.name("i")], f"range({self.number_expression(depth)} % 4)"
            case 1:
                return [self.name("i"), self.name("i")], f"enumerate({self.list_expression(depth)}[:3])"
            case 2:
                first, second = self.list_expression(depth), self.list_expression(depth)
                return [self.name("i"), self.name("i")], f"zip({first}, {second})"
            case 3:
                return [self.name("s"), self.name("i")], f"{self.table(depth)}.items()"
            case 4:
                return [self.name("r")], f"[{self.reference(depth)}, {self.reference(depth)}]"
            case _:
                return [self.name("i")], f"{self.list_expression(depth)}[:3]"

    def for_loop(self) -> None:
        names, iterable = self.iterable()
        self.line(f"for {', '.join(names)} in {iterable}:")
        before = self.variables.copy()
        # A later turn may find deleted what the first one finds bound, which is fine.
        for name in names:
            self.variables.bind(name)
        self.loops += 1
        self.block(self.body)
        self.loops -= 1
        self.loop_end(before)

    def while_loop(self) -> None:
        self.fresh += 1
        turns = f"w{self.fresh}"
        self.line(f"{turns} = {self.random.randrange(1, 4)}")
        test = self.truth(self.size()) if self.chance(0.7) else "True"
        # The counter comes first, so that the loop ends whatever the test is.
        order = [f"(({turns} := {turns} - 1) >= 0)", test]
        self.line(f"while {' and '.join(order)}:")
        before = self.variables.copy()
        self.loops += 1
        self.block(self.body)
        self.loops -= 1
        self.loop_end(before)

    def loop_end(self, before: Variables) -> None:
        self.variables.meet(before)
        if self.chance(0.3):
            ended = self.variables.copy()
            self.line("else:")
            self.block(self.body)
            self.variables.meet(ended)

    def protected(self) -> None:
        before = self.variables.copy()
        may_suspend = self.may_suspend
        self.may_suspend = may_suspend and self.chance(0.7)
        self.line("try:")

        def guarded() -> None:
            self.body()
            if self.chance(0.6):
                self.fail()

        self.block(guarded)
        ends: list[Variables] = []
        has_handler = self.chance(0.8)
        if has_handler:
            tried = self.variables
            for kind in self.random.choice([["ValueError"], ["KeyError", "ValueError"], ["Exception"]]):
                # Anything of the body may have run.
                self.variables = before.copy()
                self.variables.meet(tried)
                named = self.chance(0.5)
                self.line(f"except {kind}{' as error' if named else ''}:")

                def handle(named: bool = named) -> None:
                    if named:
                        self.line(f"print({self.number()}, shown(error))")
                    self.body()
                    if self.chance(0.15):
                        self.line("raise")

                self.block(handle)
                ends.append(self.variables)
            self.variables = tried
            if self.chance(0.3):
                self.line("else:")
                self.block(self.body)
        if not has_handler or self.chance(0.4):
            self.variables.meet(before, *ends)
            self.line("finally:")
            self.block(self.body)
        else:
            self.variables.meet(*ends)
        self.may_suspend = may_suspend

    def in_context(self) -> None:
        before = self.variables.copy()
        outer = self.may_suspend, self.may_return
        # A `return` in a `with` inside of a `try` with a `finally` is refused.
        self.may_suspend = self.may_return = False
        self.line(f"with Context({self.number()}, {self.chance(0.5)}) as i0:")
        self.variables.bind("i0")
        self.block(self.body)
        self.may_suspend, self.may_return = outer
        self.variables.meet(before)

    def matched(self) -> None:
        before = self.variables.copy()
        subject = self.random.choice([self.number_expression, self.list_expression])
        self.line(f"match {subject(self.size())}:")
        ends: list[Variables] = []
        patterns = ["0 | 1", "int()", "[i0, *l0]", "[]", "[1, i1] as l1", "_"]
        for pattern in sorted(self.random.sample(patterns, 3), key=patterns.index):
            self.variables = before.copy()
            guard = f" if {self.truth(1)}" if self.chance(0.4) and pattern != "_" else ""
            self.depth += 1
            self.line(f"case {pattern}{guard}:")
            self.block(self.body)
            self.depth -= 1
            ends.append(self.variables)
        self.variables = before.copy()
        self.variables.meet(*ends)
        # A pattern that fails may have bound names.
        for name in ("i0", "i1", "l0", "l1"):
            self.variables.unbind(name)

    # Functions

    def function(self, name: str, owner: int | None) -> list[str]:
        self.lines, self.depth, self.cost = [], 1 if owner is None else 2, 1
        self.owner, self.variables = owner, Variables()
        self.variables.bound["i"] = ["i8", "i9"]
        hint_a, hint_b = (
            (": 'E0'", ": 'E1'") if self.chance(0.5) else (": 'E0'", "") if self.chance(0.5) else ("", "")
        )
        parameters = f"a{hint_a}, b{hint_b}, i8, u=None, i9{self.random.choice(['=2', ': int = 2'])}"
        own_self = "self, " if owner is not None else ""
        self.line("u = b if u is None else u")
        for _ in range(self.random.randrange(2, STATEMENTS_MAX + 2)):
            self.statement()
        self.line(f"return {self.number_expression(2)}")
        self.methods.append(Method(name, owner, self.cost))
        indentation = "" if owner is None else "    "
        return ["", *([""] if owner is None else []), f"{indentation}def {name}({own_self}{parameters}):", *self.lines]

    def program(self) -> str:
        bodies: dict[int | None, list[str]] = {owner: [] for owner in (None, *range(CLASSES))}
        calls: list[str] = []
        for index in range(self.count):
            owner = self.random.choice([None, 0, 0, 1, 1])
            name = f"f{index}" if owner is None else f"m{index}"
            bodies[owner] += self.function(name, owner)
            if owner is not None:
                calls.append(self.call(index, owner))
        parts = [HEADER.format(seed=self.seed)]
        for number in range(CLASSES):
            parts.append(CLASS.format(number=number) + "\n".join(bodies[number]) + "\n")
        parts.append("\n".join(bodies[None]) + "\n")
        names = ", ".join(f"E{number % CLASSES}('e{number}')" for number in range(2 * CLASSES))
        parts.append(FOOTER.format(everything=f"[{names}]"))
        return "".join(parts) + "\n".join(calls) + "\n"

    def call(self, index: int, owner: int) -> str:
        a, b = self.random.choice([0, 2]), self.random.choice([1, 3])
        receiver = owner + self.random.choice([0, 2])
        call = f"everything[{receiver}].m{index}(everything[{a}], everything[{b}], {index % 5})"
        return (
            f"    attempt('E{owner}.m{index}', lambda: {call})\n"
            f"    print([each.state() for each in everything])"
        )


def program(seed: str, methods: int) -> str:
    """A random program with so many methods and helper functions."""
    return Generator(seed, methods).program()
