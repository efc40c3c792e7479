"""The shopping cart with Anabranch and the one with PostgreSQL do the same."""

import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import postgres_cluster
import pytest
from carts import (
    CART,
    PYTHON_OF_POSTGRES_CART,
    Cart,
    Refused,
    anabranch_cart,
    postgres_cart,
)
from command_line import SECONDS_MAX


def why_no_postgres() -> str | None:
    """What has to be done before the cart with PostgreSQL can be tested."""
    if not PYTHON_OF_POSTGRES_CART.exists():
        return "FastAPI and SQLAlchemy are not installed (make cart-postgres)"
    return postgres_cluster.missing()


@pytest.fixture(scope="module", params=["anabranch", "postgres"])
def cart(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Cart]:
    if request.param == "anabranch":
        with anabranch_cart(tmp_path_factory.mktemp("cart") / "data") as served:
            yield served
        return
    missing = why_no_postgres()
    if missing is not None:
        pytest.skip(missing)
    with postgres_cluster.postgres_cluster() as database, postgres_cart(database) as served:
        yield served


def status_of(refused: pytest.ExceptionInfo[Refused]) -> int:
    return refused.value.args[0]


def test_a_checkout_takes_everything(cart: Cart) -> None:
    for item, price in (("a-pen", 300), ("a-ink", 800)):
        cart.add_item(item, price)
        assert cart.restock(item, 10) == 10
    cart.add_user("alice")
    assert cart.deposit("alice", 2_000) == 2_000
    cart.add_to_cart("alice", "a-pen", 2)
    cart.add_to_cart("alice", "a-ink", 1)
    cart.add_to_cart("alice", "a-pen", 1)
    assert cart.cart("alice") == {"a-pen": 3, "a-ink": 1}
    order = {"items": {"a-pen": 3, "a-ink": 1}, "total": 1_700}
    assert cart.checkout("alice") == order
    assert (cart.stock("a-pen"), cart.stock("a-ink"), cart.balance("alice")) == (7, 9, 300)
    assert cart.cart("alice") == {}
    assert cart.orders("alice") == [order]
    with pytest.raises(Refused) as refused:
        cart.checkout("alice")
    assert status_of(refused) == 409


def test_a_checkout_that_fails_takes_nothing(cart: Cart) -> None:
    for item in ("b-pen", "b-ink"):
        cart.add_item(item, 300)
        cart.restock(item, 5)
    cart.add_user("bob")
    cart.deposit("bob", 1_000)
    cart.add_to_cart("bob", "b-pen", 2)
    cart.add_to_cart("bob", "b-ink", 6)
    with pytest.raises(Refused) as refused:
        cart.checkout("bob")
    assert status_of(refused) == 409
    cart.restock("b-ink", 1)
    with pytest.raises(Refused) as refused:
        cart.checkout("bob")
    assert status_of(refused) == 402
    assert (cart.stock("b-pen"), cart.stock("b-ink"), cart.balance("bob")) == (5, 6, 1_000)
    assert cart.cart("bob") == {"b-pen": 2, "b-ink": 6}
    assert cart.orders("bob") == []


def test_what_is_wrong_is_refused(cart: Cart) -> None:
    cart.add_item("c-pen", 300)
    cart.add_user("carol")
    for request, status in (
        (lambda: cart.add_item("c-pen", 300), 409),
        (lambda: cart.add_user("carol"), 409),
        (lambda: cart.restock("c-paper", 1), 404),
        (lambda: cart.checkout("nobody"), 404),
        (lambda: cart.deposit("carol", "much"), 422),  # pyright: ignore[reportArgumentType]
    ):
        with pytest.raises(Refused) as refused:
            request()
        assert status_of(refused) == status


def test_a_request_with_a_key_is_applied_once(cart: Cart) -> None:
    cart.add_item("d-pen", 300)
    cart.add_user("dana")
    assert [cart.restock("d-pen", 5, key="d-restock") for _ in range(3)] == [5, 5, 5]
    assert [cart.deposit("dana", 900, key="d-payday") for _ in range(3)] == [900, 900, 900]
    with pytest.raises(Refused) as refused:
        cart.deposit("dana", 901, key="d-payday")
    assert status_of(refused) == 422

    cart.add_to_cart("dana", "d-pen", 4)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            cart.checkout("dana", key="d-too-much")
        assert status_of(refused) == 402
    cart.deposit("dana", 300)
    # The reply to this request is known, although it could be done now.
    with pytest.raises(Refused) as refused:
        cart.checkout("dana", key="d-too-much")
    assert status_of(refused) == 402
    orders = [cart.checkout("dana", key="d-checkout") for _ in range(2)]
    assert orders == [{"items": {"d-pen": 4}, "total": 1_200}] * 2
    assert (cart.stock("d-pen"), cart.balance("dana")) == (1, 0)
    assert cart.orders("dana") == orders[:1]


def test_many_at_once_are_as_one_after_another(cart: Cart) -> None:
    users = [f"eve-{number}" for number in range(4)]
    for item in ("e-pen", "e-ink"):
        cart.add_item(item, 100)
        cart.restock(item, 20)
    for user in users:
        cart.add_user(user)

    def shop(user: str) -> int:
        """Buys six times two of each, whatever there is; each request is sent twice at once."""
        bought = 0
        items = ("e-pen", "e-ink") if user in users[:2] else ("e-ink", "e-pen")
        with ThreadPoolExecutor(2) as twice:
            for number in range(6):
                for item in items:
                    cart.add_to_cart(user, item, 2)
                payday, key = f"{user}-payday-{number}", f"{user}-checkout-{number}"
                paid = [twice.submit(cart.deposit, user, 400, payday) for _ in range(2)]
                assert paid[0].result() == paid[1].result()
                sent = [twice.submit(cart.checkout, user, key) for _ in range(2)]
                refusals = [it.exception() for it in sent]
                if isinstance(refusals[0], Refused):
                    assert [str(it) for it in refusals] == ["409", "409"]
                    break
                assert sent[0].result() == sent[1].result()
                bought += sent[0].result()["items"]["e-pen"]
        return bought

    with ThreadPoolExecutor(len(users)) as threads:
        bought = dict(zip(users, threads.map(shop, users), strict=True))
    assert sum(bought.values()) == 20
    assert (cart.stock("e-pen"), cart.stock("e-ink")) == (0, 0)
    for user in users:
        spent = sum(order["total"] for order in cart.orders(user))
        assert spent == bought[user] * 200
        assert cart.balance(user) + spent in range(400, 2_401, 400)


def test_the_lines_of_code_are_counted() -> None:
    counted = subprocess.run(
        [sys.executable, CART / "count_lines.py"],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=True,
    )
    ours, theirs, _ = counted.stdout.splitlines()
    assert (ours.split()[2], theirs.split()[2]) == ("cart.py", "postgres_cart.py")
    assert 0 < int(ours.split()[0]) < int(theirs.split()[0])
