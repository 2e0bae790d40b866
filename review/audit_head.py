"""The last number and hash of the audit log, sealed in a file beside the store: whoever cuts the
end of the log off, or puts an older store in its place, is found out by it.

The file never goes back: what is recorded after a cut does not take its place, because the event
that it names is no longer in the log.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from data.desk_tables import AuditEvent
from data.errors import StoreError
from data.home import Home
from review.second_factor import Sealer

PURPOSE = "audit head"
FILE = "audit.head"

log = logging.getLogger("lookthrough.desk")


@dataclass(frozen=True)
class Head:
    """The number and the hash of an event that was committed."""

    number: int
    sha256: str


def keep_after_commit(session: Session, last: Head) -> None:
    """Once the session's transaction is in the store, keep its last event as the head.

    The first event of a log makes the file; none after it makes a new one, and none takes the
    place of a head that does not fit: both are for `audit verify` to tell.
    The session must be one of `Control.session`, which says of which home the store is.
    """
    home = session.info.get("home")
    if home is None or not _follows(session, home, last):
        return
    first = "audit_head" not in session.info
    session.info["audit_head"] = last
    if first:
        event.listen(session, "after_commit", _write, once=True)


def _follows(session: Session, home: Home, last: Head) -> bool:
    if "audit_head" in session.info:
        return True
    try:
        held = kept(home)
    except StoreError as error:
        log.error("%s", error)
        return False
    return last.number == 1 if held is None else fits(session, held)


def accept(session: Session, home: Home) -> None:
    """Take the log's newest event as its head, after a store was put back from a backup."""
    query = select(AuditEvent.event_id, AuditEvent.sha256).order_by(AuditEvent.event_id.desc())
    newest = session.execute(query.limit(1)).first()
    if newest is None:
        (home.path / FILE).unlink(missing_ok=True)
    else:
        _put(home, Head(newest[0], newest[1]))


def kept(home: Home) -> Head | None:
    """The head that was kept; None where none was.

    Raises:
        StoreError: the file was changed, or cannot be read.
    """
    path = home.path / FILE
    try:
        sealed = path.read_text("ascii")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path}: {error}; mend its rights") from error
    try:
        purpose, number, sha256 = Sealer(home).open(sealed).split("|")
    except (StoreError, ValueError) as error:
        raise StoreError(
            f"{path} was changed, or desk.key was; put both back from a backup and look at who "
            "could write to the home"
        ) from error
    if purpose != PURPOSE:
        raise StoreError(f"{path} holds something else; put it back from a backup")
    return Head(int(number), sha256)


def fits(session: Session, head: Head) -> bool:
    """Whether the event that a head names stands in the log as it was."""
    query = select(AuditEvent.sha256).where(AuditEvent.event_id == head.number)
    return session.scalar(query) == head.sha256


def _write(session: Session) -> None:
    home, last = session.info["home"], session.info["audit_head"]
    held = kept(home)
    if held is None or held.number < last.number:
        _put(home, last)


def _put(home: Home, head: Head) -> None:
    path = home.path / FILE
    draft = path.with_name(f".{FILE}.{os.urandom(8).hex()}")
    try:
        with draft.open("x", encoding="ascii") as file:
            file.write(Sealer(home).seal(f"{PURPOSE}|{head.number}|{head.sha256}"))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(
            f"cannot keep the audit log's head {path}: {error.strerror}; free the disk"
        ) from error
