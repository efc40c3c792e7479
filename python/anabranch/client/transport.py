"""What carries requests, and how it fails."""

from typing import Protocol
from urllib.parse import urlsplit

from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.errors import AnabranchError


class ConnectionFailed(Exception):
    """An attempt ended without an answer."""

    def __init__(self, message: str, *, was_connected: bool) -> None:
        super().__init__(message)
        self.was_connected = was_connected
        """Whether the server may have got the request."""


class Transport(Protocol):
    """Carries requests for ordinary code."""

    def attempt(self, asked: Request, timeout: float) -> Response:
        """Sends a request once; raises `ConnectionFailed` if there is no answer in time."""
        ...

    def close(self) -> None:
        """Closes the connections to the server."""
        ...


class AsyncTransport(Protocol):
    """Carries requests for asyncio."""

    async def attempt(self, asked: Request, timeout: float) -> Response:
        """Sends a request once; raises `ConnectionFailed` if there is no answer in time."""
        ...

    async def close(self) -> None:
        """Closes the connections to the server."""
        ...


def is_binary(url: str) -> bool:
    """Whether the address of a server asks for the binary protocol, checked without asking it."""
    parts = urlsplit(url)
    if parts.netloc and parts.scheme in {"http", "https"}:
        return False
    if parts.netloc and parts.scheme == "anabranch" and parts.path in {"", "/"}:
        return True
    raise AnabranchError(
        f"{url!r} is not the address of a server; write it as `anabranch serve` prints it: "
        "http://127.0.0.1:8080, or anabranch://127.0.0.1:8080 for the binary protocol"
    )


def open_transport(url: str, token: str | None) -> Transport:
    """The transport that the address of a server asks for."""
    if is_binary(url):
        from anabranch.client.binary import BinaryTransport

        return BinaryTransport(url, token)
    from anabranch.client.http import HttpTransport

    return HttpTransport(url, token)


def open_async_transport(url: str, token: str | None) -> AsyncTransport:
    """The transport for asyncio that the address of a server asks for."""
    if is_binary(url):
        from anabranch.client.binary_async import AsyncBinaryTransport

        return AsyncBinaryTransport(url, token)
    from anabranch.client.http import AsyncHttpTransport

    return AsyncHttpTransport(url, token)
