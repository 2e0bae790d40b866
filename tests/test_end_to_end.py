"""The main job through the command line: simulate, check, submit, run nights, read the suspects."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import cli
from data.contracts import TABLES
from data.control import Control
from data.errors import StoreError
from data.home import Home
from evaluation.province import judge_night
from pipelines import night
from pipelines.duty import alarms

DAYS = 12
SEED = 4


def call(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.run(list(arguments))
    out, err = capfd.readouterr()
    return code, out, err


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("province")
    arguments = ["simulate", "--out", str(place), "--seed", str(SEED), "--days", str(DAYS)]
    assert cli.run(["--home", str(place / "unused"), *arguments]) == 0
    return place


@pytest.fixture(scope="module")
def last_date(province: Path) -> date:
    return date.fromisoformat(json.loads((province / "truth.json").read_text("utf-8"))["last_date"])


@pytest.fixture(scope="module")
def home(
    province: Path, last_date: date, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("home")
    packages = [str(path) for path in sorted((province / "packages").iterdir())]
    assert cli.run(["--home", str(place), "submit", *packages]) in (0, 1)
    assert cli.run(["--home", str(place), "nightly", "--date", last_date.isoformat()]) == 0
    yield place


def suspects(home: Path, capfd: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    capfd.readouterr()
    code, out, _ = call(capfd, "--home", str(home), "suspects", "--format", "json", *options)
    assert code == 0
    listed: list[dict[str, Any]] = json.loads(out)
    return listed


def test_every_package_has_its_receipt_and_none_is_rejected(province: Path, home: Path) -> None:
    packages = {path.name for path in (province / "packages").iterdir()}
    receipts = {
        path.name.removesuffix(".receipt.json"): json.loads(path.read_text("utf-8"))["status"]
        for path in home.glob("outbox/*/*.receipt.json")
    }
    assert set(receipts) == packages
    assert set(receipts.values()) <= {"accepted", "accepted_with_warnings"}


def test_the_suspects_have_the_designed_shape_and_order(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    listed = suspects(home, capfd, "--top", "50")
    assert [suspect["rank"] for suspect in listed] == list(range(1, 51))
    assert [suspect["score"] for suspect in listed] == sorted(
        (suspect["score"] for suspect in listed), reverse=True
    )
    assert set(listed[0]) >= {
        *("rank", "party_id", "name", "kind", "division", "score", "forest_score", "findings"),
        *("lead_office", "proposed_disposal"),
    }
    assert set(listed[0]["findings"][0]) >= {
        *("typology", "clause", "institution_id", "severity", "confidence", "amount_fen"),
        *("first_at", "last_at", "transfers", "measures", "text"),
    }


def test_the_first_suspects_are_guilty_and_their_evidence_exists(
    province: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    truth = json.loads((province / "truth.json").read_text("utf-8"))
    guilty = {party["party_id"] for scheme in truth["schemes"] for party in scheme["parties"]}
    listed = suspects(home, capfd, "--top", "10")
    assert sum(suspect["party_id"] in guilty for suspect in listed) >= 9
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        known = {row[0] for row in warehouse.execute("select ref from transfer").fetchall()}
    cited = {ref for s in listed for finding in s["findings"] for ref in finding["transfers"]}
    # What a register shows is cited by its row: the table's name comes first.
    moved = {ref for ref in cited if ref.split(":")[0] not in TABLES}
    assert moved and moved <= known


def test_a_suspect_shows_why_in_both_languages(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = suspects(home, capfd, "--top", "1")[0]
    for language, word in (("en", "higher is worse"), ("zh", "越高越可疑")):
        code, out, _ = call(
            capfd, "--home", str(home), "--lang", language, "suspect", first["party_id"]
        )
        assert code == 0
        assert first["findings"][0]["clause"] in out
        assert word in out


def test_the_same_night_again_changes_nothing(
    home: Path, last_date: date, capfd: pytest.CaptureFixture[str]
) -> None:
    before = published(home)
    code, _, _ = call(capfd, "--home", str(home), "nightly", "--date", last_date.isoformat())
    assert code == 0
    assert published(home) == before
    _, out, _ = call(capfd, "--home", str(home), "runs", "--format", "json")
    assert [run["state"] for run in json.loads(out)] == ["complete"]


def test_another_home_with_the_packages_in_another_order_publishes_the_same_bytes(
    province: Path, home: Path, last_date: date, tmp_path: Path
) -> None:
    packages = [str(path) for path in sorted((province / "packages").iterdir(), reverse=True)]
    half = len(packages) // 2
    assert cli.run(["--home", str(tmp_path), "submit", *packages[:half]]) in (0, 1)
    assert cli.run(["--home", str(tmp_path), "submit", *packages[half:]]) in (0, 1)
    assert cli.run(["--home", str(tmp_path), "nightly", "--date", last_date.isoformat()]) == 0
    assert published(tmp_path) == published(home)


def test_check_shows_the_receipt_and_stores_nothing(
    province: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    package = sorted((province / "packages").iterdir())[0]
    code, out, _ = call(capfd, "--home", str(tmp_path), "check", str(package), "--format", "json")
    assert code in (0, 1)
    assert json.loads(out)[0]["package"] == package.name
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".parquet", ".json")]


def test_a_night_without_records_says_what_to_do(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capfd, "--home", str(tmp_path), "nightly", "--date", "2016-06-01")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == (
        "lookthrough: no accepted records from 2015-12-05 to 2016-06-01 (load.window_days = 180); "
        f"nothing was run; `lookthrough --home {tmp_path} submit PACKAGE...` first"
    )


def test_a_night_long_after_the_records_names_the_newest_day_of_them(
    home: Path, last_date: date, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capfd, "--home", str(home), "nightly", "--date", "2019-06-01")
    assert code == 1
    assert err.splitlines()[-1].endswith(
        f"the newest are of {last_date}: `lookthrough --home {home} nightly --date {last_date}` "
        "runs that night"
    )


def test_a_night_says_its_run_and_how_to_go_on(
    home: Path, last_date: date, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(
        capfd, "--home", str(home), "--lang", "en", "nightly", "--date", str(last_date)
    )
    named = (home / "published" / "current").read_text().strip().removesuffix(".duckdb")
    assert code == 0
    assert re.fullmatch(
        rf"run 1  {named}  for {last_date}: \d+ suspects with findings, \d+ unexplained\n", out
    )
    assert err.splitlines()[-1] == f"next: lookthrough --home {home} suspects"


def test_dates_without_records_are_passed_over_and_never_become_current(
    home: Path, last_date: date, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(home, tmp_path / "home")
    place, before = tmp_path / "home", (home / "published" / "current").read_text()
    settings = tmp_path / "settings.toml"
    settings.write_text("[load]\nwindow_days = 40\n")
    span = [last_date + timedelta(days=days) for days in (39, 40)]
    code, out, err = call(
        capfd,
        *("--home", str(place), "--lang", "en", "--settings", str(settings)),
        *("backfill", "--from", str(span[0]), "--to", str(span[1])),
    )
    assert code == 1
    assert out.startswith("run 2  ")
    said = err.splitlines()
    assert f"warning: nothing was accepted for {span[0]}" in said[-3]
    assert said[-2] == f"no records at all for {span[1]}"
    assert said[-1] == f"next: lookthrough --home {place} suspects --run 2"
    assert (place / "published" / "current").read_text() == before


def test_a_night_warns_of_who_sent_nothing(
    home: Path, last_date: date, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(home, tmp_path / "home")
    lake = tmp_path / "home" / "lake"
    gone = next(lake.glob(f"entry/date={last_date}/*.parquet")).name.rsplit("-", 1)[0]
    for path in lake.glob(f"*/date={last_date}/{gone}-*.parquet"):
        path.unlink()
    with closing(sqlite3.connect(tmp_path / "home" / "control.sqlite")) as ledger, ledger:
        ledger.execute(
            "delete from submission where submitter = ? and business_date = ?",
            (gone, str(last_date)),
        )
    code, _, err = call(
        capfd, "--home", str(tmp_path / "home"), "--lang", "en", "nightly", "--date", str(last_date)
    )
    assert code == 1
    assert f"warning: nothing was accepted for {last_date} from {gone}" in err.splitlines()


def test_suspects_into_a_path_that_cannot_be_written_are_refused(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = home / "control.sqlite" / "suspects.csv"
    code, _, err = call(
        capfd, "--home", str(home), "suspects", "--format", "csv", "--out", str(out)
    )
    assert code == 2
    assert err.startswith(f"lookthrough: cannot write {out}: ")


def test_an_interrupted_night_goes_on_to_the_same_bytes(
    home: Path, last_date: date, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home, tmp_path / "home")
    again = Home(tmp_path / "home")
    for path in again.published.iterdir():
        path.unlink()

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(night, "publish", stop)
        with pytest.raises(KeyboardInterrupt):
            judge_night(again, last_date)
    assert not list(again.published.glob("*.duckdb"))
    judge_night(again, last_date)
    assert published(again.path) == published(home)
    with Control(again) as control:
        assert [run.state for run in control.runs(last_date)][:2] == ["complete", "failed"]
    assert not list((again.path / "working").iterdir())


def test_two_nights_in_one_home_exclude_each_other(home: Path, last_date: date) -> None:
    with (
        night.recorded(str(home), None, last_date),
        pytest.raises(StoreError, match="another night runs"),
        night.recorded(str(home), None, last_date),
    ):
        pass


def test_who_did_not_submit_is_recorded(home: Path, last_date: date) -> None:
    with Control(Home(home)) as control:
        submissions = control.submissions()
        scores = control.scores(last_date)
    assert alarms(submissions, last_date) == []
    gone = submissions[-1].submitter
    left = [s for s in submissions if (s.submitter, s.business_date) != (gone, last_date)]
    assert alarms(left, last_date) == [(gone, "")]
    assert [score.submitter for score in scores] == sorted({s.submitter for s in submissions})
    assert all(json.loads(score.missing) == [] for score in scores)


def published(home: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((home / "published").glob("*.duckdb"))
    }


@pytest.mark.parametrize("direction", ["uses", "sources"])
def test_clients_money_is_followed_to_the_fen(
    home: Path, capfd: pytest.CaptureFixture[str], direction: str
) -> None:
    with closing(duckdb.connect(str(home / "warehouse.duckdb"), read_only=True)) as db:
        asked = db.execute(
            "select institution_id, sum(t.amount_fen) from account_dim a join transfer t on "
            + ("t.payer_account" if direction == "uses" else "t.payee_account")
            + " = a.account_id where a.role = 'client_custody' and t.status = 'settled' "
            "group by 1 order by 2 desc limit 1"
        ).fetchall()
    [(institution, paid)] = asked
    options = ["trace", "--institution", institution, "--direction", direction]
    totals = set()
    for convention in ("fifo", "prorata", "lifo"):
        more = ["--convention", convention, "--format", "json", "--limit", "100000"]
        code, out, err = call(capfd, "--home", str(home), *options, *more)
        assert code == 0, err
        found = json.loads(out)
        assert found["truncated"] is None
        assert sum(end["amount_fen"] for end in found["ends"]) == found["total_fen"] > 0
        for end in found["ends"]:
            assert 0 <= end["lower_fen"] <= end["amount_fen"] <= end["upper_fen"]
        totals.add(found["total_fen"])
    assert len(totals) == 1
    assert totals.pop() <= paid
    code, out, _ = call(capfd, "--home", str(home), *options, "--format", "paths", "--lang", "en")
    assert code in (0, 1)
    assert "first in first out" in out
