"""Exports as CSV: no text is a formula, and numbers stay numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from form_files import COLUMNS_29, statement
from test_intake import BANK, taken_in, write
from test_publish import SETTINGS, key, outcome

import cli
from data.home import Home
from pipelines.inert import inert_texts
from pipelines.publish import publish
from pipelines.report import render_suspects

LINK = '=HYPERLINK("http://x")'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (LINK, "'" + LINK),
        ("=cmd|x", "'=cmd|x"),
        ("+1+cmd", "'+1+cmd"),
        ("-1-1", "'-1-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("＝1", "'＝1"),
        ("\t=1", "'\t=1"),
        ("\u200b =1", "'\u200b =1"),
        ("\rx", "'\rx"),
        ("-12", "-12"),
        ("+3.50", "+3.50"),
        ("a=1", "a=1"),
        ("", ""),
        (None, None),
    ],
)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str | None, shown: str | None) -> None:
    frame = pl.DataFrame({"text": [text], "fen": [-5]}, {"text": pl.String, "fen": pl.Int64})
    assert inert_texts(frame).rows() == [(shown, -5)]


@pytest.mark.parametrize("header", ['="交易金额"', "'=交易金额"])
def test_rejected_rows_name_no_live_column(tmp_path: Path, header: str) -> None:
    content = statement(COLUMNS_29, [{"交易金额": "x"}, {}]).decode()
    quoted = '"' + header.replace('"', '""') + '"'
    package = write(
        tmp_path, content.replace("交易金额", quoted, 1).encode(), bank_no=BANK, total=0
    )
    home = Home(tmp_path / "home").create()
    taken_in(home, package)
    [path] = home.outbox.rglob("*.rejected.csv")
    [_, row] = csv.reader(io.StringIO(path.read_text("utf-8")))
    assert row[3].removeprefix("'") == header.removeprefix("'")
    assert not [cell for cell in row if cell.startswith("=")]


@pytest.mark.parametrize(
    ("options", "out"),
    [
        ([], [["payee", "payer", "transfer"], [f"'{LINK}", "-1;'=a;'=b", "1;2;3"]]),
        (["--accounts"], [["account", "role", "count"], [f"'{LINK}", "payee", "1"]]),
    ],
)  # fmt: skip
def test_names_of_accounts_are_inert_in_csv_and_themselves_in_parquet(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], options: list[str], out: list[list[str]]
) -> None:
    source, target = tmp_path / "list.parquet", tmp_path / "out.parquet"
    pl.DataFrame({"payer": ["-1", "=a", "=b"], "payee": LINK, "amount": [1, 1, 1]}).write_parquet(
        source
    )
    command = ["patterns", "fan-in", str(source), *options]
    assert cli.run(command) == 0
    assert list(csv.reader(io.StringIO(capfd.readouterr().out))) == out
    assert cli.run([*command, "--format", "parquet", "--out", str(target)]) == 0
    assert pl.read_parquet(target).to_series().to_list() in ([LINK], [[LINK]])


def test_suspects_are_inert_in_csv_and_themselves_elsewhere(tmp_path: Path) -> None:
    place = Home(tmp_path).create()
    found = outcome(key())
    names = pl.Series("name", [LINK, "@王伟", None])
    publish(place, replace(found, parties=found.parties.with_columns(names)), SETTINGS)
    rows = list(csv.DictReader(io.StringIO(render_suspects(place, None, 3, "csv", "en").decode())))
    assert {row["party_id"]: row["name"] for row in rows} == {
        "p1": "'" + LINK, "p2": "'@王伟", "p3": ""
    }  # fmt: skip
    assert rows[0]["amount_fen"] == "123456"
    parquet = pl.read_parquet(render_suspects(place, None, 3, "parquet", "en"))
    assert LINK in parquet["name"].to_list()
