"""Random statements."""

from __future__ import annotations

from collections.abc import Callable

from .expressions import ExpressionWriter
from .variables import Variables

STATEMENTS_MAX = 5
LOOPS_MAX = 2
BLOCKS_MAX = 3


class StatementWriter(ExpressionWriter):
    """Writes statements into `lines`."""

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
                return [
                    self.name("i"),
                    self.name("i"),
                ], f"enumerate({self.list_expression(depth)}[:3])"
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
            for kind in self.random.choice(
                [["ValueError"], ["KeyError", "ValueError"], ["Exception"]]
            ):
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
