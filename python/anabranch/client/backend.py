"""The operations of driver code, as requests to a server."""

from collections.abc import Callable, Mapping
from typing import Any

from anabranch.client import idempotency, request, response
from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.errors import AnabranchError


class ServerBackend:
    """Implements `_backend.Backend` over a function that sends a request."""

    def __init__(self, send: Callable[[Request], Response]) -> None:
        self._send = send

    def create(
        self, entity_class: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> object:
        asked = request.create(entity_class, args, kwargs, idempotency.next_key())
        return response.result(asked, self._send(asked))

    def call(
        self, reference: Any, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        asked = request.call(reference, method, args, kwargs, idempotency.next_key())
        return response.result(asked, self._send(asked))

    def get_attribute(self, reference: Any, name: str) -> Any:
        asked = request.state(reference)
        return response.attribute(asked, self._send(asked), reference.__class__, name)

    def set_attribute(self, reference: Any, name: str, value: Any) -> None:
        raise AnabranchError(
            f"a client cannot set {name} of {reference!r}; "
            f"give {reference.__class__.__name__} a method that does it"
        )

    def exists(self, reference: Any) -> bool:
        asked = request.state(reference)
        return response.existence(asked, self._send(asked))

    def delete(self, reference: Any) -> None:
        raise AnabranchError(
            f"a client cannot delete {reference!r}; "
            "add a method that does it with anabranch.delete()"
        )
