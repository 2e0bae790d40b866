"""Accounts and the audit log, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from review import accounts, audit
from review.desk import desk_of
from review.forms import Form, form_of, refused_as
from review.policy import ROLES, Action
from review.rendering import page
from review.routing import Pages
from review.signed_in import Refused, SignedIn, whoever

pages = Pages()
EVENTS_SHOWN = 200
Who = Annotated[SignedIn, Depends(whoever)]
Posted = Annotated[Form, Depends(form_of)]


@pages.page("GET", "/accounts", Action.MANAGE_ACCOUNTS)
def list_accounts(request: Request) -> Response:
    """List all accounts."""
    return _accounts(request, None)


@pages.page("POST", "/accounts", Action.MANAGE_ACCOUNTS)
def add_account(request: Request, form: Posted, who: Who) -> Response:
    """Make an account, and show its first password, once."""
    desk = desk_of(request)
    with refused_as(), desk.control.session() as session:
        now, name = desk.now(), form.line("name")
        password = accounts.add(
            session, now, name, form.line("full_name"), form.line("role"),
            form.line("division", ""), form.line("office", ""), form.line("submitter", ""),
        )  # fmt: skip
        audit.record(
            session, now, who.viewer.name, Action.MANAGE_ACCOUNTS, f"account={name}", "added"
        )  # fmt: skip
    return _accounts(request, (name, password))


@pages.page("POST", "/accounts/{name}/{change}", Action.MANAGE_ACCOUNTS)
def change_account(request: Request, name: str, change: str, form: Posted, who: Who) -> Response:
    """Reset, disable or enable an account; not one's own, so that one administrator stays."""
    desk = desk_of(request)
    password = None
    with desk.control.session() as session:
        now, user = desk.now(), accounts.named(session, name)
        # By its number: a name is found however it is spelt.
        if change not in ("reset", "disable", "enable") or user.user_id == who.viewer.user_id:
            raise Refused(422, "不能这样更改该账户", "this account cannot be changed in this way")
        if change == "reset":
            password = accounts.reset(session, now, user)
        else:
            accounts.set_active(session, now, user, change == "enable")
        audit.record(
            session, now, who.viewer.name, Action.MANAGE_ACCOUNTS, f"account={name}", change
        )  # fmt: skip
    if password is None:
        return RedirectResponse("/accounts", 303)
    return _accounts(request, (name, password))


@pages.page("GET", "/audit", Action.SEE_AUDIT)
def audit_log(request: Request, before: int | None = None) -> Response:
    """Show the newest events, or those before a number, and whether the chain holds."""
    with desk_of(request).control.reading() as session:
        events = audit.newest(session, EVENTS_SHOWN, before)
        chain = audit.verify(session) if before is None else None
    return page(request, "audit.html", events=events, chain=chain, more=len(events) == EVENTS_SHOWN)


def _accounts(request: Request, made: tuple[str, str] | None) -> Response:
    desk = desk_of(request)
    with desk.control.reading() as session:
        held = accounts.everyone(session)
    now = desk.now()
    return page(
        request, "accounts.html", accounts=held, roles=ROLES, made=made,
        locked={user.name for user in held if accounts.is_locked(user, now)},
    )  # fmt: skip
