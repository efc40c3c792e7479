"""What a random function knows of its variables and callees."""

from __future__ import annotations

from dataclasses import dataclass, field

from .hierarchy import Class

KINDS = "isldtercx"
"""int, str, list, dict, tuple, set (`e`), reference, of a comprehension, exception (`x`)."""


@dataclass
class Callee:
    """A method or helper function of the program. All take `a`, `b`, `i8`, `u`, `i9` and `deep`."""

    name: str
    index: int
    owner: Class | None
    """The class of a method; `None` for a helper function."""
    module: str
    style: int
    """Of the signature; see `SIGNATURES`."""
    receivers: tuple[int, ...] = ()
    """The numbers of the entity classes that have the method."""
    extends: Callee | None = None
    """The random method of a base that it overrides."""
    cost: int = 0
    """How many calls it makes at most, without recursion; known when it has been written."""


@dataclass
class Variables:
    """What is bound where the next statement goes, by kind."""

    bound: dict[str, list[str]] = field(
        default_factory=lambda: {kind: list[str]() for kind in KINDS}
    )
    maybe: list[str] = field(default_factory=list[str])

    def copy(self) -> Variables:
        return Variables({kind: [*names] for kind, names in self.bound.items()}, [*self.maybe])

    def bind(self, *names: str) -> None:
        for name in names:
            of_kind = self.bound[name[0]]
            if name not in of_kind:
                of_kind.append(name)

    def unbind(self, name: str) -> None:
        names = self.bound[name[0]]
        if name in names:
            names.remove(name)
        if name not in self.maybe:
            self.maybe.append(name)

    def meet(self, *others: Variables) -> None:
        """Control flow comes from here or from one of the others."""
        for kind, names in self.bound.items():
            everywhere = [n for n in names if all(n in other.bound[kind] for other in others)]
            anywhere = {*names}.union(*(other.bound[kind] for other in others))
            for name in sorted(anywhere - {*everywhere}):
                if name not in self.maybe:
                    self.maybe.append(name)
            self.bound[kind] = everywhere
        for other in others:
            self.maybe += [name for name in other.maybe if name not in self.maybe]
