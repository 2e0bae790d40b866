"""Signing in to the desk: password and code, lock, sessions that end, forms of other sites."""

import hashlib
import re
from datetime import timedelta

import pytest
from desk_world import NOON, PASSWORD, SECRET, World
from sqlalchemy import text

from data.control import Control
from data.errors import StoreError
from data.home import Home
from review import accounts, audit


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def test_password_and_code_lead_in_and_the_cookie_is_out_of_reach(world: World) -> None:
    browser = world.browser()
    assert browser.get("/queue").headers["location"] == "/login?next=/queue"
    answer = browser.post("/login", name="nanjing", password=PASSWORD)
    assert answer.headers["location"] == "/login/code"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
    # The password alone opens nothing.
    assert browser.get("/queue").headers["location"] == "/login/code"
    browser.get("/login/code")
    before = dict(browser.client.cookies)
    assert browser.post("/login/code", code=browser.code()).headers["location"] == "/"
    assert dict(browser.client.cookies) != before
    assert browser.get("/queue").status_code == 200


def test_a_code_works_once_and_never_late(world: World) -> None:
    first = world.signed_in("nanjing")
    code = first.code()
    second = world.browser()
    second.post("/login", name="nanjing", password=PASSWORD)
    second.get("/login/code")
    assert second.post("/login/code", code=code).status_code == 401
    world.at += timedelta(minutes=2)
    assert second.post("/login/code", code=code).status_code == 401


def test_five_wrong_passwords_lock_the_account_for_a_while(world: World) -> None:
    browser = world.browser()
    answers = [browser.post("/login", name="nanjing", password=f"wrong {n}") for n in range(5)]
    assert {answer.status_code for answer in answers} == {401}
    locked = browser.post("/login", name="nanjing", password=PASSWORD)
    assert locked.status_code == 401
    # What is said does not tell whether there is such an account.
    nobody = browser.post("/login", name="nobody", password=PASSWORD)
    assert locked.text == nobody.text
    world.at += timedelta(minutes=15)
    assert browser.post("/login", name="nanjing", password=PASSWORD).status_code == 303


def test_log_ins_from_one_address_are_limited(world: World) -> None:
    browser = world.browser()
    codes = [browser.post("/login", name=f"n{n}", password="x").status_code for n in range(22)]
    assert codes[:20] == [401] * 20
    assert 429 in codes[20:]


def test_log_ins_end_by_rest_by_age_and_when_revoked(world: World) -> None:
    browser = world.signed_in("nanjing")
    for _ in range(3):
        world.at += timedelta(minutes=29)
        assert browser.get("/account").status_code == 200
    world.at += timedelta(minutes=31)
    assert browser.get("/account").status_code == 303
    old = world.signed_in("nanjing")
    other = world.signed_in("nanjing")
    assert other.post("/account/log-ins/end").status_code == 303
    assert old.get("/account").headers["location"] == "/login?next=/account"
    assert other.get("/account").status_code == 200
    for _ in range(25):
        world.at += timedelta(minutes=29)
        other.get("/account")
    assert other.get("/account").status_code == 303


def test_signing_out_ends_the_log_in_itself(world: World) -> None:
    browser = world.signed_in("nanjing")
    cookies = dict(browser.client.cookies)
    assert browser.post("/logout").status_code == 303
    thief = world.browser()
    for name, value in cookies.items():
        thief.client.cookies.set(name, value)
    assert thief.get("/account").status_code == 303


def test_a_token_given_beforehand_is_not_taken_over(world: World) -> None:
    browser = world.browser()
    browser.client.cookies.set("lookthrough", "chosen-by-another", "testserver.local", "/")
    browser.sign_in("nanjing")
    assert browser.client.cookies["lookthrough"] != "chosen-by-another"
    thief = world.browser()
    thief.client.cookies.set("lookthrough", "chosen-by-another", "testserver.local", "/")
    assert thief.get("/account").status_code == 303


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_what_another_site_sends_is_refused(world: World, site: str) -> None:
    browser = world.signed_in("nanjing")
    browser.client.headers["sec-fetch-site"] = site
    assert browser.post("/account/log-ins/end").status_code == 403


def test_an_old_browser_is_judged_by_origin_and_without_one_refused(world: World) -> None:
    browser = world.signed_in("nanjing")
    del browser.client.headers["sec-fetch-site"]
    assert browser.post("/account/log-ins/end").status_code == 403
    browser.client.headers["origin"] = "https://evil.example"
    assert browser.post("/account/log-ins/end").status_code == 403
    browser.client.headers["origin"] = "http://testserver"
    assert browser.post("/account/log-ins/end").status_code == 303


def test_a_form_without_the_token_of_this_log_in_is_refused(world: World) -> None:
    browser, other = world.signed_in("nanjing"), world.signed_in("xuzhou")
    for token in ("", "x", other.token):
        browser.token = token
        assert browser.post("/account/log-ins/end").status_code == 403


def test_no_address_of_another_place_is_followed_after_signing_in(world: World) -> None:
    for bad in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"):
        browser = world.browser()
        page = browser.get("/login?next=" + bad)
        assert 'name="next" value="/"' in page.text


def test_a_first_log_in_changes_the_password_and_enrols_a_second_factor(world: World) -> None:
    with Control(world.home) as control, control.session() as session:
        first = accounts.add(session, NOON, "new", "新人", "city", "320500")
    browser = world.browser()
    browser.post("/login", name="new", password=first)
    assert browser.get("/queue").headers["location"] == "/account/password"
    browser.get("/account/password")
    for bad in ("short", "password1234", "new-new-new-new", "aaaaaaaaaaaaaaa"):
        assert browser.post("/account/password", present=first, new=bad).status_code == 422
    assert browser.post("/account/password", present="x", new=PASSWORD).status_code == 422
    assert browser.post("/account/password", present=first, new=PASSWORD).status_code == 303
    assert browser.get("/queue").headers["location"] == "/account/second-factor"
    page = browser.get("/account/second-factor").text
    assert "<svg" in page and SECRET not in page


def test_every_answer_carries_the_guards(world: World) -> None:
    for path in ("/login", "/nowhere", "/queue", "/static/desk.css"):
        headers = world.browser().get(path).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert world.browser().get("/login").headers["cache-control"] == "no-store"


def test_browsers_keep_files_under_the_address_of_their_content(world: World) -> None:
    browser = world.browser()
    linked = re.findall(r'(?:href|src)="(/static/desk[^"]+)"', browser.get("/login").text)
    assert [address.partition("?")[0] for address in linked] == [
        "/static/desk.css", "/static/desk.js",
    ]  # fmt: skip
    css = browser.get(linked[0])
    assert hashlib.sha256(css.content).hexdigest()[:12] == linked[0].partition("?v=")[2]
    assert css.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "cache-control" not in browser.get("/static/desk.css").headers
    assert (
        browser.get("/static/none.css?v=1").headers.get("cache-control")
        != (css.headers["cache-control"])
    )


def test_the_audit_log_is_a_chain_that_breaks_where_it_was_touched(world: World) -> None:
    world.signed_in("nanjing").get("/queue")
    with world.desk.control.reading() as session:
        whole = audit.verify(session)
        events = audit.newest(session, 3)
    assert whole.broken_at is None
    assert whole.events >= 5
    assert whole.last_sha256 == events[0].sha256
    assert (events[0].user_name, events[0].action, events[0].outcome, events[0].detail) == (
        "nanjing", "see the queue", "granted", "GET /queue",
    )  # fmt: skip
    with (
        pytest.raises(StoreError, match="only added to"),
        world.desk.control.session() as session,
    ):
        session.execute(text("update audit_event set user_name = 'x' where event_id = 2"))
    with world.desk.control.session() as session:
        session.execute(text("drop trigger audit_event_no_update"))
        session.execute(text("update audit_event set user_name = 'x' where event_id = 2"))
    with world.desk.control.reading() as session:
        assert audit.verify(session).broken_at == 2


def test_what_fails_unexpectedly_is_logged_without_anyones_data_and_keeps_the_guards(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("南京恒信 6100000005414")

    browser = world.signed_in("province")
    monkeypatch.setattr("review.pages.suspect.sentence", fails)
    answer = browser.get("/suspects/P1?secret=1")
    assert answer.status_code == 500
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "6100000005414" not in answer.text
    [record] = [each for each in caplog.records if each.name == "lookthrough.desk"]
    assert record.getMessage().startswith("GET /suspects/{party}: RuntimeError at test_desk_sign")
    assert "恒信" not in caplog.text and "secret" not in record.getMessage()
