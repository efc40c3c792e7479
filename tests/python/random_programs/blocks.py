"""Random compound statements."""

from __future__ import annotations

import re
from collections.abc import Callable

from .statements import StatementWriter
from .variables import KINDS, Variables
from .writer import CLASSES

NUMBER_PATTERNS = ["0 | 1", "int(real=i1)", "(2 | 3) as i1", "-1", "True | False", "Kind.ONE"]
LIST_PATTERNS = [
    "[i0, *l0]",
    "(1, (2 | 3) as i1)",
    "[]",
    "[1, i1] as l1",
    "[_, *_, i0]",
    "[Kind.ONE | 2, *l0, int(i1)]",
    "[i0, i1, i2]",
]
TABLE_PATTERNS = ["{}", '{"k": 1 | 2}', '{"k": i0, **d0}', '{"l": int() as i1}']
STATEMENTS_MAX = 2
LOOPS_MAX = 2
BLOCKS_MAX = 3


class BlockWriter(StatementWriter):
    """Writes compound statements, whose bodies are random statements again."""

    def body(self) -> None:
        for _ in range(self.random.randrange(1, STATEMENTS_MAX + 1)):
            self.statement()

    def statement(self) -> None:
        compound: list[Callable[[], None]] = [
            self.branch,
            self.branch,
            self.protected,
            self.protected,
            self.in_context,
            self.matched,
            self.narrowed,
        ]
        if self.loops < LOOPS_MAX:
            compound += [self.for_loop, self.for_loop, self.while_loop]
        if self.blocks < BLOCKS_MAX and self.chance(0.35):
            self.blocks += 1
            self.random.choice(compound)()
            self.blocks -= 1
        else:
            self.simple_statement()

    def branch(self) -> None:
        before = self.variables
        ends: list[Variables] = []
        self.line(f"if {self.truth(self.size())}:")
        for index in range(self.random.choice([1, 1, 2, 3])):
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

    def narrowed(self) -> None:
        """A test of what a variable is, from which the compiler learns."""
        name = self.known("r") or "u"
        tests = [f"{name} is not None", f"not isinstance({name}, Local)"]
        if self.can_name_classes():
            tests.append(f"isinstance({name}, E{self.random.randrange(CLASSES)})")
        test = self.random.choice(tests)
        before = self.variables.copy()
        self.line(f"if {test} and {self.truth(1)}:")

        def known() -> None:
            if self.may_suspend:
                self.line(f"{name}.say({self.number()}, {name}.n)")
            self.body()

        self.block(known)
        self.variables.meet(before)

    def iterable(self) -> tuple[str, list[str], str]:
        """Target, its names and iterable of a loop."""
        depth, first, second = self.size(), self.name("i"), self.name("i")
        pair = f"{first}, {second}"
        values = self.list_expression(depth)
        if self.may_suspend and self.chance(0.15):
            told = f"{self.reference(depth)}.say({self.number()}, {values}[:3])"
            return first, [first], told
        match self.random.randrange(14):
            case 0:
                return first, [first], f"range({self.number_expression(depth)} % 4)"
            case 1:
                return pair, [first, second], f"enumerate({values}[:3])"
            case 2:
                return pair, [first, second], f"zip({values}, {self.list_expression(1)})"
            case 3:
                key = self.name("s")
                return f"{key}, {first}", [key, first], f"{self.table(depth)}.items()"
            case 4:
                name = self.name("r")
                return name, [name], f"[{self.reference(depth)}, {self.reference(depth)}]"
            case 5:
                return first, [first], f"reversed({values}[:3])"
            case 6:
                return first, [first], f"sorted({values}[:3], key=lambda q: -q)"
            case 7:
                return first, [first], self.set_display(depth)
            case 8:
                name = self.name("s")
                return name, [name], self.random.choice([f"{self.text(depth)}[:3]", '{"k": 1}'])
            case 9:
                return first, [first], self.tuple_display(depth)
            case 10:
                return first, [first], f"{self.table(depth)}.values()"
            case 11:
                return first, [first], f"iter({values}[:2])"
            case 12:
                rest = self.name("l")
                return (
                    f"{first}, (*{rest}, {second})",
                    [first, rest, second],
                    f"[({self.number_expression(depth)}, [1, {self.leaf()}]), (2, (3, 4, 5))]",
                )
            case _:
                return first, [first], f"{values}[:3]"

    def for_loop(self) -> None:
        if self.function.owner is not None and self.chance(0.1):
            self.loop_over_own()
            return
        target, names, iterable = self.iterable()
        self.line(f"for {target} in {iterable}:")
        before = self.variables.copy()
        # A later turn may find deleted what the first one finds bound, which is fine.
        self.variables.bind(*names)
        self.loops += 1
        self.block(self.body)
        self.loops -= 1
        self.loop_end(before)

    def loop_over_own(self) -> None:
        """A loop over what its body may change."""
        target, iterable = self.random.choice([("i0", "self.xs"), ("s0", "self.table")])
        self.line(f"for {target} in {iterable}:")
        before = self.variables.copy()
        self.variables.bind(target)
        self.loops += 1

        def body() -> None:
            self.line("if len(self.xs) > 9: break")
            self.change_own()
            self.body()

        self.block(body)
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
        """`try` with whatever may follow."""
        before = self.variables.copy()
        may_suspend = self.may_suspend
        self.may_suspend = may_suspend and self.chance(0.8)
        self.line("try:")

        def guarded() -> None:
            self.body()
            if self.chance(0.7):
                self.fail()

        self.block(guarded)
        ends: list[Variables] = []
        has_handler = self.chance(0.8)
        if has_handler:
            tried = self.variables
            for kind in self.random.choice(
                [
                    ["ValueError"],
                    ["KeyError", "ValueError"],
                    ["Exception"],
                    ["(KeyError, Failure)", "LookupError"],
                    [f"tell({self.number()}, Failure)", ""],
                ]
            ):
                # Anything of the body may have run.
                self.variables = before.copy()
                self.variables.meet(tried)
                self.handler(kind)
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

    def handler(self, kind: str) -> None:
        name = f"x{self.blocks}" if kind and self.chance(0.6) else ""
        self.line(f"except{' ' * bool(kind)}{kind}{' as ' * bool(name)}{name}:")

        def handle() -> None:
            if name:
                self.variables.bind(name)
                self.line(f"print({self.number()}, shown({name}))")
            self.body()
            if self.chance(0.2):
                self.line("raise")

        self.block(handle)
        if name:
            # Python deletes it at the end of the clause.
            self.variables.bound["x"].remove(name)

    def in_context(self) -> None:
        before = self.variables.copy()
        may_suspend, self.may_suspend = self.may_suspend, False
        items = [f"Context({self.number()}, {self.way_out()}) as i0"]
        if self.chance(0.3):
            target = self.random.choice(["", " as i1", " as self.n"])
            target = "" if self.function.owner is None and "self" in target else target
            items.append(f"Context({self.number_expression(1)}, {self.way_out()}){target}")
        together = ", ".join(items)
        self.line(f"with {f'({together})' if self.chance(0.2) else together}:")
        self.variables.bind("i0")
        self.block(self.body)
        self.may_suspend = may_suspend
        self.variables.meet(before)

    def way_out(self) -> str:
        """What `__exit__` does."""
        return self.random.choice(["True", "True", "False", "False", "ValueError"])

    def matched(self) -> None:
        before = self.variables.copy()
        subjects: list[tuple[Callable[[int], str], str, list[str]]] = [
            (self.number_expression, "i2", NUMBER_PATTERNS),
            (self.list_expression, "l2", LIST_PATTERNS),
            (self.tuple_display, "_", LIST_PATTERNS),
            (lambda d: f"{self.leaf()}, {self.elements(d)}", "_", LIST_PATTERNS),
            (self.table, "d2", TABLE_PATTERNS),
            (self.text, "s2", ['"k" | "l"', "Kind.K", "str() as s0", "[*_]"]),
            (self.reference, "r2", self.class_patterns()),
        ]
        subject, capture, patterns = self.random.choice(subjects)
        self.line(f"match {subject(self.size())}:")
        ends: list[Variables] = []
        kinds = self.random.sample(patterns, self.random.randrange(1, len(patterns)))
        if self.chance(0.3):
            kinds.append(self.random.choice(LIST_PATTERNS + NUMBER_PATTERNS))
        if self.chance(0.6):
            kinds.append(self.random.choice(["_", capture]))
        bound: set[str] = set()
        for pattern in kinds:
            names = re.findall(rf"\b[{KINDS}]\d\b", pattern)
            bound |= {*names}
            self.variables = before.copy()
            self.variables.bind(*names)
            is_last = pattern in ("_", capture)
            guard = f" if {self.truth(1)}" if self.chance(0.4) and not is_last else ""
            self.depth += 1
            self.line(f"case {pattern}{guard}:")
            self.block(self.body)
            self.depth -= 1
            ends.append(self.variables)
        self.variables = before.copy()
        self.variables.meet(*ends)
        # A pattern that fails may have bound names.
        for name in sorted(bound):
            self.variables.unbind(name)

    def class_patterns(self) -> list[str]:
        inherited = [f"{name}()" for name in ("B0", "B3")]
        if self.can_name_classes():
            inherited += ["E0()", "E1() | E2() as r0", "B2() as r0"]
        return [*inherited, "Local(n=i0, name=_)", "Local(xs=[i0, *_], double=2 | 4)", "None"]
