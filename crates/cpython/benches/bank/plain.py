"""The same accounts as plain Python objects."""


class Account:
    def __init__(self, owner: str, balance: int):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount: int) -> None:
        self.balance += amount

    def transfer(self, amount: int, target: "Account") -> bool:
        if self.balance < amount:
            return False
        self.balance -= amount
        target.deposit(amount)
        return True


def open_accounts(count: int) -> list[Account]:
    return [Account(f"account {number}", 1_000_000) for number in range(count)]


def run(accounts: list[Account], pairs: list[tuple[int, int]]) -> None:
    for source, target in pairs:
        accounts[source].transfer(1, accounts[target])
