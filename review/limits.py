"""How often something may be done: buckets that fill at a rate, and wrong tries that lock.

All processes of one desk count together, in a file of the machine; a desk of one process counts in
memory. Nothing of it outlives the desk.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from threading import Lock
from time import monotonic

# Callers that are remembered at once for each limit; the longest unseen are forgotten first.
MOST_CALLERS = 20_000
# How many calls pass between two looks at their number.
LOOK_EVERY = 500
# Seconds that one process waits for another.
PATIENCE = 10.0
IN_MEMORY = ":memory:"
SCHEMA = """
create table if not exists called (
  name text, caller text, number real not null, seen real not null, until text,
  primary key (name, caller)
) without rowid
"""


class Counts:
    """What is counted by limit and caller; opened by each process for itself."""

    def __init__(self, path: Path | None = None) -> None:
        """Count in a file that processes share, or in memory."""
        self._lock = Lock()
        self._calls: Counter[str] = Counter()
        self._db = sqlite3.connect(
            str(path or IN_MEMORY), timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        # What is counted may be lost with the machine, but not with a process that is killed.
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = off")
        self._db.execute(SCHEMA)

    @contextmanager
    def held(self) -> Iterator[sqlite3.Connection]:
        """One change at a time, over all processes."""
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield self._db
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise

    def read(self, name: str, caller: str) -> tuple[float, float, str | None] | None:
        """What is held of a caller: number, when it was seen, until when it is locked."""
        found: tuple[float, float, str | None] | None = self._db.execute(
            "select number, seen, until from called where name = ? and caller = ?", (name, caller)
        ).fetchone()
        return found

    def write(self, name: str, caller: str, number: float, seen: float, until: str | None) -> None:
        """Hold a caller, and forget those of its limit that were not seen for the longest."""
        self._db.execute(
            "insert or replace into called values (?, ?, ?, ?, ?)",
            (name, caller, number, seen, until),
        )
        self._calls[name] += 1
        if self._calls[name] % LOOK_EVERY == 1:
            self._db.execute(
                "delete from called where name = ?1 and caller in (select caller from called "
                "where name = ?1 order by seen desc, caller limit -1 offset ?2)",
                (name, MOST_CALLERS),
            )

    def forget(self, name: str, caller: str) -> None:
        """Hold a caller no more."""
        self._db.execute("delete from called where name = ? and caller = ?", (name, caller))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class RateLimit:
    """At most so many calls a minute from each caller, as many at once."""

    def __init__(self, counts: Counts, name: str, per_minute: int) -> None:
        self._counts, self._name = counts, name
        self._most, self._rate = float(per_minute), per_minute / 60

    def allows(self, caller: str, now: float | None = None) -> bool:
        """Count one call, and say whether it is within the rate."""
        at = monotonic() if now is None else now
        with self._counts.held():
            left, seen, _ = self._counts.read(self._name, caller) or (self._most, at, None)
            left = min(self._most, left + (at - seen) * self._rate)
            allowed = left >= 1
            self._counts.write(self._name, caller, left - 1 if allowed else left, at, None)
        return allowed


class WrongTries:
    """Wrong tries in a row of one caller; the last that is allowed locks it for a while."""

    def __init__(self, counts: Counts, name: str, allowed: int, lock_minutes: int) -> None:
        self._counts, self._name = counts, name
        self._allowed, self._lock_for = allowed, timedelta(minutes=lock_minutes)

    def locked(self, caller: str, now: datetime) -> bool:
        """Whether a caller is locked."""
        with self._counts.held():
            found = self._counts.read(self._name, caller)
        until = found[2] if found else None
        return until is not None and datetime.fromisoformat(until) > now

    def wrong(self, caller: str, now: datetime) -> bool:
        """Count a wrong try; whether it locked the caller."""
        with self._counts.held():
            found = self._counts.read(self._name, caller)
            tries = (int(found[0]) if found else 0) + 1
            locks = tries >= self._allowed
            until = (now + self._lock_for).isoformat() if locks else None
            self._counts.write(self._name, caller, 0 if locks else tries, monotonic(), until)
        return locks

    def right(self, caller: str) -> None:
        """Forget the wrong tries of a caller that got it right."""
        with self._counts.held():
            self._counts.forget(self._name, caller)


def network(host: str) -> str:
    """What is counted as one address: an IPv4 address, or the /64 that an IPv6 subscriber has."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(IPv6Address(int(address) >> 64 << 64))
