"""Random data as the specification wants it (clauses 2.1.6 and 4.3.2)."""

import random
from decimal import Decimal

from customers import Address
from stock import ORIGINAL

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SYLLABLES = ["BAR", "OUGHT", "ABLE", "PRI", "PRES", "ESE", "ANTI", "CALLY", "ATION", "EING"]
LAST_NAMES = len(SYLLABLES) ** 3

# The constants C of NURand. Those for last names differ by 66 (clause 2.1.6.1: 65 to 119, but
# neither 96 nor 112).
C_LAST_NAME_LOADED = 157
C_LAST_NAME_ASKED = 223
C_CUSTOMER_ID = 259
C_ITEM_ID = 7911

# A text from which random strings are cut: so many at once are faster than one by one.
TEXT_LENGTH = 10_000


def last_name(number: int) -> str:
    """The last name with a number from 0 to 999."""
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    return SYLLABLES[hundreds] + SYLLABLES[tens] + SYLLABLES[ones]


class RandomData:
    """A seeded source of the data of one part of the database."""

    def __init__(self, seed: str):
        self.generator = random.Random(seed)
        self.text = "".join(self.generator.choices(LETTERS, k=TEXT_LENGTH))

    def number(self, low: int, high: int) -> int:
        """Each number from `low` to `high` equally often."""
        return low + int(self.generator.random() * (high - low + 1))

    def skewed_number(self, a: int, low: int, high: int, c: int) -> int:
        """`NURand(A, x, y)` with its constant C: some numbers more often than others."""
        return ((self.number(0, a) | self.number(low, high)) + c) % (high - low + 1) + low

    def happens(self, percent: int) -> bool:
        """Whether something happens that does so in so many of a hundred times."""
        return self.number(1, 100) <= percent

    def string(self, shortest: int, longest: int) -> str:
        """Letters and digits."""
        length = self.number(shortest, longest)
        start = int(self.generator.random() * (TEXT_LENGTH - length))
        return self.text[start : start + length]

    def digits(self, length: int) -> str:
        """A number with leading zeros."""
        return str(self.number(0, 10**length - 1)).zfill(length)

    def rate(self, highest: int) -> Decimal:
        """A tax or discount of up to so many ten-thousandths."""
        return Decimal(self.number(0, highest)) / 10_000

    def address(self) -> Address:
        """Somewhere."""
        return Address(
            self.string(10, 20),
            self.string(10, 20),
            self.string(10, 20),
            self.string(2, 2),
            self.digits(4) + "11111",
        )

    def item_data(self) -> str:
        """The data of an item or a stock, a tenth of which are originals."""
        data = self.string(26, 50)
        if not self.happens(10):
            return data
        start = self.number(0, len(data) - len(ORIGINAL))
        return data[:start] + ORIGINAL + data[start + len(ORIGINAL) :]

    def shuffled(self, count: int) -> list[int]:
        """The numbers from 1 to `count` in random order."""
        numbers = list(range(1, count + 1))
        self.generator.shuffle(numbers)
        return numbers
