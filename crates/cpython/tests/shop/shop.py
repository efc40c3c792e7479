import random
import secrets
import time
from datetime import UTC, datetime
from uuid import uuid1, uuid4

from anabranch import delete, entity, exists, ref


class OutOfMoney(Exception):
    http_status = 402

    def __init__(self, missing):
        super().__init__(missing)
        self.missing = missing


def hook():
    """Replaced by a test."""


def borrower(pen):
    """Replaced by a test."""


@entity
class Item:
    def __init__(self, item_id: str, price: int = 1):
        self.item_id = item_id
        self.price = price
        self.stock = 0
        self.tags = []
        self.owner = None

    def __key__(self) -> str:
        return self.item_id

    def update_stock(self, amount: int) -> bool:
        if self.stock + amount < 0:
            return False
        self.stock += amount
        return True

    def keep(self, tags, owner=None, *, again=None):
        self.tags = tags
        self.owner = owner
        return tags is again

    def raise_balance(self, user: "User") -> int:
        user.balance += 10
        return user.balance

    def peek(self, user: "User"):
        return (lambda: user.balance)()

    def stamp(self):
        self.tags = [time.time_ns(), datetime.now(UTC), random.random(), uuid4(), uuid1()]
        return self.tags

    def run_hook(self):
        return hook()

    def lend(self):
        return borrower(self)


@entity
class User:
    def __init__(self, username: str):
        self.username = username
        self.balance = 0

    def __key__(self) -> str:
        return self.username

    def stamp(self, item):
        before = [time.time_ns(), datetime.now(UTC), random.random(), uuid4(), secrets.token_hex()]
        self.stamps = before + item.stamp()
        return self.stamps

    def buy_item(self, amount: int, item: Item) -> bool:
        total = amount * item.price
        if self.balance < total:
            return False
        if not item.update_stock(-amount):
            return False
        self.balance -= total
        return True

    def fail(self, item: Item, amount: int = 5):
        self.balance += 1
        item.update_stock(amount)
        raise OutOfMoney(amount)

    def visit(self, item: Item) -> int:
        self.balance = 1
        item.raise_balance(self)
        return self.balance

    def forever(self, other: "User"):
        return other.forever(self)

    def make(self, item_id: str):
        item = Item(item_id, price=7)
        return item

    def replace(self, item: Item):
        if exists(Item, "new"):
            return None
        delete(item)
        return Item("new")

    def give(self, item: Item):
        tags = ["a"]
        item.keep(tags, self, again=tags)
        tags.append("b")
        return item

    def call_anything(self, thing, name):
        return thing.index(name)

    def use_helper(self, item: Item):
        return double_price(item)

    def touch(self, item: Item):
        return item.missing(1)

    def read_method(self, item: Item):
        return item.update_stock


def double_price(item: Item) -> int:
    return item.price * 2


def main():
    alice, pen = User("alice"), Item("pen", 3)
    pen.update_stock(10)
    alice.balance = 100
    print(alice.buy_item(2, pen), alice.balance, pen.stock)
