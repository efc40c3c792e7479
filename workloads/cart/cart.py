"""A shopping cart: a checkout takes items from stock and money from the user, or does nothing."""

from dataclasses import dataclass

from anabranch import entity, transactional


class OutOfStock(Exception):
    """Fewer items are in stock than were asked for."""

    http_status = 409


class PaymentRejected(Exception):
    """There is not so much money."""

    http_status = 402


class EmptyCart(Exception):
    """There is nothing to check out."""

    http_status = 409


@entity
class Item:
    """Something to buy. Prices are in cents."""

    def __init__(self, item_id: str, price: int):
        self.item_id = item_id
        self.price = price
        self.stock = 0

    def __key__(self) -> str:
        return self.item_id

    def restock(self, amount: int) -> int:
        """Adds to the stock, and returns what there is then."""
        self.stock += amount
        return self.stock

    def take(self, amount: int) -> int:
        """Takes from the stock, and returns what it costs."""
        if self.stock < amount:
            raise OutOfStock(self.item_id)
        self.stock -= amount
        return self.price * amount


@entity
class Wallet:
    """What a user pays with."""

    def __init__(self, owner: str):
        self.owner = owner
        self.balance = 0

    def __key__(self) -> str:
        return self.owner

    def deposit(self, amount: int) -> int:
        """Pays money in, and returns the balance."""
        self.balance += amount
        return self.balance

    def pay(self, amount: int) -> None:
        """Takes money."""
        if self.balance < amount:
            raise PaymentRejected(self.owner)
        self.balance -= amount


@dataclass(frozen=True)
class Order:
    """What was bought in one go."""

    items: dict[str, int]
    total: int


@entity
class User:
    """Somebody with a cart."""

    def __init__(self, username: str):
        self.username = username
        self.cart: dict[Item, int] = {}
        self.orders: list[Order] = []

    def __key__(self) -> str:
        return self.username

    def add_to_cart(self, item: Item, amount: int) -> None:
        """Puts items into the cart."""
        self.cart[item] = self.cart.get(item, 0) + amount

    @transactional
    def checkout(self, wallet: Wallet) -> Order:
        """Buys all that is in the cart."""
        if not self.cart:
            raise EmptyCart(self.username)
        total = 0
        items: dict[str, int] = {}
        for item, amount in self.cart.items():
            total += item.take(amount)
            items[item.item_id] = amount
        wallet.pay(total)
        order = Order(items, total)
        self.orders.append(order)
        self.cart = {}
        return order
