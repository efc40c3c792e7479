"""Both shopping carts as servers, and one client for both."""

import os
import re
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
from command_line import SECONDS_MAX, WORKLOADS, serving

CART = WORKLOADS / "cart"
PYTHON_OF_POSTGRES_CART = CART / ".venv" / "bin" / "python"


class Refused(Exception):
    """A request that was not applied: its status."""


class Cart(Protocol):
    """What both carts can do. A request with a key is applied once, however often it is sent."""

    def add_item(self, item: str, price: int) -> None: ...
    def add_user(self, user: str) -> None: ...
    def restock(self, item: str, amount: int, key: str | None = None) -> int: ...
    def deposit(self, user: str, amount: int, key: str | None = None) -> int: ...
    def add_to_cart(self, user: str, item: str, amount: int) -> None: ...
    def checkout(self, user: str, key: str | None = None) -> dict[str, Any]: ...
    def stock(self, item: str) -> int: ...
    def balance(self, user: str) -> int: ...
    def cart(self, user: str) -> dict[str, int]: ...
    def orders(self, user: str) -> list[dict[str, Any]]: ...


class Requests:
    """Requests to a server, from any thread."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=SECONDS_MAX)

    def close(self) -> None:
        self._client.close()

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key} if key is not None else {}
        return self._body(self._client.post(path, json=body, headers=headers))

    def get(self, path: str) -> Any:
        return self._body(self._client.get(path))

    def _body(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise Refused(answer.status_code)
        return answer.json()


class AnabranchCart:
    """`cart.py` over HTTP."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def add_item(self, item: str, price: int) -> None:
        self._requests.post("/v1/Item", {"item_id": item, "price": price})

    def add_user(self, user: str) -> None:
        self._requests.post("/v1/Wallet", {"owner": user})
        self._requests.post("/v1/User", {"username": user})

    def restock(self, item: str, amount: int, key: str | None = None) -> int:
        return self._call(f"Item/{item}/restock", {"amount": amount}, key)

    def deposit(self, user: str, amount: int, key: str | None = None) -> int:
        return self._call(f"Wallet/{user}/deposit", {"amount": amount}, key)

    def add_to_cart(self, user: str, item: str, amount: int) -> None:
        self._call(f"User/{user}/add_to_cart", {"item": item, "amount": amount})

    def checkout(self, user: str, key: str | None = None) -> dict[str, Any]:
        return self._call(f"User/{user}/checkout", {"wallet": user}, key)

    def stock(self, item: str) -> int:
        return self._state(f"Item/{item}")["stock"]

    def balance(self, user: str) -> int:
        return self._state(f"Wallet/{user}")["balance"]

    def cart(self, user: str) -> dict[str, int]:
        lines = self._state(f"User/{user}")["cart"]
        return {item["$ref"][1]: amount for item, amount in lines or ()}

    def orders(self, user: str) -> list[dict[str, Any]]:
        return self._state(f"User/{user}")["orders"]

    def _call(self, path: str, arguments: Any, key: str | None = None) -> Any:
        return self._requests.post(f"/v1/{path}", arguments, key)["result"]

    def _state(self, path: str) -> Any:
        return self._requests.get(f"/v1/{path}")["state"]


class PostgresCart:
    """`postgres_cart.py` over HTTP."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests

    def add_item(self, item: str, price: int) -> None:
        self._requests.post("/items", {"item_id": item, "price": price})

    def add_user(self, user: str) -> None:
        self._requests.post("/users", {"username": user})

    def restock(self, item: str, amount: int, key: str | None = None) -> int:
        return self._requests.post(f"/items/{item}/restock", {"amount": amount}, key)["stock"]

    def deposit(self, user: str, amount: int, key: str | None = None) -> int:
        return self._requests.post(f"/users/{user}/deposit", {"amount": amount}, key)["balance"]

    def add_to_cart(self, user: str, item: str, amount: int) -> None:
        self._requests.post(f"/users/{user}/cart", {"item_id": item, "amount": amount})

    def checkout(self, user: str, key: str | None = None) -> dict[str, Any]:
        return self._requests.post(f"/users/{user}/checkout", key=key)

    def stock(self, item: str) -> int:
        return self._requests.get(f"/items/{item}")["stock"]

    def balance(self, user: str) -> int:
        return self._requests.get(f"/users/{user}")["balance"]

    def cart(self, user: str) -> dict[str, int]:
        return self._requests.get(f"/users/{user}")["cart"]

    def orders(self, user: str) -> list[dict[str, Any]]:
        return self._requests.get(f"/users/{user}")["orders"]


@contextmanager
def anabranch_cart(data: Path) -> Generator[Cart]:
    """`cart.py`, served."""
    with serving(CART / "cart.py", data) as server:
        requests = Requests(server.url)
        try:
            yield AnabranchCart(requests)
        finally:
            requests.close()


@contextmanager
def postgres_cart(database: str) -> Generator[Cart]:
    """`postgres_cart.py`, served by uvicorn on a free port."""
    command = [PYTHON_OF_POSTGRES_CART, "-m", "uvicorn", "postgres_cart:app", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--app-dir", CART, "--no-access-log"],
        env=os.environ | {"DATABASE_URL": database},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        requests = Requests(_announced_url(process))
        try:
            yield PostgresCart(requests)
        finally:
            requests.close()
    finally:
        process.kill()
        process.wait(SECONDS_MAX)
        assert process.stderr is not None
        process.stderr.close()


def _announced_url(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    watchdog = threading.Timer(SECONDS_MAX, process.kill)
    watchdog.start()
    log: list[str] = []
    try:
        for line in process.stderr:
            log.append(line)
            found = re.search(r"Uvicorn running on (http://\S+)", line)
            if found is not None:
                return found.group(1)
    finally:
        watchdog.cancel()
    raise AssertionError("".join(log))
