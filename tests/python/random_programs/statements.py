"""Random simple statements."""

from __future__ import annotations

from collections.abc import Callable

from .expressions import ExpressionWriter
from .writer import CLASSES


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
        return self.random.choice([1, 1, 1, 1, 1, 2, 2, 3])

    def simple_statement(self) -> None:
        options: list[Callable[[], None]] = [
            self.assign,
            self.assign,
            self.assign,
            self.assign_others,
            self.assign_others,
            self.unpack,
            self.unpack,
            self.chain,
            self.augment,
            self.augment,
            self.augment,
            self.set_remote,
            self.set_remote,
            self.change_own,
            self.expression_statement,
            self.expression_statement,
            lambda: self.line(f"print({self.number()}, {self.text(self.size())})"),
            self.delete_name,
            self.delete_part,
            self.delete_entity,
            self.check,
            self.inner_function,
            lambda: self.line(f"{self.name('i')}: int"),
            self.assign_places,
        ]
        if self.loops:
            options += [self.leave] * 4
        if self.chance(0.1):
            options = [self.fail, self.fail, self.leave_function, self.leave_function]
        self.random.choice(options)()

    def expression_statement(self) -> None:
        write = [
            self.said if self.may_suspend else self.told,
            self.called if self.may_suspend else self.told,
            self.number_expression,
            self.list_comprehension,
            self.fstring,
        ]
        if self.may_suspend:
            write += [self.joint_number, self.joint_list]
        self.line(self.random.choice(write)(self.size()))

    def assign(self) -> None:
        joint = self.may_suspend and self.chance(0.4)
        write = self.joint_number if joint else self.number_expression
        value = write(self.size())
        name = self.name("i")
        hint = ": int" if self.chance(0.1) else ""
        self.line(f"{name}{hint} = {value}")
        self.variables.bind(name)

    def assign_others(self) -> None:
        kind = self.random.choice("sldter")
        write = {
            "s": self.text,
            "l": self.list_expression,
            "d": self.table,
            "t": self.tuple_display,
            "e": self.set_display,
            "r": self.reference,
        }
        value = write[kind](self.size())
        name = self.name(kind)
        self.line(f"{name} = {value}")
        self.variables.bind(name)

    def attribute(self) -> str:
        """An attribute that may be remote, as a target."""
        receiver = self.reference(self.size()) if self.may_suspend else "self"
        if self.function.owner is None and receiver == "self":
            receiver = "a"
        if not self.may_suspend and receiver != "self":
            return self.name("i")
        return f"{receiver}.{self.random.choice(['n', 'n', 'double'])}"

    def unpack(self) -> None:
        first, second = self.name("i"), self.name("i")
        value = f"{self.number_expression(self.size())}, {self.number_expression(self.size())}"
        rest = self.name("l")
        bound = [first, second]
        match self.random.randrange(7):
            case 0:
                self.line(f"{first}, {second} = {value}")
            case 1:
                self.line(f"{first}, *{rest}, {second} = {value}, {self.leaf()}")
                bound.append(rest)
            case 2:
                self.line(f"({first}, [{second}]) = tell({self.number()}, 1), [{self.leaf()}]")
            case 3:
                nested = f"[{self.list_expression(self.size())}, {self.leaf()}]"
                self.line(f"{first}, (*{rest}, {second}) = {self.leaf()}, {nested}")
                self.line(f"{rest} = [1, 2]")
                bound.append(rest)
            case 4:
                self.line(f"[{first}, *{rest}] = {self.list_expression(self.size())}")
                bound = [first, rest]
            case 5 if self.may_suspend:
                receiver = self.reference(self.size())
                self.line(f"*{receiver}.xs, {second} = {value}, {self.leaf()}")
                bound = [second]
            case _:
                self.line(f"{first}, {self.attribute()}, {second} = {self.leaf()}, {value}")
        self.variables.bind(*bound)

    def chain(self) -> None:
        first, second = self.name("i"), self.name("i")
        targets = [first, second]
        if self.may_suspend:
            targets.insert(self.random.randrange(3), self.attribute())
        if variable := self.known("d"):
            targets.insert(self.random.randrange(3), f"{variable}[{self.text(1)}]")
        self.line(f"{' = '.join(targets)} = {self.number_expression(self.size())}")
        self.variables.bind(first, second)

    def augment(self) -> None:
        operator = self.random.choice(["+=", "-=", "*=", "|=", "^=", "%="])
        choices: list[str] = []
        if name := self.known("i"):
            choices += [name, name]
        if name := self.known("l"):
            choices.append(f"{name}[{self.number_expression(1)} % len({name})]")
        if name := self.known("d"):
            choices.append(f"{name}[{self.text(1)}]")
        if self.function.owner is not None:
            index = self.number_expression(self.size())
            choices += ["self.n", f"self.xs[{index} % 3]", 'self.table["k"]', "self.double"]
        if self.may_suspend:
            choices += [self.attribute()] * 2
        if choices:
            target = self.random.choice(choices)
            self.line(f"{target} {operator} {self.number_expression(self.size())}")

    def set_remote(self) -> None:
        if not self.may_suspend:
            return
        attribute, value = self.random.choice(
            [
                ("n", self.number_expression(self.size())),
                ("double", self.number_expression(self.size())),
                ("xs", self.list_expression(self.size())),
                ("xs", f"[{self.leaf()}, *{self.list_expression(self.size())}, 1, 2]"),
                ("table", self.table(self.size())),
                ("peer", self.reference(self.size())),
            ]
        )
        self.line(f"{self.reference(self.size())}.{attribute} = {value}")

    def change_own(self) -> None:
        """Changes what belongs to the entity, or a variable."""
        if self.function.owner is None:
            return
        value = self.number_expression(self.size())
        changes = [
            f"self.xs.append({value})",
            f"self.xs.extend({self.list_expression(self.size())})",
            f"self.xs[{self.number_expression(1)} % 3] = {value}",
            f"self.xs[1:2] = {self.list_expression(self.size())}",
            f"self.table[{self.text(1)}] = {value}",
            f"self.table.update({self.table(self.size())})",
            f"self.n: int = {value}",
            f"self.peer = {self.reference(self.size())}",
        ]
        self.line(self.random.choice(changes))

    def assign_places(self) -> None:
        """To several places, each of which takes something to find."""
        places = [f"Local(1, {self.number_expression(self.size())}).table[{self.text(1)}]"]
        if self.function.owner is not None:
            places.append(f"self.xs[{self.number_expression(self.size())} % 3]")
            places.append(f"self.table[{self.text(self.size())}]")
        if variable := self.known("l"):
            places.append(f"{variable}[{self.number_expression(1)}]")
        first, second = self.random.choice(places), self.random.choice(places)
        values = f"{self.number_expression(self.size())}, {self.number_expression(self.size())}"
        self.line(f"{first}, {second} = {values}")

    def delete_name(self) -> None:
        if (name := self.known("i")) and self.chance(0.3):
            others = [n for n in self.variables.bound["i"] if n != name and self.chance(0.2)]
            self.line(f"del {', '.join([name, *others])}")
            for each in [name, *others]:
                self.variables.unbind(each)

    def delete_part(self) -> None:
        if name := self.known("l"):
            self.line(f"del {name}[{self.leaf()}:{self.leaf()}]")
        elif self.function.owner is not None:
            parts = ["self.xs[3:]", 'self.table["m"]', "self.missing", "self.xs[4:], self.xs[-9]"]
            self.line(f"del {self.random.choice(parts)}")

    def delete_entity(self) -> None:
        if not self.may_suspend or not self.can_name_classes():
            return
        name, key = f"E{self.random.randrange(CLASSES)}", f'"x{self.random.randrange(2)}"'
        guard = f"if exists({name}, {key}): " if self.chance(0.8) else ""
        self.line(f"{guard}delete(ref({name}, {key}))")

    def check(self) -> None:
        surely = " or True" if self.chance(0.8) else ""
        self.line(f"assert {self.truth(self.size())}{surely}, {self.text(1)}")

    def inner_function(self) -> None:
        self.fresh += 1
        name = f"g{self.fresh}"
        self.line(f"def {name}(q, r={self.leaf()}):")
        # Of what is around it may only use what does not change.
        self.line(f"    return q + r + {self.random.choice(['deep', '3'])}")
        self.line(f"i0 = {name}({self.number_expression(self.size())})")
        self.variables.bind("i0")

    def leave(self) -> None:
        self.line(f"if {self.truth(1)}: {self.random.choice(['break', 'continue'])}")

    def leave_function(self) -> None:
        self.line(f"if {self.truth(1)}: return {self.number_expression(self.size())}")

    def fail(self) -> None:
        error = self.random.choice(["KeyError", "ValueError", "Failure"])
        raising = f"raise {error}({self.number_expression(self.size())})"
        match self.random.randrange(5):
            case 0:
                cause = self.random.choice(["None", f"ValueError({self.number_expression(1)})"])
                raising += f" from {self.known('x') or cause}"
            case 2:
                raising = f"raise {error}"
            case 1 if self.may_suspend:
                raising = f"{self.reference(0)}.fail({self.number()})"
            case _:
                pass
        self.line(f"if {self.truth(1)}: {raising}")
