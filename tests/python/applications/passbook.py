"""Accounts that say what they saw, so that what was done can be checked from outside.

An account has a number, counted by its holder, and remembers the name of each request that changed
it: number and count of names are its *version*. Each method tells the versions that it found, also
when it refuses. A holder has one account at a time; a closed one is deleted, and gives its names
away for the last time.
"""

from anabranch import delete, entity, exists, ref

Found = tuple[str, int, int]
"""Holder, number, count of names: a version; without an account the count is `CLOSED`."""

CLOSED = 1 << 30

NOTE_LENGTH = 500
"""How often a note repeats its name: enough to be stored apart from the rest of the state."""


class Refused(Exception):
    """Nothing was done; the argument is what was found."""

    http_status = 409


@entity
class Passbook:
    """Money, a long note, and the names of the requests that changed them."""

    def __init__(self, holder: str, number: int, balance: int):
        self.holder = holder
        self.number = number
        self.balance = balance
        self.names: list[str] = []
        self.note = ""

    def __key__(self) -> str:
        return self.holder

    def found(self) -> Found:
        """The version."""
        return (self.holder, self.number, len(self.names))

    def receive(self, amount: int, name: str) -> Found:
        """Takes money in."""
        before = self.found()
        self.balance += amount
        self.names.append(name)
        return before

    def transfer(self, to: "Passbook", amount: int, name: str) -> list[Found]:
        """Moves money. The receiver comes first, and has to be undone if there is too little."""
        before = [self.found(), to.receive(amount, name)]
        if self.balance < amount:
            raise Refused(before)
        self.balance -= amount
        self.names.append(name)
        return before

    def annotate(self, name: str) -> list[Found]:
        """Replaces the note."""
        before = self.found()
        self.names.append(name)
        self.note = name * NOTE_LENGTH
        return [before]

    def statement(self) -> tuple[Found, int, list[str], str]:
        """Everything: version, balance, names, note."""
        return (self.found(), self.balance, self.names, self.note)


@entity
class Holder:
    """Who opens accounts, one after another."""

    def __init__(self, name: str):
        self.name = name
        self.opened = 0

    def __key__(self) -> str:
        return self.name

    def open(self, balance: int) -> list[Found]:
        """Opens an account, if there is none."""
        before = self.glance()[0]
        if before[2] != CLOSED:
            raise Refused([before])
        self.opened += 1
        Passbook(self.name, self.opened, balance)
        return [before]

    def close(self, to: Passbook, name: str) -> tuple[list[Found], list[str], str]:
        """Deletes the account and gives its money to another; its names and its note."""
        if not exists(Passbook, self.name):
            raise Refused([(self.name, self.opened, CLOSED)])
        account = ref(Passbook, self.name)
        found, balance, names, note = account.statement()
        after = to.receive(balance, name)
        delete(account)
        return ([found, after], names, note)

    def glance(self) -> tuple[Found, int]:
        """Version and balance of the account, if there is one."""
        if not exists(Passbook, self.name):
            return ((self.name, self.opened, CLOSED), 0)
        account = ref(Passbook, self.name)
        return (account.found(), account.balance)

    def audit(self, others: list["Holder"]) -> list[tuple[Found, int]]:
        """Versions and balances of several accounts at one moment."""
        seen = [self.glance()]
        for other in others:
            seen.append(other.glance())
        return seen
