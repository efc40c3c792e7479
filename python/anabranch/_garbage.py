"""Keeps Python's collection of cyclic garbage from stopping a server with much in memory.

CPython's full collections (before 3.14) visit every object, which takes a tenth of a second and
more for a million entities, in the middle of somebody's request. So what has survived one full
collection is set apart with `gc.freeze`, and the next one visits only what came since. Cycles
that become garbage later are found when as much has been set apart since the last thorough
collection as there was then; that one visits everything again, as seldom as the memory doubles.

Objects without cycles are not concerned: counting references frees them at once, frozen or not.
"""

import gc
import sys

FULL_COLLECTION_AFTER = 16
"""Collections of the middle generation; some 100,000 objects that may have survived."""

THOROUGH_MINIMUM = 250_000
"""So many objects are visited without further ado."""


class _Collections:
    def __init__(self) -> None:
        self.kept = THOROUGH_MINIMUM
        """Objects that survived the last thorough collection."""
        self.frozen = 0
        """Objects set apart since."""
        self.thorough = False

    def observe(self, phase: str, info: dict[str, int]) -> None:
        """What `gc` calls before and after each collection."""
        if info["generation"] != 2:
            return
        if phase == "start":
            self.thorough = self.frozen >= self.kept
            if self.thorough:
                gc.unfreeze()
            return
        survivors = len(gc.get_objects(generation=2))
        if self.thorough:
            self.kept, self.frozen = max(survivors, THOROUGH_MINIMUM), 0
        else:
            self.frozen += survivors
        gc.freeze()


def collect_in_small_steps() -> None:
    """Does so from now on, for the whole process. Call it once, before there is much in memory."""
    if sys.version_info >= (3, 14):
        # Its collector works in small steps by itself.
        return
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, FULL_COLLECTION_AFTER)
    gc.callbacks.append(_Collections().observe)
    gc.collect()
