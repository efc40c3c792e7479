"""The client for ordinary code."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, cast

from anabranch import _backend, _native, _registry
from anabranch._key import checked_key
from anabranch.client import idempotency, request, response, retry, transport
from anabranch.client.backend import ServerBackend
from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.client.transport import ConnectionFailed
from anabranch.errors import AnabranchError

T = TypeVar("T")
P = ParamSpec("P")


class Client:
    """A connection to a server; `anabranch.connect` makes one.

    Inside `with client:` driver code uses the server's entities: `User("alice")`, `ref`, `exists`,
    attributes and methods. Each operation is one transaction. A thread that runs driver code
    needs a client of its own.
    """

    def __init__(self, url: str, *, token: str | None, timeout: float, retries: int) -> None:
        self._transport = transport.open_transport(url, token)
        self._policy = retry.RetryPolicy(retries, timeout)
        self._backend = ServerBackend(self._send)
        self._installed: AbstractContextManager[None] | None = None

    def __enter__(self) -> Self:
        if self._installed is not None:
            raise AnabranchError("this client is in use already; make another with connect()")
        self._installed = _backend.client(self._backend)
        self._installed.__enter__()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._installed is not None:
            self._installed.__exit__(None, None, None)
            self._installed = None
        self.close()

    def close(self) -> None:
        """Closes the connections to the server."""
        self._transport.close()

    def create(self, entity_class: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Creates an entity, as `User("alice")` does inside `with client:`."""
        cls = _registry.checked_class(entity_class, "create")
        return cast(T, self._backend.create(cls, args, kwargs))

    def ref(self, entity_class: type[T], key: object) -> T:
        """A reference to the entity of this class and key, which need not exist."""
        cls = _registry.checked_class(entity_class, "ref")
        return cast(T, _native.Reference(cls, checked_key(key)))

    def exists(self, entity_class: type[Any], key: object) -> bool:
        """Whether there is an entity of this class and key."""
        return self._backend.exists(self.ref(entity_class, key))

    def state(self, reference: object) -> dict[str, Any]:
        """All attributes of an entity, read in one transaction."""
        asked = request.state(reference)
        return response.result(asked, self._send(asked))

    def idempotency_key(self, key: str) -> AbstractContextManager[None]:
        """Names the requests inside a `with` block, so that the block can be run again.

        The first operation that changes something has the key `key`, the following ones `key:2`,
        `key:3` and so on. Without it every operation has a fresh key, the same at all attempts.
        """
        return idempotency.idempotency_key(key)

    def _send(self, asked: Request) -> Response:
        """Sends a request, again and again as far as the policy goes."""
        started = time.monotonic()
        attempt = 0
        while True:
            outcome = self._attempt(asked, time.monotonic() - started)
            pause = self._policy.pause(outcome, attempt, time.monotonic() - started)
            if pause is None:
                return retry.final(asked, outcome, attempt + 1)
            time.sleep(pause)
            attempt += 1

    def _attempt(self, asked: Request, elapsed: float) -> Response | ConnectionFailed:
        try:
            return self._transport.attempt(asked, self._policy.attempt_timeout(elapsed))
        except ConnectionFailed as failure:
            return failure
