"""Clients of an Anabranch server.

- `request`: operations as requests; `response`: responses as results and exceptions.
- `transport`: what carries them, by the URL's scheme: `http`, or `binary` and `binary_async` over
  `binary_frames`.
- `problem`: problem details (RFC 9457) as exceptions.
- `retry`: when and after how long a failed attempt is repeated.
- `idempotency`: the names of requests, under which the server remembers its replies.
- `synchronous` and `asynchronous`: the same for ordinary code and for asyncio.
"""

from anabranch.client.asynchronous import AsyncClient
from anabranch.client.synchronous import Client

__all__ = ["AsyncClient", "Client"]
