"""HTTP responses as results and exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anabranch import _native
from anabranch.client import problem
from anabranch.client.request import VALUE_TYPE, Request
from anabranch.errors import AnabranchError, EntityNotFound


@dataclass(frozen=True)
class Response:
    """What came back, from either kind of I/O."""

    status: int
    headers: Mapping[str, str]
    """With names in lower case."""
    body: bytes


def result(request: Request, response: Response) -> Any:
    """The value that a request asked for; raises what the server reports."""
    if response.status >= 400:
        raise problem.exception(response.status, _content_type(response), response.body)
    if _content_type(response) != VALUE_TYPE:
        raise AnabranchError(
            f"the answer to {request.subject} is {_content_type(response) or 'untyped'}, not "
            f"{VALUE_TYPE}; is the URL that of an Anabranch server?"
        )
    return _native.decode(response.body)


def existence(request: Request, response: Response) -> bool:
    """Whether the entity exists whose state a request asked for."""
    if response.status != 404:
        result(request, response)
        return True
    error = problem.exception(response.status, _content_type(response), response.body)
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
    return problem.is_interrupt(_content_type(response), response.body)


def _content_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()
