"""Stand-ins for the functions that ask for time, randomness or fresh ids.

A stand-in looks whether its thread runs a transaction. If so it takes the value from there, else it
calls the function that it stands for. Clocks that only measure (`time.monotonic`,
`time.perf_counter`) have none.
"""

import datetime
import functools
import os
import random
import secrets
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, TypeVar

from anabranch._transaction_values import TransactionValues, current

F = TypeVar("F", bound=Callable[..., Any])

_SECOND_NANOSECONDS = 1_000_000_000
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# From the start of the Gregorian calendar, where version 1 of UUIDs counts from, in its units.
_EPOCH_OF_UUID_1 = 0x01B21DD213814000

_FUNCTION_TYPES = (BuiltinFunctionType, FunctionType, MethodType)


TAKEN: dict[str, Callable[..., Any]] = {}
"""By dotted name, what gives the value in a transaction."""


def _takes(name: str) -> Callable[[F], F]:
    """The decorated function gives the value of `name` in a transaction."""

    def register(function: F) -> F:
        TAKEN[name] = function
        return function

    return register


def _seconds(values: TransactionValues) -> int:
    return values.start_time_nanoseconds // _SECOND_NANOSECONDS


@_takes("time.time")
def _time(values: TransactionValues) -> float:
    seconds, rest = divmod(values.start_time_nanoseconds, _SECOND_NANOSECONDS)
    # As Python rounds it.
    return values.start_time_nanoseconds / 1e9 if rest else float(seconds)


@_takes("time.time_ns")
def _time_ns(values: TransactionValues) -> int:
    return values.start_time_nanoseconds


@_takes("time.localtime")
def _localtime(values: TransactionValues, seconds: float | None = None, /) -> time.struct_time:
    return time.localtime(_seconds(values) if seconds is None else seconds)


@_takes("time.gmtime")
def _gmtime(values: TransactionValues, seconds: float | None = None, /) -> time.struct_time:
    return time.gmtime(_seconds(values) if seconds is None else seconds)


@_takes("time.ctime")
def _ctime(values: TransactionValues, seconds: float | None = None, /) -> str:
    return time.ctime(_seconds(values) if seconds is None else seconds)


@_takes("time.asctime")
def _asctime(values: TransactionValues, *of: Any) -> str:
    return time.asctime(*of or (_localtime(values),))


@_takes("time.strftime")
def _strftime(values: TransactionValues, format: str, *of: Any) -> str:
    return time.strftime(format, *of or (_localtime(values),))


def _utc(values: TransactionValues) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(microseconds=values.start_time_nanoseconds // 1000)


@_takes("datetime.datetime.now")
def _now(values: TransactionValues, tz: datetime.tzinfo | None = None) -> datetime.datetime:
    utc = _utc(values)
    if tz is not None:
        return utc.astimezone(tz)
    local = datetime.datetime.fromtimestamp(_seconds(values))
    return local.replace(microsecond=utc.microsecond)


@_takes("datetime.datetime.today")
def _today(values: TransactionValues) -> datetime.datetime:
    return _now(values)


@_takes("datetime.datetime.utcnow")
def _utcnow(values: TransactionValues) -> datetime.datetime:
    return _utc(values).replace(tzinfo=None)


@_takes("datetime.date.today")
def _date_today(values: TransactionValues) -> datetime.date:
    return _now(values).date()


@_takes("os.urandom")
def _urandom(values: TransactionValues, size: int, /) -> bytes:
    if size < 0:
        raise ValueError("negative argument not allowed")
    return values.secret_bytes.take(size)


@_takes("secrets.token_bytes")
def _token_bytes(values: TransactionValues, nbytes: int | None = None) -> bytes:
    return _urandom(values, secrets.DEFAULT_ENTROPY if nbytes is None else nbytes)


@_takes("secrets.token_hex")
def _token_hex(values: TransactionValues, nbytes: int | None = None) -> str:
    return _token_bytes(values, nbytes).hex()


@_takes("secrets.token_urlsafe")
def _token_urlsafe(values: TransactionValues, nbytes: int | None = None) -> str:
    return urlsafe_b64encode(_token_bytes(values, nbytes)).rstrip(b"=").decode("ascii")


@_takes("secrets.randbelow")
def _randbelow(values: TransactionValues, exclusive_upper_bound: int) -> int:
    if exclusive_upper_bound <= 0:
        raise ValueError("Upper bound must be positive.")
    return values.secret_random.randrange(exclusive_upper_bound)


@_takes("secrets.randbits")
def _randbits(values: TransactionValues, k: int) -> int:
    return values.secret_random.getrandbits(k)


@_takes("secrets.choice")
def _choice(values: TransactionValues, seq: Any) -> Any:
    return values.secret_random.choice(seq)


@_takes("uuid.uuid1")
def _uuid1(
    values: TransactionValues, node: int | None = None, clock_seq: int | None = None
) -> uuid.UUID:
    timestamp = values.start_time_nanoseconds // 100 + _EPOCH_OF_UUID_1 + values.next_id_of_time()
    if node is None:
        # Not the address of this machine, so that another one gives the same ids. The bit says so.
        node = values.secret_random.getrandbits(48) | 1 << 40
    if clock_seq is None:
        clock_seq = values.secret_random.getrandbits(14)
    fields = (
        timestamp & 0xFFFFFFFF,
        timestamp >> 32 & 0xFFFF,
        timestamp >> 48 & 0x0FFF,
        clock_seq >> 8 & 0x3F,
        clock_seq & 0xFF,
        node,
    )
    return uuid.UUID(fields=fields, version=1)


@_takes("uuid.uuid4")
def _uuid4(values: TransactionValues) -> uuid.UUID:
    return uuid.UUID(bytes=values.secret_bytes.take(16), version=4)


def _take_from_generator(name: str) -> None:
    @_takes(f"random.{name}")
    def of_generator(  # pyright: ignore[reportUnusedFunction]
        values: TransactionValues, *args: Any, **kwargs: Any
    ) -> Any:
        return getattr(values.random, name)(*args, **kwargs)


for _name in random.__all__:
    # The functions of the module are methods of one generator.
    if isinstance(getattr(getattr(random, _name), "__self__", None), random.Random):
        _take_from_generator(_name)


@_takes("random.seed")
def _seed(values: TransactionValues, a: Any = None, version: int = 2) -> None:
    # Without a seed the original asks the operating system for one.
    values.random.seed(values.secret_random.getrandbits(256) if a is None else a, version)


def _stand_in(original: Callable[..., Any], taken: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        values = current()
        if values is None:
            return original(*args, **kwargs)
        return taken(values, *args, **kwargs)

    return stand_in


def _original(name: str) -> Callable[..., Any]:
    modules = {module.__name__: module for module in (datetime, os, random, secrets, time, uuid)}
    first, *rest = name.split(".")
    return functools.reduce(getattr, rest, modules[first])


_STAND_INS = {_original(name): _stand_in(_original(name), taken) for name, taken in TAKEN.items()}


def stand_in_for(value: Any) -> Any:
    """The stand-in, if `value` is a function that has one; else `value` itself."""
    if isinstance(value, _FUNCTION_TYPES):
        return _STAND_INS.get(value, value)  # pyright: ignore[reportArgumentType]
    return value
