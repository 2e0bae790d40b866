"""Foreign lists of transfers become packages that keep the specification."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from data.codes import is_cnaps, is_uscc
from data.errors import InputError, SettingsError
from pipelines.foreign import ImportReport, import_transfers
from pipelines.foreign_map import ForeignMap, load_map

MAP = """
name = "two"
[columns]
payer = "from"
payee = "to"
amount = "value"
time = "day"
[amount]
fen_per_unit = 100
[time]
meaning = "step"
origin = 2016-01-01
[fill]
opened_on = 2015-01-01
"""
ROWS = "from,to,value,day\nA,B,1.5,1\nB,C,2,0\nA,C,0.05,1\n"


def read_map(folder: Path, text: str = MAP) -> ForeignMap:
    path = folder / "map.toml"
    path.write_text(text, encoding="utf-8")
    return load_map(path)


def run(folder: Path, rows: str, text: str = MAP) -> ImportReport:
    file = folder / "rows.csv"
    file.write_text(rows, encoding="utf-8")
    return import_transfers(file, read_map(folder, text), folder / "out")


def test_a_package_per_date_with_both_legs_and_the_clearing_record(tmp_path: Path) -> None:
    report = run(tmp_path, ROWS)
    assert is_uscc(report.submitter)
    assert is_cnaps(report.bank_no)
    assert [path.name for path in report.packages] == [
        f"{report.submitter}-20160101-00000001",
        f"{report.submitter}-20160102-00000001",
    ]
    assert (report.transfers, report.accounts, report.rejected) == (3, 3, 0)
    clearing = pl.read_parquet(report.packages[1] / "clearing.parquet")
    chosen = ("match_no", "settled_at", "payer_account_no", "payee_account_no", "amount_fen")
    assert clearing.select(chosen).rows() == [
        ("two-0000000001", datetime(2016, 1, 2, 12, 0, 0, 0), "A", "B", 150),
        ("two-0000000003", datetime(2016, 1, 2, 12, 0, 0, 1), "A", "C", 5),
    ]
    entry = pl.read_parquet(report.packages[0] / "entry.parquet")
    assert entry.select(
        "account_no", "entry_no", "direction", "counterparty_account_no"
    ).rows() == [
        ("B", "two-0000000002-out", "out", "C"),
        ("C", "two-0000000002-in", "in", "B"),
    ]
    party = pl.read_parquet(report.packages[0] / "party.parquet")
    assert party["party_id"].to_list() == ["two-A", "two-B", "two-C"]
    manifest = json.loads((report.packages[1] / "manifest.json").read_text())
    assert [(file["table"], file["rows"]) for file in manifest["files"]] == [
        ("entry", 4),
        ("clearing", 2),
    ]
    assert manifest["files"][0]["amount_total"] == 310


def test_gzip_parquet_and_csv_give_the_same_packages(tmp_path: Path) -> None:
    csv = run(tmp_path, ROWS)
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(ROWS.encode()))
    parquet = tmp_path / "rows.parquet"
    pl.read_csv(ROWS.encode()).write_parquet(parquet)
    for name, file in (("gzip", packed), ("parquet", parquet)):
        other = import_transfers(file, read_map(tmp_path), tmp_path / name)
        for mine, theirs in zip(csv.packages, other.packages, strict=True):
            held = (mine / "manifest.json").read_bytes()
            assert held == (theirs / "manifest.json").read_bytes()


def test_rows_that_cannot_be_used_are_counted_and_named(tmp_path: Path) -> None:
    rows = "from,to,value,day\nA,B,1.005,1\nA,,1,1\nA,B,1,x\nA,B,1e3,1\nA,B,-1,1\nA,B,1.50,1\n"
    report = run(tmp_path, rows)
    assert (report.transfers, report.rejected) == (1, 5)
    assert (tmp_path / "out" / "rejected.csv").read_text().splitlines() == [
        "row,reason",
        "1,amount is no plain decimal of whole fen",
        "2,payer or payee is empty",
        "3,time cannot be read",
        "4,amount is no plain decimal of whole fen",
        "5,amount is no plain decimal of whole fen",
    ]


def test_times_of_another_zone_and_a_direction_column(tmp_path: Path) -> None:
    text = MAP.replace('meaning = "step"\norigin = 2016-01-01', 'meaning="timestamp"\nzone="UTC"')
    text = text.replace('time = "day"', 'time = "day"\ndirection = "way"')
    text += '[direction]\nincoming = ["in"]\n'
    rows = "from,to,value,day,way\nA,B,1,2016-01-01 20:00:00,in\nA,B,2,2016-01-01 01:00:00,out\n"
    report = run(tmp_path, rows, text)
    assert (report.first_date, report.last_date) == (date(2016, 1, 1), date(2016, 1, 2))
    clearing = pl.read_parquet(report.packages[1] / "clearing.parquet")
    assert clearing.select("settled_at", "payer_account_no").rows() == [
        (datetime(2016, 1, 2, 4), "B")
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("fen_per_unit = 100", "fen_per_unit = 0"), "amount.fen_per_unit"),
        (("opened_on = 2015-01-01", "opened_on = 2015-01-01\nrole = 'x'"), "fill.role 'x'"),
        (("origin = 2016-01-01", ""), "time.origin is needed"),
        (('name = "two"', 'name = "two"\nother = 1'), "other: Extra inputs"),
    ],
)
def test_a_map_that_does_not_fit_says_where(
    tmp_path: Path, change: tuple[str, str], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        read_map(tmp_path, MAP.replace(*change))


def test_a_missing_column_and_an_occupied_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names column 'value'; the file has from, to"):
        run(tmp_path, "from,to,day\nA,B,1\n")
    run(tmp_path, ROWS)
    with pytest.raises(InputError, match="packages of something else"):
        run(tmp_path, "from,to,value,day\nA,B,1,9\n")


@pytest.mark.parametrize("name", ["amlsim", "czech"])
def test_the_ready_maps_can_be_read(name: str) -> None:
    assert load_map(Path("docs/maps") / f"{name}.toml").name == name
