"""Random expressions whose remote calls may be made together."""

from __future__ import annotations

from .comprehensions import ComprehensionWriter


class TogetherWriter(ComprehensionWriter):
    """Writes several actions on entities beside each other, with arguments that are at hand."""

    def early(self) -> str:
        """What can be evaluated before its time."""
        leaf = self.leaf()
        options = [leaf, leaf, f"-{leaf}", f"{leaf} + 1", f"2 * {leaf}"]
        if self.function.owner is not None:
            options.append("self.n")
        return self.random.choice(options)

    def entity_at_hand(self) -> str:
        options = ["a", "b", "b", "u"]
        if self.function.owner is not None and self.chance(0.1):
            options = ["self", "self.peer"]
        return self.random.choice(options)

    def joint_action(self, receiver: str, argument: str | None = None) -> str:
        """A number of an entity, from an attribute or a method that prints nothing."""
        argument = argument or self.early()
        return self.random.choice(
            [
                f"{receiver}.n",
                f"{receiver}.weigh({argument})",
                f"{receiver}.weigh(amount={argument})",
                f"{receiver}.weigh()",
                f"{receiver}.bump({argument})",
                f"{receiver}.spend({argument})",
                f"{receiver}.spend({argument})",
            ]
        )

    def joint_actions(self) -> list[str]:
        count = self.random.choice([2, 2, 2, 3, 4])
        return [self.joint_action(self.entity_at_hand()) for _ in range(count)]

    def joint_number(self, depth: int) -> str:
        parts = self.joint_actions()
        if self.chance(0.2):
            parts.insert(1, self.number_expression(depth - 1))
        text = parts[0]
        for part in parts[1:]:
            operator = self.random.choice(["+", "-", "*", "|", "//"])
            text = f"({text} {operator} {part})"
        if self.chance(0.2):
            return f"max({', '.join(parts)})"
        return text

    def joint_list(self, depth: int) -> str:
        if self.chance(0.4):
            parts = self.joint_actions()
            if self.chance(0.2):
                parts.insert(1, self.number_expression(depth - 1))
            listed = ", ".join(parts)
            return self.random.choice([f"[{listed}]", f"[*({listed})]", f"sorted({{{listed}}})"])
        return self.joint_comprehension()

    def joint_comprehension(self) -> str:
        entities = [self.entity_at_hand() for _ in range(self.random.randrange(4))]
        pairs = self.chance(0.4)
        if pairs:
            target, iterable = (
                "r8, c8",
                f"[{', '.join(f'({it}, {self.leaf()})' for it in entities)}]",
            )
            if self.chance(0.3):
                iterable = f"zip([{', '.join(entities)}], [1, {self.leaf()}, 3])"
        else:
            target, iterable = "r8", f"[{', '.join(entities)}]"
            if self.chance(0.3):
                iterable = f"{{{', '.join(f'{it}: 1' for it in entities)}}}"
        element = self.joint_action("r8", "c8" if pairs and self.chance(0.7) else None)
        if self.chance(0.3):
            parts = [element, self.joint_action("r8")]
            element = self.random.choice([" + ", " // ", ", "]).join(parts)
        conditions = ["r8 is not None", f"{self.leaf()} > 1"] + ["c8 > 1"] * pairs
        condition = f" if {self.random.choice(conditions)}" if self.chance(0.3) else ""
        if ", " in element:
            element = f"sum(({element}))"
        inner = f"{element} for {target} in {iterable}{condition}"
        return self.random.choice(
            [
                f"[{inner}]",
                f"[{inner}]",
                f"sorted({inner})",
                f"[sum({inner})]",
                f"[max(({inner}), default=0)]",
                f"sorted({{{inner}}})",
                f"list({{r9: 2 for r9 in [{inner}]}})",
            ]
        )
