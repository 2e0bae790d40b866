"""The measures of an examination, on a truth and a night made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from data.settings import load_settings
from detectors.finding import Finding
from evaluation.facts import Facts, met, read_facts
from evaluation.measures import order_measures, typology_measures
from evaluation.province import Judged

NOON = datetime(2016, 6, 13, 12)
POOL = {
    "scheme_id": "S1",
    "typology": "fund_pool",
    "variant": "a",
    "parties": [
        {"party_id": "firm", "role": "organiser"},
        {"party_id": "card", "role": "pool"},
        {"party_id": "kin", "role": "beneficiary"},
    ],
    "transfers": ["t1", "t2", "t3", "t4"],
    "records": [],
    "stake_fen": 1000,
}
CAP = {
    "scheme_id": "S2",
    "typology": "borrower_cap",
    "variant": "b",
    "parties": [{"party_id": "other", "role": "organiser"}],
    "transfers": [],
    "records": [
        {"table": "loan", "institution_id": "I1", "loan_id": "7"},
        {"table": "loan", "institution_id": "I1", "loan_id": "8"},
    ],
    "stake_fen": 500,
}
NEW = {
    "scheme_id": "S3",
    "typology": "unlisted",
    "variant": "c",
    "parties": [{"party_id": "odd", "role": "organiser"}],
    "transfers": ["t9"],
    "records": [],
    "stake_fen": 10,
}
TRUTH = {"schemes": [POOL, CAP, NEW], "lookalikes": [{"party_id": "shop"}]}


def finding(
    typology: str,
    party: str,
    transfers: tuple[str, ...] = (),
    confidence: float = 0.9,
    amount_fen: int = 1000,
    accomplices: tuple[tuple[str, str], ...] = (),
) -> Finding:
    return Finding(
        typology=typology, code="P1", clause="二(一)1", party_id=party, institution_id=None,
        severity=5, confidence=confidence, amount_fen=amount_fen, first_at=NOON, last_at=NOON,
        transfers=transfers, measures={}, lookalikes=(), not_established=("", ""), text=("", ""),
        lead_office="JR", accomplices=accomplices,
    )  # fmt: skip


FINDINGS = [
    finding(
        "fund_pool",
        "firm",
        ("t1", "t2", "wrong"),
        amount_fen=900,
        accomplices=(("card", "pool"), ("kin", "shell")),
    ),
    finding("fund_pool", "shop", ("t5",), confidence=0.5),
    finding("borrower_cap", "other", ("loan:I1:7", "loan:I1:8"), amount_fen=500),
]
# Ten parties, worst first: K is five, of whom three stand in the first five.
RANKING = [("firm", 0.6), ("shop", 0.5), ("card", 0.3), ("w", 0.2), ("other", None)]
RANKING += [("x", 0.1), ("y", 0.1), ("z", 0.1), ("kin", 0.05), ("v", 0.04), ("odd", 0.02)]


def facts(ranking: list[tuple[str, float | None]] = RANKING) -> Facts:
    judged = Judged(ranking, FINDINGS, FINDINGS, {})
    return read_facts(TRUTH, judged, 1, "none", load_settings(None).score)


def test_each_typology_by_its_schemes_and_findings() -> None:
    assert typology_measures(facts()).to_dicts() == [
        {
            "level": "none",
            "typology": "borrower_cap",
            "schemes": 1,
            "recall_at_2k": 1.0,
            "recall": 1.0,
            "named": 1.0,
            "evidence_precision": 1.0,
            "evidence_recall": 1.0,
            "amount_error": 0.0,
            "roles_right": 1.0,
            "precision_at_k": 1.0,
            "lookalikes_at_k": 0.0,
            "average_precision": 1.0,
            "findings": 1,
            "false": 0,
            "calibration_error": pytest.approx(0.1),
        },
        {
            "level": "none",
            "typology": "fund_pool",
            "schemes": 1,
            "recall_at_2k": 1.0,
            "recall": 1.0,
            "named": 1.0,
            "evidence_precision": 2 / 3,
            "evidence_recall": 2 / 4,
            "amount_error": 0.1,
            "roles_right": 2 / 3,
            "precision_at_k": 1.0,
            "lookalikes_at_k": 0.0,
            "average_precision": 1.0,
            "findings": 2,
            "false": 1,
            "calibration_error": pytest.approx((0.1 + 0.5) / 2),
        },
    ]


def test_what_each_way_of_ranking_finds() -> None:
    rows = order_measures(facts()).to_dicts()
    assert [row["way"] for row in rows] == ["both", "forest", "rules"]
    both, forest, rules = rows
    assert (both["precision_at_k"], both["recall_at_2k"], both["lookalikes_at_k"]) == (
        0.6,
        0.8,
        0.2,
    )
    # The forest knows nothing of who has no transfers; rules nothing of the unlisted.
    assert (forest["recall_at_2k"], forest["unlisted_at_3k"]) == (0.8, 1.0)
    assert (rules["recall_at_2k"], rules["unlisted_at_3k"]) == (0.8, 0.0)


def test_a_record_is_met_where_table_and_key_are_named() -> None:
    scheme = {
        "transfers": ["b:a:1", "m2"],
        "records": [
            {"table": "reserve_day", "institution_id": "I1", "account_no": "9"},
            {
                "table": "holding",
                "holder_kind": "party",
                "holder_id": "h",
                "product_id": "p",
                "as_of": "2016-06-01",
            },
        ],
    }
    cited = {"m2", "reserve_day:I1:b:9:2016-06-02", "reserve_day:I1:b:9:2016-06-03"}
    assert met(scheme, {*cited, "reserve_day:I2:b:9:2016-06-03", "m3"}) == (3, 2)
    assert met(scheme, {"holding:h:p:2016-06-01"}) == (1, 1)
    assert met(scheme, {"holding:party:h:p:2016-06-01", "loan:h:p:2016-06-01"}) == (1, 1)


def test_a_subject_beyond_the_first_2k_is_missed_there_alone_and_a_holder_is_no_subject() -> None:
    late = [*((f"n{n}", 0.5) for n in range(10)), *RANKING]
    [cap, pool] = typology_measures(facts(late)).to_dicts()
    assert [(row["recall_at_2k"], row["recall"]) for row in (cap, pool)] == [(0.0, 1.0)] * 2
    card = Judged(RANKING, [replace(FINDINGS[0], party_id="card")], FINDINGS[:1], {})
    read = read_facts(TRUTH, card, 1, "none", load_settings(None).score)
    [_, missed] = typology_measures(read).to_dicts()
    assert (missed["recall"], missed["evidence_recall"], missed["named"]) == (0.0, 0.0, None)


def test_a_lookalike_before_the_scheme_costs_precision() -> None:
    turned = [("shop", 0.9), *((party, score) for party, score in RANKING if party != "shop")]
    [_, pool] = typology_measures(facts(turned)).to_dicts()
    assert [pool[name] for name in ("precision_at_k", "lookalikes_at_k", "average_precision")] == [
        0.0,
        1.0,
        0.5,
    ]
