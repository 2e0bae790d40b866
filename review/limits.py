"""How often something may be done: buckets that fill at a rate, in this process."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
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


class WrongTries:
    """Wrong tries in a row of one caller; the last that is allowed locks it for a while."""

    def __init__(self, allowed: int, lock_minutes: int) -> None:
        self._allowed, self._lock_for = allowed, timedelta(minutes=lock_minutes)
        self._held: OrderedDict[str, tuple[int, datetime | None]] = OrderedDict()
        self._lock = Lock()

    def locked(self, caller: str, now: datetime) -> bool:
        """Whether a caller is locked."""
        with self._lock:
            until = self._held.get(caller, (0, None))[1]
        return until is not None and until > now

    def wrong(self, caller: str, now: datetime) -> bool:
        """Count a wrong try; whether it locked the caller."""
        with self._lock:
            tries = self._held.pop(caller, (0, None))[0] + 1
            locks = tries >= self._allowed
            self._held[caller] = (0, now + self._lock_for) if locks else (tries, None)
            if len(self._held) > MOST_CALLERS:
                self._held.popitem(last=False)
        return locks

    def right(self, caller: str) -> None:
        """Forget the wrong tries of a caller that got it right."""
        with self._lock:
            self._held.pop(caller, None)


def network(host: str) -> str:
    """What is counted as one address: an IPv4 address, or the /64 that an IPv6 subscriber has."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(IPv6Address(int(address) >> 64 << 64))
