"""When and after how long a failed attempt is repeated. Reads no clock and does not sleep."""

import random
from dataclasses import dataclass

from anabranch.client.request import Request
from anabranch.client.response import Response, is_final
from anabranch.client.transport import ConnectionFailed
from anabranch.errors import Unavailable

BACKOFF_FIRST = 0.05
BACKOFF_MAX = 2.0
_RETRIED_STATUSES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class RetryPolicy:
    """The bounds of one operation."""

    retries: int
    """How often a failed attempt may be repeated."""
    timeout: float
    """The most seconds that all attempts and the pauses between them may take."""

    def pause(
        self, outcome: Response | ConnectionFailed, attempt: int, elapsed: float
    ) -> float | None:
        """Seconds until the next attempt; `None`: the outcome is final.

        `attempt` counts from 0.
        """
        if isinstance(outcome, Response) and (
            outcome.status not in _RETRIED_STATUSES or is_final(outcome)
        ):
            return None
        if attempt >= self.retries:
            return None
        pause = outcome.retry_after if isinstance(outcome, Response) else None
        if pause is None:
            # Full jitter: clients that failed together do not come back together.
            pause = random.uniform(0, min(BACKOFF_MAX, BACKOFF_FIRST * 2**attempt))
        return pause if elapsed + pause < self.timeout else None

    def attempt_timeout(self, elapsed: float) -> float:
        """The most seconds that the next attempt may take."""
        # At least a little: zero would mean no attempt at all.
        return max(self.timeout - elapsed, 0.001)


def final(asked: Request, outcome: Response | ConnectionFailed, attempts: int) -> Response:
    """The answer to a request, once no further attempt is made."""
    if isinstance(outcome, Response):
        return outcome
    times = "once" if attempts == 1 else f"{attempts} times"
    # What the transport's library raised, if it did.
    cause = outcome.__cause__ or outcome
    if not outcome.was_connected:
        raise Unavailable(
            f"no server answers: {outcome} (tried {times}); "
            "is it running, and is the address right?"
        ) from cause
    if asked.operation == "state":
        raise Unavailable(f"no answer to {asked.subject} (tried {times}: {outcome})") from cause
    raise Unavailable(
        f"no answer to {asked.subject} (tried {times}: {outcome}); "
        "whether it was applied is unknown, so run it again with the same idempotency key"
    ) from cause
