"""What a transaction has of the outside: the time it began and a seed.

The same time and seed give the same values in the same order, so that a request can run again.
"""

import hashlib
from functools import cached_property
from random import Random

from anabranch import _mode

_BITS_OF_A_FLOAT = 53


class SeededBytes:
    """An endless stream of bytes: BLAKE2b, keyed with the seed, of a counter.

    Who sees some of them cannot tell the others, so they are fit for secrets if the seed is.
    """

    def __init__(self, seed: bytes, purpose: bytes) -> None:
        self._seed = seed
        self._purpose = purpose
        self._count = 0
        self._rest = b""

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        blocks = [self._rest]
        available = len(self._rest)
        while available < length:
            counter = self._count.to_bytes(16, "big")
            block = hashlib.blake2b(counter, key=self._seed, person=self._purpose).digest()
            blocks.append(block)
            available += len(block)
            self._count += 1
        stream = b"".join(blocks)
        self._rest = stream[length:]
        return stream[:length]


class SecretRandom(Random):
    """As `random.SystemRandom`, over a stream of bytes."""

    def __init__(self, stream: SeededBytes) -> None:
        self._stream = stream
        super().__init__()

    def random(self) -> float:
        return (int.from_bytes(self._stream.take(7), "big") >> 3) * 2.0**-_BITS_OF_A_FLOAT

    def getrandbits(self, k: int, /) -> int:
        if k < 0:
            raise ValueError("number of bits must be non-negative")
        length = (k + 7) // 8
        return int.from_bytes(self._stream.take(length), "big") >> (length * 8 - k)

    def seed(self, *args: object, **kwargs: object) -> None:
        """Does nothing: the stream has its seed."""


class TransactionValues:
    """Where the entity code of one transaction gets time, randomness and fresh ids from."""

    def __init__(self, start_time_nanoseconds: int, seed: bytes) -> None:
        self.start_time_nanoseconds = start_time_nanoseconds
        self._seed = seed
        self._ids_of_time = 0

    @cached_property
    def random(self) -> Random:
        """The generator behind the functions of `random`."""
        return Random(int.from_bytes(SeededBytes(self._seed, b"random").take(32), "big"))

    @cached_property
    def secret_bytes(self) -> SeededBytes:
        """What `os.urandom` gives."""
        return SeededBytes(self._seed, b"secrets")

    @cached_property
    def secret_random(self) -> Random:
        """The generator behind `secrets`."""
        return SecretRandom(self.secret_bytes)

    def next_id_of_time(self) -> int:
        """Counts the ids that are made of the time, which stands still."""
        self._ids_of_time += 1
        return self._ids_of_time - 1


def current() -> TransactionValues | None:
    """Those of the transaction that this thread runs; `None` outside of entity code."""
    if _mode.mode() == "engine":
        from anabranch import _native

        return _native.transaction_values()
    from anabranch import _plain

    return _plain.transaction_values()
