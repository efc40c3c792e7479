"""What Anabranch raises.

Everything is under `AnabranchError`. Exceptions of the application itself cross all borders as they
are and are not listed here.
"""

from typing import Any


class AnabranchError(Exception):
    """Base class of all exceptions that Anabranch itself raises."""


class EntityNotFound(AnabranchError, LookupError):
    """An entity was used that does not exist."""

    http_status = 404

    def __init__(self, entity_class: str, key: object) -> None:
        super().__init__(entity_class, key)

    @property
    def entity_class(self) -> str:
        """The name of the entity class."""
        return self.args[0]

    @property
    def key(self) -> Any:
        """The key that no entity of the class has."""
        return self.args[1]

    def __str__(self) -> str:
        return f"no {self.entity_class} with key {self.key!r}"


class EntityExists(AnabranchError):
    """An entity was created under a key that is taken."""

    http_status = 409

    def __init__(self, entity_class: str, key: object) -> None:
        super().__init__(entity_class, key)

    @property
    def entity_class(self) -> str:
        """The name of the entity class."""
        return self.args[0]

    @property
    def key(self) -> Any:
        """The key that is taken."""
        return self.args[1]

    def __str__(self) -> str:
        return f"{self.entity_class} with key {self.key!r} exists already"


class RemoteAccessError(AnabranchError):
    """Entity code that cannot suspend (a lambda, a sort key, …) used a reference."""


class TransactionTooLarge(AnabranchError):
    """A transaction touched more entities, or changed more bytes of state, than an engine allows.

    Nothing of it was applied, and entity code cannot catch it. Do the work in several requests.
    Plain mode has no such limit.
    """

    http_status = 422


class EngineError(AnabranchError):
    """The engine could not run a request; nothing of it was applied, except where said."""


class Unavailable(EngineError):
    """The engine takes no requests, or cannot be reached; the request may have been applied."""


class Overloaded(EngineError):
    """Too many requests are waiting; try again later."""


class Interrupted(EngineError):
    """The transaction ran too long and was stopped."""


class IdempotencyConflict(EngineError):
    """An idempotency key was used a second time, for another request."""


class RequestRejected(AnabranchError):
    """The server refused a request: unknown name, unfit arguments, missing token, too large."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(status, title, detail)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.args[0]

    @property
    def title(self) -> str:
        """What kind of problem it is."""
        return self.args[1]

    @property
    def detail(self) -> str:
        """What is wrong with this request."""
        return self.args[2]

    def __str__(self) -> str:
        return f"{self.title}: {self.detail}" if self.detail else self.title


class RemoteError(AnabranchError):
    """An exception of the application whose class cannot be imported here."""

    def __init__(self, exception_type: str, arguments: tuple[object, ...]) -> None:
        super().__init__(*arguments)
        self.exception_type = exception_type

    def __reduce__(self) -> tuple[type["RemoteError"], tuple[str, tuple[object, ...]]]:
        return (RemoteError, (self.exception_type, self.args))

    def __str__(self) -> str:
        return f"{self.exception_type}({', '.join(repr(argument) for argument in self.args)})"


for _class in list(globals().values()):
    if isinstance(_class, type) and issubclass(_class, AnabranchError):
        # The public name, which the wire and tracebacks show.
        _class.__module__ = "anabranch"
