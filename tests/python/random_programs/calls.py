"""Random calls: of entities, of the program's own functions, and what makes entities."""

from __future__ import annotations

from .hierarchy import MIXINS
from .variables import Callee
from .writer import CLASSES, Writer

COST_MAX = 12
RECURSIONS_MAX = 2

SIGNATURES = (
    "a{a}, b{b}, i8, u=None, i9{i9}, deep=0",
    "a{a}, b{b}, /, i8, u=None, *l8, i9{i9}, deep=0, **d8",
    "a{a}, b{b}, i8, *, u=None, i9{i9}, deep=0",
)
"""The parameters of random functions, with places for type hints."""


class CallWriter(Writer):
    """Writes calls."""

    def told(self, depth: int) -> str:
        return f"tell({self.number()}, {self.number_expression(depth)})"

    def said(self, depth: int) -> str:
        place = self.number()
        return f"{self.reference(depth - 1)}.say({place}, {self.number_expression(depth)})"

    def mixed(self, depth: int) -> str:
        """Every kind of argument."""
        parts = [self.number_expression(depth)]
        if self.chance(0.5):
            parts.append(f"*{self.list_expression(depth)}")
        if self.chance(0.3):
            parts.append(self.number_expression(depth))
        if self.chance(0.5):
            parts.append(f"key={self.number_expression(depth)}")
        if self.chance(0.2):
            parts.append(f"z{self.number()}={self.number_expression(depth)}")
        if self.chance(0.4) and not self.in_fstring:
            parts.append(f"**{{'x{self.number()}': {self.number_expression(depth)}}}")
        if self.chance(0.1) and not self.in_fstring:
            parts.append(f"**tell({self.number()}, {{'y{self.number()}': {self.leaf()}}})")
        return f"{self.reference(depth - 1)}.mix({', '.join(parts)})"

    def of_class(self, depth: int) -> str:
        """A static method, through the class or an entity."""
        number = self.random.randrange(CLASSES)
        receiver = self.random.choice([f"E{number}", "B0", "B2"])
        if not self.can_name_classes():
            receiver = self.random.choice(["Local", "B0"])
        if self.may_suspend and self.chance(0.5):
            receiver = self.reference(depth)
        return f"{receiver}.half({self.number_expression(depth)})"

    def called(self, depth: int) -> str:
        """A function that was written before, or any other if it is not deep enough yet."""
        recursive = self.recursions < RECURSIONS_MAX and self.chance(0.4)
        if recursive and not self.loops and not self.comprehensions:
            later = [callee for callee in self.callees if callee.index >= self.function.index]
            later = [callee for callee in later if self.can_name(callee)]
            self.recursions += 1
            call = self.call_of(self.random.choice(later), depth, "deep - 1")
            return f"({call} if deep > 0 else {self.leaf()})"
        earlier = [
            callee
            for callee in self.callees[: self.function.index]
            if callee.cost + self.function.cost < COST_MAX and self.can_name(callee)
        ]
        if not earlier or self.loops or self.comprehensions:
            return self.said(depth)
        callee = self.random.choice(earlier)
        self.function.cost += callee.cost
        return self.call_of(callee, depth, "deep" if self.chance(0.3) else None)

    def can_name(self, callee: Callee) -> bool:
        return (
            self.function.module == "main" or callee.owner is not None or (callee.module != "main")
        )

    def call_of(self, callee: Callee, depth: int, deep: str | None) -> str:
        arguments, named = self.arguments_for(callee, depth, deep)
        if callee.owner is None:
            prefix = "helpers." if callee.module != self.function.module else ""
            return f"{prefix}{callee.name}({', '.join(arguments + named)})"
        receiver = self.reference(depth - 1, self.random.choice(callee.receivers))
        if self.is_own(callee) and self.chance(0.5):
            receiver = "self"
        return f"{receiver}.{callee.name}({', '.join(arguments + named)})"

    def is_own(self, callee: Callee) -> bool:
        """Whether `self` has this method, whatever its class."""
        return self.function.owner is not None and {*self.function.receivers} <= {*callee.receivers}

    def arguments_for(
        self, callee: Callee, depth: int, deep: str | None
    ) -> tuple[list[str], list[str]]:
        """By position and by name."""
        arguments = [self.reference(0, 0), self.reference(0, 1), self.number_expression(depth)]
        if self.chance(0.15):
            arguments[:2] = [f"*[{arguments[0]}, {arguments[1]}]"]
        named: list[str] = []
        if self.chance(0.3):
            u = self.reference(depth)
            if callee.style == 2 or self.chance(0.5):
                named.append(f"u={u}")
            else:
                arguments.append(u)
                if callee.style == 1 and self.chance(0.5):
                    arguments += [self.leaf(), f"*{self.list_expression(depth)}"]
        if self.chance(0.3):
            named.append(f"i9={self.number_expression(depth)}")
        elif self.chance(0.2) and not self.in_fstring:
            named.append(f"**{{'i9': {self.number_expression(depth)}}}")
        if callee.style == 1 and self.chance(0.3):
            named.append(f"more={self.number_expression(depth)}")
        if deep:
            named.append(f"deep={deep}")
        return arguments, named

    # What a class inherits

    def has_super(self) -> bool:
        owner = self.function.owner
        return owner is not None and owner.has_super

    def inherited(self, member: str, arguments: str | None, origin: str = "B0") -> str:
        """A member that `origin` defines, from the next class, or from a base that is named."""
        owner = self.function.owner
        assert owner is not None
        # Python finds neither class nor `self` in a scope of its own.
        explicit = self.comprehensions > 0 or self.chance(0.2)
        receiver = f"super({owner.name}, self)" if explicit else "super()"
        if arguments is None:
            return f"{receiver}.{member}"
        after = ["B0"] if owner.name in MIXINS else owner.order[1:]
        bases = [name for name in after if origin in self.classes[name].order]
        bases = [name for name in bases if owner.can_name(name)]
        if bases and member not in ("half", "label") and self.chance(0.3):
            return f"{self.random.choice(bases)}.{member}({', '.join(['self', arguments])})"
        return f"{receiver}.{member}({arguments})"

    def inherited_number(self, depth: int) -> str:
        place, number = self.number(), self.number_expression(depth)
        match self.random.randrange(7):
            case 0:
                return self.inherited("double", None)
            case 1:
                return self.inherited("half", number)
            case 2:
                return self.inherited("bump", f"times={number}")
            case 3 if self.may_suspend:
                return self.inherited("call_back", f"{self.reference(0)}, {number}")
            case 4:
                return self.inherited("mix", f"{number}, *{self.list_expression(depth)}, key=3")
            case _:
                return self.inherited("say", f"{place}, {number}")

    def extended_call(self, depth: int) -> str:
        """The method of a base that this one overrides."""
        base = self.function.extends
        assert base is not None
        assert base.owner is not None
        if self.loops or self.comprehensions or self.function.cost + base.cost > COST_MAX:
            return self.inherited_number(depth)
        self.function.cost += base.cost
        arguments, named = self.arguments_for(base, depth, "deep")
        return self.inherited(base.name, ", ".join(arguments + named), base.owner.name)

    # What makes entities, and asks for them

    def created(self, depth: int, wanted: int) -> str:
        """An entity that may be new."""
        name, key = f"E{wanted}", f'"x{self.random.randrange(2)}"'
        if self.in_fstring:
            return f"ref({name}, str({self.leaf()}))"
        creation = f"{name}({key}, {self.number_expression(depth)})"
        match self.random.randrange(6):
            case 0:
                return creation
            case 1:
                return f"{name}(n={self.number_expression(depth)}, name={self.text(depth)})"
            case 2:
                return f"ref({name}, {key})"
            case _:
                return f"(ref({name}, {key}) if exists({name}, {key}) else {creation})"

    def existing(self, depth: int) -> str:
        """Whether some entity exists."""
        keys = [f'"x{self.random.randrange(2)}"', f'tell({self.number()}, "e1")', self.text(depth)]
        key = f"str({self.leaf()})" if self.in_fstring else self.random.choice(keys)
        return f"exists(E{self.random.randrange(CLASSES)}, {key})"
