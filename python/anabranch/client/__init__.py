"""Clients of an Anabranch server.

- `request`: operations as HTTP requests; `response`: HTTP responses as results and exceptions.
- `problem`: problem details (RFC 9457) as exceptions.
- `retry`: when and after how long a failed attempt is repeated.
- `idempotency`: the names of requests, under which the server remembers its replies.
- `synchronous` and `asynchronous`: the same over the two kinds of I/O, and nothing else.
"""

from anabranch.client.asynchronous import AsyncClient
from anabranch.client.synchronous import Client

__all__ = ["AsyncClient", "Client"]
