"""What clients were told so far, and the checkers' verdict about each round.

Between two rounds everything is answered: what had no reply was sent again. So a round begins with
known versions, and what came before it needs not be kept.
"""

import random
from dataclasses import dataclass, field

from applications.passbook import CLOSED
from checkers import money, presence, replies, serial_order
from checkers.history import Version
from checkers.presence import Place

from crash.asked import Reply, Told, expected_note, understand
from crash.load import Answered, Harvest

REMEMBERED_MAX = 2000
"""How many replies are remembered, to be asked for again."""


@dataclass
class Book:
    """What is known of a server's state."""

    holders: list[str]
    total: int
    """All the money."""
    choice: random.Random
    versions: dict[str, Version] = field(default_factory=dict[str, Version])
    claims: dict[Place, dict[int, str]] = field(default_factory=dict[Place, dict[int, str]])
    remembered: list[Answered] = field(default_factory=list[Answered])
    operations: int = 0
    """How many were judged."""

    def __post_init__(self) -> None:
        self.versions = dict.fromkeys(self.holders, (0, CLOSED))

    def judge(self, harvest: Harvest, last: Harvest) -> list[str]:
        """The violations of a round. `last` are the reads at its end: all accounts, one by one."""
        answered = harvest.answered + last.answered
        told = [understand(it.asked, it.reply, it.begun, it.ended) for it in answered]
        found = serial_order.violations([it.operation for it in told], self.versions)
        found += self._take_claims(told, answered)
        found += self._judge_lists(told, answered, last)
        found += self._judge_money(told)
        found += self._judge_replies(harvest)
        for it in told:
            for holder, version in it.operation.made.items():
                self.versions[holder] = max(self.versions[holder], version)
        self.operations += len(told)
        self._remember(harvest.answered)
        return found

    def some_answered(self, count: int) -> list[Answered]:
        """Some requests that were answered, the latest more likely."""
        latest = self.remembered[-count:]
        return latest + self.choice.sample(self.remembered, min(count, len(self.remembered)))

    def _take_claims(self, told: list[Told], answered: list[Answered]) -> list[str]:
        found: list[str] = []
        for one, source in zip(told, answered, strict=True):
            name = source.asked.name
            for place, index in one.claims:
                other = self.claims.setdefault(place, {}).setdefault(index, name)
                if other != name:
                    found.append(f"{other} and {name} were both told {index} of {place}")
        return found

    def _judge_lists(self, told: list[Told], answered: list[Answered], last: Harvest) -> list[str]:
        found: list[str] = []
        refused = {it.asked.name for it in answered if it.reply.outcome != "result"}
        for one in told:
            for place, names in [*one.lists.items(), *one.last_lists.items()]:
                start = {
                    index: name
                    for index, name in self.claims.get(place, {}).items()
                    if index < len(names)
                }
                found += presence.violations({place: start}, {place: names}, refused)
                if one.notes[place] != expected_note(names):
                    found.append(f"{place} has another note than {one.operation.name} says")
        final: dict[Place, list[str]] = {}
        for one in told:
            final.update(one.last_lists)
        for one in told[len(told) - len(last.answered) :]:
            final.update(one.lists)
        found += presence.violations(self.claims, final, refused)
        for one in told:
            for place in one.last_lists:
                self.claims.pop(place, None)
        return found

    def _judge_money(self, told: list[Told]) -> list[str]:
        found: list[str] = []
        for one in told:
            if one.balances is not None:
                found += money.violations(one.operation.name, one.balances, self.total)
        return found

    def _judge_replies(self, harvest: Harvest) -> list[str]:
        first: dict[str, Reply] = {it.asked.name: it.reply for it in self.remembered}
        first.update({it.asked.name: it.reply for it in harvest.answered})
        return replies.violations(first, harvest.again)

    def _remember(self, answered: list[Answered]) -> None:
        kept = self.choice.sample(answered, min(len(answered), 40)) + answered[-40:]
        self.remembered = (self.remembered + kept)[-REMEMBERED_MAX:]
