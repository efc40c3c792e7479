"""Responses as results and exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from anabranch import _native
from anabranch.client import problem
from anabranch.client.request import Request
from anabranch.errors import AnabranchError, EntityNotFound


@dataclass(frozen=True)
class Response:
    """What came back, whatever carried it."""

    status: int
    """As over HTTP."""
    message: bytes | None = None
    """The wire message of the result."""
    problem: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The members of a problem (RFC 9457)."""
    retry_after: float | None = None
    """The seconds that the server asks to wait."""
    form: str = ""
    """What the body is, if it is neither."""


def result(request: Request, response: Response) -> Any:
    """The value that a request asked for; raises what the server reports."""
    if response.status >= 400:
        raise problem.exception(response.status, response.problem)
    if response.message is None:
        raise AnabranchError(
            f"the answer to {request.subject} is {response.form or 'untyped'}, not an encoded "
            "value; is the URL that of an Anabranch server?"
        )
    return _native.decode(response.message)


def existence(request: Request, response: Response) -> bool:
    """Whether the entity exists whose state a request asked for."""
    if response.status != 404:
        result(request, response)
        return True
    error = problem.exception(response.status, response.problem)
    if isinstance(error, EntityNotFound):
        return False
    raise error


def attribute(request: Request, response: Response, entity_class: type, name: str) -> Any:
    """One attribute of the state that a request asked for."""
    state: dict[str, Any] = result(request, response)
    if name in state:
        return state[name]
    if hasattr(entity_class, name):
        default: object = getattr(entity_class, name)
        if hasattr(type(default), "__get__"):
            raise AnabranchError(
                f"a client cannot read {entity_class.__name__}.{name}, which is computed; "
                "give the class a method that returns it"
            )
        return default
    raise AttributeError(f"'{entity_class.__name__}' object has no attribute '{name}'")


def is_final(response: Response) -> bool:
    """Whether the answer would be the same a second time, whatever its status says."""
    return problem.is_interrupt(response.problem)
