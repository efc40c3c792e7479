"""The decorators."""

import inspect
from abc import ABCMeta
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, ParamSpec, Protocol, TypeVar

from anabranch import _engine_mode, _mode, _plain, _registry

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

# What gives an entity its identity and its borders; a class cannot have its own.
_RESERVED = (
    "__new__",
    "__eq__",
    "__hash__",
    "__repr__",
    "__getattr__",
    "__getattribute__",
    "__setattr__",
    "__delattr__",
    "__copy__",
    "__deepcopy__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
)


# The ways to make a class that leave it as it is written.
_METACLASSES = (type, ABCMeta, type(Protocol))

# Set for classes that are written in Python.
_HEAP_TYPE = 1 << 9


def entity(cls: type[T]) -> type[T]:
    """Makes a class an entity class: its instances are found by class and key.

    The class needs a method `__key__` that returns the key: a `str`, `int`, `bytes`, `UUID` or a
    tuple of them, fixed for the entity's lifetime.
    """
    _validate(cls)
    _registry.register(cls)
    if _mode.mode() == "engine":
        _engine_mode.equip(cls)
    else:
        _plain.equip(cls)
    return cls


def transactional(function: Callable[P, R]) -> Callable[P, R]:
    """Says that a method is meant to run as one transaction.

    Every call that comes from outside is one anyway, so this only documents intent.
    """
    return function


def _validate(cls: object) -> None:
    if not isinstance(cls, type):
        raise TypeError(f"@entity goes on a class, not on {type(cls).__name__}")
    name = cls.__name__
    if "__anabranch_entity__" in vars(cls):
        raise TypeError(f"{name} has @entity twice")
    for base in cls.__mro__[1:]:
        if "__anabranch_entity__" in vars(base):
            raise TypeError(
                f"entity class {name} cannot inherit from entity class {base.__name__}: "
                "a reference names exactly one class; hold a reference to the other entity instead"
            )
    key = getattr(cls, "__key__", None)
    if not isinstance(key, FunctionType):
        raise TypeError(
            f"entity class {name} needs a method __key__ that returns the key of the entity, "
            "for example:\n\n    def __key__(self) -> str:\n        return self.name"
        )
    if len(inspect.signature(key).parameters) != 1:
        raise TypeError(f"{name}.__key__ must take no arguments except self")
    if type(cls) not in _METACLASSES:
        raise TypeError(
            f"entity class {name} cannot have the metaclass {type(cls).__name__}: it may make "
            "anything of the class"
        )
    if cls.__dictoffset__ == 0:
        raise TypeError(f"entity class {name} cannot use __slots__")
    for base in cls.__mro__:
        if base is object:
            continue
        if not base.__flags__ & _HEAP_TYPE:
            raise TypeError(
                f"entity class {name} cannot inherit from {base.__name__}, whose instances keep "
                "data outside of their attributes; keep one in an attribute instead"
            )
        if vars(base).get("__slots__"):
            raise TypeError(
                f"entity class {name} cannot inherit __slots__ from {base.__name__}: what is in "
                "slots would not be stored"
            )
    for reserved in _RESERVED:
        found: Any = getattr(cls, reserved, None)
        if found is not getattr(object, reserved, None):
            raise TypeError(
                f"entity class {name} cannot define {reserved}: entities are compared, copied and "
                "reached by class and key (a dataclass cannot be an entity for the same reason)"
            )
    for attribute, value in _members(cls):
        if inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value):
            raise TypeError(f"{name}.{attribute} cannot be async: remote calls need no await")
        if inspect.isgeneratorfunction(value):
            raise TypeError(
                f"{name}.{attribute} cannot be a generator: a method of an entity runs to its end "
                "within one transaction; return a list instead"
            )


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """What `cls` and its bases define, by name."""
    for base in cls.__mro__:
        if base is not object:
            yield from vars(base).items()
