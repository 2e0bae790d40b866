"""The forest: scikit-learn's own scores, additive reasons, and who is compared with whom."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import IsolationForest

from data.errors import InputError
from data.settings import Score, load_settings
from pipelines.features import FEATURES, VIEWS
from pipelines.forest import anomaly, contributions, fit, score, split, surprise, tree_count
from pipelines.forest_kernel import add_path_lengths, compress, heap_order


def small(**changes: object) -> Score:
    settings = load_settings().score
    return settings.model_copy(update={"trees_min": 30, "trees_per_party": 0.0, **changes})


def parties(count: int, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "party_no": np.arange(count),
            "party_id": [f"p{number:05d}" for number in range(count)],
            "role": ["ordinary"] * count,
            "age_band": ["old"] * count,
            "in_fen": rng.lognormal(12, 2, count),
            "payers": rng.poisson(3, count).astype(float),
            "share": rng.uniform(size=count),
            "constant": np.ones(count),
        }
    )


@pytest.mark.parametrize("sample_rows", [256, 100, 3, 2, 1])
def test_scores_equal_scikit_learn_to_the_last_bit(sample_rows: int) -> None:
    features = parties(1300)
    matrix = compress(features.select("in_fen", "payers", "share", "constant").to_numpy())
    settings = small(sample_rows=sample_rows)
    result = score(features, settings, seed=7)
    reference = IsolationForest(n_estimators=30, max_samples=sample_rows, random_state=7)
    expected = -reference.fit(matrix).score_samples(matrix)
    assert np.array_equal(anomaly(result.strata[0]), expected)
    assert np.array_equal(
        result.frame["forest_score"].to_numpy(), surprise(expected) / np.log(1301)
    )


def test_surprise_tells_how_few_are_as_odd() -> None:
    told = surprise(np.array([0.5, 0.9, 0.1, 0.5]))
    assert np.allclose(np.exp(-told), [1 - 2.5 / 5, 1 - 4 / 5, 1 - 1 / 5, 1 - 2.5 / 5])


def test_kernel_equals_a_plain_walk() -> None:
    matrix = compress(parties(50).select("in_fen", "payers", "share").to_numpy())
    forest = fit(matrix, 5, 16, seed=1)
    trees = heap_order([estimator.tree_ for estimator in forest.estimators_], 16)
    lengths = add_path_lengths(trees, matrix)
    for row, vector in enumerate(matrix):
        total = 0.0
        for tree in range(5):
            node = 0
            for _ in range(trees.depth):
                right = vector[trees.feature[tree, node]] > trees.threshold[tree, node]
                node = 2 * node + 1 + int(right)
            total += trees.leaf_path[tree, node - (2**trees.depth - 1)]
        assert total == lengths[row]


def test_contributions_add_up_to_the_path() -> None:
    result = score(parties(400), small(), seed=3)
    stratum = result.strata[0]
    expected, parts = contributions(stratum, np.arange(400))
    mean_path = stratum.path_lengths / len(stratum.trees.feature)
    assert np.allclose(expected - parts.sum(axis=1), mean_path, rtol=0, atol=1e-10)
    assert (parts[:, 3] == 0).all()  # a constant feature splits nothing


def test_the_odd_one_is_first_and_its_reason_is_named() -> None:
    features = parties(400).with_columns(
        payers=pl.when(pl.col("party_no") == 17).then(5000.0).otherwise("payers")
    )
    result = score(features, small(trees_min=200), seed=3)
    first = result.frame.sort("forest_score", descending=True).row(0, named=True)
    assert (first["party_id"], first["stratum"]) == ("p00017", "ordinary/old")
    reason = result.explain([17], 2)[17][0]
    assert (reason.feature, reason.value, reason.percentile) == ("payers", 5000.0, 1.0)
    assert result.explain([999], 2) == {}


def test_what_is_odd_in_one_view_stands_before_what_is_a_little_unusual_in_all() -> None:
    rng = np.random.default_rng(5)
    noise = {f"noise{n}": rng.normal(size=400) for n in range(20)}
    odd = pl.when(pl.col("party_no") == 17).then(9.0).otherwise("share")
    features = parties(400).with_columns(**noise).with_columns(share=odd)
    views = {"own": ["share"], "noise": list(noise)}
    alone, together = (
        score(features, small(trees_min=200), seed=3, views=chosen) for chosen in (views, None)
    )
    places = [
        result.frame.sort("forest_score", descending=True)["party_id"].to_list().index("p00017")
        for result in (alone, together)
    ]
    assert places[0] < 5 < places[1]
    assert alone.explain([17], 1)[17][0].feature == "share"
    parts = [surprise(anomaly(stratum)) for stratum in alone.strata]
    mean = (parts[0] + parts[1]) / 2 / np.log(401)
    assert np.allclose(alone.frame["forest_score"].to_numpy(), mean, rtol=0, atol=1e-15)
    with pytest.raises(InputError, match="features lack gone"):
        score(features, small(), seed=3, views={"own": ["gone"]})


def test_every_feature_stands_in_one_view() -> None:
    assert sorted(name for view in VIEWS.values() for name in view) == sorted(
        feature.name for feature in FEATURES
    )


def test_unknown_values_make_nobody_suspicious_and_are_no_reason() -> None:
    features = parties(400).with_columns(
        share=pl.when(pl.col("party_no") < 40).then(None).otherwise("share")
    )
    result = score(features, small(), seed=3)
    named = {reason.feature for row in result.explain(range(40), 9).values() for reason in row}
    assert "share" not in named
    assert result.frame["forest_score"].is_between(0, 1).all()


def test_the_same_input_gives_the_same_bits_and_another_seed_other_ones() -> None:
    one, two = (score(parties(400), small(), seed=3).frame for _ in range(2))
    assert one.equals(two)
    assert not one.equals(score(parties(400), small(), seed=4).frame)


def test_small_strata_merge_into_their_role_and_then_into_all() -> None:
    frame = pl.DataFrame(
        {
            "party_no": range(9),
            "role": ["a", "a", "a", "a", "a", "b", "b", "c", "c"],
            "age_band": ["new", "new", "new", "old", "older", "old", "new", "old", "old"],
        }
    )
    groups = [(name, rows.tolist()) for name, rows in split(frame, 2)]
    assert groups == [("a", [3, 4]), ("a/new", [0, 1, 2]), ("b", [5, 6]), ("c/old", [7, 8])]
    groups = [(name, rows.tolist()) for name, rows in split(frame, 3)]
    assert groups == [("a/new", [0, 1, 2]), ("all", [3, 4, 5, 6, 7, 8])]


def test_trees_grow_with_the_stratum() -> None:
    settings = load_settings().score
    assert [tree_count(n, settings) for n in (1, 1000, 20_000, 10**6)] == [200, 220, 600, 1000]


def test_a_missing_label_and_a_party_twice_are_errors() -> None:
    with pytest.raises(InputError, match="features lack the columns age_band; build them again"):
        score(parties(5).drop("age_band"), small(), seed=1)
    with pytest.raises(InputError, match="hold a party twice"):
        score(pl.concat([parties(5), parties(5)]), small(), seed=1)
    assert score(parties(0), small(), seed=1).frame.height == 0
