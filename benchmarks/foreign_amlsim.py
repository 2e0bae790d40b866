"""The published ranking on the AMLSim sample against its labels, beside simple rivals.

    python -m benchmarks.foreign_amlsim DATA_FOLDER [--home DIR]

DATA_FOLDER holds nodes.csv.gz and transactions.csv.gz. The main job runs on the transfers alone;
the labels are read here, afterwards, and nowhere else. Rivals: an isolation forest on plain degrees
and amounts, and each single feature in the direction that serves it better.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

from data.home import Home
from data.settings import load_settings
from data.store import Database
from evaluation.province import judge_night
from pipelines import intake, report
from pipelines.features import build_features
from pipelines.foreign import import_transfers
from pipelines.foreign_map import load_map

MAP = Path("docs/maps/amlsim.toml")
PLACES = (100, 500, 1000)
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Run the main job, then print the figures of the ranking and of its rivals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--home", type=Path, help="folder to work in, and to leave as it is")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = chosen.home or Path(folder)
        home = Home(place / "home").create()
        imported = import_transfers(
            chosen.data / "transactions.csv.gz", load_map(MAP), place / "packages"
        )
        for package in imported.packages:
            intake.submit(package, home)
        settings = load_settings(None)
        intake.receive(home, settings)
        judge_night(home, imported.last_date)
        ranking = report.ranking(home)
        with Database.open(home.warehouse) as db:
            features = build_features(db, settings, imported.last_date)
    labels = read_labels(chosen.data / "nodes.csv.gz")
    print(f"accounts {labels.height}, labelled {labels['guilty'].sum()}")
    joined = labels.join(ranking, on="party_id", how="left")
    show("published ranking", joined, -joined["rank"].fill_null(10**9).to_numpy().astype(float))
    transfers = pl.read_csv(chosen.data / "transactions.csv.gz")
    plain = plain_features(labels, transfers)
    scores = [
        -IsolationForest(n_estimators=300, random_state=seed).fit(plain).score_samples(plain)
        for seed in range(3)
    ]
    show("isolation forest, plain degrees and amounts", joined, np.mean(scores, axis=0))
    joined = labels.join(features, on="party_id", how="left")
    names = [name for name, kind in features.schema.items() if kind == pl.Float64]
    singles = []
    for name in names:
        values = joined[name].fill_nan(None).fill_null(joined[name].median() or 0.0).to_numpy()
        area = roc_auc_score(joined["guilty"], values)
        singles.append((max(area, 1 - area), name, values if area >= 0.5 else -values))
    for _, name, values in sorted(singles, key=lambda single: -single[0]):
        show(name, joined, values)


def read_labels(path: Path) -> pl.DataFrame:
    """Read which accounts the data calls guilty, under the parties that the import generates."""
    name = load_map(MAP).name
    return pl.read_csv(path, infer_schema_length=None).select(
        "nodeid",
        (pl.lit(f"{name}-") + pl.col("nodeid").cast(pl.String)).alias("party_id"),
        (pl.col("isFraud").cast(pl.String).str.to_lowercase().is_in(["1", "true"])).alias("guilty"),
    )


def plain_features(labels: pl.DataFrame, transfers: pl.DataFrame) -> Floats:
    """Per account: transfers, counterparties, sum and mean of the amounts, out and in."""
    columns = labels.select("nodeid")
    for own, other in (("sourceNodeId", "targetNodeId"), ("targetNodeId", "sourceNodeId")):
        facts = transfers.group_by(own).agg(
            pl.len().alias(f"{own}_count"),
            pl.col(other).n_unique().alias(f"{own}_others"),
            pl.col("value").sum().alias(f"{own}_sum"),
            pl.col("value").mean().alias(f"{own}_mean"),
        )
        columns = columns.join(facts, left_on="nodeid", right_on=own, how="left")
    return columns.drop("nodeid").fill_null(0).to_numpy().astype(np.float64)


def show(name: str, labels: pl.DataFrame, scores: Floats) -> None:
    """Print one ranking's ROC AUC, average precision and precision in its first places."""
    guilty = labels["guilty"].to_numpy()
    order = np.argsort(-scores, kind="stable")
    places = [*PLACES, int(guilty.sum())]
    precision = " ".join(f"p@{k}={guilty[order[:k]].mean():.3f}" for k in places)
    area, average = roc_auc_score(guilty, scores), average_precision_score(guilty, scores)
    print(f"{name}: roc_auc={area:.3f} average_precision={average:.3f} {precision}", flush=True)


if __name__ == "__main__":
    main()
