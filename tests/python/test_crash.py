"""Kills a server under load, again and again, and looks from outside at what is left.

The goal: nothing acknowledged is lost, nothing is applied twice or halfway, and a request whose
fate is unknown can be repeated with its idempotency key. The method: threads move money between
accounts, which remember the name of each transfer; the server is killed after a random number of
replies, at whatever the other threads' requests are doing then.
"""

import os
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from anabranch import EngineError, connect
from anabranch.client import Client
from applications.ledger import Account, InsufficientFunds
from command_line import LEDGER, SECONDS_MAX, Server, serving

OWNERS = [f"account {number}" for number in range(6)]
OPENING = 100
THREADS = 6
ROUNDS = 4


@dataclass(frozen=True)
class Transfer:
    """One request."""

    name: str
    source: str
    target: str
    amount: int

    def send(self, client: Client) -> bool:
        """Whether the money moved, as the server says."""
        source, target = client.ref(Account, self.source), client.ref(Account, self.target)
        with client.idempotency_key(self.name):
            try:
                source.transfer(target, self.amount, self.name)
            except InsufficientFunds:
                return False
            return True


@dataclass
class Journal:
    """What the clients know."""

    applied: list[Transfer] = field(default_factory=list[Transfer])
    refused: list[Transfer] = field(default_factory=list[Transfer])
    unknown: list[Transfer] = field(default_factory=list[Transfer])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def replies(self) -> int:
        return len(self.applied) + len(self.refused)

    def send(self, transfer: Transfer, client: Client) -> bool:
        """Sends a transfer and writes down what came of it; whether there was a reply."""
        try:
            target = self.applied if transfer.send(client) else self.refused
        except EngineError:
            target = self.unknown
        with self.changed:
            target.append(transfer)
            self.changed.notify_all()
        return target is not self.unknown


def keep_transferring(journal: Journal, url: str, name: str, seed: int) -> None:
    """Transfers until the server is gone."""
    choice = random.Random(seed)
    number = 0
    is_alive = True
    with connect(url, retries=0) as client:
        while is_alive:
            number += 1
            source, target = choice.sample(OWNERS, 2)
            transfer = Transfer(f"{name}.{number}", source, target, choice.randint(1, 60))
            is_alive = journal.send(transfer, client)


def kill_under_load(
    server: Server, journal: Journal, round_name: str, choice: random.Random
) -> None:
    """Kills the server after a random number of replies."""
    threads = [
        threading.Thread(
            target=keep_transferring,
            args=(journal, server.url, f"{round_name}.{number}", choice.getrandbits(32)),
        )
        for number in range(THREADS)
    ]
    replies = journal.replies() + choice.randint(1, 300)
    for thread in threads:
        thread.start()
    with journal.changed:
        enough = journal.changed.wait_for(lambda: journal.replies() >= replies, SECONDS_MAX)
    server.kill()
    for thread in threads:
        thread.join()
    assert enough, "the server answers too slowly"


def check(client: Client, journal: Journal) -> None:
    """Compares what the server holds with what the clients know."""
    states = {owner: client.state(client.ref(Account, owner)) for owner in OWNERS}
    assert sum(state["balance"] for state in states.values()) == OPENING * len(OWNERS)

    applied = {owner: Counter[str](state["transfers"]) for owner, state in states.items()}
    twice = {owner: names for owner, names in applied.items() if max([*names.values(), 0]) > 1}
    assert not twice, "applied more than once"

    balances = dict.fromkeys(OWNERS, OPENING)
    for transfer in journal.applied + journal.refused + journal.unknown:
        places = {owner for owner, names in applied.items() if transfer.name in names}
        whole = {transfer.source, transfer.target}
        if transfer in journal.applied:
            assert places == whole, f"lost: {transfer}"
        elif transfer in journal.refused:
            assert not places, f"refused and yet applied: {transfer}"
        else:
            assert places in (set[str](), whole), f"half applied: {transfer}"
        if places:
            balances[transfer.source] -= transfer.amount
            balances[transfer.target] += transfer.amount
    assert {owner: state["balance"] for owner, state in states.items()} == balances


def repeat_unknown(client: Client, journal: Journal) -> None:
    """Sends again what got no reply, under the same keys."""
    unknown, journal.unknown = journal.unknown, []
    for transfer in unknown:
        assert journal.send(transfer, client), f"no reply to {transfer}"


def test_kill_under_load(tmp_path: Path) -> None:
    seed = int(os.environ.get("ANABRANCH_SEED") or random.SystemRandom().getrandbits(32))
    print(f"ANABRANCH_SEED={seed}")
    choice = random.Random(seed)
    journal = Journal()
    data = tmp_path / "data"
    with serving(LEDGER, data) as server, connect(server.url):
        for owner in OWNERS:
            Account(owner, OPENING)
    for number in range(ROUNDS):
        with serving(LEDGER, data) as server, connect(server.url) as client:
            check(client, journal)
            repeat_unknown(client, journal)
            check(client, journal)
            for transfer in choice.sample(journal.applied, min(5, len(journal.applied))):
                assert transfer.send(client), f"another reply to {transfer}"
            check(client, journal)
            kill_under_load(server, journal, str(number), choice)
    with serving(LEDGER, data) as server, connect(server.url) as client:
        check(client, journal)
    assert journal.applied
