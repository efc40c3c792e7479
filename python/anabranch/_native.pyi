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

def in_entity_code() -> bool:
    """Whether this thread runs entity code for an engine."""

def object_with(exception: BaseException) -> None:
    """Makes the transaction under way abort with `exception`, even if user code catches it."""

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
