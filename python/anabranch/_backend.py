"""What runs the operations of a driver that is not in plain mode: an engine or a client."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from anabranch.errors import AnabranchError


class Backend(Protocol):
    """The operations that a driver can perform; each one is a root call."""

    def create(
        self, entity_class: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> object: ...

    def call(
        self, reference: Any, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any: ...

    def get_attribute(self, reference: Any, name: str) -> Any: ...

    def set_attribute(self, reference: Any, name: str, value: Any) -> None: ...

    def exists(self, reference: Any) -> bool: ...

    def delete(self, reference: Any) -> None: ...


_installed: Backend | None = None
_client: ContextVar[Backend | None] = ContextVar("anabranch_client", default=None)


def install(backend: Backend | None) -> None:
    """Makes `backend` the one of the whole process."""
    global _installed
    _installed = backend


@contextmanager
def client(backend: Backend) -> Generator[None]:
    """Makes `backend` the one of the running context, before that of the process."""
    token = _client.set(backend)
    try:
        yield
    finally:
        _client.reset(token)


def active() -> Backend | None:
    """The backend that driver code uses now; `None` in plain mode."""
    return _client.get() or _installed


def required(subject: str) -> Backend:
    """The active backend, for an operation on `subject`."""
    backend = active()
    if backend is None:
        raise AnabranchError(
            f"nothing runs {subject} here; use it inside `with anabranch.connect(url):` "
            "or under `anabranch run`"
        )
    return backend
