"""YCSB with transactions (YCSB+T), as in the paper *Stateful Entities* (EDBT 2024).

The accounts have the keys `account-00000000`, `account-00000001`, … They are made one by one with
`Account(number, balance, data)`. Each request is a root call of one account:

| request | | what it does |
| --- | --- | --- |
| `read()` | gives `[balance, data]` | one read |
| `update(data)` | gives `null` | one write; the balance stays |
| `transfer(amount, to)` | gives whether there was so much | two reads and two writes |

| workload | read | update | transfer |
| --- | --- | --- | --- |
| A | 50 % | 50 % | |
| B | 95 % | 5 % | |
| T | | | 100 % |
| M | 45 % | 45 % | 10 % |

The accounts of a request are chosen uniformly or by a Zipf distribution, the two of a transfer are
different ones. Whatever is asked, the sum of all balances stays, and `data` is what was written
last.
"""

import random

from anabranch import entity, transactional

READ, UPDATE, TRANSFER = "read", "update", "transfer"
MIXES = {
    "A": {READ: 50, UPDATE: 50},
    "B": {READ: 95, UPDATE: 5},
    "T": {TRANSFER: 100},
    "M": {READ: 45, UPDATE: 45, TRANSFER: 10},
}


@entity
class Account:
    """A record: somebody's money, and data of any length."""

    def __init__(self, number: str, balance: int, data: str = ""):
        self.number = number
        self.balance = balance
        self.data = data

    def __key__(self) -> str:
        return self.number

    def read(self) -> tuple[int, str]:
        """The whole record."""
        return self.balance, self.data

    def update(self, data: str) -> None:
        """Writes the data anew."""
        self.data = data

    def deposit(self, amount: int) -> None:
        """Pays money in."""
        self.balance += amount

    @transactional
    def transfer(self, amount: int, to: "Account") -> bool:
        """Moves money to another account, if there is so much."""
        if self.balance < amount:
            return False
        self.balance -= amount
        to.deposit(amount)
        return True


def number_of(account: int) -> str:
    """The key of an account."""
    return f"account-{account:08}"


def zipf_weights(count: int, exponent: float) -> list[float]:
    """How often each account is chosen."""
    return [1 / (rank + 1) ** exponent for rank in range(count)]


def run(workload: str, accounts: list[Account], weights: list[float], requests: int, seed: int):
    """Makes the requests of a workload, and prints what came of them."""
    generator = random.Random(seed)
    mix = MIXES[workload]
    asked = dict.fromkeys(mix, 0)
    refused, bytes_read = 0, 0
    for request in range(requests):
        (kind,) = generator.choices(list(mix), list(mix.values()))
        (account,) = generator.choices(accounts, weights)
        asked[kind] += 1
        if kind == READ:
            _, data = account.read()
            bytes_read += len(data)
        elif kind == UPDATE:
            account.update(f"{workload}-{request}")
        else:
            others = [other for other in accounts if other != account]
            if not account.transfer(generator.randint(1, 60), generator.choice(others)):
                refused += 1
    print(workload, asked, "refused:", refused, "bytes read:", bytes_read)


def main():
    accounts = [Account(number_of(account), balance=100, data="x" * 10) for account in range(20)]
    for workload in MIXES:
        run(workload, accounts, zipf_weights(len(accounts), 0), requests=100, seed=1)
        run(workload, accounts, zipf_weights(len(accounts), 0.99), requests=100, seed=2)
    for account in accounts:
        print(account.number, account.balance, account.data)
    print("money:", sum(account.balance for account in accounts))


if __name__ == "__main__":
    main()
