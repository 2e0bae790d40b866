"""The audit log: who saw and did what, each event chained to the one before by its hash.

An event's hash covers all its fields and the hash of the event before, so that none can be
changed, taken out or put in between without breaking the chain. That the end was not cut off is
told by the head, see review/audit_head.py.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data.desk_tables import AuditEvent
from data.errors import StoreError
from review import audit_head

BEGINNING = "0" * 64
READ_AT_ONCE = 5_000


@dataclass(frozen=True)
class Chain:
    """How far the chain holds: events, the last hash, and the first event that does not fit."""

    events: int
    last_sha256: str
    broken_at: int | None


def record(
    session: Session,
    at: datetime,
    user_name: str,
    action: str,
    subject: str = "",
    outcome: str = "done",
    detail: str = "",
) -> AuditEvent:
    """Add an event; the session's transaction must exclude other writers."""
    last = session.execute(
        select(AuditEvent.event_id, AuditEvent.sha256).order_by(AuditEvent.event_id.desc()).limit(1)
    ).first()
    number, previous = (last[0] + 1, last[1]) if last else (1, BEGINNING)
    event = AuditEvent(
        event_id=number,
        at=at,
        user_name=user_name,
        action=action,
        subject=subject,
        outcome=outcome,
        detail=detail,
        previous_sha256=previous,
    )
    event.sha256 = digest(event)
    # Said in one statement: each page adds an event, and what tracks objects costs more than it.
    columns = AuditEvent.__table__.columns.keys()
    session.execute(insert(AuditEvent), {name: getattr(event, name) for name in columns})
    audit_head.keep_after_commit(session, audit_head.Head(number, event.sha256))
    return event


def digest(event: AuditEvent) -> str:
    """The SHA-256 over an event's fields and the hash before it, in hex."""
    fields = [
        event.event_id,
        event.at.isoformat(),
        event.user_name,
        event.action,
        event.subject,
        event.outcome,
        event.detail,
        event.previous_sha256,
    ]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()


def verify(session: Session) -> Chain:
    """Compute the whole chain again, in order; stops at the first event that does not fit, or that
    the head names and that is gone.

    Raises:
        StoreError: the head is gone or was changed.
    """
    head = audit_head.kept(session.info["home"])
    events, previous = 0, BEGINNING
    while True:
        query = select(AuditEvent).where(AuditEvent.event_id > events)
        rows = session.scalars(query.order_by(AuditEvent.event_id).limit(READ_AT_ONCE)).all()
        for row in rows:
            fits = row.event_id == events + 1 and row.previous_sha256 == previous
            if not fits or digest(row) != row.sha256:
                return Chain(events, previous, events + 1)
            events, previous = row.event_id, row.sha256
        session.expunge_all()
        if len(rows) < READ_AT_ONCE:
            break
    if head is None and events:
        raise StoreError(
            f"the audit log's {events} events hold among themselves, but audit.head is gone, and "
            "the end may have been cut off; put it back from a backup, or run "
            "`lookthrough audit accept`"
        )
    whole = head is None or audit_head.fits(session, head)
    return Chain(events, previous, None if whole else events + 1)


def newest(session: Session, count: int, before: int | None = None) -> list[AuditEvent]:
    """The newest events, newest first; those before a number where one is given."""
    query = select(AuditEvent).order_by(AuditEvent.event_id.desc()).limit(count)
    if before is not None:
        query = query.where(AuditEvent.event_id < before)
    return list(session.scalars(query))


def facts(event: AuditEvent) -> dict[str, str | int]:
    """An event as plain facts."""
    return {
        "event": event.event_id, "at": event.at.isoformat(sep=" "), "user": event.user_name,
        "action": event.action, "subject": event.subject, "outcome": event.outcome,
        "detail": event.detail, "sha256": event.sha256,
    }  # fmt: skip
