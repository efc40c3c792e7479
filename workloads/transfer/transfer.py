"""Transfers between accounts: the workload `transfer` of `anabranch bench`."""

from anabranch import entity, transactional


@entity
class Account:
    """Somebody's money, in cents."""

    def __init__(self, number: str, balance: int):
        self.number = number
        self.balance = balance

    def __key__(self) -> str:
        return self.number

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
