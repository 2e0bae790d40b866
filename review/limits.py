"""How often something may be done: buckets that fill at a rate, in this process."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from time import monotonic

# Callers that are remembered at once; the longest unseen are forgotten first.
MOST_CALLERS = 20_000


class RateLimit:
    """At most so many calls a minute from each caller, as many at once."""

    def __init__(self, per_minute: int) -> None:
        self._most, self._rate = float(per_minute), per_minute / 60
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def allows(self, caller: str, now: float | None = None) -> bool:
        """Count one call, and say whether it is within the rate."""
        at = monotonic() if now is None else now
        with self._lock:
            left, seen = self._held.pop(caller, (self._most, at))
            left = min(self._most, left + (at - seen) * self._rate)
            allowed = left >= 1
            self._held[caller] = (left - 1 if allowed else left, at)
            if len(self._held) > MOST_CALLERS:
                self._held.popitem(last=False)
        return allowed
