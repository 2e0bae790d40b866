"""Attacks on the desk's accounts and its forms, each with what must come of it."""

import asyncio
from datetime import timedelta

import pytest
from desk_world import NOON, PASSWORD, World
from starlette.requests import Request

from data.control import Control
from data.home import Home
from review import accounts
from review.forms import posted
from review.limits import network
from review.signed_in import Refused


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


@pytest.mark.parametrize("spelt", ["admin", "Admin", "ADMIN", "%20admin", "admin%20"])
def test_an_administrator_cannot_lock_out_the_last_one_however_it_is_spelt(
    world: World, spelt: str
) -> None:
    browser = world.signed_in("admin")
    for change in ("disable", "reset"):
        assert browser.post(f"/accounts/{spelt}/{change}").status_code == 422
    assert browser.get("/accounts").status_code == 200


def test_the_first_password_cannot_be_kept(world: World) -> None:
    with Control(world.home) as control, control.session() as session:
        first = accounts.add(session, NOON, "new", "新人", "city", "320500")
    browser = world.browser()
    browser.post("/login", name="new", password=first)
    browser.get("/account/password")
    assert browser.post("/account/password", present=first, new=first).status_code == 422
    assert browser.get("/queue").headers["location"] == "/account/password"


def request(world: World, headers: dict[str, str], chunks: list[bytes | None]) -> Request:
    """A posted form whose body comes in chunks; after None nothing more ever comes."""
    held = iter(chunks)

    async def receive() -> dict[str, object]:
        chunk = next(held)
        if chunk is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": chunk, "more_body": True}

    kind = {"content-type": "application/x-www-form-urlencoded", **headers}
    scope = {
        "type": "http", "method": "POST", "path": "/login", "query_string": b"", "app": world.app,
        "headers": [(name.encode(), value.encode()) for name, value in kind.items()],
    }  # fmt: skip
    return Request(scope, receive)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": "7", "transfer-encoding": "chunked"}, 411),
        ({"transfer-encoding": "chunked"}, 411),
        ({"content-length": "-1"}, 411),
        ({"content-length": "99999999999"}, 413),
    ],
)
def test_a_body_whose_length_is_not_known_or_too_large_is_not_read(
    world: World, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(posted(request(world, headers, []), 1_000))
    assert caught.value.status == status


def test_a_form_that_never_ends_is_given_up(world: World) -> None:
    settings = world.desk.settings
    world.desk.settings = settings.model_copy(
        update={"desk": settings.desk.model_copy(update={"form_seconds": 0.01})}
    )
    with pytest.raises(Refused) as caught:
        asyncio.run(posted(request(world, {"content-length": "9"}, [b"a=", None]), 1_000))
    assert caught.value.status == 408


def test_who_guesses_from_elsewhere_cannot_keep_the_owner_out(world: World) -> None:
    """The account stays locked, and its name's log-ins used up, for a whole day."""
    owner = world.signed_in("nanjing")
    owner.post("/logout")
    attacker = world.browser()
    for _ in range(4):
        codes = {
            attacker.post("/login", name="nanjing", password="x").status_code for _ in range(25)
        }
        assert 429 in codes
        # Even the right password opens nothing from there.
        assert attacker.post("/login", name="nanjing", password=PASSWORD).status_code != 303
        owner.sign_in("nanjing")
        owner.post("/logout")
        world.at += timedelta(hours=6)


def test_a_known_browser_has_tries_of_its_own_and_no_more(world: World) -> None:
    browser = world.signed_in("nanjing")
    browser.post("/logout")
    for _ in range(5):
        assert browser.post("/login", name="nanjing", password="x").status_code == 401
    assert browser.post("/login", name="nanjing", password=PASSWORD).status_code == 401
    # Elsewhere the account is not locked by it.
    assert world.browser().post("/login", name="nanjing", password=PASSWORD).status_code == 303
    world.at += timedelta(minutes=16)
    browser.sign_in("nanjing")


def test_a_browser_is_known_for_one_account_alone(world: World) -> None:
    browser = world.signed_in("nanjing")
    browser.post("/logout")
    stranger = world.browser()
    for _ in range(5):
        stranger.post("/login", name="xuzhou", password="x")
    assert browser.post("/login", name="xuzhou", password=PASSWORD).status_code == 401
    # Nor does a cookie that another key sealed, or one sealed for something else, open anything.
    for value in ("x", world.desk.sealer.seal("known browser|1|6"), world.desk.sealer.seal("a|b")):
        forged = world.browser()
        forged.client.cookies.set("lookthrough-known", value)
        assert forged.post("/login", name="xuzhou", password=PASSWORD).status_code == 401


def test_the_present_password_cannot_be_guessed_from_a_log_in_left_open(world: World) -> None:
    browser = world.signed_in("nanjing")
    fields = {"new": "another good password"}
    for _ in range(5):
        answer = browser.post("/account/password", present="x", **fields)
        assert answer.status_code == 422
    answer = browser.post("/account/password", present=PASSWORD, **fields)
    assert answer.headers["location"] == "/login"
    assert world.browser().post("/login", name="nanjing", password=PASSWORD).status_code == 303


def test_one_subscriber_of_ipv6_is_one_address() -> None:
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::1") == "2001:db8:1:2::"
    assert network("2001:db8:1:3::1") != network("2001:db8:1:2::1")
    assert network("192.0.2.7") == "192.0.2.7" and network("testclient") == "testclient"
