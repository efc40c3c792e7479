"""`connect` and `connect_async`, without the cost of an HTTP library until one is called."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anabranch.client import AsyncClient, Client


def connect(
    url: str, *, token: str | None = None, timeout: float = 30.0, retries: int = 8
) -> "Client":
    """Connects driver code to a server.

    Inside `with connect(url):` entity classes, `ref` and `exists` mean the entities of the server.
    `timeout` is the most seconds one operation takes, all its attempts included; `retries` is how
    often a failed attempt is repeated within that time.
    """
    from anabranch.client import Client

    return Client(url, token=token, timeout=timeout, retries=retries)


def connect_async(
    url: str, *, token: str | None = None, timeout: float = 30.0, retries: int = 8
) -> "AsyncClient":
    """Like `connect`, for asyncio: `async with connect_async(url) as app:`."""
    from anabranch.client import AsyncClient

    return AsyncClient(url, token=token, timeout=timeout, retries=retries)
