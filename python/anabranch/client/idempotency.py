"""The names of requests, under which the server remembers its replies."""

import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count

_names: ContextVar[Iterator[str] | None] = ContextVar("anabranch_idempotency_key", default=None)


def next_key() -> str:
    """The key for the next request: a fresh one, or the next one of `idempotency_key`."""
    names = _names.get()
    return str(uuid.uuid4()) if names is None else next(names)


@contextmanager
def idempotency_key(key: str) -> Generator[None]:
    """Names the requests inside the block.

    The first request that changes something has the key `key`, the following ones `key:2`, `key:3`
    and so on: a block that runs again, with the same requests in the same order, changes nothing.
    """
    names = (key if number == 1 else f"{key}:{number}" for number in count(1))
    token = _names.set(names)
    try:
        yield
    finally:
        _names.reset(token)
