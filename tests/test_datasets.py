"""The main job on data that others made; skipped where the data is not beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.foreign_amlsim import read_labels
from data.home import Home
from data.settings import load_settings
from evaluation.province import judge_night
from pipelines import intake, report
from pipelines.foreign import import_transfers
from pipelines.foreign_map import load_map

DATASETS = Path(__file__).resolve().parents[2] / "shared" / "datasets"


def ranked(place: Path, file: Path, name: str) -> Home:
    if not file.exists():
        pytest.skip(f"{file} is absent")
    imported = import_transfers(file, load_map(Path(f"docs/maps/{name}.toml")), place / "out")
    home = Home(place / "home").create()
    for package in imported.packages:
        intake.submit(package, home)
    receipts = intake.receive(home, load_settings(None))
    assert len(receipts) == len(imported.packages)
    judge_night(home, imported.last_date)
    return home


def test_guilty_accounts_of_the_amlsim_sample_rank_high(tmp_path: Path) -> None:
    data = DATASETS / "amlsim_20k"
    ranking = report.ranking(ranked(tmp_path, data / "transactions.csv.gz", "amlsim"))
    both = read_labels(data / "nodes.csv.gz").join(ranking, on="party_id")
    assert both.height > 19_000
    assert roc_auc_score(both["guilty"], -both["rank"]) > 0.8


def test_the_czech_transfers_are_ranked_without_an_accusation(tmp_path: Path) -> None:
    file = DATASETS / "czech_transfers" / "transfers.csv.gz"
    ranking = report.ranking(ranked(tmp_path, file, "czech"))
    assert ranking.height > 2_000
    assert ranking["score"].max() < 1 / 3  # type: ignore[operator]
