"""Accounts that remember every transfer, so that one applied twice or halfway can be seen."""

from anabranch import entity


class InsufficientFunds(Exception):
    """An account does not hold what it should pay."""

    http_status = 402


class Teapot(Exception):
    """An exception with attributes and a status of its own."""

    http_status = 418

    def __init__(self, colour: str):
        super().__init__(colour)
        self.handle = "left"


@entity
class Account:
    """Money and the names of the transfers that moved it."""

    def __init__(self, owner: str, balance: int):
        self.owner = owner
        self.balance = balance
        self.transfers: list[str] = []

    def __key__(self) -> str:
        return self.owner

    def receive(self, amount: int, name: str) -> None:
        """Takes money in."""
        self.balance += amount
        self.transfers.append(name)

    def transfer(self, to: "Account", amount: int, name: str) -> int:
        """Moves money and returns what is left. The receiver comes first."""
        to.receive(amount, name)
        if self.balance < amount:
            raise InsufficientFunds(self.owner)
        self.balance -= amount
        self.transfers.append(name)
        return self.balance

    def _audit(self) -> int:
        """The class's own business: no client of a server can call it."""
        return self.balance

    def brew(self, colour: str) -> None:
        """Changes something, and fails."""
        self.balance = 0
        raise Teapot(colour)
