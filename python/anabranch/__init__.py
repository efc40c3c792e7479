"""Plain Python classes as a durable, transactional dataflow.

from anabranch import entity

@entity
class Account:
    def __init__(self, owner: str):
        self.owner = owner
        self.balance = 0

    def __key__(self) -> str:
        return self.owner

    def transfer(self, amount: int, to: "Account") -> None:
        self.balance -= amount
        to.balance += amount
"""

from importlib import metadata as _metadata

from anabranch._connect import connect, connect_async
from anabranch._entity import entity, transactional
from anabranch._references import delete, exists, ref
from anabranch.errors import (
    AnabranchError,
    EngineError,
    EntityExists,
    EntityNotFound,
    IdempotencyConflict,
    Interrupted,
    Overloaded,
    RemoteAccessError,
    RemoteError,
    RequestRejected,
    TransactionTooLarge,
    Unavailable,
)

__all__ = [
    "AnabranchError",
    "EngineError",
    "EntityExists",
    "EntityNotFound",
    "IdempotencyConflict",
    "Interrupted",
    "Overloaded",
    "RemoteAccessError",
    "RemoteError",
    "RequestRejected",
    "TransactionTooLarge",
    "Unavailable",
    "__version__",
    "connect",
    "connect_async",
    "delete",
    "entity",
    "exists",
    "ref",
    "transactional",
]

try:
    __version__ = _metadata.version("anabranch")
except _metadata.PackageNotFoundError:
    # A checkout on PYTHONPATH, not installed.
    __version__ = "0+unknown"
