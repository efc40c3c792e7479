"""A short demonstration: the shop on a server that is killed and started again.

Run it with `make demo`. Everything it prints it has checked.
"""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anabranch
import httpx
from shop import Item, NotEnoughMoney, Order, OutOfStock, User

SHOP = Path(__file__).with_name("shop.py")
ANABRANCH = Path(sys.executable).with_name("anabranch")
START_SECONDS_MAX = 60


class Server:
    """An `anabranch serve` process."""

    def __init__(self, data: Path) -> None:
        command: list[str | Path] = [ANABRANCH, "serve", SHOP, "--data", data, "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self._announced_url()

    def _announced_url(self) -> str:
        assert self.process.stdout is not None
        # A server that neither starts nor ends would keep us waiting for its first line.
        watchdog = threading.Timer(START_SECONDS_MAX, self.process.kill)
        watchdog.start()
        try:
            for line in self.process.stdout:
                if line.startswith("listening on "):
                    return line.removeprefix("listening on ").strip()
        finally:
            watchdog.cancel()
        raise RuntimeError(f"the server ended with code {self.process.wait()}")

    def kill(self) -> None:
        """As a power cut does: SIGKILL."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Asks the server to end, and sees to it that it does."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def serving(data: Path) -> Generator[Server]:
    server = Server(data)
    try:
        yield server
    finally:
        server.stop()


def check(claim: str, holds: bool) -> None:
    """Prints what was found to be true."""
    if not holds:
        raise AssertionError(f"not so: {claim}")
    print(f"  ✓ {claim}")


def deposit_by_hand(url: str, idempotency_key: str) -> httpx.Response:
    """What any program in any language would send."""
    return httpx.post(
        f"{url}/v1/User/alice/deposit",
        json={"amount": 50},
        headers={"Idempotency-Key": idempotency_key},
    )


def use_shop(url: str) -> None:
    print("\nThe driver code of shop.py, now against the server:")
    with anabranch.connect(url) as client:
        alice, pen, ink = User("alice"), Item("pen", 3), Item("ink", 8)
        alice.deposit(100)
        pen.update_stock(10)
        ink.update_stock(1)
        check("alice has 100, there are 10 pens and 1 ink", alice.balance == 100)
        check("alice buys 2 pens", alice.buy_item(2, pen))
        check("she has 94 left, the shop 8 pens", (alice.balance, pen.stock) == (94, 8))
        check("she cannot buy 20 pens", not alice.buy_item(20, pen) and pen.stock == 8)

        print("\nA checkout that fails in its second line:")
        alice.add_to_cart(pen, 3)
        alice.add_to_cart(ink, 2)
        try:
            alice.checkout()
        except OutOfStock as error:
            check(f"the exception arrives as itself: OutOfStock, {error}", error.item_id == "ink")
        else:
            raise AssertionError("there were not enough inks")
        check("the 3 pens of the first line are back", pen.stock == 8)
        check("alice has paid nothing", alice.balance == 94)

        ink.update_stock(20)
        order = alice.checkout()
        check("with more ink it works: the order costs 25", order.total == 25)
        alice.add_to_cart(ink, 15)
        try:
            alice.checkout()
        except NotEnoughMoney as error:
            check(f"NotEnoughMoney, {error}; the ink stays", ink.stock == 19)
        else:
            raise AssertionError("there was not enough money")

        print("\nThe same request twice, as a client sends it that got no answer:")
        first, second = deposit_by_hand(url, "payday"), deposit_by_hand(url, "payday")
        check("by hand: both get the same reply", first.json() == second.json() == {"result": 119})
        check("and the deposit was made once", alice.balance == 119)
        for _ in range(2):
            with client.idempotency_key("bonus"):
                alice.deposit(1)
        check("with the Python client: made once", alice.balance == 120)


def use_shop_again(url: str) -> None:
    with anabranch.connect(url) as client:
        alice, pen = anabranch.ref(User, "alice"), anabranch.ref(Item, "pen")
        check("alice has her 120 and the shop 5 pens", (alice.balance, pen.stock) == (120, 5))
        check("her order is there", alice.orders == [anabranch.ref(Order, "alice-1")])
        reply = deposit_by_hand(url, "payday")
        check("the old request still gets its old reply", reply.json() == {"result": 119})
        with client.idempotency_key("bonus"):
            check("and so does the client's", alice.deposit(1) == 120)
        check("nothing was applied again", alice.balance == 120)
        check("life goes on: she buys a pen", alice.buy_item(1, pen) and alice.balance == 117)


def draw(picture: Path) -> None:
    command: list[str | Path] = [ANABRANCH, "compile", SHOP, "--emit", "svg", "-o", picture]
    subprocess.run(command, check=True)
    check("the compiler has drawn the dataflow", "<svg" in picture.read_text(encoding="utf-8"))


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="anabranch-demo-"))
    data = folder / "data"
    print(f"The shop is served from the new folder {data}.")
    with serving(data) as server:
        use_shop(server.url)
        print("\nThe server is killed (SIGKILL) and started again on the same folder:")
        server.kill()
    with serving(data) as server:
        use_shop_again(server.url)
    picture = folder / "shop.svg"
    print("\nWhat runs there is a dataflow:")
    draw(picture)
    print(f"\n{picture}")


if __name__ == "__main__":
    main()
