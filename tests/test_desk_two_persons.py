"""The second person: another person, who judges the evidence that the verdict rests on."""

import pytest
from desk_world import DAY, SETTINGS, World, finding, outcome, run_key
from test_desk_decisions import decide, status

from data.desk_tables import DeskUser
from data.home import Home
from pipelines.publish import publish
from review import decisions


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def approve(world: World, name: str, outcome: str, note: str = "") -> int:
    browser = world.signed_in(name)
    browser.get("/approvals")
    return browser.post("/verdicts/1/approval", outcome=outcome, note=note).status_code


def test_two_accounts_of_one_person_are_one_person(world: World) -> None:
    with world.desk.control.session() as session:
        for user in session.query(DeskUser).where(DeskUser.name.in_(("province", "second"))):
            user.full_name = "王 小明" if user.name == "second" else "王小明"
    assert decide(world.signed_in("second"), "P1", "refuted:bad_data") == 303
    assert approve(world, "province", "approved") == 409
    page = world.signed_in("province").get("/approvals").text
    assert "须由另一人复核" in page and "/verdicts/1/approval" not in page
    assert approve(world, "nanjing", "approved") == 303


def test_evidence_that_changed_after_the_verdict_can_only_be_declined(world: World) -> None:
    assert decide(world.signed_in("nanjing"), "P1", "refuted:bad_data") == 303
    # The next run finds the same of P1: the verdict still rests on what there is.
    current = world.home.published / "current"
    publish(world.home, outcome(run_key(DAY, "b")), SETTINGS.score)
    current.write_text(f"20160613-{'b' * 16}.duckdb\n", "ascii")
    browser = world.signed_in("second")
    assert "证据在作出结论后已变" not in browser.get("/approvals").text
    # The one after finds twice the money.
    more = outcome(run_key(DAY, "c"), finding("P1", 246_912_00), finding("P5", 50_000_00))
    publish(world.home, more, SETTINGS.score)
    current.write_text(f"20160613-{'c' * 16}.duckdb\n", "ascii")
    assert "证据在作出结论后已变" in browser.get("/approvals").text
    assert approve(world, "second", "approved") == 409
    assert status(world, "P1") == "waiting"
    assert approve(world, "second", "declined", "金额已变") == 303
    assert status(world, "P1") == "open"


def test_what_another_has_locked_is_not_decided_by_a_third(world: World) -> None:
    first = world.signed_in("province")
    first.get("/queue")
    assert first.post("/queue/next", query="").headers["location"] == "/suspects/P1"
    assert decide(world.signed_in("nanjing"), "P1", "confirmed:records") == 409
    assert decide(first, "P1", "confirmed:records") == 303
    assert decide(world.signed_in("nanjing"), "P1", "confirmed:records") == 303


def test_note_and_assignment_between_do_not_touch_what_is_approved(world: World) -> None:
    browser = world.signed_in("nanjing")
    assert decide(browser, "P1", "police:fraud") == 303
    browser.get("/account")
    assert browser.post("/suspects/P1/notes", note="另一条").status_code == 303
    # While it waits, no other decision takes its place.
    run = "20160613-aaaaaaaaaaaaaaaa"
    with world.desk.control.reading() as session:
        version = str(decisions.version_of(session, "P1"))
    seen = {"verdict": "confirmed:records", "note": "", "run": run, "version": version}
    answer = browser.post("/suspects/P1/verdicts", **seen)
    assert answer.status_code == 409 and "已有结论待复核" in answer.text
    assert approve(world, "second", "approved") == 303
    assert status(world, "P1") == "police"
