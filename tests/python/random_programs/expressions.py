"""Random expressions."""

from __future__ import annotations

from collections.abc import Callable

from .together import TogetherWriter
from .writer import CLASSES


class ExpressionWriter(TogetherWriter):
    """Writes expressions."""

    def number_expression(self, depth: int) -> str:
        if depth <= 0:
            return self.leaf()
        options: list[Callable[[int], str]] = [
            self.leaf,
            self.told,
            self.binary,
            self.binary,
            lambda d: f"{self.random.choice('-~+')}{self.number_expression(d)}",
            lambda d: f"({self.number_expression(d)} % {self.random.randrange(2, 5)})",
            self.conditional,
            lambda d: f"int(bool({self.truth(d)}))",
            lambda d: f"len({self.list_expression(d)})",
            lambda d: f"sum({self.list_expression(d)})",
            lambda d: f"max({self.number_expression(d)}, {self.number_expression(d)})",
            self.indexed,
            self.anded,
            self.consumed_number,
            self.of_class,
        ]
        if not self.in_fstring:
            options.extend(
                [
                    lambda d: f"{self.table(d)}.get({self.text(d)}, {self.number_expression(d)})",
                    lambda d: f"len({self.text(d)})",
                    lambda d: (
                        f"(lambda q, r={self.number_expression(d)}: q + r + deep)"
                        f"({self.number_expression(d)})"
                    ),
                    lambda d: f"max(*{self.list_expression(d)}, {self.number_expression(d)}, 0)",
                    lambda d: f"({self.number_expression(d)} // {self.leaf()})",
                ]
            )
        if self.may_bind and not self.in_fstring:
            options.extend([self.walrus, self.walrus])
        if self.function.owner is not None:
            options.append(lambda _: self.random.choice(["self.n", "self.double", "self.xs[-1]"]))
        if self.has_super():
            options.extend([self.inherited_number, self.inherited_number])
        if self.function.extends and self.may_suspend:
            options.extend([self.extended_call, self.extended_call])
        if self.may_suspend:
            options.extend([self.said, self.said, self.said, self.said, *self.remote_numbers()])
        return self.choose(options, depth)

    def remote_numbers(self) -> list[Callable[[int], str]]:
        return [
            lambda d: f"{self.reference(d)}.n",
            lambda d: f"{self.reference(d)}.double",
            lambda d: f"{self.reference(d)}.xs[{self.number_expression(d)} % 3]",
            lambda d: (
                f"{self.reference(d)}.bump({self.number_expression(d)}, "
                f"times={self.number_expression(d)})"
            ),
            lambda d: f"{self.reference(d)}.call_back({self.reference(0)}, {self.leaf()})",
            self.mixed,
            self.called,
            self.called,
            self.joint_number,
            self.joint_number,
        ]

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
        if not self.in_fstring and self.chance(0.3):
            keys = f"{self.reference(0)}: {self.number_expression(depth)}"
            return f"{{{keys}}}.get({self.reference(depth)}, {self.leaf()})"
        elements = ", ".join(self.number_expression(depth) for _ in range(2))
        variable = self.known("t")
        display = f"({elements})" if self.chance(0.4) else variable or f"[{elements}]"
        return f"{display}[{self.number_expression(depth)} % 2]"

    def walrus(self, depth: int) -> str:
        value = self.number_expression(depth)
        # A comprehension around may have the others as variables of its own.
        name = self.random.choice(["i2", "i3"]) if self.comprehensions else self.name("i")
        # Whether it runs is not known here, so nothing relies on it.
        if name not in self.variables.bound["i"] and name not in self.variables.maybe:
            self.variables.maybe.append(name)
        return f"({name} := {value})"

    def truth(self, depth: int) -> str:
        if depth <= 0:
            return f"{self.leaf()} > {self.random.randrange(4)}"
        options: list[Callable[[int], str]] = [
            self.compared,
            self.compared,
            self.combined,
            lambda d: f"(not {self.truth(d)})",
            self.number_expression,
            self.consumed_truth,
            lambda d: f"Truth({self.number()}, {self.number_expression(d)})",
            lambda d: f"({self.truth(d)} if {self.truth(d)} else {self.truth(d)})",
            lambda d: f"({self.reference(d)} == {self.reference(0)})",
            lambda d: f"({self.reference(0)} in [{self.reference(d)}, {self.reference(d)}])",
            lambda d: f"({self.reference(d)} is not None)",
            lambda _: f"isinstance({self.reference(0)}, {self.plain_class()})",
        ]
        if self.may_suspend:
            options.append(lambda d: f"({self.reference(d)}.peer is None)")
        if self.may_suspend and self.can_name_classes():
            options.extend(
                [
                    self.existing,
                    lambda d: f"isinstance({self.reference(d)}, E{self.random.randrange(CLASSES)})",
                ]
            )
        return self.choose(options, depth)

    def plain_class(self) -> str:
        """One that is no entity class."""
        inherited = ["B0", "B3"] + ["B1", "B2"] * self.can_name_classes()
        return self.random.choice(["Local", *inherited, f"({inherited[0]}, Local)"])

    def compared(self, depth: int) -> str:
        text = self.number_expression(depth)
        for _ in range(self.random.randrange(1, 4)):
            operator = self.random.choice(["<", ">", "==", "!=", "<=", ">=", "in", "not in"])
            if "in" in operator:
                return f"({text} {operator} {self.list_expression(depth)})"
            text += f" {operator} {self.number_expression(depth)}"
        return f"({text})"

    def combined(self, depth: int) -> str:
        operator = self.random.choice(["and", "or"])
        parts = [self.truth(depth) for _ in range(self.random.randrange(2, 4))]
        return "(" + f" {operator} ".join(parts) + ")"

    def text(self, depth: int) -> str:
        if self.in_fstring:
            return f"str({self.number_expression(depth)})"
        variable = self.known("s")
        if depth <= 0:
            return variable or self.random.choice(['"k"', "'l'", '"""m\n  n"""'])
        options: list[Callable[[int], str]] = [
            self.fstring,
            self.fstring,
            self.fstring,
            lambda d: f"({self.text(d)} + {self.text(d)})",
            lambda d: f"{self.text(d)}.upper()",
            lambda d: f"{self.text(d)}[{self.leaf()}:{self.number_expression(d)}]",
            lambda d: f"str({self.number_expression(d)})",
            lambda d: f"tell({self.number()}, {self.text(d)})",
            lambda d: f'"-".join([{self.text(d)}, {self.text(d)}])',
            lambda d: f'"%s %s" % ({self.text(d)}, {self.number_expression(d)})',
            lambda d: f'"{{}} {{x}}".format({self.text(d)}, x={self.number_expression(d)})',
            self.consumed_text,
        ]
        if self.may_suspend:
            options.extend(
                [
                    lambda d: f"{self.reference(d)}.name",
                    lambda d: f"{self.reference(d)}.label({self.number_expression(d)})",
                ]
            )
        return self.choose(options, depth)

    def fstring(self, depth: int) -> str:
        quote = self.random.choice(["'", '"', '"""'])
        self.in_fstring = True
        parts: list[str] = []
        for _ in range(self.random.randrange(1, 4)):
            suffix = self.random.choice(["", "", "!r", ":>4", "=", "!s:<3", ":{}"])
            if suffix == ":{}":
                width = f"{{abs({self.number_expression(depth - 1)}) % 9}}"
                suffix = self.random.choice([f":{width}", f"!r:>{width}"])
            # A `{` of the expression must not look like an escaped one.
            parts.append(f"{{ {self.number_expression(depth)}{suffix}}}")
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
            self.nested_comprehension,
            self.consumed_list,
            self.sliced,
            lambda d: f"sorted({self.list_expression(d)})",
            lambda d: f"list(range({self.number_expression(d)} % 4))",
            lambda d: f"({self.list_expression(d)} + {self.list_expression(d)})",
            lambda d: f"tell({self.number()}, {self.list_expression(d)})",
        ]
        if self.function.owner is not None:
            options.append(lambda _: "self.xs")
        if self.may_suspend:
            options.extend(
                [
                    lambda d: f"{self.reference(d)}.xs",
                    self.joint_list,
                    self.joint_list,
                    lambda d: (
                        f"{self.reference(d)}.say({self.number()}, {self.list_expression(d)})"
                    ),
                ]
            )
        if not self.in_fstring:
            options.extend(
                [
                    lambda d: f"sorted({self.set_comprehension(d)})",
                    lambda d: f"sorted({self.set_display(d)})",
                    lambda d: f"list({self.table_comprehension(d)}.values())",
                    lambda d: f"[*{self.tuple_display(d)}]",
                ]
            )
        return self.choose(options, depth)

    def sliced(self, depth: int) -> str:
        bounds = [self.leaf(), self.number_expression(depth)]
        if self.chance(0.3):
            bounds.append(self.random.choice(["1", "-1", f"({self.number_expression(0)} or 1)"]))
        if self.chance(0.3):
            bounds[self.random.randrange(2)] = ""
        return f"{self.list_expression(depth)}[{':'.join(bounds)}]"

    def elements(self, depth: int) -> str:
        parts: list[str] = []
        for _ in range(self.random.randrange(1, 4)):
            star = self.chance(0.25)
            parts.append(
                f"*{self.list_expression(depth)}" if star else self.number_expression(depth)
            )
        return ", ".join(parts)

    def list_display(self, depth: int) -> str:
        return f"[{self.elements(depth)}]"

    def tuple_display(self, depth: int) -> str:
        """At least two numbers."""
        first = self.number_expression(depth)
        return self.known("t") or f"({first}, {self.elements(depth)}, {self.leaf()})"

    def set_display(self, depth: int) -> str:
        parts = [f"{self.number_expression(depth)} % 5" for _ in range(2)]
        if variable := self.known("e"):
            parts.append(f"*{variable}")
        return f"{{{', '.join(parts)}}}"

    def table(self, depth: int) -> str:
        variable = self.known("d")
        if depth <= 0:
            return variable or '{"k": 1}'
        options: list[Callable[[int], str]] = [
            self.table_display,
            self.table_display,
            self.table_comprehension,
            self.consumed_table,
            lambda d: f"tell({self.number()}, {self.table(d)})",
            lambda d: f"dict({self.table(d)}, z={self.number_expression(d)})",
            lambda d: f"({self.table(d)} | {self.table(d)})",
        ]
        if self.may_suspend:
            options.append(lambda d: f"{self.reference(d)}.table")
        return self.choose(options, depth)

    def table_display(self, depth: int) -> str:
        parts: list[str] = []
        for _ in range(self.random.randrange(1, 3)):
            if self.chance(0.3):
                parts.append(f"**{self.table(depth)}")
            else:
                parts.append(f"{self.text(depth)}: {self.number_expression(depth)}")
        return f"{{{', '.join(parts)}}}"

    def reference(self, depth: int, wanted: int | None = None) -> str:
        plain = "a" if wanted == 0 else "b" if wanted == 1 else self.random.choice("ab")
        if wanted == 2:
            plain = 'ref(E2, "e2")' if self.can_name_classes() and not self.in_fstring else "u"
        if depth <= 0 or not self.may_suspend:
            if wanted is None and self.function.owner is not None and self.chance(0.3):
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
        if self.can_name_classes() and self.chance(0.5):
            number = self.random.randrange(CLASSES) if wanted is None else wanted
            options.append(lambda d: self.created(d, number))
        if wanted is None:
            options.extend(
                [
                    lambda _: self.known("r") or plain,
                    lambda d: f"{self.reference(d)}.peer",
                    lambda d: f"{self.reference(d)}.say({self.number()}, {self.reference(d)})",
                    lambda _: "u",
                    self.local,
                ]
            )
        return self.choose(options, depth)

    def local(self, depth: int) -> str:
        """An ordinary object that looks like an entity."""
        return f"Local({self.number()}, {self.number_expression(depth)})"
