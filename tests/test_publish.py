"""Published files: whole, immutable, the same bytes, and named current."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from rich.cells import cell_len

from data.control import Control
from data.errors import NotFoundError
from data.home import Home
from data.settings import load_settings
from data.store import Database
from detectors.finding import CannotConclude, Finding, Lookalike, Measure
from pipelines.forest import Reason
from pipelines.outcome import Outcome
from pipelines.publish import find_run, is_whole, publish, published_file
from pipelines.rank import rank
from pipelines.report import render_suspect, render_suspects, suspects
from pipelines.run_key import RunKey, run_key

SETTINGS = load_settings(None).score
NOON = datetime(2016, 6, 13, 12)
FINDING = Finding(
    typology="fund_pool",
    code="P1",
    clause="二(一)1",
    party_id="p1",
    institution_id=None,
    severity=5,
    confidence=0.9,
    amount_fen=123_456,
    first_at=NOON,
    last_at=NOON,
    transfers=("m1", "bank:acc:2"),
    measures={"payers": Measure(60, 50, "persons")},
    lookalikes=(Lookalike("rents", True, "不是房租", "no rents"),),
    not_established=("未证实", "not established"),
    text=("资金池", "a pool"),
    lead_office="JR+YJ",
    accomplices=(("p2", "pool"),),
)
GAP = CannotConclude("self_financing", "p1", None, ("loan",), ("无标的", "no loans"))


def key(day: date = date(2016, 6, 13), name: str = "a", came: date | None = None) -> RunKey:
    return RunKey(
        name * 64,
        day,
        ((f"entry/date={came or day}/x-00000001.parquet", "00"),),
        "settings",
        "code",
        "model",
    )


def outcome(chosen: RunKey) -> Outcome:
    ranking = tuple(rank([FINDING], {"p1": 0.6, "p2": 0.5, "p3": 0.7}, SETTINGS))
    return Outcome(
        key=chosen,
        seed=1,
        ranking=ranking,
        listed=ranking,
        strata={"p1": "all", "p2": "all", "p3": "all"},
        forests=(("all", 3, 10, 1),),
        reasons={"p3": [Reason("payers", 0.5, 60.0, 0.99)]},
        cannot_conclude=(GAP,),
        parties=pl.DataFrame(
            {
                "party_id": ["p1", "p2", "p3"],
                "kind": ["organisation", "person", "person"],
                "name": ["恒信", "王伟", None],
                "division": ["320100", None, None],
            }
        ),
        licences={},
        transfers=pl.DataFrame(
            {
                "transfer": ["m1"],
                "booked_at": [NOON],
                "amount_fen": [100],
                "channel": ["book"],
                "purpose": [None],
                "payer_bank_no": ["b"],
                "payer_account_no": ["1"],
                "payer_party_id": ["p2"],
                "payee_bank_no": ["b"],
                "payee_account_no": ["2"],
                "payee_party_id": ["p1"],
            },
            schema_overrides={"purpose": pl.String},
        ),
        words={"payers": ("付款方数", "payers", "parties")},
    )


def home(place: Path) -> Home:
    return Home(place).create()


def test_a_file_is_whole_named_current_and_the_same_bytes_anywhere(tmp_path: Path) -> None:
    files = [publish(home(tmp_path / name), outcome(key()), SETTINGS).path for name in "ab"]
    assert [file.name for file in files] == ["20160613-aaaaaaaaaaaaaaaa.duckdb"] * 2
    assert files[0].read_bytes() == files[1].read_bytes()
    assert is_whole(files[0])
    assert find_run(home(tmp_path / "a")) == files[0]


def test_a_run_published_before_is_reused_and_a_damaged_one_written_again(tmp_path: Path) -> None:
    place = home(tmp_path)
    first = publish(place, outcome(key()), SETTINGS)
    good = first.path.read_bytes()
    assert publish(place, outcome(key()), SETTINGS).reused
    torn = bytearray(good)
    torn[300_000:600_000] = bytes(300_000)
    first.path.write_bytes(bytes(torn))
    assert published_file(place, key()) is None
    again = publish(place, outcome(key()), SETTINGS)
    assert not again.reused
    assert again.path.read_bytes() == good
    assert first.path.with_name(first.path.name + ".damaged").exists()


def test_an_earlier_date_never_becomes_current(tmp_path: Path) -> None:
    place = home(tmp_path)
    newest = publish(place, outcome(key()), SETTINGS).path
    older = publish(place, outcome(key(date(2016, 6, 1), "b")), SETTINGS).path
    assert find_run(place) == newest
    assert find_run(place, "bbbb") == older
    with pytest.raises(NotFoundError, match=r"'2016' fits several runs"):
        find_run(place, "2016")
    with pytest.raises(NotFoundError, match="fits no published run"):
        find_run(place, "c")


def test_a_run_for_whose_date_nothing_came_in_is_not_named_current(tmp_path: Path) -> None:
    place = home(tmp_path)
    empty = publish(place, outcome(key(date(2016, 6, 20), "b", date(2016, 6, 13))), SETTINGS).path
    with pytest.raises(NotFoundError, match=r"no run is current.*20160620-b"):
        find_run(place)
    good = publish(place, outcome(key()), SETTINGS).path
    assert find_run(place) == good
    assert find_run(place, "b") == empty


def test_a_number_names_the_run_of_the_ledger(tmp_path: Path) -> None:
    place = home(tmp_path)
    first = publish(place, outcome(key(name="2")), SETTINGS).path
    second = publish(place, outcome(key(date(2016, 6, 14), "3")), SETTINGS).path
    with Control(place) as control:
        for path in (first, second):
            run = control.start_run("k", date(2016, 6, 13), NOON, {})
            control.finish_run(run.run_id, NOON, path.name, {})
    assert find_run(place, "1") == first
    assert find_run(place, "2") == second
    assert find_run(place, "22") == first
    with pytest.raises(NotFoundError, match="fits no published run"):
        find_run(place, "7")


def test_a_published_file_can_be_read_while_the_next_is_written(tmp_path: Path) -> None:
    place = home(tmp_path)
    first = publish(place, outcome(key()), SETTINGS).path
    with Database.open(first, read_only=True) as reader:
        publish(place, outcome(key(date(2016, 6, 14), "b")), SETTINGS)
        assert reader.rows("runs", "select run from run") == [("20160613-aaaaaaaaaaaaaaaa",)]


def test_suspects_come_back_as_they_were_ranked(tmp_path: Path) -> None:
    place = home(tmp_path)
    path = publish(place, outcome(key()), SETTINGS).path
    with Database.open(path, read_only=True) as db:
        listed = suspects(db, 10)
    assert [(s["rank"], s["party_id"], len(s["findings"])) for s in listed] == [
        (1, "p1", 1),
        (2, "p2", 1),
        (3, "p3", 0),
    ]
    [finding] = listed[0]["findings"]
    assert finding["transfers"] == ["m1", "bank:acc:2"]
    assert finding["measures"]["payers"]["value"] == 60
    assert finding["text"] == {"zh": "资金池", "en": "a pool"}
    assert finding["first_at"] == "2016-06-13 12:00:00"
    assert listed[0]["lead_office"] == "JR+YJ"


def test_the_list_for_programs_keeps_its_keys_and_adds_label_and_role(tmp_path: Path) -> None:
    path = publish(home(tmp_path), outcome(key()), SETTINGS).path
    with Database.open(path, read_only=True) as db:
        listed = suspects(db, 10)
    assert list(listed[0]) == [
        *("rank", "party_id", "name", "kind", "division", "score", "forest_score", "findings"),
        *("lead_office", "proposed_disposal", "label", "role", "consequences"),
    ]
    assert list(listed[0]["findings"][0]) == [
        *("typology", "clause", "institution_id", "severity", "confidence", "amount_fen"),
        *("first_at", "last_at", "transfers", "measures", "text", "role", "own_part"),
    ]
    assert [(s["label"], s["role"]) for s in listed] == [
        ("finding", "subject"),
        ("finding", "pool"),
        ("unexplained", None),
    ]
    assert [s["findings"][0]["own_part"] for s in listed[:2]] == [
        None,
        {"received_fen": 0, "paid_fen": 100, "transfers": ["m1"]},
    ]


def test_an_accomplice_shows_its_role_and_its_own_part(tmp_path: Path) -> None:
    place = home(tmp_path)
    publish(place, outcome(key()), SETTINGS)
    text = render_suspect(place, "a", "p2", "text", "en", "lookthrough --home here")
    assert text.splitlines()[3:13] == [
        "P1 fund pool  二(一)1  severity 5/5, confidence 0.90",
        "  holder of a pool account; the subject is 恒信 p1; own part: received 0.00 yuan, "
        "paid 1.00 yuan, 1 transfer",
        "  of the subject p1: a pool",
        "  the finding in full: lookthrough --home here suspect p1 --run a",
        "  not established: not established",
        "  evidence of its part, 1 of 2 transfers:",
        "    m1  2016-06-13 12:00:00  b:1 → b:2  1.00 yuan",
        "",
        "where to look next:",
        "  its largest transfer: m1  2016-06-13 12:00:00  b:1 → b:2  1.00 yuan",
    ]
    assert "1,234.56" not in text
    facts = json.loads(render_suspect(place, None, "p2", "json", "en"))
    assert facts["money_at_stake_fen"] == 100


def test_a_measure_and_its_line_are_in_words(tmp_path: Path) -> None:
    place = home(tmp_path)
    publish(place, outcome(key()), SETTINGS)
    english = render_suspect(place, None, "p1", "text", "en").splitlines()
    assert "  natural persons who paid in: 60 persons (line 50)" in english
    chinese = render_suspect(place, None, "p1", "text", "zh").splitlines()
    assert "  付款自然人：60 人（界限 50）" in chinese
    assert "P1 资金池  二(一)1  严重程度 5/5，置信度 0.90，1,234.56 元，主体" in chinese


def test_what_cannot_be_judged_stands_below_the_list(tmp_path: Path) -> None:
    place = home(tmp_path)
    publish(place, outcome(key()), SETTINGS)
    table = render_suspects(place, None, 3, "table", "en", "lookthrough --home here").decode()
    assert table.splitlines()[-3:] == [
        "one suspect in full: lookthrough --home here suspect PARTY",
        "cannot conclude:",
        "  no loans  p1",
    ]
    assert max(map(cell_len, table.splitlines())) == 118
    assert "…" not in table


def test_who_has_no_finding_is_unexplained_and_no_allegation(tmp_path: Path) -> None:
    place = home(tmp_path)
    publish(place, outcome(key()), SETTINGS)
    text = render_suspect(place, None, "p3", "text", "en")
    assert "unexplained: differs from its peers; this is no allegation" in text
    assert "payers 60 parties, above 99.0 % of its peers" in text
    with pytest.raises(NotFoundError):
        render_suspect(place, None, "nobody", "text", "en")


def test_the_key_changes_with_inputs_settings_and_date_only(tmp_path: Path) -> None:
    place = home(tmp_path)
    file = place.lake / "entry" / "date=2016-06-13" / "x-00000001.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"1")
    later = file.parents[1] / "date=2016-06-20" / file.name
    later.parent.mkdir()
    later.write_bytes(b"later")
    settings, day = load_settings(None), date(2016, 6, 13)
    first = run_key(place, settings, day)
    assert run_key(place, settings, day) == first
    later.write_bytes(b"changed")
    assert run_key(place, settings, day) == first
    other = tmp_path / "other.toml"
    other.write_text("[score]\nseed = 7\n")
    assert run_key(place, load_settings(other), day).key != first.key
    assert run_key(place, settings, date(2016, 6, 14)).key != first.key
    file.write_bytes(b"22")
    assert run_key(place, settings, day).key != first.key
