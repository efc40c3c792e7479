"""Does a request that is repeated get the reply that it got before?"""

from collections.abc import Iterable, Mapping


def violations(first: Mapping[str, object], again: Iterable[tuple[str, object]]) -> list[str]:
    """Compares replies by the names of their requests."""
    return [
        f"{name} got {reply!r} where it had got {first[name]!r}"
        for name, reply in again
        if name in first and reply != first[name]
    ]
