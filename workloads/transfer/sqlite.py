"""The workload `transfer` in SQLite: one connection, one transaction for each transfer.

Usage: sqlite.py ACCOUNTS WARM_UP_SECONDS SECONDS [ZIPF_EXPONENT]
"""

import itertools
import json
import random
import sqlite3
import sys
import time
from collections.abc import Iterator

FIRST_BALANCE = 1_000_000_000


def open_database(accounts: int) -> sqlite3.Connection:
    """A database in this folder that syncs each commit."""
    database = sqlite3.connect("bank.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA cache_size = -1000000")
    database.execute(
        "CREATE TABLE account (number TEXT PRIMARY KEY, balance INTEGER NOT NULL) WITHOUT ROWID"
    )
    database.execute("BEGIN")
    rows = ((f"account-{number:08}", FIRST_BALANCE) for number in range(accounts))
    database.executemany("INSERT INTO account VALUES (?, ?)", rows)
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database


def transfer(database: sqlite3.Connection, source: str, target: str, amount: int) -> bool:
    """Moves money, if there is so much."""
    database.execute("BEGIN IMMEDIATE")
    paid = database.execute(
        "UPDATE account SET balance = balance - ? WHERE number = ? AND balance >= ?",
        (amount, source, amount),
    )
    if paid.rowcount == 0:
        database.execute("ROLLBACK")
        return False
    database.execute("UPDATE account SET balance = balance + ? WHERE number = ?", (amount, target))
    database.execute("COMMIT")
    return True


def uniform_pairs(accounts: int) -> Iterator[tuple[int, int]]:
    """Two different accounts, again and again."""
    generator = random.Random(7)
    while True:
        source = int(generator.random() * accounts)
        yield source, (source + 1 + int(generator.random() * (accounts - 1))) % accounts


def zipfian_pairs(accounts: int, exponent: float) -> Iterator[tuple[int, int]]:
    """The same, few of them often."""
    generator = random.Random(7)
    weights = list(itertools.accumulate(rank**-exponent for rank in range(1, accounts + 1)))
    while True:
        chosen = generator.choices(range(accounts), cum_weights=weights, k=1000)
        for source, target in zip(chosen[::2], chosen[1::2], strict=True):
            yield source, target if target != source else (target + 1) % accounts


def run(database: sqlite3.Connection, pairs: Iterator[tuple[int, int]], seconds: float) -> float:
    """Transfers in a second."""
    count = 0
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        source, target = next(pairs)
        transfer(database, f"account-{source:08}", f"account-{target:08}", 1)
        count += 1
    return count / (time.perf_counter() - started)


def main() -> None:
    accounts, warm_up, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    database = open_database(accounts)
    pairs = zipfian_pairs(accounts, float(sys.argv[4])) if sys.argv[4:] else uniform_pairs(accounts)
    run(database, pairs, warm_up)
    rate = run(database, pairs, seconds)
    (money,) = database.execute("SELECT sum(balance) FROM account").fetchone()
    if money != accounts * FIRST_BALANCE:
        sys.exit(f"money is not conserved: {money}")
    (mode,) = database.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = database.execute("PRAGMA synchronous").fetchone()
    if (mode, synchronous) != ("wal", 2):
        sys.exit(f"it is not durable: journal_mode {mode}, synchronous {synchronous}")
    configuration = (
        f"SQLite {sqlite3.sqlite_version} through Python's sqlite3, one connection, "
        "journal_mode=WAL, synchronous=FULL (both read back), cache 1 GB"
    )
    print(json.dumps({"rate": rate, "configuration": configuration}))


if __name__ == "__main__":
    main()
