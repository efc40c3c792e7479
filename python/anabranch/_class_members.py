"""What a class and its bases define."""

from typing import Any


def class_member(cls: type, name: str) -> Any:
    """What instances of `cls` find as `name` in their class, as it stands there; `None` if nothing.

    Unlike `getattr` it binds nothing, and does not look at the metaclass."""
    for base in cls.__mro__:
        members = vars(base)
        if name in members:
            return members[name]
    return None
