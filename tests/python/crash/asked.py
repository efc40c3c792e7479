"""What clients ask of the application `passbook`, and what its replies say."""

import random
from dataclasses import dataclass
from typing import Any, Literal

from anabranch import EntityNotFound, Overloaded, Unavailable
from anabranch.client import AsyncClient
from applications.passbook import CLOSED, NOTE_LENGTH, Found, Holder, Passbook, Refused
from checkers.history import Operation
from checkers.presence import Place

Kind = Literal["transfer", "annotate", "close", "open", "statement", "audit", "holder"]
Protocol = Literal["binary", "http"]


@dataclass(frozen=True)
class Asked:
    """One request; whoever sends it again sends the same."""

    name: str
    kind: Kind
    protocol: Protocol
    holder: str
    to: str = ""
    amount: int = 0
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What came back: a result, or an exception that the application raised."""

    outcome: Literal["result", "refused", "not found"]
    value: Any


class NoReply(Exception):
    """Whether the request was applied is not known."""


KINDS: list[Kind] = ["transfer", "annotate", "close", "open", "statement", "audit"]
WEIGHTS = [70, 6, 2, 6, 12, 4]

NOTE_MARK = "!"
"""How the names of requests end that replace the note."""


def draw(name: str, protocol: Protocol, holders: list[str], choice: random.Random) -> Asked:
    """Some request."""
    kind = choice.choices(KINDS, WEIGHTS)[0]
    name += NOTE_MARK if kind == "annotate" else ""
    holder, to = choice.sample(holders, 2)
    # One in a hundred moves more than there can be.
    amount = choice.randint(1, 50) if choice.random() < 0.99 else 1_000_000_000
    others = tuple(other for other in holders if other != holder) if kind == "audit" else ()
    return Asked(name, kind, protocol, holder, to, amount, others)


async def send(app: AsyncClient, asked: Asked) -> Reply:
    """Sends a request once."""
    try:
        with app.idempotency_key(asked.name):
            return Reply("result", await _call(app, asked))
    except Refused as refused:
        return Reply("refused", refused.args[0])
    except EntityNotFound as missing:
        return Reply("not found", (missing.entity_class, missing.key))
    except (Unavailable, Overloaded) as error:
        raise NoReply(str(error)) from error


async def _call(app: AsyncClient, asked: Asked) -> Any:
    account, holder = app.ref(Passbook, asked.holder), app.ref(Holder, asked.holder)
    match asked.kind:
        case "holder":
            await app.create(Holder, asked.holder)
            return None
        case "open":
            return await app.call(Holder.open, holder, asked.amount if asked.to == "first" else 0)
        case "close":
            return await app.call(Holder.close, holder, app.ref(Passbook, asked.to), asked.name)
        case "transfer":
            to = app.ref(Passbook, asked.to)
            return await app.call(Passbook.transfer, account, to, asked.amount, asked.name)
        case "annotate":
            return await app.call(Passbook.annotate, account, asked.name)
        case "statement":
            return await app.call(Passbook.statement, account)
        case "audit":
            others = [app.ref(Holder, other) for other in asked.others]
            return await app.call(Holder.audit, holder, others)


@dataclass
class Told:
    """What a reply says."""

    operation: Operation
    claims: list[tuple[Place, int]]
    """The lists that have the name of the request, and where."""
    last_lists: dict[Place, list[str]]
    """Lists that are gone now."""
    lists: dict[Place, list[str]]
    """Other lists that were read."""
    notes: dict[Place, str]
    balances: dict[str, int] | None
    """Of all holders, if all were asked."""


def understand(asked: Asked, reply: Reply, begun: float, ended: float) -> Told:
    """Puts a reply into the checkers' terms."""
    operation = Operation(f"{asked.kind} {asked.name}", begun, ended)
    told = Told(operation, [], {}, {}, {}, None)
    if reply.outcome == "not found" or asked.kind == "holder":
        return told
    if reply.outcome == "refused":
        _see(operation, reply.value)
        return told
    match asked.kind:
        case "transfer" | "annotate":
            _see(operation, reply.value)
            for found in reply.value:
                _append(told, found)
        case "open":
            _see(operation, reply.value)
            for holder, number, _ in reply.value:
                operation.made[holder] = (number + 1, 0)
        case "close":
            seen, names, note = reply.value
            _see(operation, seen)
            (holder, number, _), after = seen
            operation.made[holder] = (number, CLOSED)
            told.last_lists[holder, number] = names
            told.notes[holder, number] = note
            _append(told, after)
        case "statement":
            found, _, names, note = reply.value
            _see(operation, [found])
            told.lists[found[0], found[1]] = names
            told.notes[found[0], found[1]] = note
        case "audit":
            _see(operation, [found for found, _ in reply.value])
            told.balances = {found[0]: balance for found, balance in reply.value}
    return told


def _see(operation: Operation, found: list[Found]) -> None:
    for holder, number, count in found:
        operation.seen[holder] = (number, count)


def _append(told: Told, before: Found) -> None:
    holder, number, count = before
    told.operation.made[holder] = (number, count + 1)
    told.claims.append(((holder, number), count))


def expected_note(names: list[str]) -> str:
    """The note of an account with these names."""
    last = next((name for name in reversed(names) if name.endswith(NOTE_MARK)), "")
    return last * NOTE_LENGTH
