"""Is what was acknowledged there, in its place and once, and nothing else?"""

from collections import Counter
from collections.abc import Collection, Mapping

Place = tuple[str, int]
"""A list of names: whose, and which."""


def violations(
    claimed: Mapping[Place, Mapping[int, str]],
    lists: Mapping[Place, list[str]],
    refused: Collection[str] = (),
) -> list[str]:
    """Compares what clients were told (in which list, at which index, their name is) with the
    lists as they were read. Names of refused requests are nowhere."""
    found: list[str] = []
    for place, names in lists.items():
        told = claimed.get(place, {})
        for index, name in told.items():
            if index >= len(names) or names[index] != name:
                there = names[index] if index < len(names) else "nothing"
                found.append(f"{name} was told to be at {index} of {place}; there is {there}")
        for name, count in Counter(names).items():
            if count > 1:
                found.append(f"{name} is {count} times in {place}")
        for index, name in enumerate(names):
            if name in refused:
                found.append(f"{name} was refused and is in {place}")
            elif index not in told:
                found.append(f"{name} at {index} of {place} was told to nobody")
    for place, told in claimed.items():
        if place not in lists and told:
            found.append(f"{place} is gone, with {len(told)} names, among them {min(told.items())}")
    return found
