"""Attacks on the desk's accounts and its forms, each with what must come of it."""

import asyncio

import pytest
from desk_world import NOON, World
from starlette.requests import Request

from data.control import Control
from data.home import Home
from review import accounts
from review.forms import posted
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
