"""Operations as HTTP requests."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote, urlsplit
from uuid import UUID

from anabranch import _native
from anabranch._key import Part, checked_key
from anabranch.errors import AnabranchError

VALUE_TYPE = "application/vnd.anabranch.value"
"""The content type of wire messages."""

ACCEPT = f"{VALUE_TYPE}, application/problem+json"


@dataclass(frozen=True)
class Request:
    """What is sent, the same at each attempt."""

    method: Literal["GET", "POST"]
    path: str
    subject: str
    """What the request is about, for messages."""
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])


def checked_url(url: str) -> str:
    """The address of a server, checked as far as it can be without asking."""
    parts = urlsplit(url)
    if parts.scheme in {"http", "https"} and parts.netloc:
        return url
    raise AnabranchError(
        f"{url!r} is not the address of a server; write it as `anabranch serve` prints it: "
        "http://127.0.0.1:8080"
    )


def create(
    entity_class: type, args: tuple[Any, ...], kwargs: Mapping[str, Any], idempotency_key: str
) -> Request:
    """The request that creates an entity."""
    name = entity_class.__name__
    return _post(f"/v1/{quote(name, safe='')}", f"{name}()", args, kwargs, idempotency_key)


def call(
    reference: Any,
    method: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    idempotency_key: str,
) -> Request:
    """The request that calls a method."""
    path = f"{_entity_path(reference)}/{quote(method, safe='')}"
    return _post(path, f"{reference!r}.{method}()", args, kwargs, idempotency_key)


def state(reference: Any) -> Request:
    """The request that reads all attributes."""
    return Request("GET", _entity_path(reference), repr(reference), headers={"Accept": ACCEPT})


def key_segment(key: object) -> str:
    """A key as a segment of a path: the percent-encoded parts, joined by commas."""
    key = checked_key(key)
    parts = key if isinstance(key, tuple) else (key,)
    segment = ",".join(quote(_part_text(part), safe="") for part in parts)
    # A lone dot means something else to those who normalise paths.
    return segment.replace(".", "%2E") if segment in (".", "..") else segment


def _post(
    path: str,
    subject: str,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    idempotency_key: str,
) -> Request:
    headers = {
        "Accept": ACCEPT,
        "Content-Type": VALUE_TYPE,
        "Idempotency-Key": idempotency_key,
    }
    return Request("POST", path, subject, _native.encode((args, dict(kwargs))), headers)


def _entity_path(reference: Any) -> str:
    name: str = reference.__class__.__name__
    return f"/v1/{quote(name, safe='')}/{key_segment(_key_of(reference))}"


def _key_of(reference: Any) -> object:
    try:
        return reference.__anabranch_key__
    except AttributeError:
        raise TypeError(
            f"{reference!r} is an object of plain mode; get a reference to the entity of the "
            "server with ref() inside `with anabranch.connect(url):`"
        ) from None


def _part_text(part: Part) -> str:
    match part:
        case str():
            return part
        case bytes():
            return base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii")
        case int() | UUID():
            return str(part)
