"""The audit log under attack: an event altered, taken out, put elsewhere, the end cut off, an older
store put in its place, the head changed or gone."""

import shutil
from pathlib import Path

import pytest
from desk_world import NOON
from sqlalchemy import text

import cli
from data.control import Control
from data.errors import StoreError
from data.home import Home
from review import audit

FREE = ("drop trigger audit_event_no_update", "drop trigger audit_event_no_delete")


def record(home: Home, *names: str) -> None:
    for name in names:
        with Control(home) as control, control.session() as session:
            audit.record(session, NOON, name, "see the queue")


def attack(home: Home, *statements: str) -> None:
    with Control(home) as control, control.session() as session:
        for each in (*FREE, *statements):
            session.execute(text(each))


def broken_at(home: Home) -> int | None:
    with Control(home) as control, control.reading() as session:
        return audit.verify(session).broken_at


@pytest.mark.parametrize(
    ("statements", "at"),
    [
        (["update audit_event set user_name = 'x' where event_id = 2"], 2),
        (["delete from audit_event where event_id = 2"], 2),
        (["update audit_event set at = '2016-06-14 11:00:00.000000' where event_id = 4"], 4),
        (["update audit_event set event_id = 9 where event_id = 2",
          "update audit_event set event_id = 2 where event_id = 3",
          "update audit_event set event_id = 3 where event_id = 9"], 2),
        (["delete from audit_event where event_id = 4"], 4),
        (["delete from audit_event where event_id > 1"], 2),
        (["delete from audit_event"], 1),
        (["insert into audit_event select 5, at, user_name, action, subject, outcome, detail, "
          "sha256, sha256 from audit_event where event_id = 4"], 5),
    ],
    ids=["altered", "taken out", "dated back", "reordered", "last cut", "end cut", "all cut",
         "forged"],
)  # fmt: skip
def test_each_way_to_change_the_log_is_found_where_it_was_done(
    home: Home, statements: list[str], at: int
) -> None:
    record(home, "a", "b", "c", "d")
    assert broken_at(home) is None
    attack(home, *statements)
    assert broken_at(home) == at


def test_a_cut_is_not_covered_up_by_what_is_recorded_after_it(home: Home) -> None:
    record(home, "a", "b", "c", "d")
    attack(home, "delete from audit_event where event_id > 2")
    record(home, "e", "f", "g", "h")
    assert broken_at(home) == 7


def test_an_older_store_in_its_place_is_found_until_it_is_accepted(
    home: Home, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    record(home, "a", "b")
    older = tmp_path / "older.sqlite"
    shutil.copy(home.control, older)
    record(home, "c")
    shutil.copy(older, home.control)
    for rest in home.path.glob("control.sqlite-*"):
        rest.unlink()
    assert broken_at(home) == 3
    assert cli.run(["--home", str(home.path), "--lang", "en", "audit", "verify"]) == 4
    assert cli.run(["--home", str(home.path), "--lang", "en", "audit", "accept"]) == 0
    capfd.readouterr()
    assert cli.run(["--home", str(home.path), "--lang", "en", "audit", "verify"]) == 0
    assert "whole: 3 events" in capfd.readouterr().out
    record(home, "d")
    assert broken_at(home) is None


@pytest.mark.parametrize("content", [None, b"", b"x", b"\xff"])
def test_a_head_that_is_gone_or_changed_is_told_and_not_made_anew(
    home: Home, content: bytes | None
) -> None:
    record(home, "a", "b")
    head = home.path / "audit.head"
    head.unlink() if content is None else head.write_bytes(content)
    record(home, "c")
    with pytest.raises(StoreError, match=r"audit\.head"):
        broken_at(home)


def test_a_change_that_is_not_committed_moves_no_head(home: Home) -> None:
    record(home, "a")
    before = (home.path / "audit.head").read_bytes()
    with (
        pytest.raises(ZeroDivisionError),
        Control(home) as control,
        control.session() as session,
    ):
        audit.record(session, NOON, "b", "see the queue")
        raise ZeroDivisionError
    assert (home.path / "audit.head").read_bytes() == before
    assert broken_at(home) is None
