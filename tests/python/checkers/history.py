"""What clients saw."""

from dataclasses import dataclass, field

Version = tuple[int, int]
"""Of one object; later ones are larger."""


@dataclass
class Operation:
    """One request that was answered, by whichever attempt."""

    name: str
    begun: float
    """When it was sent for the first time."""
    ended: float
    """When its first answer was there."""
    seen: dict[str, Version] = field(default_factory=dict[str, Version])
    """The versions that it found, by object."""
    made: dict[str, Version] = field(default_factory=dict[str, Version])
    """The versions that it made. What it makes a new version of it has seen."""
