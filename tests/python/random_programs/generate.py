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
from .hierarchy import BASES, ENTITIES, Class
from .run import Modules
from .template import FOOTER, HEADER, HELPERS, TOOLS
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
            owner = self.classes[self.random.choice([*ENTITIES * 2, *BASES])]
            receivers = self.having(owner)
            style = self.random.randrange(len(SIGNATURES))
            if receivers and self.chance(0.8):
                name = f"m{index}"
                self.callees.append(Callee(name, index, owner, owner.module, style, receivers))
            else:
                module = self.random.choice(["main", "helpers"])
                letter = {"main": "f", "helpers": "h"}[module]
                self.callees.append(Callee(f"{letter}{index}", index, None, module, style))

    def having(self, base: Class) -> tuple[int, ...]:
        """The entity classes that are or inherit a class."""
        orders = [self.classes[name].order for name in ENTITIES]
        return tuple(number for number, order in enumerate(orders) if base.name in order)

    def overriding(self, base: Callee) -> Callee | None:
        """A method, perhaps, that overrides `base` where entities have both."""
        assert base.owner is not None
        later = ["B1", "B2", "B3"] if base.owner.name == "B0" else []
        of_entities = [name for name in ENTITIES if base.owner.name in self.classes[name].order[1:]]
        owners = [self.classes[name] for name in [*later, *of_entities]]
        owners = [owner for owner in owners if self.having(owner)]
        if not owners or self.chance(0.4):
            return None
        owner = self.random.choice(owners)
        receivers = self.having(owner)
        return Callee(base.name, base.index, owner, owner.module, base.style, receivers, base)

    def function_text(self, function: Callee) -> list[str]:
        self.start(function)
        function.cost = 1
        self.variables.bound["i"] = ["i8", "i9"]
        if function.style == 1:
            self.variables.bound["l"] = ["l8"]
        hints = self.random.choice([("", ""), (": 'E0'", ""), (": 'E0'", ": 'E1'"), (": 'B0'", "")])
        if function.module != "main":
            hints = self.random.choice([("", ""), (": 'B0'", ": 'B0'")])
        if ": 'B0'" in hints and "B0" not in self.classes["E0"].order:
            # What is no such thing would be refused at the first call.
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
        bodies: dict[str, list[str]] = {"main": [], "helpers": []}
        for each in self.classes.values():
            bodies[each.name] = [*each.header]
        for function in self.callees:
            place = function.module if function.owner is None else function.owner.name
            bodies[place] += self.function_text(function)
            overriding = self.overriding(function) if function.owner else None
            if overriding is not None and overriding.owner is not None:
                bodies[overriding.owner.name] += self.function_text(overriding)
                # A call of one may turn out to be one of the other.
                function.cost += overriding.cost
        for each in self.classes.values():
            bodies[each.module] += ["", *bodies[each.name]]
        main = [HEADER.format(seed=self.seed), "\n".join(bodies["main"]), "\n"]
        numbers = range(2 * CLASSES)
        everything = ", ".join(f'E{number % CLASSES}("e{number}")' for number in numbers)
        created = ", ".join(
            f'ref(E{number}, "x{key}")' for number in range(CLASSES) for key in range(2)
        )
        main.append(FOOTER.format(everything=f"[{everything}]", created=f"[{created}]"))
        main += [self.root_call(function) for function in self.callees if function.receivers]
        helpers = HELPERS.format(seed=self.seed) + "\n".join(bodies["helpers"]) + "\n"
        return {"main": "".join(main), "helpers": helpers, "tools": TOOLS}

    def root_call(self, method: Callee) -> str:
        owner = self.random.choice(method.receivers)
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
