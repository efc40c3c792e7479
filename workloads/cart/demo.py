"""Two users and two items, on any engine."""

from cart import EmptyCart, Item, OutOfStock, PaymentRejected, User, Wallet


def main():
    pen, ink = Item("pen", 300), Item("ink", 800)
    print("in stock:", pen.restock(10), ink.restock(1))
    alice, purse = User("alice"), Wallet("alice")
    bob, wallet = User("bob"), Wallet("bob")
    purse.deposit(10_000)
    print("bob has", wallet.deposit(500))

    try:
        alice.checkout(purse)
    except EmptyCart as error:
        print("an empty cart:", error)
    alice.add_to_cart(pen, 2)
    alice.add_to_cart(ink, 1)
    alice.add_to_cart(pen, 1)
    print("alice buys", alice.checkout(purse), "and has left", purse.balance)

    bob.add_to_cart(pen, 1)
    bob.add_to_cart(ink, 1)
    try:
        bob.checkout(wallet)
    except OutOfStock as error:
        print("out of stock:", error)
    ink.restock(5)
    try:
        bob.checkout(wallet)
    except PaymentRejected as error:
        print("payment rejected:", error)
    print("nothing was taken:", pen.stock, ink.stock, wallet.balance, len(bob.cart))
    wallet.deposit(600)
    print("bob buys", bob.checkout(wallet), "and has left", wallet.balance)
    print("left:", pen.stock, ink.stock, "orders:", len(alice.orders), len(bob.orders))


if __name__ == "__main__":
    main()
