"""Isolation forests per stratum of parties: the suspicion of each, and the features that made it.

A forest score lies in 0..1 and higher is worse. It says how easily a party is told apart from
its peers, never why, and never that anything is wrong.

Each view of a party (a kind of features) has forests of its own: among all features at once what
is odd in one respect is seldom asked about, and those that are merely large lead. Views of few
features isolate faster than those of many, so that not their scores are added up but how few peers
are as odd: the logarithms of these shares, as Fisher combines tests.

References: Liu, Ting, Zhou, "Isolation Forest", ICDM 2008; Saabas, "Interpreting random forests",
2014 (the additive reading of a path); Fisher, "Statistical Methods for Research Workers", section
21.1 (combining probabilities).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.ensemble import IsolationForest

from data.errors import InputError
from data.settings import Score
from pipelines.forest_kernel import (
    Trees,
    add_contributions,
    add_path_lengths,
    compress,
    heap_order,
)

LABELS = ("party_no", "party_id", "role", "age_band")
ALL = "all"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reason:
    """One feature's part in a forest score.

    `contribution` is the number of steps by which the feature shortened (positive: more unusual)
    or lengthened the party's mean path; `percentile` is the share of its peers, 0..1, whose value
    is lower, ties counted half.
    """

    feature: str
    contribution: float
    value: float
    percentile: float


@dataclass(frozen=True)
class Stratum:
    """A forest grown on one group of peers in one view, with what it needs to explain itself.

    `columns` are the view's features by their position among all.
    """

    name: str
    view: str
    columns: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    seed: int
    trees: Trees
    matrix: npt.NDArray[np.float32]
    path_lengths: Floats


@dataclass(frozen=True)
class ForestResult:
    """Scores of every party, and the forests behind them.

    `frame` has party_no, party_id, forest_score (0..1, higher is worse) and stratum, in the order
    of the features that were scored.
    """

    frame: pl.DataFrame
    features: tuple[str, ...]
    strata: tuple[Stratum, ...]
    values: Floats
    seed: int

    def explain(self, party_nos: Iterable[int], limit: int) -> dict[int, list[Reason]]:
        """Say which features made the scores of some parties: `limit` each, strongest first.

        Only features that raised the score and whose value is known are given; a party that has
        no row among the features is left out.
        """
        numbers = self.frame.get_column("party_no").to_numpy()
        wanted = np.isin(numbers, np.fromiter(party_nos, dtype=np.int64))
        saved: dict[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]] = {}
        for stratum in self.strata:
            positions = np.flatnonzero(wanted[stratum.rows]).astype(np.int64)
            if not len(positions):
                continue
            _, parts = contributions(stratum, positions)
            whole = np.zeros((len(positions), len(self.features)))
            _, _, whole = saved.setdefault(
                stratum.name, (stratum.rows, stratum.rows[positions], whole)
            )
            whole[:, stratum.columns] += parts
        reasons: dict[int, list[Reason]] = {}
        for rows, chosen, whole in saved.values():
            peers = [np.sort(column[~np.isnan(column)]) for column in self.values[rows].T]
            for row, part in zip(chosen, whole, strict=True):
                reasons[int(numbers[row])] = self._strongest(peers, self.values[row], part, limit)
        return reasons

    def _strongest(
        self, peers: list[Floats], values: Floats, part: Floats, limit: int
    ) -> list[Reason]:
        order = sorted(range(len(self.features)), key=lambda f: (-part[f], self.features[f]))
        found: list[Reason] = []
        for feature in order:
            value = float(values[feature])
            if part[feature] <= 0 or len(found) == limit:
                break
            if np.isnan(value):
                continue
            lower = int(np.searchsorted(peers[feature], value, side="left"))
            equal = int(np.searchsorted(peers[feature], value, side="right")) - lower - 1
            percentile = (lower + equal / 2) / max(len(peers[feature]) - 1, 1)
            found.append(Reason(self.features[feature], float(part[feature]), value, percentile))
        return found


def score(
    features: pl.DataFrame,
    settings: Score,
    seed: int,
    views: Mapping[str, Sequence[str]] | None = None,
) -> ForestResult:
    """Score every party against its peers.

    `views` are kinds of features by their names; without them all features are one view. The score
    is the mean over the views of a party's surprise there, as a share of the most there could be
    if all parties were peers.

    `features` holds one row per party: party_no, party_id, role, age_band, and numeric columns,
    which are the features. A null is unknown, and takes its peers' median, so that what is missing
    makes nobody suspicious. The same rows in the same order, settings and seed give the same bits.

    Raises InputError when a label column is missing, a party has two rows, or a view names a
    feature that there is not.
    """
    missing = [name for name in LABELS if name not in features.columns]
    if missing:
        raise InputError(f"features lack the columns {', '.join(missing)}; build them again")
    if features.get_column("party_no").n_unique() != features.height:
        raise InputError("features hold a party twice; each party_no may stand once")
    names = tuple(name for name in features.columns if name not in LABELS)
    values = features.select(pl.col(names).cast(pl.Float64).fill_null(np.nan)).to_numpy()
    values = np.where(np.isfinite(values), values, np.nan)
    seen = _columns(names, views or {ALL: names})
    by_view = np.zeros((len(seen), features.height))
    labels = np.full(features.height, ALL, dtype=object)
    strata: list[Stratum] = []
    for name, rows in split(features, settings.minimum_stratum_rows):
        labels[rows] = name
        for place, (view, columns) in enumerate(seen.items()):
            chosen = values[np.ix_(rows, columns)]
            stratum = grow(name, view, rows, columns, chosen, settings, seed + len(strata))
            strata.append(stratum)
            by_view[place, rows] = surprise(anomaly(stratum))
    scores = by_view.mean(axis=0) / np.log(features.height + 1)
    frame = features.select("party_no", "party_id").with_columns(
        pl.Series("forest_score", scores, dtype=pl.Float64),
        pl.Series("stratum", labels.tolist(), dtype=pl.String),
    )
    return ForestResult(frame, names, tuple(strata), values, seed)


def _columns(
    names: Sequence[str], views: Mapping[str, Sequence[str]]
) -> dict[str, npt.NDArray[np.int64]]:
    """The positions of each view's features."""
    unknown = sorted({name for view in views.values() for name in view}.difference(names))
    if unknown:
        raise InputError(f"features lack {', '.join(unknown)}; build them again")
    return {
        view: np.asarray([names.index(name) for name in chosen], dtype=np.int64)
        for view, chosen in views.items()
    }


def split(features: pl.DataFrame, minimum: int) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Give each party its peers: its role and age band, else its role, else all that are left.

    A group of fewer than `minimum` parties merges upwards; what is left at the end stays one group
    even when it is small. Groups come sorted by name, rows ascending.
    """
    roles = [str(value) for value in features.get_column("role").to_list()]
    bands = [str(value) for value in features.get_column("age_band").to_list()]
    groups: dict[str, list[int]] = {}
    for row, (role, band) in enumerate(zip(roles, bands, strict=True)):
        groups.setdefault(f"{role}/{band}", []).append(row)
    merged: dict[str, list[int]] = {}
    for name, rows in groups.items():
        target = name if len(rows) >= minimum else name.rsplit("/", 1)[0]
        merged.setdefault(target, []).extend(rows)
    final: dict[str, list[int]] = {}
    for name, rows in merged.items():
        final.setdefault(name if len(rows) >= minimum else ALL, []).extend(rows)
    return [(name, np.asarray(sorted(final[name]), dtype=np.int64)) for name in sorted(final)]


def tree_count(peers: int, settings: Score) -> int:
    """Say how many trees a group of peers gets: the least, some more for each party, capped."""
    wanted = settings.trees_min + int(peers * settings.trees_per_party)
    return min(wanted, settings.trees_max)


def grow(
    name: str,
    view: str,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    values: Floats,
    settings: Score,
    seed: int,
) -> Stratum:
    """Grow one stratum's forest in one view and measure the path of each of its parties."""
    matrix = compress(values)
    forest = fit(matrix, tree_count(len(rows), settings), settings.sample_rows, seed)
    trees = heap_order(
        [estimator.tree_ for estimator in forest.estimators_], int(forest.max_samples_)
    )
    lengths = add_path_lengths(trees, matrix)
    return Stratum(name, view, columns, rows, seed, trees, matrix, lengths)


def fit(
    matrix: npt.NDArray[np.float32], trees: int, sample_size: int, seed: int
) -> IsolationForest:
    """Fit scikit-learn's isolation forest with a fixed seed."""
    forest = IsolationForest(
        n_estimators=trees, max_samples=min(sample_size, len(matrix)), random_state=seed
    )
    return forest.fit(matrix)


def anomaly(stratum: Stratum) -> Floats:
    """Turn path lengths into scores in 0..1, higher is worse: -score_samples, bit by bit."""
    denominator = len(stratum.trees.feature) * stratum.trees.expected_path
    if denominator == 0:
        return np.full(len(stratum.path_lengths), 0.5)
    return np.asarray(2 ** (-(stratum.path_lengths / denominator)), dtype=np.float64)


def surprise(anomalies: Floats) -> Floats:
    """Minus the logarithm of the share of peers that are at least as odd, ties counted half.

    Of n peers the oddest has log(n + 1), one in the middle log(2).
    """
    count = len(anomalies)
    ranks = pl.Series(anomalies).rank("average").to_numpy()
    return np.asarray(np.log((count + 1) / (count + 1 - ranks)), dtype=np.float64)


def contributions(stratum: Stratum, positions: npt.NDArray[np.int64]) -> tuple[float, Floats]:
    """Split mean path lengths over the features, for rows given by position inside the stratum.

    Returns the mean path expected before any split and, per row and feature, the steps saved:
    expected - sum of a row's contributions = the row's mean path length.
    """
    parts = add_contributions(stratum.trees, np.ascontiguousarray(stratum.matrix[positions]))
    count = len(stratum.trees.feature)
    expected = float(stratum.trees.node_path[:, 0].sum()) / count
    return expected, parts / count
