"""The classes of the workload `transfer` as plain Python objects: no durability, no transactions.

Usage: plain_objects.py ACCOUNTS WARM_UP_SECONDS SECONDS
"""

import json
import platform
import random
import sys
import time
from types import ModuleType
from typing import Any

FIRST_BALANCE = 1_000_000_000
BATCH = 1_000


def unchanged(decorated: Any) -> Any:
    """A decorator that does nothing."""
    return decorated


def load_class() -> Any:
    """`Account` as if Anabranch did not exist."""
    module = ModuleType("anabranch")
    for name in ("entity", "transactional"):
        setattr(module, name, unchanged)
    sys.modules["anabranch"] = module
    from transfer import Account

    return Account


def run(accounts: dict[str, Any], seconds: float) -> float:
    """Transfers in a second. Which accounts is chosen before, as the load generator would."""
    generator = random.Random(7)
    numbers = list(accounts)
    count, spent = 0, 0.0
    while spent < seconds:
        chosen = [generator.sample(numbers, 2) for _ in range(BATCH)]
        started = time.perf_counter()
        for source, target in chosen:
            accounts[source].transfer(1, accounts[target])
        spent += time.perf_counter() - started
        count += BATCH
    return count / spent


def main() -> None:
    count, warm_up, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    account = load_class()
    numbers = (f"account-{number:08}" for number in range(count))
    accounts = {number: account(number, FIRST_BALANCE) for number in numbers}
    run(accounts, warm_up)
    rate = run(accounts, seconds)
    money = sum(account.balance for account in accounts.values())
    if money != count * FIRST_BALANCE:
        sys.exit(f"money is not conserved: {money}")
    configuration = (
        f"CPython {platform.python_version()}, a dict of objects, one thread, nothing is stored"
    )
    print(json.dumps({"rate": rate, "configuration": configuration}))


if __name__ == "__main__":
    main()
