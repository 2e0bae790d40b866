"""What was refuted stands back, and returns only on new or materially greater evidence."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from desk_world import DAY, SETTINGS, finding, outcome, run_key

from data.control import Control
from data.desk_tables import Verdict, VerdictApproval
from data.home import Home
from pipelines import night
from pipelines.publish import publish
from pipelines.rank import rank
from pipelines.report import render_suspect, render_suspects
from pipelines.verdicts import (
    Judged,
    Refutation,
    evidence_sha256,
    evidence_text,
    read_kept,
    read_refutations,
    refutations_sha256,
    stand_back,
    write_refutations,
)

NOON = datetime(2016, 6, 14, 12)
JUDGED = (Judged("fund_pool", None, 100_000, ("a", "b")),)
REFUTED = [Refutation("P1", 7, "2016-06-13", JUDGED)]


def after(*findings: object) -> tuple[list[tuple[str, str, float]], list[tuple[str, str]]]:
    ranked = rank(findings, {"P1": 0.6, "P5": 0.3, "P9": 0.9}, SETTINGS.score)  # type: ignore[arg-type]
    ordered, back = stand_back(ranked, REFUTED, SETTINGS.score)
    assert [s.rank for s in ordered] == list(range(1, len(ordered) + 1))
    return (
        [(s.party_id, s.label, round(s.score, 3)) for s in ordered if s.party_id != "P2"],
        [(each.party_id, each.text[1]) for each in back],
    )


def test_the_same_evidence_stands_back_behind_what_nobody_refuted() -> None:
    same = finding("P1", 100_000, transfers=("a", "b"))
    ordered, back = after(same, finding("P5"))
    assert [(party, label) for party, label, _ in ordered] == [
        ("P5", "finding"), ("P9", "unexplained"), ("P1", "refuted"),
    ]  # fmt: skip
    assert ordered[-1][2] == 0.2
    assert back == []


def test_more_money_counts_only_with_transfers_that_were_not_judged() -> None:
    recount = finding("P1", 150_000, transfers=("a", "b"))
    assert after(recount)[1] == []
    below = finding("P1", 149_999, transfers=("a", "b", "c"))
    assert after(below)[1] == []
    greater = finding("P1", 150_000, transfers=("a", "b", "c"))
    assert after(greater)[1] == [
        ("P1", "P1 (fund pool) grew from 1,000.00 to 1,500.00 yuan, with 1 new transfer")
    ]
    assert after(greater)[0][0][:2] == ("P1", "finding")


def test_another_typology_or_institution_is_new_evidence() -> None:
    other = finding("P1", 5_000, typology="self_financing", code="P4", transfers=("a",))
    assert after(other)[1] == [("P1", "a new finding P4 (self financing), 50.00 yuan")]
    elsewhere = finding("P1", 5_000, institution_id="I", transfers=("a",))
    assert after(elsewhere)[1] == [("P1", "a new finding P1 (fund pool), 50.00 yuan")]


def verdict(party: str, decision: str, day: date = DAY) -> Verdict:
    text = evidence_text(JUDGED)
    return Verdict(
        party_id=party, decision=decision, reason="x", note="", user_name="a", at=NOON, run="r",
        business_date=day, model="m", rank=1, score=0.9, sampled=False, evidence=text,
        evidence_sha256=evidence_sha256(text),
    )  # fmt: skip


def test_a_refutation_counts_when_a_second_person_approved_it_and_until_another_verdict(
    home: Home,
) -> None:
    with Control(home) as control:
        with control.session() as session:
            for party in ("P1", "P2", "P3"):
                session.add(verdict(party, "refuted"))
            session.add(verdict("P4", "confirmed"))
            session.flush()
            for number, outcome in ((1, "approved"), (2, "declined")):
                session.add(
                    VerdictApproval(
                        verdict_id=number, outcome=outcome, note="", user_name="b", at=NOON
                    )
                )
        assert read_refutations(control, DAY) == []
        later = date(2016, 6, 14)
        assert read_refutations(control, later) == [Refutation("P1", 1, "2016-06-13", JUDGED)]
        with control.session() as session:
            session.add(verdict("P1", "more_information"))
        assert read_refutations(control, later) == []


def test_what_a_run_began_with_is_kept_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "refutations.json"
    assert read_kept(path) == []
    write_refutations(path, REFUTED)
    assert read_kept(path) == REFUTED
    assert refutations_sha256([]) == ""
    assert refutations_sha256(REFUTED) == refutations_sha256(read_kept(path))


def test_the_hash_of_evidence_does_not_depend_on_its_order() -> None:
    one, two = JUDGED[0], Judged("self_financing", "I", 5, ("z",))
    turned = Judged("fund_pool", None, 100_000, ("b", "a"))
    assert evidence_text([one, two]) == evidence_text([two, turned])
    assert evidence_text([one]) != evidence_text([two])


def test_who_was_refuted_is_shown_so_and_behind_the_others(home: Home) -> None:
    same = finding("P1", 100_000, transfers=("P1-in", "P1-out"))
    ranked = rank([same, finding("P5")], {"P1": 0.6, "P5": 0.3}, SETTINGS.score)
    judged = (Judged("fund_pool", None, 100_000, ("P1-in", "P1-out")),)
    refuted = [Refutation("P1", 7, "2016-06-13", judged)]
    ordered, _ = stand_back(ranked, refuted, SETTINGS.score)
    found = outcome(run_key(), same, finding("P5"))
    held = replace(found, ranking=tuple(ordered), listed=tuple(ordered))
    publish(home, held, SETTINGS.score)
    table = render_suspects(home, None, 5, "table", "en").decode()
    assert table.index("P5") < table.index("refuted by investigators before")
    text = render_suspect(home, None, "P1", "text", "zh")
    assert "此前已由办案人员排除，没有新的或明显更强的证据" in text
    assert "此前已由办案人员排除" not in render_suspect(home, None, "P5", "text", "zh")


def test_a_night_begins_with_the_refutations_of_earlier_dates_and_its_key_says_so(
    home: Home,
) -> None:
    later = date(2016, 6, 14)
    file = home.lake / "entry" / f"date={later}" / "91320000796544598E-00000001.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"1")

    def begun() -> tuple[str, list[Refutation]]:
        with (
            pytest.raises(RuntimeError, match="stop"),
            night.recorded(str(home.path), None, later) as run,
        ):
            kept = read_kept(home.working / run.key.name / "refutations.json")
            key = run.key.key
            raise RuntimeError("stop")
        return key, kept

    without, none = begun()
    assert none == []
    with Control(home) as control, control.session() as session:
        session.add(verdict("P1", "refuted"))
        session.flush()
        session.add(
            VerdictApproval(verdict_id=1, outcome="approved", note="", user_name="b", at=NOON)
        )
    key, kept = begun()
    assert key != without
    assert kept == [Refutation("P1", 1, "2016-06-13", JUDGED)]
    assert begun() == (key, kept)
