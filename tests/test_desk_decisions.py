"""Deciding: append-only verdicts bound to what was seen, a second person, nothing lost at once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from desk_world import NOON, Browser, World
from sqlalchemy import func, select, text

from data.control import Control
from data.desk_tables import Verdict
from data.errors import InputError, StoreError
from data.home import Home
from review import audit, decisions
from review.precision import by_typology, of_sample, wilson


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def decide(browser: Browser, party: str, verdict: str, note: str = "看过流水") -> int:
    page = browser.get(f"/suspects/{party}").text
    seen = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]  # type: ignore[index]
        for name in ("run", "version")
    }
    answer = browser.post(f"/suspects/{party}/verdicts", verdict=verdict, note=note, **seen)
    return answer.status_code


def status(world: World, party: str) -> str:
    page = world.signed_in("province").get(f"/suspects/{party}").text
    return re.search(r'class="status (\w+)"', page)[1]  # type: ignore[index]


def test_a_confirmation_holds_at_once_and_binds_to_run_model_and_evidence(world: World) -> None:
    assert decide(world.signed_in("nanjing"), "P1", "confirmed:records") == 303
    with world.desk.control.reading() as session:
        [(verdict, said)] = decisions.of_party(session, "P1")
        event = audit.newest(session, 1)[0]
    assert said is None
    assert (verdict.decision, verdict.reason, verdict.user_name, verdict.run, verdict.model) == (
        "confirmed", "records", "nanjing", "20160613-aaaaaaaaaaaaaaaa", "model",
    )  # fmt: skip
    assert verdict.evidence == (
        '[{"amount_fen": 12345600, "institution_id": null, "transfers": ["P1-in", "P1-out"], '
        '"typology": "fund_pool"}]'
    )
    assert verdict.evidence_sha256 in event.detail
    assert status(world, "P1") == "confirmed"


@pytest.mark.parametrize("verdict", ["refuted:licensed_business", "police:fraud"])
def test_refutation_and_police_need_another_person_of_the_territory(
    world: World, verdict: str
) -> None:
    first = world.signed_in("nanjing")
    assert decide(first, "P1", verdict, note="") == 409
    assert decide(first, "P1", verdict) == 303
    assert status(world, "P1") == "waiting"
    first.get("/approvals")
    assert first.post("/verdicts/1/approval", outcome="approved", note="").status_code == 409
    other = world.signed_in("xuzhou")
    assert "恒信" not in other.get("/approvals").text
    other.get("/account")
    assert other.post("/verdicts/1/approval", outcome="approved", note="").status_code == 403
    second = world.signed_in("second")
    assert "南京恒信" in second.get("/approvals").text
    assert second.post("/verdicts/1/approval", outcome="approved", note="").status_code == 303
    assert second.post("/verdicts/1/approval", outcome="declined", note="x").status_code == 409
    assert status(world, "P1") == verdict.partition(":")[0]


def test_a_declined_decision_opens_the_case_again_and_says_why(world: World) -> None:
    decide(world.signed_in("nanjing"), "P1", "refuted:bad_data")
    second = world.signed_in("province")
    second.get("/approvals")
    assert second.post("/verdicts/1/approval", outcome="declined", note="").status_code == 409
    answer = second.post("/verdicts/1/approval", outcome="declined", note="证据不足")
    assert answer.status_code == 303
    assert status(world, "P1") == "open"
    assert "证据不足" in second.get("/suspects/P1").text


def test_what_changed_since_the_page_was_shown_is_not_decided_over(world: World) -> None:
    slow, quick = world.signed_in("nanjing"), world.signed_in("province")
    slow.get("/suspects/P1")
    assert decide(quick, "P1", "confirmed:records") == 303
    answer = slow.post(
        "/suspects/P1/verdicts", verdict="more_information:bank_records", note="",
        run="20160613-aaaaaaaaaaaaaaaa", version="0",
    )  # fmt: skip
    assert answer.status_code == 409
    answer = slow.post(
        "/suspects/P1/verdicts", verdict="confirmed:records", note="", run="another", version="1"
    )
    assert answer.status_code == 409
    with world.desk.control.reading() as session:
        assert len(decisions.of_party(session, "P1")) == 1


def test_verdicts_are_never_changed_or_removed(world: World) -> None:
    decide(world.signed_in("nanjing"), "P1", "confirmed:records")
    for change in ("update verdict set decision = 'refuted'", "delete from verdict"):
        with (
            pytest.raises(StoreError, match="only added to"),
            world.desk.control.session() as session,
        ):
            session.execute(text(change))


def many_at_once(control: Control, result: object, facts: dict[str, object]) -> None:
    """Eight writers add a thousand verdicts to one case, each as the page showed it to them."""

    def write(number: int) -> None:
        while True:
            with control.reading() as session:
                version = decisions.version_of(session, "P1")
            try:
                with control.session() as session:
                    verdict = decisions.decide(
                        session, result, facts, f"u{number % 8}", NOON,  # type: ignore[arg-type]
                        decision="confirmed", reason="records", note=str(number),
                        seen_run="20160613-aaaaaaaaaaaaaaaa", seen_version=version,
                    )  # fmt: skip
                    audit.record(session, NOON, "u", "decide", f"verdict={verdict.verdict_id}")
                return
            except InputError:
                continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(1_000)))
    with control.reading() as session:
        notes = session.scalars(select(Verdict.note)).all()
        chain = audit.verify(session)
        assert sorted(map(int, notes)) == list(range(1_000))
        assert session.scalar(select(func.max(Verdict.verdict_id))) == 1_000
        assert (chain.events, chain.broken_at) == (1_000, None)
        assert decisions.version_of(session, "P1") >= 1


def test_a_thousand_verdicts_at_once_lose_none(world: World) -> None:
    result = world.desk.results.current()
    assert result is not None
    many_at_once(world.desk.control, result, result.suspect("P1"))


def test_precision_counts_the_last_verdict_that_holds(world: World) -> None:
    decide(world.signed_in("nanjing"), "P1", "more_information:bank_records")
    decide(world.signed_in("nanjing"), "P1", "confirmed:records")
    decide(world.signed_in("xuzhou"), "P5", "refuted:bad_data")
    with world.desk.control.reading() as session:
        [row] = by_typology(session)
        assert (row.name, row.confirmed, row.refuted) == ("fund_pool", 1, 0)
    second = world.signed_in("second")
    second.get("/approvals")
    second.post("/verdicts/3/approval", outcome="approved", note="")
    with world.desk.control.reading() as session:
        [row] = by_typology(session)
        assert (row.confirmed, row.refuted, row.share) == (1, 1, 0.5)
        assert of_sample(session).share is None
    assert "50 %" in second.get("/precision").text


def test_wilsons_interval_as_published() -> None:
    # Newcombe (1998), table I: 81 of 263, score method without continuity correction.
    low, high = wilson(81, 263) or (0.0, 0.0)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) is None


def test_the_sample_is_the_same_for_everyone_and_marks_its_verdicts(world: World) -> None:
    first, second = world.signed_in("province"), world.signed_in("second")
    drawn = re.findall(r'data-open="/suspects/(\w+)"', first.get("/sample").text)
    assert drawn and set(drawn) <= {"P2", "P3"}
    assert re.findall(r'data-open="/suspects/(\w+)"', second.get("/sample").text) == drawn
    assert decide(first, drawn[0], "confirmed:records") == 303
    with world.desk.control.reading() as session:
        assert of_sample(session).confirmed == 1
        assert by_typology(session) == []
