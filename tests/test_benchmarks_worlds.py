"""The measures on labelled provinces, on a truth and a result made by hand."""

from __future__ import annotations

from benchmarks.worlds import Cited, Result, ranking_measures, typology_measures

TRUTH = {
    "schemes": [
        {
            "typology": "fund_pool",
            "variant": "a",
            "parties": [
                {"party_id": "firm", "role": "organiser"},
                {"party_id": "card", "role": "pool"},
            ],
            "transfers": ["t1", "t2", "t3", "t4"],
        },
        {
            "typology": "fund_pool",
            "variant": "b",
            "parties": [{"party_id": "other", "role": "organiser"}],
            "transfers": ["t5", "t6"],
        },
    ],
    "lookalikes": [{"party_id": "shop"}],
}


def test_recall_counts_subjects_within_the_first_2k_and_evidence_adds_up() -> None:
    result = Result(
        ["firm", "shop", "card", "x", "y", "z", "other"],
        [
            Cited("fund_pool", "firm", frozenset({"t1", "t2", "wrong"})),
            Cited("fund_pool", "shop", frozenset({"t5"})),
            Cited("commingling", "other", frozenset({"t5", "t6"})),
        ],
    )
    assert typology_measures(TRUTH, result) == {
        "fund_pool": {
            "schemes": 2,
            "recall": 0.5,
            "missed": ["b"],
            "evidence_precision": 2 / 3,
            "evidence_recall": 2 / 6,
            "false": 1,
        }
    }
    assert ranking_measures(TRUTH, result) == {
        "guilty": 3,
        "precision_at_k": 2 / 3,
        "recall_at_2k": 2 / 3,
        "lookalikes_at_k": 1 / 3,
    }


def test_a_subject_beyond_the_first_2k_is_missed_and_a_holder_is_no_subject() -> None:
    late = Result(
        ["a", "b", "c", "d", "e", "f", "firm", "other"],
        [Cited("fund_pool", "firm", frozenset({"t1"})), Cited("fund_pool", "card", frozenset())],
    )
    assert typology_measures(TRUTH, late)["fund_pool"]["recall"] == 0
