"""A shop: items with a stock, users with a balance and a cart."""

from dataclasses import dataclass

from anabranch import entity, exists, ref, transactional


class OutOfStock(Exception):
    """Fewer items are in stock than were asked for."""

    http_status = 409

    def __init__(self, item_id: str, wanted: int, stock: int):
        super().__init__(item_id, wanted, stock)
        self.item_id = item_id

    def __str__(self) -> str:
        item_id, wanted, stock = self.args
        return f"{wanted} of {item_id} wanted, {stock} in stock"


class NotEnoughMoney(Exception):
    """A user cannot pay."""

    http_status = 402


@entity
class Item:
    """Something to buy."""

    def __init__(self, item_id: str, price: int):
        self.item_id = item_id
        self.price = price
        self.stock = 0

    def __key__(self) -> str:
        return self.item_id

    def update_stock(self, amount: int) -> bool:
        """Adds to the stock, or takes from it if it suffices."""
        if self.stock + amount < 0:
            return False
        self.stock += amount
        return True

    def take(self, amount: int) -> int:
        """Takes from the stock and returns what it costs."""
        if self.stock < amount:
            raise OutOfStock(self.item_id, amount, self.stock)
        self.stock -= amount
        return self.price * amount


@dataclass
class OrderLine:
    """So many of one item."""

    item: Item
    amount: int


@entity
class Order:
    """What a user bought in one go."""

    def __init__(self, order_id: str, lines: list[OrderLine], total: int):
        self.order_id = order_id
        self.lines = lines
        self.total = total

    def __key__(self) -> str:
        return self.order_id


def price_of(lines: list[OrderLine]) -> int:
    """What the lines cost at today's prices."""
    total = 0
    for line in lines:
        total += line.item.price * line.amount
    return total


@entity
class User:
    """A customer."""

    def __init__(self, username: str):
        self.username = username
        self.balance = 0
        self.cart: list[OrderLine] = []
        self.orders: list[Order] = []

    def __key__(self) -> str:
        return self.username

    def deposit(self, amount: int) -> int:
        """Pays money in and returns the new balance."""
        self.balance += amount
        return self.balance

    @transactional
    def buy_item(self, amount: int, item: Item) -> bool:
        """Buys one kind of item, if the money and the stock suffice."""
        total = amount * item.price
        if self.balance < total:
            return False
        if not item.update_stock(-amount):
            return False
        self.balance -= total
        return True

    def add_to_cart(self, item: Item, amount: int = 1) -> None:
        """Puts items into the cart, for `checkout`."""
        self.cart.append(OrderLine(item, amount))

    def cart_total(self) -> int:
        """What the cart costs now."""
        return price_of(self.cart)

    @transactional
    def checkout(self) -> Order:
        """Buys all that is in the cart, or nothing: an exception undoes every line."""
        total = 0
        for line in self.cart:
            total += line.item.take(line.amount)
        if total > self.balance:
            raise NotEnoughMoney(f"{total} to pay, {self.balance} in the account")
        self.balance -= total
        order = Order(f"{self.username}-{len(self.orders) + 1}", self.cart, total)
        self.orders.append(order)
        self.cart = []
        return order

    def order_totals(self) -> list[int]:
        """What each order cost."""
        return [order.total for order in self.orders]


def main():
    alice, pen, ink = User("alice"), Item("pen", 3), Item("ink", 8)
    pen.update_stock(10)
    ink.update_stock(1)
    alice.balance = 100
    print("alice buys 2 pens:", alice.buy_item(2, pen), alice.balance, pen.stock)
    print("alice buys 20 pens:", alice.buy_item(20, item=pen), alice.balance, pen.stock)

    alice.add_to_cart(pen, 3)
    alice.add_to_cart(ink)
    print("the cart costs", alice.cart_total())
    order = alice.checkout()
    print(order, "cost", order.total, "and leaves", alice.balance, pen.stock, ink.stock)

    alice.add_to_cart(pen, amount=5)
    alice.add_to_cart(ink)
    try:
        alice.checkout()
    except OutOfStock as error:
        print("out of stock:", error)
    print("nothing was taken:", alice.balance, pen.stock, ink.stock, len(alice.cart))

    ink.update_stock(5)
    for line in alice.checkout().lines:
        print("bought", line.amount, "of", line.item.item_id)
    print("orders:", alice.orders, alice.order_totals())

    print("paper exists:", exists(Item, "paper"), "pen exists:", exists(Item, "pen"))
    print("the same pen:", ref(Item, "pen") == pen, ref(Item, "pen").stock)


if __name__ == "__main__":
    main()
