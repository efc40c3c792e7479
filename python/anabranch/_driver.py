"""What driver code does with a reference: each operation goes to the active backend."""

from typing import Any

from anabranch import _backend
from anabranch._class_members import class_member


class BoundRootCall:
    """A method of a reference, ready to be called; the call is one transaction."""

    __slots__ = ("__name__", "_reference", "_wrapped")

    def __init__(self, reference: Any, name: str, wrapped: Any) -> None:
        self.__name__ = name
        self._reference = reference
        self._wrapped = wrapped

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        backend = _backend.required(repr(self._reference))
        return backend.call(self._reference, self.__name__, args, kwargs)

    @property
    def __wrapped__(self) -> Any:
        # For inspect.signature: a bound method of the user's own function.
        return self._wrapped.__get__(self._reference)

    @property
    def __doc__(self) -> str | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self._wrapped.__doc__

    def __repr__(self) -> str:
        return f"<method {self.__name__} of {self._reference!r}>"


def read(reference: Any, name: str) -> Any:
    """What `reference.name` is in driver code."""
    entity_class: type = reference.__anabranch_class__
    if name.startswith("__") and name.endswith("__"):
        # Python itself asks for these (copying, printing, …); they are never state.
        raise AttributeError(f"'{entity_class.__name__}' object has no attribute '{name}'")
    attribute = class_member(entity_class, name)
    if isinstance(attribute, staticmethod | classmethod | type):
        return getattr(entity_class, name)
    if callable(attribute):
        return BoundRootCall(reference, name, attribute)
    return _backend.required(repr(reference)).get_attribute(reference, name)


def write(reference: Any, name: str, value: Any) -> None:
    """What `reference.name = value` does in driver code."""
    _backend.required(repr(reference)).set_attribute(reference, name, value)
