"""Accounts: made by an administrator, locked after wrong log-ins, reset, taken out of use."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.desk_tables import DeskSession, DeskUser
from data.errors import InputError, NotFoundError
from data.settings import Desk
from review import passwords
from review.policy import Role, Viewer, territory_faults
from review.second_factor import Sealer, accepted_step

NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")


def add(
    session: Session,
    now: datetime,
    name: str,
    full_name: str,
    role: str,
    division: str = "",
    office: str = "",
    submitter: str = "",
) -> str:
    """Make an account; returns the password of its first log-in, which must then be changed.

    Raises:
        InputError: the name is taken or malformed, or role and territory do not fit.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"account name {name!r}: 2 to 40 of a-z, 0-9, dot, dash and underscore, a letter first"
        )
    if role not in set(Role):
        raise InputError(f"role {role!r}: use one of {', '.join(Role)}")
    for fault in territory_faults(Role(role), division, office, submitter):
        raise InputError(f"account {name}: {fault}")
    if find(session, name) is not None:
        raise InputError(f"account {name!r} exists already; choose another name")
    password = passwords.first_password()
    session.add(
        DeskUser(
            name=name,
            full_name=full_name or name,
            role=role,
            division=division,
            office=office,
            submitter=submitter,
            password_hash=passwords.keep(password),
            must_change=True,
            totp_secret="",
            totp_step=0,
            failed=0,
            active=True,
            created_at=now,
        )
    )
    return password


def find(session: Session, name: str) -> DeskUser | None:
    """The account of a name, if there is one."""
    if not NAME.fullmatch(name.strip().lower()):
        return None
    return session.scalars(select(DeskUser).where(DeskUser.name == name.strip().lower())).first()


def named(session: Session, name: str) -> DeskUser:
    """The account of a name.

    Raises:
        NotFoundError: no such account.
    """
    user = find(session, name)
    if user is None:
        raise NotFoundError(f"no account {name!r}; `lookthrough users list` lists them")
    return user


def everyone(session: Session) -> list[DeskUser]:
    """All accounts, by name."""
    return list(session.scalars(select(DeskUser).order_by(DeskUser.name)))


def reset(session: Session, now: datetime, user: DeskUser) -> str:
    """Give an account a new first password, without second factor and without a lock; all its
    log-ins end."""
    password = passwords.first_password()
    user.password_hash, user.must_change = passwords.keep(password), True
    user.totp_secret, user.totp_step = "", 0
    user.failed, user.locked_until = 0, None
    end_sessions(session, now, user.user_id)
    return password


def set_active(session: Session, now: datetime, user: DeskUser, active: bool) -> None:
    """Take an account out of use, which ends its log-ins, or into use again."""
    user.active = active
    if not active:
        end_sessions(session, now, user.user_id)


def end_sessions(session: Session, now: datetime, user_id: int, but: str = "") -> int:
    """Revoke an account's log-ins, but for one; returns how many."""
    query = select(DeskSession).where(
        DeskSession.user_id == user_id,
        DeskSession.revoked_at.is_(None),
        DeskSession.token_sha256 != but,
    )
    held = list(session.scalars(query))
    for each in held:
        each.revoked_at = now
    return len(held)


def is_locked(user: DeskUser, now: datetime) -> bool:
    """Whether wrong log-ins keep an account locked."""
    return user.locked_until is not None and user.locked_until > now


def failed(user: DeskUser, now: datetime, limits: Desk) -> None:
    """Count a wrong password or code; the last that is allowed locks the account for a while."""
    user.failed += 1
    if user.failed >= limits.failed_logins:
        user.failed, user.locked_until = 0, now + timedelta(minutes=limits.lock_minutes)


def code_is_right(user: DeskUser, code: str, now: datetime, sealer: Sealer) -> bool:
    """Whether a code of the account's second factor is right; it then counts as used."""
    step = accepted_step(sealer.open(user.totp_secret), code, now, user.totp_step)
    if step is not None:
        user.totp_step = step
    return step is not None


def viewer(user: DeskUser) -> Viewer:
    """What the policy needs to know of an account."""
    return Viewer(
        user.user_id,
        user.name,
        user.full_name,
        Role(user.role),
        user.division,
        user.office,
        user.submitter,
    )
