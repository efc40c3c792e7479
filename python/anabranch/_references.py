"""`ref`, `exists` and `delete`."""

from typing import Any, TypeVar

from anabranch import _backend, _engine_mode, _mode, _plain, _registry
from anabranch._key import checked_key

T = TypeVar("T")


def ref(cls: type[T], key: object) -> T:
    """A reference to the entity of this class and key, which need not exist."""
    _registry.checked_class(cls, "ref")
    key = checked_key(key)
    if _mode.mode() == "engine" or _uses_client():
        return _engine_mode.ref(cls, key)
    return _plain.ref(cls, key)


def exists(cls: type[Any], key: object) -> bool:
    """Whether there is an entity of this class and key."""
    _registry.checked_class(cls, "exists")
    key = checked_key(key)
    if _mode.mode() == "engine":
        return _engine_mode.exists(cls, key)
    if _uses_client():
        return _backend.required(cls.__name__).exists(_engine_mode.ref(cls, key))
    return _plain.exists(cls, key)


def delete(entity: object) -> None:
    """Deletes an entity. Any later use of it raises `EntityNotFound`."""
    if _mode.mode() == "plain" and _registry.is_entity_class(type(entity)):
        _plain.delete(entity)
    elif not _registry.is_entity_class(entity.__class__):
        raise TypeError(f"delete() needs an entity, not {type(entity).__name__}")
    elif _mode.mode() == "engine":
        _engine_mode.delete(entity)
    else:
        _backend.required(repr(entity)).delete(entity)


def _uses_client() -> bool:
    return not _plain.in_entity_code() and _backend.active() is not None
