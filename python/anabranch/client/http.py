"""Requests over HTTP."""

import base64
import json
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

import httpx

from anabranch._key import Part, checked_key
from anabranch.client.request import Request
from anabranch.client.response import Response
from anabranch.client.transport import ConnectionFailed

VALUE_TYPE = "application/vnd.anabranch.value"
"""The content type of wire messages."""

ACCEPT = f"{VALUE_TYPE}, application/problem+json"

_JSON_TYPES = frozenset({"application/problem+json", "application/json"})


class HttpTransport:
    """Carries requests over HTTP."""

    def __init__(self, url: str, token: str | None) -> None:
        self._http = httpx.Client(base_url=url, headers=_authorization(token))

    def attempt(self, asked: Request, timeout: float) -> Response:
        """Sends a request once."""
        try:
            return _response(self._http.request(**_parts(asked), timeout=timeout))
        except httpx.TransportError as failure:
            raise _failed(failure) from failure

    def close(self) -> None:
        """Closes the connections to the server."""
        self._http.close()


class AsyncHttpTransport:
    """Carries requests over HTTP, for asyncio."""

    def __init__(self, url: str, token: str | None) -> None:
        self._http = httpx.AsyncClient(base_url=url, headers=_authorization(token))

    async def attempt(self, asked: Request, timeout: float) -> Response:
        """Sends a request once."""
        try:
            return _response(await self._http.request(**_parts(asked), timeout=timeout))
        except httpx.TransportError as failure:
            raise _failed(failure) from failure

    async def close(self) -> None:
        """Closes the connections to the server."""
        await self._http.aclose()


def key_segment(key: object) -> str:
    """A key as a segment of a path: the percent-encoded parts, joined by commas."""
    key = checked_key(key)
    parts = key if isinstance(key, tuple) else (key,)
    segment = ",".join(quote(_part_text(part), safe="") for part in parts)
    # A lone dot means something else to those who normalise paths.
    return segment.replace(".", "%2E") if segment in (".", "..") else segment


def _authorization(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def _parts(asked: Request) -> dict[str, Any]:
    path = f"/v1/{quote(asked.class_name, safe='')}"
    if asked.operation != "create":
        path += f"/{key_segment(asked.key)}"
    if asked.operation == "call":
        path += f"/{quote(asked.method, safe='')}"
    headers = {"Accept": ACCEPT}
    if asked.operation == "state":
        return {"method": "GET", "url": path, "headers": headers}
    headers["Content-Type"] = VALUE_TYPE
    if asked.idempotency_key is not None:
        headers["Idempotency-Key"] = asked.idempotency_key
    return {"method": "POST", "url": path, "headers": headers, "content": asked.arguments}


def _response(answer: httpx.Response) -> Response:
    form = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Response(
        answer.status_code,
        message=answer.content if form == VALUE_TYPE else None,
        problem=_members(answer.content) if form in _JSON_TYPES else {},
        retry_after=_seconds(answer.headers.get("retry-after")),
        form=form,
    )


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = json.loads(body)
    except ValueError:
        return {}
    return cast(dict[str, Any], members) if isinstance(members, dict) else {}


def _seconds(retry_after: str | None) -> float | None:
    try:
        return max(0.0, float(retry_after or ""))
    except ValueError:
        # Absent, or the form with a date, which our server does not use.
        return None


def _failed(failure: httpx.TransportError) -> ConnectionFailed:
    message = str(failure) or type(failure).__name__
    return ConnectionFailed(message, was_connected=not isinstance(failure, httpx.ConnectError))


def _part_text(part: Part) -> str:
    match part:
        case str():
            return part
        case bytes():
            return base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii")
        case int() | UUID():
            return str(part)
