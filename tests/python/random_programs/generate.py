"""Writes random programs.

A program has a few entity classes with random methods, helper functions in two modules, and a
`main` that calls each method and prints what it returns or raises and the states it leaves.
Variables are named after their type (`i2` is an int), so a random program is well typed; it may
still fail when it runs, with the same error on every engine. Nearly every value goes through
`tell`, which prints, or through the method `say` of some entity, which is a remote call.
"""

from __future__ import annotations

import re
import symtable

from .blocks import BlockWriter
from .calls import SIGNATURES
from .run import Modules
from .template import CLASS, FOOTER, HEADER, HELPERS, TOOLS
from .variables import KINDS, Callee
from .writer import CLASSES

VARIABLE = re.compile(rf"[{KINDS}]\d")
STATEMENTS_MAX = 3
FUNCTIONS = (4, 7)


class Generator(BlockWriter):
    """Writes one program."""

    def plan(self) -> None:
        """Decides which functions there will be, so that all can call each other."""
        for index in range(self.random.randint(*FUNCTIONS)):
            owner = self.random.choice([None, None, *range(CLASSES), *range(CLASSES)])
            module = "main" if owner is not None else self.random.choice(["main", "helpers"])
            letter = {"main": "f", "helpers": "h"}[module] if owner is None else "m"
            style = self.random.randrange(len(SIGNATURES))
            self.callees.append(Callee(f"{letter}{index}", index, owner, module, style))

    def function_text(self, function: Callee) -> list[str]:
        self.start(function)
        function.cost = 1
        self.variables.bound["i"] = ["i8", "i9"]
        if function.style == 1:
            self.variables.bound["l"] = ["l8"]
        hints = self.random.choice([("", ""), (": 'E0'", ""), (": 'E0'", ": 'E1'")])
        if function.module != "main":
            hints = "", ""
        parameters = SIGNATURES[function.style].format(
            a=hints[0], b=hints[1], i9=self.random.choice(["=2", ": int = 2"])
        )
        if function.owner is not None:
            parameters = f"self, {parameters}"
        self.line("u = b if u is None else u")
        for _ in range(self.random.randint(1, STATEMENTS_MAX)):
            self.statement()
        self.line(f"return {self.number_expression(2)}")
        method = function.owner is not None
        header = f"{'    ' * method}def {function.name}({parameters}):"
        # A name that nothing defines would be refused; a variable may have no value.
        for name in unassigned([header, *self.lines]):
            indent = "    " * (method + 1)
            self.lines.insert(0, f"{indent}if i8 is None: {name} = 0")
        return ["", *[""] * (not method), header, *self.lines]

    def program(self) -> Modules:
        self.plan()
        bodies: dict[int | str, list[str]] = {"main": [], "helpers": []}
        bodies.update({owner: [] for owner in range(CLASSES)})
        for function in self.callees:
            place = function.module if function.owner is None else function.owner
            bodies[place] += self.function_text(function)
        main = [HEADER.format(seed=self.seed)]
        for number in range(CLASSES):
            main.append(CLASS.format(number=number) + "\n".join(bodies[number]) + "\n")
        main.append("\n".join(bodies["main"]) + "\n")
        numbers = range(2 * CLASSES)
        everything = ", ".join(f'E{number % CLASSES}("e{number}")' for number in numbers)
        created = ", ".join(
            f'ref(E{number}, "x{key}")' for number in range(CLASSES) for key in range(2)
        )
        main.append(FOOTER.format(everything=f"[{everything}]", created=f"[{created}]"))
        main += [
            self.root_call(function) for function in self.callees if function.owner is not None
        ]
        helpers = HELPERS.format(seed=self.seed) + "\n".join(bodies["helpers"]) + "\n"
        return {"main": "".join(main), "helpers": helpers, "tools": TOOLS}

    def root_call(self, method: Callee) -> str:
        owner = method.owner or 0
        receiver = owner + self.random.choice([0, CLASSES])
        a, b = self.random.choice([0, CLASSES]), 1 + self.random.choice([0, CLASSES])
        deep = f", deep={self.random.choice([1, 2])}" if self.chance(0.5) else ""
        arguments = f"everything[{a}], everything[{b}], {method.index % 5}{deep}"
        call = f"everything[{receiver}].{method.name}({arguments})"
        return f'    attempt("E{owner}.{method.name}", lambda: {call})\n    show(everything)\n'


def unassigned(lines: list[str]) -> list[str]:
    """The variables that the function of these lines reads and nothing in it assigns."""
    # Methods are indented already.
    lines = ["if True:", *lines] if lines[0].startswith(" ") else lines
    table = symtable.symtable("\n".join(lines), "function", "exec")
    tables, read, assigned = [table], set[str](), set[str]()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            bound = symbol.is_assigned() or symbol.is_parameter() or symbol.is_imported()
            (assigned if bound else read).add(symbol.get_name())
    return sorted(name for name in read - assigned if VARIABLE.fullmatch(name))


def program(seed: str) -> Modules:
    """The random program of a seed."""
    return Generator(seed).program()
