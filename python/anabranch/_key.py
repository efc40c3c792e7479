"""The rule for keys, the same in every mode."""

from typing import cast
from uuid import UUID

Part = str | int | bytes | UUID
Key = Part | tuple[Part, ...]

# Exact types: an enum member or a named tuple has another encoding than its value.
_PART_TYPES = (str, int, bytes, UUID)


def checked_key(key: object) -> Key:
    """Returns `key` if it can be the key of an entity."""
    if type(key) is tuple:
        parts = cast(tuple[object, ...], key)
        if not parts:
            raise _unfit("an empty tuple")
        for part in parts:
            if type(part) not in _PART_TYPES:
                raise _unfit(f"a tuple with {type(part).__name__}")
    elif type(key) not in _PART_TYPES:
        raise _unfit(type(key).__name__)
    return cast(Key, key)


def _unfit(found: str) -> TypeError:
    return TypeError(
        f"the key of an entity must be a str, int, bytes, UUID or a tuple of them, not {found}"
    )
