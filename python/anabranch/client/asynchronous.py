"""The client for asyncio."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

from anabranch import _native, _registry
from anabranch._key import checked_key
from anabranch.client import idempotency, request, response, retry, transport
from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.client.transport import ConnectionFailed

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")


class AsyncClient:
    """A connection to a server; `anabranch.connect_async` makes one.

    Operations are explicit, because driver code as such cannot be awaited:
    `await app.call(User.buy_item, alice, 2, pen)`. One client serves any number of tasks.
    """

    def __init__(self, url: str, *, token: str | None, timeout: float, retries: int) -> None:
        self._transport = transport.open_async_transport(url, token)
        self._policy = retry.RetryPolicy(retries, timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections to the server."""
        await self._transport.close()

    async def create(self, entity_class: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Creates an entity: `await app.create(User, "alice")`."""
        cls = _registry.checked_class(entity_class, "create")
        asked = request.create(cls, args, kwargs, idempotency.next_key())
        return response.result(asked, await self._send(asked))

    async def call(
        self,
        method: Callable[Concatenate[T, P], R],
        entity: T,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Calls a method: `await app.call(User.buy_item, alice, 2, pen)`."""
        name: str = getattr(method, "__name__", "")
        if getattr(entity.__class__, name, None) is not method:
            raise TypeError(
                f"call() needs a method of the entity's class, such as "
                f"{entity.__class__.__name__}.some_method, not {method!r}"
            )
        asked = request.call(entity, name, args, kwargs, idempotency.next_key())
        return response.result(asked, await self._send(asked))

    async def read(self, entity: object, name: str) -> Any:
        """Reads an attribute: `await app.read(alice, "balance")`."""
        asked = request.state(entity)
        return response.attribute(asked, await self._send(asked), entity.__class__, name)

    async def state(self, entity: object) -> dict[str, Any]:
        """All attributes of an entity, read in one transaction."""
        asked = request.state(entity)
        return response.result(asked, await self._send(asked))

    async def exists(self, entity_class: type[Any], key: object) -> bool:
        """Whether there is an entity of this class and key."""
        asked = request.state(self.ref(entity_class, key))
        return response.existence(asked, await self._send(asked))

    def ref(self, entity_class: type[T], key: object) -> T:
        """A reference to the entity of this class and key, which need not exist."""
        cls = _registry.checked_class(entity_class, "ref")
        return cast(T, _native.Reference(cls, checked_key(key)))

    def idempotency_key(self, key: str) -> AbstractContextManager[None]:
        """Names the requests inside a `with` block, so that the block can be run again.

        The first operation that changes something has the key `key`, the following ones `key:2`,
        `key:3` and so on. Without it every operation has a fresh key, the same at all attempts.
        """
        return idempotency.idempotency_key(key)

    async def _send(self, asked: Request) -> Response:
        """Sends a request, again and again as far as the policy goes."""
        started = time.monotonic()
        attempt = 0
        while True:
            outcome = await self._attempt(asked, time.monotonic() - started)
            pause = self._policy.pause(outcome, attempt, time.monotonic() - started)
            if pause is None:
                return retry.final(asked, outcome, attempt + 1)
            await asyncio.sleep(pause)
            attempt += 1

    async def _attempt(self, asked: Request, elapsed: float) -> Response | ConnectionFailed:
        try:
            return await self._transport.attempt(asked, self._policy.attempt_timeout(elapsed))
        except ConnectionFailed as failure:
            return failure
