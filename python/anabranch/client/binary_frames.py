"""Requests as frames of the binary protocol, and frames as responses."""

from typing import Any
from urllib.parse import urlsplit

from anabranch import _native
from anabranch._key import checked_key
from anabranch.client import problem
from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.client.transport import ConnectionFailed

PORT = 8080
"""The port where none is given."""

READ_SIZE = 1 << 16


def address_of(url: str) -> tuple[str, int]:
    """Host and port of a server."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or PORT


def frame_of(number: int, asked: Request) -> bytes:
    """The frame of a request."""
    name = asked.class_name
    match asked.operation:
        case "create":
            return _native.create_frame(number, name, asked.arguments, asked.idempotency_key)
        case "call":
            return _native.call_frame(
                number, name, _key(asked), asked.method, asked.arguments, asked.idempotency_key
            )
        case "state":
            return _native.state_frame(number, name, _key(asked))


def _key(asked: Request) -> bytes:
    return _native.encode(checked_key(asked.key))


class Incoming:
    """Cuts what a server sends into responses."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.is_greeted = False
        """Whether the server has taken this client."""

    def feed(self, data: bytes) -> dict[int, Response]:
        """Takes what arrived; gives the responses that are complete, by number."""
        if not data:
            raise ConnectionFailed("the server closed the connection", was_connected=True)
        self._bytes += data
        try:
            greeted, answers, consumed = _native.read_frames(bytes(self._bytes), self.is_greeted)
        except ValueError as error:
            raise ConnectionFailed(
                f"this is no Anabranch server ({error})", was_connected=True
            ) from None
        del self._bytes[:consumed]
        self.is_greeted = greeted
        responses = {number: _response(status, body) for number, status, body in answers}
        if 0 in responses:
            # About the connection, not about a request.
            raise problem.exception(responses[0].status, responses[0].problem)
        return responses


def _response(status: int, body: bytes | dict[str, Any] | None) -> Response:
    if isinstance(body, bytes):
        return Response(status, message=body)
    members = body if isinstance(body, dict) else {}
    return Response(status, problem=members, retry_after=members.get("retry_after"))
