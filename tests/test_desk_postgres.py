"""The control store on PostgreSQL: the same schema, the same guards, nothing lost at once."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from desk_world import World
from postgres_server import postgres
from sqlalchemy import create_engine, text
from test_desk_decisions import decide, many_at_once, status

from data.control import Control
from data.desk_tables import metadata
from data.errors import StoreError
from data.home import Home
from review import audit


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with postgres() as address:
        monkeypatch.setenv("LOOKTHROUGH_CONTROL_URL", address)
        yield address


def test_the_desk_works_on_postgresql(address: str, home: Home) -> None:
    world = World(home)
    assert not home.control.exists()
    engine = create_engine(address)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    assert decide(world.signed_in("nanjing"), "P1", "refuted:bad_data") == 303
    second = world.signed_in("province")
    second.get("/approvals")
    assert second.post("/verdicts/1/approval", outcome="approved", note="").status_code == 303
    assert status(world, "P1") == "refuted"
    # PostgreSQL holds no text with NUL: what cannot be is not there, and the log says who asked.
    for path in ("/suspects/%00", "/submitter/receipts/%00", "/queue?text=%00&assignee=%00"):
        assert second.get(path).status_code in (200, 404), path
    assert second.post("/login", name="\0", password="\0").status_code == 401
    assert second.post("/suspects/P1/notes", note="a\0b").status_code == 422
    with world.desk.control.reading() as session:
        assert audit.verify(session).broken_at is None
        assert "party=?" in {event.subject for event in audit.newest(session, 20)}
    with (
        pytest.raises(StoreError, match="only added to"),
        world.desk.control.session() as session,
    ):
        session.execute(text("update audit_event set user_name = 'x'"))
    world.desk.control.close()


def test_a_thousand_verdicts_at_once_lose_none_on_postgresql(address: str, home: Home) -> None:
    world = World(home)
    result = world.desk.results.current()
    assert result is not None
    many_at_once(world.desk.control, result, result.suspect("P1"))
    world.desk.control.close()


def test_an_address_of_another_kind_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, home: Home
) -> None:
    for url in ("mysql://u:secret@h/d", "nonsense", "postgresql+psycopg://u:secret@127.0.0.1:1/d"):
        monkeypatch.setenv("LOOKTHROUGH_CONTROL_URL", url)
        with pytest.raises(StoreError) as caught:
            Control(home)
        assert "secret" not in str(caught.value)
