"""One labelled province, simulated, submitted and judged by its last night in a folder of its own.

What the night found is kept as it was published, and the truth beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data.calibration import calibration
from data.home import Home
from data.settings import load_settings
from data.store import Database
from detectors.finding import Finding
from pipelines import intake, night
from pipelines.confidence import calibrate
from pipelines.findings_file import read_findings
from pipelines.publish import find_run
from simulator import write_province
from simulator.degradation import LEVELS

__all__ = ["LEVELS", "Judged", "Truth", "judge_night", "judge_province"]

Truth = Mapping[str, Any]

RANKING = "select party_id, forest_score from party_score order by rank"


@dataclass(frozen=True)
class Judged:
    """What a night published: every ranked party with its forest score, worst first, and findings.

    `findings` hold the confidence that was published, `stated` the same findings with that of their
    detectors.
    """

    ranking: Sequence[tuple[str, float | None]]
    findings: Sequence[Finding]
    stated: Sequence[Finding]
    stages: Mapping[str, Mapping[str, float]]


def judge_province(
    place: Path, seed: int, scale: str, days: int | None, level: str, settings: Path | None
) -> tuple[Truth, Judged]:
    """Simulate, submit and run the last night; returns the truth and what was found."""
    province, home = place / "province", Home(place / "home").create()
    if not (province / "truth.json").exists():
        write_province(province, seed=seed, scale=scale, days=days, degrade=level)
    truth = json.loads((province / "truth.json").read_text("utf-8"))
    for package in sorted((province / "packages").iterdir()):
        intake.submit(package, home)
    intake.receive(home, load_settings(settings))
    run, stated = judge_night(home, date.fromisoformat(truth["last_date"]), settings)
    with Database.open(find_run(home), read_only=True) as db:
        ranking = db.rows("ranking", RANKING)
    return truth, Judged(ranking, calibrate(stated, calibration()), stated, run.stages)


def judge_night(
    home: Home, business_date: date, settings: Path | None = None
) -> tuple[night.Recording, list[Finding]]:
    """Run one night as the flow does, without Prefect; its stages and its detectors' findings.

    A night that was published before is not run again, and gives no findings.
    """
    place, chosen = str(home.path), None if settings is None else str(settings)
    findings: list[Finding] = []
    with night.recorded(place, chosen, business_date) as run:
        if run.published is None:
            with run.stage("load"):
                night.load_warehouse(place, chosen, run.key)
            with run.stage("features"):
                features = night.measure_features(place, chosen, run.key)
            with run.stage("look_through"):
                looked = night.look_through(place, chosen, run.key)
            with run.stage("detect"):
                found = night.detect_typologies(place, chosen, run.key)
            with run.stage("publish"):
                run.published = night.publish_suspects(
                    place, chosen, run.key, features, found, looked
                )
            findings, _ = read_findings(Path(found))
    return run, findings
