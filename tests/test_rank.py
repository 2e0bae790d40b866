"""The order of suspects: tiers, strength of evidence, ties, and the order of arrival."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ContractError
from data.settings import load_settings
from detectors.finding import Finding
from pipelines.rank import charge, rank

SETTINGS = load_settings(None).score
NOON = datetime(2016, 6, 13, 12)


def finding(
    party: str,
    *,
    typology: str = "fund_pool",
    institution: str | None = None,
    severity: int = 5,
    confidence: float = 0.9,
    amount_fen: int = 100_000_000,
    accomplices: tuple[tuple[str, str], ...] = (),
) -> Finding:
    return Finding(
        typology=typology,
        code="P1",
        clause="二(一)1",
        party_id=party,
        institution_id=institution,
        severity=severity,
        confidence=confidence,
        amount_fen=amount_fen,
        first_at=NOON,
        last_at=NOON,
        transfers=("m1",),
        measures={},
        lookalikes=(),
        not_established=("", ""),
        text=("", ""),
        lead_office="JR+YJ",
        accomplices=accomplices,
    )


def order(findings: list[Finding], scores: dict[str, float]) -> list[tuple[int, str, str]]:
    return [(s.rank, s.party_id, s.label) for s in rank(findings, scores, SETTINGS)]


def test_subjects_then_holders_then_beneficiaries_then_the_unexplained() -> None:
    named = (("kin", "beneficiary"), ("card", "pool"))
    assert order(
        [finding("firm", accomplices=named)],
        {"odd": 0.99, "firm": 0.4, "card": 0.4, "kin": 0.4, "plain": 0.3},
    ) == [
        (1, "firm", "finding"),
        (2, "card", "finding"),
        (3, "kin", "finding"),
        (4, "odd", "unexplained"),
        (5, "plain", "unexplained"),
    ]


def test_a_weak_subject_stands_above_a_strong_one_s_holders() -> None:
    strong = finding("strong", amount_fen=10**10, accomplices=(("card", "pool"),))
    weak = finding("weak", severity=2, confidence=0.2, amount_fen=0)
    assert [party for _, party, _ in order([strong, weak], {"card": 1.0})] == [
        "strong",
        "weak",
        "card",
    ]


def test_a_prior_accuses_nobody() -> None:
    strong = finding("strong", accomplices=(("card", "pool"),))
    prior = finding("named", typology="restricted_name", severity=1, confidence=0.3)
    ranked = rank([prior, strong], {"odd": 1.0}, SETTINGS)
    assert [suspect.party_id for suspect in ranked] == ["strong", "card", "named", "odd"]
    assert 1 / 3 <= ranked[2].score < 2 / 3 and ranked[2].label == "finding"


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        ({"severity": 5}, {"severity": 3}),
        ({"confidence": 0.9}, {"confidence": 0.5}),
        ({"amount_fen": 10**9}, {"amount_fen": 10**7}),
    ],
)
def test_what_makes_a_finding_stronger(stronger: dict[str, int], weaker: dict[str, int]) -> None:
    listed = order([finding("a", **weaker), finding("b", **stronger)], {})  # type: ignore[arg-type]
    assert [party for _, party, _ in listed] == ["b", "a"]


def test_equal_scores_are_ordered_by_party() -> None:
    assert order([], {"b": 0.5, "a": 0.5}) == [(1, "a", "unexplained"), (2, "b", "unexplained")]


def test_scores_stay_in_their_bands() -> None:
    findings = [finding("firm", accomplices=(("card", "shell"),))]
    ranked = rank(findings, {"firm": 1.0, "card": 1.0, "odd": 1.0}, SETTINGS)
    firm, card, odd = (suspect.score for suspect in ranked)
    assert 2 / 3 <= firm <= 1 and 1 / 3 <= card <= 2 / 3 and odd == 1 / 3


def test_a_party_named_twice_in_a_finding_is_charged_once_as_holder() -> None:
    charges = charge([finding("firm", accomplices=(("x", "beneficiary"), ("x", "pool")))])
    assert [charged.role for charged in charges["x"]] == ["pool"]


def test_a_subject_answers_for_what_is_found_at_those_who_hold_accounts_for_it() -> None:
    pool = finding("firm", accomplices=(("card", "nominee"), ("kin", "beneficiary")))
    own = finding("card", typology="layering")
    other = finding("kin", typology="layering")
    charges = charge([own, pool, other])
    assert [(c.finding.party_id, c.role) for c in charges["firm"]] == [
        ("firm", "subject"),
        ("card", "organiser"),
    ]
    assert [(c.finding.typology, c.role) for c in charges["kin"]] == [
        ("fund_pool", "beneficiary"),
        ("layering", "subject"),
    ]


def test_an_organiser_that_a_finding_names_is_charged_before_any_other_role() -> None:
    charges = charge([finding("firm", accomplices=(("x", "pool"), ("x", "organiser")))])
    assert [charged.role for charged in charges["x"]] == ["organiser"]


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ContractError, match="names x as 'friend'; known are organiser, pool"):
        charge([finding("firm", accomplices=(("x", "friend"),))])


@given(
    st.lists(
        st.builds(
            finding,
            party=st.sampled_from("abcd"),
            typology=st.sampled_from(["fund_pool", "commingling"]),
            severity=st.integers(1, 5),
            confidence=st.floats(0, 1),
            amount_fen=st.integers(0, 10**12),
        ),
        max_size=6,
    ),
    st.randoms(),
)
def test_the_order_of_arrival_does_not_matter(findings: list[Finding], random: object) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    scores = {"a": 0.5, "e": 0.7}
    assert rank(findings, scores, SETTINGS) == rank(shuffled, scores, SETTINGS)
