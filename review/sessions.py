"""Log-ins on the server: a random token in a cookie, its hash in the store; each can be revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from data.desk_tables import DeskSession, DeskUser
from data.settings import Desk

PASSWORD, FULL = "password", "full"
# The store learns of requests at most this often.
SEEN_EVERY = timedelta(minutes=1)


def begin(session: Session, now: datetime, user: DeskUser, stage: str) -> str:
    """Begin a log-in; returns its token, which only the browser keeps."""
    token = secrets.token_urlsafe(32)
    session.add(
        DeskSession(
            token_sha256=fingerprint(token),
            user_id=user.user_id,
            form_token=secrets.token_urlsafe(32),
            stage=stage,
            created_at=now,
            seen_at=now,
        )
    )
    return token


def held(
    session: Session, token: str | None, now: datetime, limits: Desk
) -> tuple[DeskSession, DeskUser] | None:
    """The log-in of a token with its account; None where it ended or the account is not in use."""
    if not token:
        return None
    found = session.get(DeskSession, fingerprint(token))
    if found is None or found.revoked_at is not None or not is_alive(found, now, limits):
        return None
    user = session.get(DeskUser, found.user_id)
    return None if user is None or not user.active else (found, user)


def is_alive(held: DeskSession, now: datetime, limits: Desk) -> bool:
    """Whether a log-in was used lately, and is not too old."""
    idle = now - held.seen_at > timedelta(minutes=limits.session_idle_minutes)
    return not idle and now - held.created_at <= timedelta(hours=limits.session_hours)


def fingerprint(token: str) -> str:
    """The SHA-256 of a token, in hex: what the store knows of it."""
    return hashlib.sha256(token.encode()).hexdigest()
