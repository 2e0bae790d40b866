"""Events of requests that come at once, in one transaction: each request waits until its own event
is in the store, and all of them share what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from data.control import Control
from review import audit


@dataclass(eq=False)
class _Event:
    """One event, whether it is in the store, or why it is not."""

    at: datetime
    facts: tuple[str, str, str, str, str]
    stored: bool = False
    fault: Exception | None = None


class Together:
    """Adds events to the audit log, those that wait meanwhile together."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._gathering, self._writing = Lock(), Lock()
        self._waiting: list[_Event] = []

    def record(
        self, at: datetime, user_name: str, action: str, subject: str, outcome: str, detail: str
    ) -> None:
        """Add an event; it is in the store when this returns.

        Raises:
            StoreError: the store refused; none of those written together is in it.
        """
        mine = _Event(at, (user_name, action, subject, outcome, detail))
        with self._gathering:
            self._waiting.append(mine)
        with self._writing:
            # Whoever wrote while this one waited took its event along.
            if not mine.stored and mine.fault is None:
                with self._gathering:
                    events, self._waiting = self._waiting, []
                self._write(events)
        if mine.fault is not None:
            raise mine.fault

    def _write(self, events: list[_Event]) -> None:
        try:
            with self._control.session() as session:
                for event in events:
                    audit.record(session, event.at, *event.facts)
        except Exception as error:  # of whatever kind: those who wait must learn of it
            for event in events:
                event.fault = error
        else:
            for event in events:
                event.stored = True
