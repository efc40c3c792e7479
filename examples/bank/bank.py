"""A bank: accounts, transfers that either happen or do not, and a standing list of accounts."""

from dataclasses import dataclass
from decimal import Decimal

from anabranch import entity, transactional


class InsufficientFunds(Exception):
    """An account does not hold what it should pay."""

    http_status = 409

    def __init__(self, owner: str, amount: Decimal, balance: Decimal):
        super().__init__(owner, amount, balance)
        self.owner = owner

    def __str__(self) -> str:
        owner, amount, balance = self.args
        return f"{owner} cannot pay {amount} from {balance}"


@dataclass(frozen=True)
class Entry:
    """One line of an account's statement."""

    text: str
    amount: Decimal


@entity
class Account:
    """Somebody's money."""

    def __init__(self, owner: str):
        self.owner = owner
        self.balance = Decimal("0.00")
        self.statement: list[Entry] = []

    def __key__(self) -> str:
        return self.owner

    def deposit(self, amount: Decimal, text: str = "deposit") -> Decimal:
        """Pays money in."""
        self.balance += amount
        self.statement.append(Entry(text, amount))
        return self.balance

    def withdraw(self, amount: Decimal, text: str = "withdrawal") -> Decimal:
        """Pays money out."""
        if amount > self.balance:
            raise InsufficientFunds(self.owner, amount, self.balance)
        self.balance -= amount
        self.statement.append(Entry(text, -amount))
        return self.balance

    def withdraw_up_to(self, amount: Decimal) -> Decimal:
        """Pays out as much of the amount as there is.

        The entry that comes before the failed withdrawal stays: a caught exception undoes nothing.
        """
        self.statement.append(Entry(f"asked for {amount}", Decimal("0.00")))
        try:
            self.withdraw(amount)
        except InsufficientFunds:
            amount = self.balance
            self.withdraw(amount)
        return amount

    @transactional
    def transfer(self, to: "Account", amount: Decimal) -> None:
        """Moves money to another account.

        The receiver is paid first; if this account cannot pay, the exception undoes that too.
        """
        to.deposit(amount, text=f"from {self.owner}")
        receiver = to.owner
        self.withdraw(amount, text=f"to {receiver}")

    def share(self, receivers: "list[Account]", amount: Decimal) -> None:
        """Pays each receiver the amount: all of them or none."""
        for receiver in receivers:
            self.transfer(receiver, amount)


@entity
class Bank:
    """Knows its accounts."""

    def __init__(self, name: str):
        self.name = name
        self.accounts: list[Account] = []

    def __key__(self) -> str:
        return self.name

    def open_account(self, owner: str, amount: Decimal) -> Account:
        """Opens an account that starts with an amount."""
        account = Account(owner)
        account.deposit(amount, "opening")
        self.accounts.append(account)
        return account

    def total(self) -> Decimal:
        """The money in all accounts."""
        balances = [account.balance for account in self.accounts]
        return sum(balances, Decimal("0.00"))

    def richest(self) -> Account | None:
        """The account with the most money."""
        best = None
        most = Decimal("-1")
        for account in self.accounts:
            balance = account.balance
            if balance > most:
                best, most = account, balance
        return best

    def pay_interest(self, rate: Decimal) -> int:
        """Pays interest on every account that has earned a cent; returns how many have."""
        paid = 0
        for account in self.accounts:
            interest = (account.balance * rate).quantize(Decimal("0.01"))
            if interest == 0:
                continue
            account.deposit(interest, "interest")
            paid += 1
        return paid

    def first_with(self, amount: Decimal) -> Account | None:
        """The first account that holds an amount."""
        position = 0
        while position < len(self.accounts):
            if self.accounts[position].balance >= amount:
                return self.accounts[position]
            position += 1
        return None


def show(bank: Bank):
    balances = ", ".join(f"{account.owner} {account.balance}" for account in bank.accounts)
    print(f"  {balances}; total {bank.total()}")


def main():
    bank = Bank("river")
    alice = bank.open_account("alice", Decimal("100.00"))
    bob = bank.open_account("bob", Decimal("20.00"))
    carol = bank.open_account("carol", Decimal("0.00"))
    print("three accounts are open")
    show(bank)

    alice.transfer(bob, Decimal("30.50"))
    print("alice has paid bob 30.50")
    show(bank)

    try:
        bob.transfer(carol, amount=Decimal("99.00"))
    except InsufficientFunds as error:
        print(f"refused: {error}")
    print("carol's statement is still that of the opening:", len(carol.statement))
    show(bank)

    try:
        alice.share([bob, carol, bob], Decimal("30.00"))
    except InsufficientFunds as error:
        print(f"nobody got a share: {error}")
    show(bank)

    alice.share([bob, carol], Decimal("30.00"))
    print("alice has shared 30.00 with each")
    show(bank)

    print("bob asked for 100.00 and got", bob.withdraw_up_to(Decimal("100.00")))
    for entry in bob.statement:
        print(f"  {entry.amount:>8} {entry.text}")

    print("interest paid on", bank.pay_interest(Decimal("0.02")), "accounts")
    show(bank)
    print(
        "the richest:", bank.richest(), "the first with 15.00:", bank.first_with(Decimal("15.00"))
    )
    print("the first with 1000.00:", bank.first_with(Decimal("1000.00")))


if __name__ == "__main__":
    main()
