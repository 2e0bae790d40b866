"""What is published around suspects: flows by week, days, ties, names, sources of evidence."""

import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from data.control import Control, Submission
from data.home import Home
from data.store import Database
from pipelines import surroundings
from pipelines.evidence_sources import evidence_sources
from pipelines.run_key import RunKey
from pipelines.surroundings import read_surroundings

WAREHOUSE = """
create table party_dim as select * from (values
  ('S', '嫌疑', 'organisation', '320100'), ('A', '甲', 'person', null), ('B', '乙', 'person', null))
  t(party_id, name, kind, division);
create table account_dim as select * from (values
  (0, 'b', 's1', 'S'), (1, 'b', 's2', 'S'), (2, 'b', 'a', 'A'), (3, 'b', 'x', null),
  (4, 'b', 'c', 'B'))
  t(account_id, bank_no, account_no, party_id);
create table pair_day as select * from (values
  (2, 0, date '2016-06-06', 2, 500), (2, 1, date '2016-06-12', 1, 50),
  (2, 0, date '2016-06-13', 1, 7), (0, 1, date '2016-06-13', 1, 999),
  (1, 3, date '2016-06-14', 1, 40), (-1, 0, date '2016-06-14', 1, 3),
  (4, 2, date '2016-06-14', 9, 900))
  t(payer_account, payee_account, business_date, count, amount_fen);
create table relation as select * from (values
  ('A', 'S', 'shareholder', 0.6, date '2015-01-01', null),
  ('B', 'A', 'kin', null, date '2014-01-01', null),
  ('A', 'C', 'shareholder', 0.3, date '2015-01-01', date '2016-01-01'),
  ('Z', 'Y', 'controls', null, date '2015-01-01', null))
  t(from_party, to_party, kind, share, valid_from, valid_to);
"""


@pytest.fixture
def warehouse() -> Database:
    db = Database.open(None)
    for sql in WAREHOUSE.strip().split(";\n"):
        db.execute("warehouse", sql.rstrip(";"))
    return db


def test_flows_days_and_ties_of_a_suspect(warehouse: Database) -> None:
    found = read_surroundings(warehouse, ["S"], ["B"])
    monday = date(2016, 6, 6)
    assert found["flow"].rows() == [
        ("S", "in", "?", date(2016, 6, 13), 1, 3),
        ("S", "in", "A", monday, 3, 550),
        ("S", "in", "A", date(2016, 6, 13), 1, 7),
        ("S", "out", "b:x", date(2016, 6, 13), 1, 40),
    ]
    # What a suspect moves between its own accounts is no flow.
    assert found["party_day"].rows() == [
        ("S", monday, 500, 0), ("S", date(2016, 6, 12), 50, 0), ("S", date(2016, 6, 13), 7, 0),
        ("S", date(2016, 6, 14), 3, 40),
    ]  # fmt: skip
    assert found["flow_rest"].is_empty()
    # Of those next to it, only what they own or lead is followed.
    assert found["tie"].rows() == [
        ("S", 1, "A", "S", "shareholder", 0.6, date(2015, 1, 1), None),
        ("S", 2, "A", "C", "shareholder", 0.3, date(2015, 1, 1), date(2016, 1, 1)),
    ]
    assert found["party_name"].rows() == [
        ("A", "甲", "person", None), ("B", "乙", "person", None),
        ("S", "嫌疑", "organisation", "320100"),
    ]  # fmt: skip


def test_what_is_not_told_apart_is_added_up(
    warehouse: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "TOLD_APART", 1)
    found = read_surroundings(warehouse, ["S"], [])
    assert found["flow"]["other"].unique().sort().to_list() == ["A", "b:x"]
    assert found["flow_rest"].rows() == [("S", "in", 1, 1, 3)]
    whole = found["flow"]["amount_fen"].sum() + found["flow_rest"]["amount_fen"].sum()
    assert whole == 500 + 50 + 7 + 3 + 40


def test_a_shared_telephone_of_many_is_no_tie(
    warehouse: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surroundings, "MOST_SHARING", 2)
    for other in ("A", "B", "C"):
        warehouse.execute(
            "phones",
            f"insert into relation values ('{other}', 'S', 'same_phone', null, '2015-01-01', null)",
        )
    assert set(read_surroundings(warehouse, ["S"], [])["tie"]["kind"]) == {"shareholder"}


CODE, DAY = "91320000796544598E", date(2016, 6, 13)


def lake_file(home: Home, table: str, day: date, sequence: int, rows: pl.DataFrame) -> str:
    name = f"{table}/date={day}/{CODE}-{sequence:08d}.parquet"
    path = home.lake / name
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.with_columns(
        submitter=pl.lit(CODE), submitted_for=pl.lit(day),
        sequence=pl.lit(sequence, dtype=pl.Int64),
    ).write_parquet(path)  # fmt: skip
    return name


def archive(home: Home, day: date, sequence: int, files: dict[str, str]) -> None:
    package = f"{CODE}-{day:%Y%m%d}-{sequence:08d}"
    folder = home.archive / "ab" / f"ab00-{package}"
    folder.mkdir(parents=True)
    listed = [{"table": table, "name": name} for table, name in files.items()]
    (folder / "manifest.json").write_text(json.dumps({"files": listed}), "utf-8")
    with Control(home) as control:
        control.record_submission(
            Submission(
                package=package, submitter=CODE, business_date=day, sequence=sequence,
                sha256="ab00", status="accepted", received_at=datetime(2016, 6, 14), receipt="{}",
            )
        )  # fmt: skip


def test_evidence_names_package_file_and_line_of_every_side(home: Home, tmp_path: Path) -> None:
    def entry(account: str, number: str, line: int) -> dict[str, object]:
        return {"bank_no": "b", "account_no": account, "entry_no": number, "line": line}

    paths = [
        lake_file(home, "entry", DAY, 1, pl.DataFrame([entry("1", "7", 5), entry("9", "7", 6)])),
        # The payee's bank states the same entry on two days; the later one rules.
        lake_file(home, "entry", date(2016, 6, 14), 2, pl.DataFrame([entry("2", "8", 3)])),
        lake_file(home, "entry", date(2016, 6, 15), 1, pl.DataFrame([entry("2", "8", 4)])),
        lake_file(
            home, "clearing", DAY, 3,
            pl.DataFrame(
                [
                    {"match_no": "m", "payer_bank_no": "b", "payer_account_no": payer,
                     "payee_bank_no": "b", "payee_account_no": "2", "line": line}
                    for payer, line in (("9", 11), ("1", 12))
                ]
            ),
        ),
    ]  # fmt: skip
    archive(home, DAY, 1, {"entry": "流水.csv"})
    archive(home, DAY, 3, {"clearing": "clearing.parquet"})
    archive(home, date(2016, 6, 15), 1, {"entry": "camt.xml"})
    db = Database.open(None)
    db.execute(
        "accounts",
        "create table account_dim as select * from (values (0, 'b', '1'), (1, 'b', '2')) "
        "t(account_id, bank_no, account_no)",
    )
    db.execute(
        "transfers",
        "create table transfer as select * from (values "
        "('m', 'b:1:7', 'b:2:8', 'm', 0, 1), ('other', 'b:9:7', null, null, 0, 1)) "
        "t(ref, out_entry, in_entry, match_no, payer_account, payee_account)",
    )
    key = RunKey("k" * 64, DAY, tuple((path, "00") for path in paths), "s", "c", "m")
    found = evidence_sources(db, home, key, ["m", "unknown"])
    assert found.rows() == [
        ("m", "clearing", f"{CODE}-20160613-00000003", "clearing.parquet", 12),
        ("m", "payee_entry", f"{CODE}-20160615-00000001", "camt.xml", 4),
        ("m", "payer_entry", f"{CODE}-20160613-00000001", "流水.csv", 5),
    ]
    assert evidence_sources(db, home, RunKey("k", DAY, (), "s", "c", "m"), ["m"]).is_empty()
