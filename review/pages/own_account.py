"""One's own account: password, second factor, log-ins on other browsers."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import select

from data.desk_tables import DeskSession, DeskUser
from data.errors import InputError
from review import accounts, audit, passwords, sessions
from review.desk import desk_of
from review.forms import Form, form_of, refused_as
from review.known_browsers import make_known
from review.policy import Action
from review.rendering import page
from review.routing import Pages
from review.second_factor import accepted_step, enrolment_picture, new_secret
from review.signed_in import SignedIn, whoever
from review.tokens import set_token

pages = Pages()
WRONG_CODE = ("验证码不对，请再试", "the code is wrong; try again")
WRONG_PASSWORD = ("当前密码不对", "the present password is wrong")


@pages.page("GET", "/account", Action.OWN_ACCOUNT)
def account(request: Request, who: Annotated[SignedIn, Depends(whoever)]) -> Response:
    """Show the account and its log-ins."""
    desk = desk_of(request)
    with desk.control.reading() as session:
        query = select(DeskSession).where(
            DeskSession.user_id == who.viewer.user_id, DeskSession.revoked_at.is_(None)
        )
        held = list(session.scalars(query.order_by(DeskSession.created_at.desc())))
    now, limits = desk.now(), desk.settings.desk
    open_ones = [each for each in held if sessions.is_alive(each, now, limits)]
    return page(request, "account.html", logins=open_ones, own=who.token_sha256)


@pages.page("POST", "/account/log-ins/end", Action.OWN_ACCOUNT)
def end_others(
    request: Request,
    form: Annotated[Form, Depends(form_of)],
    who: Annotated[SignedIn, Depends(whoever)],
) -> Response:
    """End all other log-ins of the account."""
    desk = desk_of(request)
    with desk.control.session() as session:
        now = desk.now()
        accounts.end_sessions(session, now, who.viewer.user_id, but=who.token_sha256)
        audit.record(session, now, who.viewer.name, Action.OWN_ACCOUNT, "", "other log-ins ended")
    return RedirectResponse("/account", 303)


@pages.page("GET", "/account/password", Action.OWN_ACCOUNT)
def password_page(request: Request) -> Response:
    """Ask for a new password."""
    return _password_page(request, None, 200)


@pages.page("POST", "/account/password", Action.OWN_ACCOUNT)
def change_password(
    request: Request,
    form: Annotated[Form, Depends(form_of)],
    who: Annotated[SignedIn, Depends(whoever)],
) -> Response:
    """Change the password; all other log-ins end."""
    desk = desk_of(request)
    new = form.secret("new")
    with desk.control.reading() as session:
        kept = session.get_one(DeskUser, who.viewer.user_id).password_hash
    if not passwords.matches(kept, form.secret("present")):
        with desk.control.session() as session:
            # Who holds a log-in that is not theirs guesses no further: it ends.
            if desk.wrong.wrong(f"log-in {who.token_sha256}", desk.now()):
                session.get_one(DeskSession, who.token_sha256).revoked_at = desk.now()
            audit.record(
                session, desk.now(), who.viewer.name, Action.OWN_ACCOUNT, "", "password wrong"
            )  # fmt: skip
        return _password_page(request, WRONG_PASSWORD, 422)
    with refused_as():
        passwords.require_good(new, who.viewer.name, desk.settings.desk.minimum_password_chars)
        if passwords.matches(kept, new):
            raise InputError("新密码须与当前密码不同 / the new password must be another one")
    hashed = passwords.keep(new)
    with desk.control.session() as session:
        now, user = desk.now(), session.get_one(DeskUser, who.viewer.user_id)
        user.password_hash, user.must_change = hashed, False
        accounts.end_sessions(session, now, user.user_id, but=who.token_sha256)
        audit.record(session, now, user.name, Action.OWN_ACCOUNT, "", "password changed")
    return RedirectResponse("/account", 303)


@pages.page("GET", "/account/second-factor", Action.OWN_ACCOUNT)
def second_factor_page(request: Request, who: Annotated[SignedIn, Depends(whoever)]) -> Response:
    """Show a new secret to enrol, unless there is one already."""
    return _enrolment(request, who, None, 200)


@pages.page("POST", "/account/second-factor", Action.OWN_ACCOUNT)
def enrol(
    request: Request,
    form: Annotated[Form, Depends(form_of)],
    who: Annotated[SignedIn, Depends(whoever)],
) -> Response:
    """Keep the secret whose code was given; only then does it count."""
    desk = desk_of(request)
    secret = desk.sealer.open(form.secret("sealed"))
    with desk.control.session() as session:
        now, user = desk.now(), session.get_one(DeskUser, who.viewer.user_id)
        step = accepted_step(secret, form.secret("code"), now, 0)
        if step is None or user.totp_secret:
            token = None
        else:
            user.totp_secret, user.totp_step = desk.sealer.seal(secret), step
            user.visited_at = now
            session.get_one(DeskSession, who.token_sha256).revoked_at = now
            token = sessions.begin(session, now, user, sessions.FULL)
            audit.record(
                session, now, user.name, Action.OWN_ACCOUNT, "", "second factor enrolled"
            )  # fmt: skip
    if token is None:
        return _enrolment(request, who, WRONG_CODE, 422, secret)
    answer = RedirectResponse("/", 303)
    set_token(answer, desk, token)
    make_known(answer, desk, who.viewer.user_id)
    return answer


def _password_page(request: Request, said: tuple[str, str] | None, status: int) -> Response:
    minimum = desk_of(request).settings.desk.minimum_password_chars
    return page(request, "password.html", status, said=said, minimum=minimum)


def _enrolment(
    request: Request,
    who: SignedIn,
    said: tuple[str, str] | None,
    status: int,
    secret: str | None = None,
) -> Response:
    desk = desk_of(request)
    with desk.control.reading() as session:
        if session.get_one(DeskUser, who.viewer.user_id).totp_secret:
            return RedirectResponse("/account", 303)
    secret = secret or new_secret()
    return page(
        request, "second_factor.html", status, secret=secret, sealed=desk.sealer.seal(secret),
        picture=Markup(enrolment_picture(secret, who.viewer.name)), said=said,
    )  # fmt: skip
