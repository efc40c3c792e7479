"""Random expressions."""

from __future__ import annotations

import random
from collections.abc import Callable

from .variables import Method, Variables

CALLEE_COST_MAX = 12


class ExpressionWriter:
    """Writes expressions. Every decision comes from its own seed."""

    def __init__(self, seed: str, methods: int) -> None:
        self.random = random.Random(seed)
        self.seed = seed
        self.count = methods
        self.methods: list[Method] = []
        self.place = 0
        self.fresh = 0
        # Of the function being written:
        self.lines: list[str] = []
        self.depth: int = 0
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
        options: list[Callable[[int], str]] = [
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
            options.extend(
                [
                    lambda d: f"{self.table(d)}.get({self.text(d)}, {self.number_expression(d)})",
                    lambda d: f"len({self.text(d)})",
                    lambda d: (
                        f"(lambda q, r={self.number_expression(0)}: q + r)"
                        f"({self.number_expression(d)})"
                    ),
                ]
            )
        if self.may_bind and not self.in_fstring:
            options.extend([self.walrus, self.walrus])
        if self.may_suspend:
            options.extend(
                [
                    self.said,
                    self.said,
                    self.said,
                    self.said,
                    lambda d: f"{self.reference(d)}.n",
                    lambda d: (
                        f"{self.reference(d)}.bump({self.number_expression(d)}, "
                        f"times={self.number_expression(d)})"
                    ),
                    lambda d: f"{self.reference(d)}.call_back({self.reference(0)}, {self.leaf()})",
                    self.mixed,
                    self.called,
                ]
            )
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

        options: list[Callable[[int], str]] = [
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
        options: list[Callable[[int], str]] = [
            self.fstring,
            self.fstring,
            lambda d: f"({self.text(d)} + {self.text(d)})",
            lambda d: f"{self.text(d)}.upper()",
            lambda d: f"str({self.number_expression(d)})",
            lambda d: f"tell({self.number()}, {self.text(d)})",
            lambda d: f'"-".join([{self.text(d)}, {self.text(d)}])',
        ]
        if self.may_suspend:
            options.extend([lambda d: f"{self.reference(d)}.name"])
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
        options: list[Callable[[int], str]] = [
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
            options.extend(
                [
                    lambda d: f"{self.reference(d)}.xs",
                    lambda d: (
                        f"{self.reference(d)}.say({self.number()}, {self.list_expression(d)})"
                    ),
                ]
            )
        if not self.in_fstring:
            options.extend(
                [
                    lambda d: f"sorted({self.comprehension(d, '{', '}')})",
                    lambda d: f"list({self.table_comprehension(d)}.values())",
                ]
            )
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
        options: list[Callable[[int], str]] = [
            lambda _: f"{{{', '.join(parts)}}}",
            lambda d: f"tell({self.number()}, {self.table(d)})",
        ]
        if self.may_suspend:
            options.extend([lambda d: f"{self.reference(d)}.table"])
        return self.choose(options, depth)

    def reference(self, depth: int, wanted: int | None = None) -> str:
        """An entity; of class number `wanted`, if one is."""
        plain = "a" if wanted == 0 else "b" if wanted == 1 else self.random.choice("ab")
        if depth <= 0 or not self.may_suspend:
            if wanted is None and self.owner is not None and self.chance(0.3):
                return "self"
            return plain
        options: list[Callable[[int], str]] = [
            lambda _: plain,
            lambda _: plain,
            lambda d: f"{self.reference(d, wanted)}.itself()",
            lambda d: f"({plain} if {self.truth(d)} else {self.reference(d, wanted)})",
            lambda d: f"[{plain}, {self.reference(d, wanted)}][{self.number_expression(d)} % 2]",
            lambda d: f"tell({self.number()}, {self.reference(d, wanted)})",
        ]
        if wanted is None:
            options.extend(
                [
                    lambda _: self.known("r") or plain,
                    lambda d: f"{self.reference(d)}.peer",
                    lambda d: f"{self.reference(d)}.say({self.number()}, {self.reference(d)})",
                    lambda _: "u",
                ]
            )
        return self.choose(options, depth)
