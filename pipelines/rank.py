"""One order of suspects from findings and forest scores, with no ties; higher is worse.

Subjects of findings come first, then those that findings name beside them (organisers, holders of
accounts, beneficiaries), then whoever has none. A subject also answers, as their organiser, for
what is found at those who hold accounts for it. A party that only the forest finds unusual is
labelled "unexplained": that is a place to look, not an allegation.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from data.errors import ContractError
from data.settings import Score
from detectors.finding import Finding

SUBJECT = "subject"
# Roles in which a finding names a party beside its subject: as who is behind it, as the holder of
# accounts that it describes, or as one whom the money reached.
ORGANISER = "organiser"
HOLDERS = ("pool", "shell", "nominee")
BENEFICIARY = "beneficiary"
# The lowest score of subjects, and of those named beside them.
SUBJECTS_FROM, NAMED_FROM = 2 / 3, 1 / 3

# A refuted suspect keeps its findings, see pipelines/verdicts.py.
Label = Literal["finding", "unexplained", "refuted"]


@dataclass(frozen=True)
class Charge:
    """A finding as it concerns one party: as its subject, or in a role that it names."""

    finding: Finding
    role: str


@dataclass(frozen=True)
class Suspect:
    """A party in the order of suspicion; `score` is 0..1, from 1/3 when a finding names it,
    from 2/3 when one is about it.

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

    The score is a third of w * evidence + (1 - w) * forest score, where w is `finding_weight`, on
    top of two thirds for the subject of a finding and of one third for whoever is only named in
    one, or is the subject of priors alone; without a finding it is a third of the forest score.
    Equal scores are ordered by severity, money at stake, number of independent findings, and at
    last by the party's identifier. The order in which findings arrive does not matter.
    """
    charges = charge(findings)
    drafts = []
    for party in sorted(charges.keys() | forest_scores.keys()):
        own = tuple(sorted(charges.get(party, ()), key=lambda c: _strongest_first(c, settings)))
        drafts.append((party, own, _score(own, forest_scores.get(party), settings)))
    ordered = sorted(
        (
            Suspect(
                rank=0,
                party_id=party,
                label="finding" if own else "unexplained",
                score=score,
                forest_score=forest_scores.get(party),
                charges=own,
            )
            for party, own, score in drafts
        ),
        key=order,
    )
    return [
        Suspect(position, s.party_id, s.label, s.score, s.forest_score, s.charges)
        for position, s in enumerate(ordered, start=1)
    ]


def charge(findings: Iterable[Finding]) -> dict[str, list[Charge]]:
    """Give each finding to its subject, and to those that it names, once each, organisers first.

    What is found at a party that holds accounts for another is given to that other as well, as its
    organiser: one step, from holder to subject.

    Raises:
        ContractError: a finding names a party in an unknown role.
    """
    charges: dict[str, list[Charge]] = {}
    listed = list(findings)
    behind: dict[str, set[str]] = {}
    for finding in listed:
        charges.setdefault(finding.party_id, []).append(Charge(finding, SUBJECT))
        named: dict[str, str] = {}
        for party, role in sorted(finding.accomplices, key=_organisers_first):
            if party != finding.party_id:
                named.setdefault(party, role)
        for party, role in named.items():
            charges.setdefault(party, []).append(Charge(finding, role))
            if role in HOLDERS:
                behind.setdefault(party, set()).add(finding.party_id)
    for finding in listed:
        for party in sorted(behind.get(finding.party_id, ())):
            if all(charged.finding is not finding for charged in charges[party]):
                charges[party].append(Charge(finding, ORGANISER))
    return charges


def _organisers_first(named: tuple[str, str]) -> tuple[int, str]:
    party, role = named
    known = (ORGANISER, *HOLDERS, BENEFICIARY)
    if role not in known:
        raise ContractError(f"a finding names {party} as {role!r}; known are {', '.join(known)}")
    return known.index(role), party


def strength(charged: Charge, settings: Score) -> float:
    """Weigh one finding for one party, 0..1: confidence times severity and money at stake."""
    finding = charged.finding
    low, high = math.log(settings.amount_low_fen), math.log(settings.amount_high_fen)
    amount = (math.log(max(finding.amount_fen, 1)) - low) / max(high - low, 1e-9)
    amount = min(max(amount, 0.0), 1.0)
    weight = settings.amount_weight
    worth = finding.confidence * ((1 - weight) * finding.severity / 5 + weight * amount)
    if charged.role == SUBJECT:
        return worth
    reached = charged.role == BENEFICIARY
    return worth * (settings.beneficiary_weight if reached else settings.accomplice_weight)


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
        return unusual / 3
    accused = any(
        c.role == SUBJECT and c.finding.severity > settings.prior_severity for c in charges
    )
    lowest = SUBJECTS_FROM if accused else NAMED_FROM
    weight = settings.finding_weight
    return lowest + (weight * evidence(charges, settings) + (1 - weight) * unusual) / 3


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


def order(suspect: Suspect) -> tuple[float | str, ...]:
    """The key by which suspects are sorted, worst first; no two have the same."""
    charges = suspect.charges
    return (
        -suspect.score,
        -max((charged.finding.severity for charged in charges), default=0),
        -max((charged.finding.amount_fen for charged in charges), default=0),
        -len({(charged.finding.typology, charged.finding.institution_id) for charged in charges}),
        suspect.party_id,
    )
