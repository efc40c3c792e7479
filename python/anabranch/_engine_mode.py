"""`@entity` for an engine: the class stays almost as it is.

Live entities are made by the interpreter, with `object.__new__` and `__init__`, and are ordinary
objects without hooks. Whatever leaves them (a copy, a pickle, a comparison) is a reference.
"""

import sys
from typing import Any

from anabranch import _backend
from anabranch.errors import RemoteAccessError


def equip(cls: type) -> None:
    """Adds to `cls` what an entity class needs under an engine."""
    for name, function in _HOOKS.items():
        setattr(cls, name, function)
    cls.__anabranch_entity__ = True  # pyright: ignore[reportAttributeAccessIssue]


def ref(cls: type, key: object) -> Any:
    """The reference to an entity; allowed everywhere, because it touches nothing."""
    from anabranch import _native

    return _native.Reference(cls, key)


def exists(cls: type, key: object) -> bool:
    """Whether an entity exists, for driver code."""
    _forbid_in_entity_code("exists()")
    return _backend.required(cls.__name__).exists(ref(cls, key))


def delete(reference: Any) -> None:
    """Deletes an entity, for driver code."""
    _forbid_in_entity_code("delete()")
    _backend.required(repr(reference)).delete(reference)


def _reference(self: Any) -> Any:
    return ref(self.__class__, self.__key__())


def _new(cls: type, *args: Any, **kwargs: Any) -> Any:
    _forbid_in_entity_code(f"{cls.__name__}()")
    return _backend.required(cls.__name__).create(cls, args, kwargs)


def _eq(self: Any, other: object) -> Any:
    return True if self is other else _reference(self) == other


def _hash(self: Any) -> int:
    return hash(_reference(self))


def _repr(self: Any) -> str:
    return f"{type(self).__name__}({self.__key__()!r})"


def _copy(self: Any) -> Any:
    return _reference(self)


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    return _reference(self)


def _reduce(self: Any) -> tuple[Any, ...]:
    from anabranch import _native

    return (_native.Reference, (self.__class__, self.__key__()))


_HOOKS = {
    "__new__": _new,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__copy__": _copy,
    "__deepcopy__": _deepcopy,
    "__reduce__": _reduce,
}


def _forbid_in_entity_code(operation: str) -> None:
    from anabranch import _native

    if not _native.in_entity_code():
        return
    caller = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    while caller.f_back and caller.f_globals.get("__name__", "").startswith("anabranch."):
        caller = caller.f_back
    error = RemoteAccessError(
        f"{operation} cannot be used here ({caller.f_code.co_filename}:{caller.f_lineno}), in code "
        "that cannot suspend; use it in a method that can suspend, outside lambdas, sort keys, "
        "generators and library callbacks"
    )
    _native.object_with(error)
    raise error
