"""What the functions of a migration get for stored values that have no class any more."""

from typing import Any, NoReturn


class Stored:
    """A stored value whose class the application no longer has.

    Its fields can be read like attributes. A migration must replace it.
    """

    def __init__(self, kind: str, class_name: str) -> None:
        self.kind = kind
        """`dataclass`, `enum` (field `name`), `reference` (`key`), `exception` (`args` and its
        attributes) or `pickle` (`pickle`, the bytes)."""
        self.class_name = class_name
        """`module:QualifiedName`; the plain name of an entity class; empty for a pickle."""
        self.fields: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(f"the stored {self.kind} {self.class_name} has no {name}")

    def __repr__(self) -> str:
        return f"<stored {self.kind} {self.class_name} {self.fields!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"replace the stored {self.kind} {self.class_name} by another value")
