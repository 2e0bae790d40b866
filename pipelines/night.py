"""The steps of a night, each over paths and plain values, and the ledger row that records them.

What a step makes on its way lies under ``working/<run>/`` in the home, whole or not at all, so that
an interrupted night goes on where it stopped; it is removed when the run is published.
"""

from __future__ import annotations

import fcntl
import logging
import resource
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from data.calibration import calibration
from data.control import Control
from data.durable import make_folder, put
from data.errors import InputError, LookthroughError, NoRecordsError, StoreError
from data.home import Home
from data.settings import Settings, load_settings
from data.store import Database
from detectors.context import Context
from detectors.finding import CannotConclude, Finding
from detectors.registry import detect_all
from pipelines import forest, intake, warehouse
from pipelines.confidence import calibrate
from pipelines.duty import alarms
from pipelines.evidence_sources import evidence_sources
from pipelines.features import FEATURES, VIEWS, build_features
from pipelines.findings_file import read_findings, write_findings
from pipelines.intake.package import file_hash
from pipelines.look_through import institutions_look_through
from pipelines.look_through_file import is_written, read_look_through, write_look_through
from pipelines.outcome import Outcome, gather
from pipelines.publish import publish, published_file
from pipelines.run_key import RunKey, lake_files, run_key
from pipelines.scorecard import month_before, scorecard
from pipelines.surroundings import read_surroundings
from pipelines.unjudged import unjudged
from pipelines.verdicts import read_kept, read_refutations, refutations_sha256, write_refutations

SHANGHAI = ZoneInfo("Asia/Shanghai")
REFUTATIONS = "refutations.json"

log = logging.getLogger("lookthrough.night")


@dataclass
class Recording:
    """A run while it is going on: its key, what each stage took, and at last its file."""

    key: RunKey
    published: str | None = None
    stages: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Log a stage's start, and keep its seconds and the process's peak memory after it."""
        log.info("%s %s", self.key.business_date, name)
        begun = monotonic()
        yield
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.stages[name] = {"seconds": round(monotonic() - begun, 3), "peak_mb": round(peak)}


@contextmanager
def recorded(home: str, settings: str | None, business_date: date) -> Iterator[Recording]:
    """Hold the home's night lock, and write a run's begin and end into the ledger.

    A run of the same key that is complete and whole comes back as it is: ``published`` is set.

    Raises:
        InputError: the date lies in the future.
        StoreError: another night runs in this home.
        NoRecordsError: the lake holds nothing in the window that ends with the date.
    """
    refuse_future(business_date)
    place, chosen = Home(Path(home)).create(), _settings(settings)
    with _alone(place), Control(place) as control:
        _require_records(place, chosen, business_date)
        refuted = read_refutations(control, business_date)
        key = run_key(place, chosen, business_date, refutations_sha256(refuted))
        recording = Recording(key)
        held = published_file(place, key) if control.complete_run(key.key) else None
        if held is not None:
            recording.published = str(held)
            shutil.rmtree(_working(place, key), ignore_errors=True)
            yield recording
            return
        for run in control.runs():
            if run.state == "running":
                control.fail_run(run.run_id, now(), "interrupted")
        coverage = _coverage(place, control, business_date)
        run = control.start_run(key.key, business_date, now(), coverage)
        try:
            write_refutations(_working(place, key) / REFUTATIONS, refuted)
            yield recording
        except BaseException as error:
            said = str(error) if isinstance(error, LookthroughError) else type(error).__name__
            control.fail_run(run.run_id, now(), said)
            raise
        digest = file_hash(Path(str(recording.published)))
        details = {"stages": recording.stages, "published_sha256": digest}
        control.finish_run(run.run_id, now(), Path(str(recording.published)).name, details)
        shutil.rmtree(_working(place, key), ignore_errors=True)


def receive_packages(home: str, settings: str | None) -> list[str]:
    """Take in what lies in the inbox; returns the receipts' paths."""
    place = Home(Path(home)).create()
    return [str(path) for path in intake.receive(place, _settings(settings))]


def load_warehouse(home: str, settings: str | None, key: RunKey) -> str:
    """Bring the warehouse up to the run's date; returns its path.

    Raises:
        StoreError: packages came in since the run began, so that its key no longer holds.
    """
    place, chosen = Home(Path(home)), _settings(settings)
    warehouse.load(place, chosen, key.business_date)
    if run_key(place, chosen, key.business_date, key.refuted) != key:
        raise StoreError(
            f"packages for {key.business_date} or before, or the program, changed while the "
            "night loaded; run it again to take them in"
        )
    return str(place.warehouse)


def measure_features(home: str, settings: str | None, key: RunKey) -> str:
    """Measure every party's features; returns the path of their Parquet file."""
    path = _working(Home(Path(home)), key) / "features.parquet"
    if not path.exists():
        chosen = _settings(settings)
        with _warehouse(home, chosen) as db:
            features = build_features(db, chosen, key.business_date)
        make_folder(path.parent)
        features.write_parquet(path.with_suffix(".partial"))
        put(path.with_suffix(".partial"), path)
    return str(path)


def look_through(home: str, settings: str | None, key: RunKey) -> str:
    """Follow every institution's clients' money; returns the path of the tables' folder."""
    folder = _working(Home(Path(home)), key) / "look_through"
    if not is_written(folder):
        chosen = _settings(settings)
        with _warehouse(home, chosen) as db:
            tables = institutions_look_through(Context(db, chosen, key.business_date))
        write_look_through(folder, tables)
    return str(folder)


def detect_typologies(home: str, settings: str | None, key: RunKey) -> str:
    """Run every detector; returns the path of the file of what they said."""
    path = _working(Home(Path(home)), key) / "findings.json"
    if not path.exists():
        chosen = _settings(settings)
        with _warehouse(home, chosen) as db:
            said = [*detect_all(Context(db, chosen, key.business_date)), *unjudged(db)]
        findings = [each for each in said if isinstance(each, Finding)]
        write_findings(path, findings, [e for e in said if isinstance(e, CannotConclude)])
    return str(path)


def publish_suspects(
    home: str, settings: str | None, key: RunKey, features: str, findings: str, looked: str
) -> str:
    """Score and rank the parties and publish the run's file; returns its path."""
    place, chosen = Home(Path(home)), _settings(settings)
    scored = forest.score(pl.read_parquet(features), chosen.score, chosen.score.seed, VIEWS)
    found, silent = read_findings(Path(findings))
    traced = read_look_through(Path(looked))
    words = {feature.name: (feature.zh, feature.en, feature.unit) for feature in FEATURES}
    with _warehouse(home, chosen) as db:
        said: list[Finding | CannotConclude] = [*calibrate(found, calibration()), *silent]
        refuted = read_kept(_working(place, key) / REFUTATIONS)
        outcome = gather(
            db, key, said, scored, words, chosen.score, chosen.consequences, traced, refuted
        )  # fmt: skip
        outcome = _with_surroundings(db, place, outcome)
    return str(publish(place, outcome, chosen.score).path)


def _with_surroundings(db: Database, home: Home, outcome: Outcome) -> Outcome:
    """Add what moved around the suspects, and where their evidence stands in what was sent."""
    shown = outcome.transfers
    named = {*shown["payer_party_id"].drop_nulls(), *shown["payee_party_id"].drop_nulls()}
    return replace(
        outcome,
        surroundings=read_surroundings(db, [s.party_id for s in outcome.listed], named),
        sources=evidence_sources(db, home, outcome.key, shown["transfer"]),
    )


def refuse_future(business_date: date) -> None:
    """Let no night run for a date that has not come.

    Raises:
        InputError: the date lies after today in Shanghai.
    """
    today = now().date()
    if business_date > today:
        raise InputError(f"{business_date} lies in the future; today is {today} in Shanghai")


def yesterday() -> date:
    """The business date that ended at the last midnight in Shanghai."""
    return datetime.now(SHANGHAI).date() - timedelta(days=1)


def now() -> datetime:
    """The time in Shanghai, naive, to the second."""
    return datetime.now(SHANGHAI).replace(tzinfo=None, microsecond=0)


def _require_records(home: Home, settings: Settings, business_date: date) -> None:
    days = settings.load.window_days
    first = business_date - timedelta(days=days - 1)
    held = lake_files(home, business_date)
    if held and _newest_date(held) >= first:
        return
    newest = _newest_date(held) if held else None
    remedy = (
        f"the newest are of {newest}: `lookthrough nightly --date {newest}` runs that night"
        if newest
        else "`lookthrough submit PACKAGE...` first"
    )
    raise NoRecordsError(
        f"no accepted records from {first} to {business_date} (load.window_days = {days}); "
        f"nothing was run; {remedy}"
    )


def _newest_date(files: Sequence[Path]) -> date:
    return date.fromisoformat(max(path.parent.name for path in files).removeprefix("date="))


def _coverage(home: Home, control: Control, business_date: date) -> dict[str, Any]:
    """What is missing for a date, whose scores are kept in the control store too."""
    submissions = control.submissions()
    first = month_before(business_date)
    scores = scorecard(submissions, first, business_date, now())
    control.record_scores(business_date, [score.row(business_date) for score in scores])
    missing = alarms(submissions, business_date)
    return {
        "absent_submitters": sorted({submitter for submitter, table in missing if not table}),
        "missing_tables": [[submitter, table] for submitter, table in missing if table],
        "newest_records": _newest_date(lake_files(home, business_date)).isoformat(),
    }


def _settings(path: str | None) -> Settings:
    return load_settings(Path(path) if path else None)


def _warehouse(home: str, settings: Settings) -> Database:
    load = settings.load
    return Database.open(
        Home(Path(home)).warehouse, memory_limit=load.memory_limit, threads=load.threads
    )


def _working(home: Home, key: RunKey) -> Path:
    return home.working / key.name


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    with (home.path / ".night.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(
                f"another night runs in {home.path}; wait for it, or choose another --home"
            ) from None
        yield
