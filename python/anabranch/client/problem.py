"""Problem details (RFC 9457) as exceptions.

An exception that left the application's own code comes back as what it was: its class is found by
module and name. Only classes of exceptions are ever called.
"""

import importlib
from collections.abc import Mapping
from typing import Any, cast

from anabranch.errors import (
    AnabranchError,
    EngineError,
    EntityExists,
    EntityNotFound,
    IdempotencyConflict,
    Interrupted,
    Overloaded,
    RemoteError,
    RequestRejected,
    Unavailable,
)

_BY_TYPE: dict[str, type[EngineError]] = {
    "idempotency-conflict": IdempotencyConflict,
    "interrupted": Interrupted,
    "overloaded": Overloaded,
}
# Also what a proxy in front of the server says.
_BY_STATUS: dict[int, type[EngineError]] = {
    429: Overloaded,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def exception(status: int, problem: Mapping[str, Any]) -> Exception:
    """The exception for an answer with an error status; an answer of others has no members."""
    title = str(problem.get("title") or f"the server answered with status {status}")
    detail = str(problem.get("detail") or "")
    raised = problem.get("exception")
    if isinstance(raised, dict):
        return _application_exception(cast(dict[str, Any], raised))
    message = f"{title}: {detail}" if detail else title
    engine_error = _BY_TYPE.get(_slug(problem)) or _BY_STATUS.get(status)
    if engine_error is not None:
        return engine_error(message)
    if status >= 500:
        return AnabranchError(message)
    return RequestRejected(status, title, detail)


def is_interrupt(problem: Mapping[str, Any]) -> bool:
    """Whether the server stopped the transaction; it would again."""
    return _slug(problem) == "interrupted"


def _slug(problem: Mapping[str, Any]) -> str:
    return str(problem.get("type", "")).rpartition("/")[2]


def _application_exception(raised: dict[str, Any]) -> Exception:
    name = str(raised.get("type", ""))
    args = tuple(cast(list[Any], raised.get("args") or []))
    attributes = cast(dict[str, Any], raised.get("attributes") or {})
    cls = _exception_class(name)
    if cls is None:
        return RemoteError(name, args)
    if issubclass(cls, EntityNotFound | EntityExists) and len(args) == 2:
        # JSON has no tuples.
        entity_class, key = args
        return cls(entity_class, tuple(cast(list[Any], key)) if isinstance(key, list) else key)
    try:
        # Constructors of the application may take other arguments than `args`; those of Python
        # itself must run.
        error = cls(*args) if cls.__module__ == "builtins" else cls.__new__(cls, *args)
        error.__dict__.update(attributes)
    except Exception:
        return RemoteError(name, args)
    return error


def _exception_class(name: str) -> type[Exception] | None:
    """The class `module:QualifiedName`, if it is at hand here."""
    module_name, _, qualified_name = name.partition(":")
    if not module_name or not qualified_name:
        return None
    try:
        found: Any = importlib.import_module(module_name)
        for part in qualified_name.split("."):
            found = getattr(found, part)
    except Exception:
        return None
    if isinstance(found, type) and issubclass(found, Exception):
        return found
    return None
