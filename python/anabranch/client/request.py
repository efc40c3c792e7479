"""Operations of driver code as requests, whatever carries them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from anabranch import _native


@dataclass(frozen=True)
class Request:
    """What is sent, the same at each attempt."""

    operation: Literal["create", "call", "state"]
    subject: str
    """What the request is about, for messages."""
    class_name: str
    key: Any = None
    """The entity's key; there is none yet for a creation."""
    method: str = ""
    arguments: bytes = b""
    """The wire message of the arguments."""
    idempotency_key: str | None = None


def create(
    entity_class: type, args: tuple[Any, ...], kwargs: Mapping[str, Any], idempotency_key: str
) -> Request:
    """The request that creates an entity."""
    name = entity_class.__name__
    return Request(
        "create",
        subject=f"{name}()",
        class_name=name,
        arguments=_native.encode((args, dict(kwargs))),
        idempotency_key=idempotency_key,
    )


def call(
    reference: Any,
    method: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    idempotency_key: str,
) -> Request:
    """The request that calls a method."""
    return Request(
        "call",
        subject=f"{reference!r}.{method}()",
        class_name=reference.__class__.__name__,
        key=_key_of(reference),
        method=method,
        arguments=_native.encode((args, dict(kwargs))),
        idempotency_key=idempotency_key,
    )


def state(reference: Any) -> Request:
    """The request that reads all attributes."""
    return Request(
        "state",
        subject=repr(reference),
        class_name=reference.__class__.__name__,
        key=_key_of(reference),
    )


def _key_of(reference: Any) -> object:
    try:
        return reference.__anabranch_key__
    except AttributeError:
        raise TypeError(
            f"{reference!r} is an object of plain mode; get a reference to the entity of the "
            "server with ref() inside `with anabranch.connect(url):`"
        ) from None
