"""What `@entity` does to a class, decided once for the whole process.

`"plain"` is the default: classes are ordinary Python. The command line switches to `"engine"`
before it imports an application for an engine.
"""

from typing import Literal

Mode = Literal["plain", "engine"]

_mode: Mode = "plain"


def mode() -> Mode:
    """The mode that the next `@entity` obeys."""
    return _mode


def set_engine_mode() -> None:
    """Makes every class decorated from now on one for an engine."""
    global _mode
    _mode = "engine"
