"""Random comprehensions, and generator expressions that are used up where they stand."""

from __future__ import annotations

from collections.abc import Callable

from .calls import CallWriter


class ComprehensionWriter(CallWriter):
    """Writes comprehensions and generator expressions."""

    def clauses(self, depth: int, element: Callable[[], str]) -> str:
        """`element for … in … if …`"""
        outer, may_bind = self.variables, self.may_bind
        self.variables = outer.copy()
        text = ""
        self.comprehensions += 1
        for _ in range(self.random.choice([1, 1, 1, 2, 2, 3])):
            # Python forbids it in iterables, and for names that the comprehension binds itself.
            self.may_bind = False
            target, iterable = self.generator(depth)
            self.may_bind = may_bind
            text += f" for {target} in {iterable}"
            for _condition in range(self.random.choice([0, 0, 1, 1, 2])):
                text += f" if {self.truth(depth)}"
        value = element()
        self.comprehensions -= 1
        self.variables, self.may_bind = outer, may_bind
        return value + text

    def generator(self, depth: int) -> tuple[str, str]:
        """Target and iterable of one `for`."""
        iterable = self.list_expression(depth)
        kind = 9 if self.in_fstring else self.random.randrange(10)
        match kind:
            case 0:
                return self.element("c0", "c3"), f"enumerate({iterable})"
            case 1:
                return f"({self.element('c0')}, [{self.element('c1', 'c2')}])", (
                    f"[({self.leaf()}, [{self.leaf()}, {self.number_expression(depth)}])]"
                )
            case 2:
                return self.element("c1", "*l3"), f"[{iterable}, [3], (4, 5)]"
            case 3:
                return self.element("s3", "c3"), f"{self.table(depth)}.items()"
            case 4:
                return self.element("c1"), f"range({self.number_expression(depth)} % 3)"
            case _:
                return self.element(self.random.choice(["c0", "c1", "i0", "i1"])), iterable

    def element(self, *names: str) -> str:
        for name in names:
            bare = name.removeprefix("*")
            self.variables.bind(bare)
            if bare in self.variables.maybe:
                self.variables.maybe.remove(bare)
        return ", ".join(names)

    def numbers(self, depth: int) -> str:
        """Numbers as the inside of a comprehension or generator expression."""
        return self.clauses(depth, lambda: self.number_expression(depth))

    def pairs(self, depth: int, separator: str) -> str:
        def element() -> str:
            key = f"str({self.number_expression(depth)})" if self.in_fstring else self.text(depth)
            return f"{key}{separator}{self.number_expression(depth)}"

        return self.clauses(depth, element)

    def list_comprehension(self, depth: int) -> str:
        return f"[{self.numbers(depth)}]"

    def set_comprehension(self, depth: int) -> str:
        # Small numbers come in one order, whatever their set has been through.
        inner = self.clauses(depth, lambda: f"{self.number_expression(depth)} % 7")
        return f"{{{inner}}}"

    def nested_comprehension(self, depth: int) -> str:
        may_bind, self.may_bind = self.may_bind, False
        inner = self.clauses(depth, lambda: self.list_comprehension(depth - 1))
        self.may_bind = may_bind
        return f"[c4 for c5 in [{inner}] for c4 in c5]"

    def table_comprehension(self, depth: int) -> str:
        return f"{{{self.pairs(depth, ': ')}}}"

    def consumed_number(self, depth: int) -> str:
        consumer = self.random.choice(["sum({})", "max({})", "min({})", "max({}, default=0)"])
        inner = self.numbers(depth)
        if "default" in consumer:
            inner = f"({inner})"
        return consumer.format(inner)

    def consumed_truth(self, depth: int) -> str:
        inner = self.clauses(depth, lambda: self.truth(depth))
        return f"{self.random.choice(['any', 'all'])}({inner})"

    def consumed_list(self, depth: int) -> str:
        consumer = self.random.choice(
            ["list({})", "[*tuple({})]", "sorted({})", "sorted(set({}))", "sorted(frozenset({}))"]
        )
        if consumer.startswith("sorted({"):
            return f"sorted(({self.numbers(depth)}), reverse=True)"
        return consumer.format(self.numbers(depth))

    def consumed_text(self, depth: int) -> str:
        return f'"-".join({self.clauses(depth, lambda: self.text(depth))})'

    def consumed_table(self, depth: int) -> str:
        def element() -> str:
            return f"({self.text(depth)}, {self.number_expression(depth)})"

        return f"dict({self.clauses(depth, element)})"
