"""The compiled part (crates/native)."""

from collections.abc import Mapping
from typing import Any, final

from anabranch._transaction_values import TransactionValues

def main(argv: list[str]) -> int:
    """Runs the command line and returns its exit code."""

def encode(value: object) -> bytes:
    """The wire message of a value."""

def decode(message: bytes) -> Any:
    """The value of a wire message; pickles are refused."""

def client_hello(token: str | None) -> bytes:
    """What a client of the binary protocol says first."""

def create_frame(
    number: int, class_name: str, arguments: bytes, idempotency_key: str | None, /
) -> bytes:
    """The frame of a request that creates an entity; the arguments are a wire message."""

def call_frame(
    number: int,
    class_name: str,
    key: bytes,
    method: str,
    arguments: bytes,
    idempotency_key: str | None,
    /,
) -> bytes:
    """The frame of a request that calls a method; key and arguments are wire messages."""

def state_frame(number: int, class_name: str, key: bytes, /) -> bytes:
    """The frame of a request for all attributes; the key is a wire message."""

def read_frames(
    stream: bytes, is_greeted: bool
) -> tuple[bool, list[tuple[int, int, bytes | dict[str, Any] | None]], int]:
    """The whole frames at the front of what a server sent.

    Whether the server has greeted, the responses (number, status, body), and how many bytes they
    took.
    """

def in_entity_code() -> bool:
    """Whether this thread runs entity code for an engine."""

def object_with(exception: BaseException) -> None:
    """Makes the transaction under way abort with `exception`, even if user code catches it."""

def reduce_suspended(value: object) -> Any:
    """How pickle makes a value of a suspended call again; `NotImplemented`: by itself."""

def live_entity() -> Any:
    """The live entity whose suspended calls are being made."""

def take_attributes(attributes: dict[str, Any]) -> None:
    """Gives that entity its attributes."""

def unbound() -> Any:
    """What stands for a variable without a value."""

def new_exception(cls: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    """An exception made from its arguments, past the `__init__` of the application's classes."""

def log_record(level: int, logger: str, text: str) -> None:
    """Writes a record of `logging` to the log of the process."""

def transaction_values() -> TransactionValues | None:
    """What this thread's transaction has of the outside; `None` outside of entity code."""

@final
class Reference:
    """Entity class and key."""

    def __new__(cls, entity_class: type, key: object) -> Reference: ...
    __anabranch_class__: type
    __anabranch_key__: Any

@final
class EngineBackend:
    """The backend of a driver that runs beside an engine; implements `_backend.Backend`."""

    def create(
        self, entity_class: type, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> object: ...
    def call(
        self, reference: Any, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any: ...
    def get_attribute(self, reference: Any, name: str) -> Any: ...
    def set_attribute(self, reference: Any, name: str, value: Any) -> None: ...
    def exists(self, reference: Any) -> bool: ...
    def delete(self, reference: Any) -> None: ...
