"""What banks send, supervised: templates that pass, scores of duty, and a home that is whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

import cli
from data.codes import is_uscc
from data.contracts import TABLES
from data.control import Control
from data.home import Home
from data.settings import load_settings
from pipelines.intake import receive, submit
from pipelines.intake.rules import every_rule
from pipelines.scorecard import scorecard
from pipelines.verify import verify
from tests.test_intake import NOW, SUBMITTER, as_csv, entry, many, write


def test_the_template_of_all_tables_is_accepted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["template", "--out", str(tmp_path)]) == 0
    [package] = tmp_path.iterdir()
    assert len(list(package.iterdir())) == len(TABLES) + 1
    capfd.readouterr()
    assert cli.run(["check", str(package), "--format", "json"]) in (0, 1)
    [receipt] = json.loads(capfd.readouterr().out)
    assert [table["accepted"] for table in receipt["tables"]] == [1] * len(TABLES)
    assert cli.run(["template", "--out", str(tmp_path)]) == 2
    assert cli.run(["template", "no_such_table", "--out", str(tmp_path / "x")]) == 2


def filled(tmp_path: Path) -> Home:
    """A home with a replaced day, a partly rejected day, and a rejected package."""
    home = Home(tmp_path / "home").create()
    submit(write(tmp_path / "a", as_csv([entry(1)])), home)
    submit(write(tmp_path / "b", as_csv([entry(1), entry(2)]), sequence=2), home)
    submit(write(tmp_path / "c", as_csv([entry(1)]), sequence=3, total=7), home)
    bad = many({"amount_fen": "x"})
    submit(write(tmp_path / "d", bad, day=date(2016, 6, 14), total=10_000), home)
    receive(home, load_settings(None), NOW)
    return home


def test_a_home_as_it_was_left_agrees(tmp_path: Path) -> None:
    home = filled(tmp_path)
    assert verify(home, load_settings(None), repair=True) == []


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def first_lake(home: Home) -> Path:
    return sorted(home.lake.rglob("*.parquet"))[0]


def first_receipt(home: Home) -> Path:
    return sorted(home.outbox.rglob("*.receipt.json"))[0]


@pytest.mark.parametrize(
    "harm",
    [
        lambda home: flip(first_lake(home)),
        lambda home: first_lake(home).unlink(),
        lambda home: flip(first_receipt(home)),
        lambda home: first_receipt(home).unlink(),
        lambda home: (first_lake(home).parent / "made-00000009.parquet").write_bytes(b"x"),
    ],
)
def test_lake_and_receipts_are_made_again(tmp_path: Path, harm: Callable[[Home], object]) -> None:
    home = filled(tmp_path)
    before = {path: path.read_bytes() for path in home.path.rglob("*.[pj]*") if path.is_file()}
    harm(home)
    [found] = verify(home, load_settings(None), repair=False)
    assert found.outcome in ("damaged", "left over")
    [found] = verify(home, load_settings(None), repair=True)
    assert found.outcome == "repaired"
    assert verify(home, load_settings(None), repair=True) == []
    for path, content in before.items():
        if "sqlite" not in path.name:
            assert path.read_bytes() == content


@pytest.mark.parametrize("number", range(4))
def test_a_changed_archive_is_said_and_cannot_be_repaired(tmp_path: Path, number: int) -> None:
    home = filled(tmp_path)
    flip(sorted(home.archive.glob("??/*/entry.csv"))[number])
    [found] = verify(home, load_settings(None), repair=True)
    assert found.outcome == "damaged"


def test_the_command_says_what_it_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home = filled(tmp_path)
    assert cli.run(["--home", str(home.path), "verify"]) == 0
    first_receipt(home).unlink()
    assert cli.run(["--home", str(home.path), "verify"]) == 1
    assert "repaired" in capfd.readouterr().out
    flip(next(home.archive.glob("??/*/entry.csv")))
    assert cli.run(["--home", str(home.path), "verify"]) == 4


def test_the_scorecard_counts_days_lateness_and_overdue_corrections(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    home = filled(tmp_path)
    with Control(home) as control:
        submissions = control.submissions()
    days = date(2016, 6, 13), date(2016, 6, 14)
    [score] = scorecard(submissions, *days, datetime(2016, 6, 20))
    assert (score.submitter, score.expected, score.received, score.missing) == (SUBMITTER, 2, 2, ())
    assert (score.rows, score.rejected_rows, score.rejected_packages) == (1 + 2 + 101, 1, 1)
    assert score.overdue == (
        f"{SUBMITTER}-20160613-00000003",
        f"{SUBMITTER}-20160614-00000001",
    )
    [score] = scorecard(submissions, *days, datetime(2016, 6, 15))
    assert score.overdue == ()
    assert cli.run(["--home", str(home.path), "scorecard", "--format", "json"]) == 1
    assert json.loads(capfd.readouterr().out)[0]["submitter"] == SUBMITTER
    assert cli.run(["--home", str(home.path), "--lang", "zh", "scorecard"]) == 1
    assert "逾期未更正" in capfd.readouterr().out


@pytest.mark.parametrize("page", ["submitting.md", "submitting.zh-CN.md"])
def test_the_page_for_banks_names_rules_and_commands_that_exist(page: str) -> None:
    text = (Path(__file__).parents[1] / "docs" / page).read_text("utf-8")
    known = {rule.rule.replace("TABLE", table) for rule in every_rule()
             for table in ("TABLE", "ENTRY")}  # fmt: skip
    assert set(re.findall(r"R-[A-Z_]+-\d{3}", text)) <= known
    assert "913200000000000013" in text and is_uscc("913200000000000013")
