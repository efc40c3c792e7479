"""Accounts that transfer money: the smallest method with a remote call."""

from anabranch import entity


@entity
class Account:
    def __init__(self, owner: str, balance: int):
        self.owner = owner
        self.balance = balance

    def __key__(self) -> str:
        return self.owner

    def deposit(self, amount: int) -> None:
        self.balance += amount

    def transfer(self, amount: int, target: "Account") -> bool:
        if self.balance < amount:
            return False
        self.balance -= amount
        target.deposit(amount)
        return True


@entity
class Ledger:
    """A large attribute beside a small one."""

    def __init__(self, name: str, kind: str, length: int):
        self.name = name
        self.count = 0
        if kind == "ints":
            self.entries = list(range(1_000_000, 1_000_000 + length))
        elif kind == "text":
            self.entries = "x" * length
        elif kind == "rows":
            self.entries = [[number, "row"] for number in range(length)]

    def __key__(self) -> str:
        return self.name

    def increment(self) -> int:
        self.count += 1
        return self.count
