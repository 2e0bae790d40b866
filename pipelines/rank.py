"""One order of suspects from findings and forest scores, with no ties; higher is worse.

Whoever has a finding stands above whoever has none. A party that only the forest finds unusual is
labelled "unexplained": that is a place to look, not an allegation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from data.settings import Score
from detectors.finding import Finding

SUBJECT = "subject"
# Roles in which a finding names a party as the holder of accounts that it describes.
HOLDERS = frozenset({"pool", "shell", "nominee"})

Label = Literal["finding", "unexplained"]


@dataclass(frozen=True)
class Charge:
    """A finding as it concerns one party: as its subject, or as the holder of its accounts."""

    finding: Finding
    role: str


@dataclass(frozen=True)
class Suspect:
    """A party in the order of suspicion; `score` is 0..1, and at least 0.5 with a finding.

    `charges` come strongest first; `forest_score` is None for a party that has no transfers.
    """

    rank: int
    party_id: str
    label: Label
    score: float
    forest_score: float | None
    charges: tuple[Charge, ...]


def rank(
    findings: Iterable[Finding], forest_scores: Mapping[str, float], settings: Score
) -> list[Suspect]:
    """Order every party that has a finding or a forest score, worst first, ranks from 1.

    With a finding the score is 0.5 + 0.5 * (w * evidence + (1 - w) * forest score), where w is
    `finding_weight`; without, it is half the forest score. Equal scores are ordered by severity,
    money at stake, number of independent findings, and at last by the party's identifier. The
    order in which findings arrive does not matter.
    """
    charges = charge(findings)
    drafts = []
    for party in sorted(charges.keys() | forest_scores.keys()):
        own = tuple(sorted(charges.get(party, ()), key=lambda c: _strongest_first(c, settings)))
        drafts.append((party, own, _score(own, forest_scores.get(party), settings)))
    subjects = {party: score for party, own, score in drafts if _is_subject(own)}
    ordered = sorted(
        (
            Suspect(
                rank=0,
                party_id=party,
                label="finding" if own else "unexplained",
                score=_below_subjects(own, score, subjects),
                forest_score=forest_scores.get(party),
                charges=own,
            )
            for party, own, score in drafts
        ),
        key=_order,
    )
    return [
        Suspect(position, s.party_id, s.label, s.score, s.forest_score, s.charges)
        for position, s in enumerate(ordered, start=1)
    ]


def charge(findings: Iterable[Finding]) -> dict[str, list[Charge]]:
    """Give each finding to its subject, and to the holders of the accounts that it names."""
    charges: dict[str, list[Charge]] = {}
    for finding in findings:
        charges.setdefault(finding.party_id, []).append(Charge(finding, SUBJECT))
        holders: dict[str, str] = {}
        for party, role in sorted(finding.accomplices):
            if role in HOLDERS and party != finding.party_id:
                holders.setdefault(party, role)
        for party, role in holders.items():
            charges.setdefault(party, []).append(Charge(finding, role))
    return charges


def strength(charged: Charge, settings: Score) -> float:
    """Weigh one finding for one party, 0..1: confidence times severity and money at stake."""
    finding = charged.finding
    low, high = math.log(settings.amount_low_fen), math.log(settings.amount_high_fen)
    amount = (math.log(max(finding.amount_fen, 1)) - low) / max(high - low, 1e-9)
    amount = min(max(amount, 0.0), 1.0)
    weight = settings.amount_weight
    worth = finding.confidence * ((1 - weight) * finding.severity / 5 + weight * amount)
    return worth if charged.role == SUBJECT else worth * settings.accomplice_weight


def evidence(charges: Iterable[Charge], settings: Score) -> float:
    """Join findings, 0..1: one minus the product of what each leaves open.

    Only independent findings add up: of several with one typology and one institution the
    strongest counts.
    """
    strongest: dict[tuple[str, str], float] = {}
    for charged in charges:
        key = (charged.finding.typology, charged.finding.institution_id or "")
        strongest[key] = max(strongest.get(key, 0.0), strength(charged, settings))
    left_open = 1.0
    for key in sorted(strongest):
        left_open *= 1.0 - strongest[key]
    return 1.0 - left_open


def _score(charges: tuple[Charge, ...], forest_score: float | None, settings: Score) -> float:
    unusual = forest_score or 0.0
    if not charges:
        return 0.5 * unusual
    weight = settings.finding_weight
    return 0.5 + 0.5 * (weight * evidence(charges, settings) + (1 - weight) * unusual)


def _is_subject(charges: tuple[Charge, ...]) -> bool:
    return any(charged.role == SUBJECT for charged in charges)


def _below_subjects(
    charges: tuple[Charge, ...], score: float, subjects: Mapping[str, float]
) -> float:
    """Keep a mere holder of accounts below the subject it is named with."""
    if not charges or _is_subject(charges):
        return score
    highest = max(subjects[charged.finding.party_id] for charged in charges)
    return max(0.5, min(score, 0.5 + (highest - 0.5) * 0.999))


def _strongest_first(charged: Charge, settings: Score) -> tuple[float | str, ...]:
    finding = charged.finding
    return (
        -strength(charged, settings),
        -finding.severity,
        -finding.amount_fen,
        finding.typology,
        finding.institution_id or "",
        finding.party_id,
        finding.first_at.isoformat(),
        ";".join(finding.transfers),
    )


def _order(suspect: Suspect) -> tuple[float | str, ...]:
    charges = suspect.charges
    return (
        0 if charges else 1,
        -suspect.score,
        -max((charged.finding.severity for charged in charges), default=0),
        -max((charged.finding.amount_fen for charged in charges), default=0),
        -len({(charged.finding.typology, charged.finding.institution_id) for charged in charges}),
        suspect.party_id,
    )
