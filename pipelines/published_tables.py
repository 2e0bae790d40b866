"""The tables of a published file: their columns, and their rows from what a run found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from data.settings import Score
from detectors.finding import Finding
from pipelines.disposal import Proposal, lead_office, proposed_disposal
from pipelines.outcome import Outcome
from pipelines.own_part import Moved, own_part
from pipelines.rank import SUBJECT, Charge, Suspect

TEXT, WHOLE, REAL, FLAG, DAY, TIME = "varchar", "bigint", "double", "boolean", "date", "timestamp"
ARROW = {
    TEXT: pa.string(),
    WHOLE: pa.int64(),
    REAL: pa.float64(),
    FLAG: pa.bool_(),
    DAY: pa.date32(),
    TIME: pa.timestamp("us"),
}

# In the order in which they are written; rows of each stand in the order of its first columns.
COLUMNS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "run": {
            "run": TEXT, "run_key": TEXT, "business_date": DAY, "seed": WHOLE,
            "settings_sha256": TEXT, "code_sha256": TEXT, "model": TEXT,
        },
        "run_input": {"path": TEXT, "sha256": TEXT},
        "coverage": {
            "table_name": TEXT, "submitter": TEXT, "days": WHOLE, "first_date": DAY,
            "last_date": DAY, "missing_days": WHOLE,
        },
        "reconciliation": {
            "business_date": DAY, "payer_bank_no": TEXT, "payee_bank_no": TEXT, "kind": TEXT,
            "count": WHOLE, "amount_fen": WHOLE,
        },
        "institution": {
            "institution_id": TEXT, "party_id": TEXT, "name": TEXT, "kind": TEXT,
        },
        "institution_source": {
            "institution_id": TEXT, "convention": TEXT, "stage": TEXT, "kind": TEXT,
            "amount_fen": WHOLE, "share": REAL,
        },
        "institution_use": {
            "institution_id": TEXT, "convention": TEXT, "stage": TEXT, "kind": TEXT,
            "amount_fen": WHOLE, "share": REAL, "least_fen": WHOLE, "most_fen": WHOLE,
            "chance_fen": WHOLE,
        },
        "institution_return": {
            "institution_id": TEXT, "returned_fen": WHOLE, "others_least_fen": WHOLE,
            "others_most_fen": WHOLE,
        },
        "institution_missing": {
            "institution_id": TEXT, "basis": TEXT, "as_of": DAY, "owed_fen": WHOLE,
            "held_fen": WHOLE, "missing_fen": WHOLE,
        },
        "forest": {"stratum": TEXT, "parties": WHOLE, "trees": WHOLE, "seed": WHOLE},
        "suspect": {
            "rank": WHOLE, "party_id": TEXT, "name": TEXT, "kind": TEXT, "division": TEXT,
            "label": TEXT, "score": REAL, "forest_score": REAL, "stratum": TEXT,
            "findings": WHOLE, "amount_fen": WHOLE, "lead_office": TEXT,
            "proposed_disposal": TEXT,
        },
        "finding": {
            "finding_id": WHOLE, "typology": TEXT, "code": TEXT, "clause": TEXT,
            "party_id": TEXT, "institution_id": TEXT, "severity": WHOLE, "confidence": REAL,
            "amount_fen": WHOLE, "first_at": TIME, "last_at": TIME, "lead_office": TEXT,
            "text_zh": TEXT, "text_en": TEXT, "not_established_zh": TEXT,
            "not_established_en": TEXT,
        },
        "consequence": {
            "rank": WHOLE, "party_id": TEXT, "grounds_zh": TEXT, "grounds_en": TEXT,
            "city": TEXT, "county": TEXT, "base_fen": WHOLE, "penalty_fen": WHOLE,
            "reward_fen": WHOLE,
        },
        "tip": {
            "rank": WHOLE, "party_id": TEXT, "tip_id": TEXT, "named_by": TEXT,
            "received_at": TIME, "typology": TEXT, "amount_fen": WHOLE, "subject_text": TEXT,
        },
        "returned": {"party_id": TEXT, "verdict_id": WHOLE, "text_zh": TEXT, "text_en": TEXT},
        "charge": {"rank": WHOLE, "position": WHOLE, "party_id": TEXT, "finding_id": WHOLE,
                   "role": TEXT},
        "accomplice": {"finding_id": WHOLE, "position": WHOLE, "party_id": TEXT, "role": TEXT},
        "evidence": {
            "finding_id": WHOLE, "position": WHOLE, "transfer": TEXT, "booked_at": TIME,
            "amount_fen": WHOLE, "channel": TEXT, "purpose": TEXT, "payer_bank_no": TEXT,
            "payer_account_no": TEXT, "payer_party_id": TEXT, "payee_bank_no": TEXT,
            "payee_account_no": TEXT, "payee_party_id": TEXT,
        },
        "evidence_source": {
            "transfer": TEXT, "side": TEXT, "package": TEXT, "file": TEXT, "line": WHOLE,
        },
        "flow": {
            "party_id": TEXT, "direction": TEXT, "other": TEXT, "week": DAY, "transfers": WHOLE,
            "amount_fen": WHOLE,
        },
        "flow_rest": {
            "party_id": TEXT, "direction": TEXT, "others": WHOLE, "transfers": WHOLE,
            "amount_fen": WHOLE,
        },
        "party_day": {"party_id": TEXT, "day": DAY, "in_fen": WHOLE, "out_fen": WHOLE},
        "tie": {
            "party_id": TEXT, "distance": WHOLE, "from_party": TEXT, "to_party": TEXT,
            "kind": TEXT, "share": REAL, "valid_from": DAY, "valid_to": DAY,
        },
        "party_name": {"party_id": TEXT, "name": TEXT, "kind": TEXT, "division": TEXT},
        "measure": {
            "finding_id": WHOLE, "position": WHOLE, "name": TEXT, "value": REAL,
            "threshold": REAL, "unit": TEXT,
        },
        "lookalike": {
            "finding_id": WHOLE, "position": WHOLE, "name": TEXT, "passed": FLAG, "zh": TEXT,
            "en": TEXT,
        },
        "forest_reason": {
            "rank": WHOLE, "position": WHOLE, "party_id": TEXT, "feature": TEXT, "zh": TEXT,
            "en": TEXT, "unit": TEXT, "value": REAL, "percentile": REAL, "contribution": REAL,
        },
        "cannot_conclude": {
            "position": WHOLE, "typology": TEXT, "party_id": TEXT, "institution_id": TEXT,
            "missing": TEXT, "text_zh": TEXT, "text_en": TEXT,
        },
        "party_score": {
            "rank": WHOLE, "party_id": TEXT, "score": REAL, "forest_score": REAL,
            "stratum": TEXT,
        },
    }
)  # fmt: skip

Row = tuple[Any, ...]


def published_tables(outcome: Outcome, settings: Score) -> dict[str, pa.Table]:
    """Write an outcome as tables, in the order of COLUMNS; the same outcome gives the same rows."""
    findings = _numbered(outcome.listed)
    key = outcome.key
    ranks = {s.party_id: s.rank for s in outcome.listed}
    rows: dict[str, Iterable[Row]] = {
        "run": [
            (key.name, key.key, key.business_date, outcome.seed, key.settings, key.code, key.model)
        ],
        "run_input": key.inputs,
        "coverage": coverage(key.inputs),
        "reconciliation": outcome.reconciliation.rows(),
        **{name: table.rows() for name, table in outcome.look_through.items()},
        **{name: table.rows() for name, table in outcome.surroundings.items()},
        "evidence_source": outcome.sources.rows(),
        "returned": [(r.party_id, r.verdict_id, *r.text) for r in outcome.returned],
        "forest": outcome.forests,
        "suspect": _suspects(outcome, settings),
        "finding": [_finding(number, finding) for number, finding in findings.values()],
        "consequence": _consequences(outcome, settings),
        "tip": sorted((ranks[tip[0]], *tip) for tip in outcome.tips.rows()),
        "charge": [
            (s.rank, n, s.party_id, findings[_identity(charged.finding)][0], charged.role)
            for s in outcome.listed
            for n, charged in enumerate(s.charges, start=1)
        ],
        "accomplice": [
            (number, n, party, role)
            for number, finding in findings.values()
            for n, (party, role) in enumerate(finding.accomplices, start=1)
        ],
        "evidence": _evidence(outcome, findings.values()),
        "measure": [
            (number, n, name, float(m.value), _real(m.threshold), m.unit)
            for number, finding in findings.values()
            for n, (name, m) in enumerate(finding.measures.items(), start=1)
        ],
        "lookalike": [
            (number, n, test.name, test.passed, test.zh, test.en)
            for number, finding in findings.values()
            for n, test in enumerate(finding.lookalikes, start=1)
        ],
        "forest_reason": [
            (s.rank, n, s.party_id, r.feature, *_words(outcome, r.feature), r.value, r.percentile,
             r.contribution)
            for s in outcome.listed
            for n, r in enumerate(outcome.reasons.get(s.party_id, ()), start=1)
        ],
        "cannot_conclude": [
            (n, gap.typology, gap.party_id, gap.institution_id, ";".join(gap.missing), *gap.text)
            for n, gap in enumerate(outcome.cannot_conclude, start=1)
        ],
        "party_score": [
            (s.rank, s.party_id, s.score, s.forest_score, outcome.strata.get(s.party_id))
            for s in outcome.ranking
        ],
    }  # fmt: skip
    return {name: _table(columns, rows[name]) for name, columns in COLUMNS.items()}


def create_sql(name: str) -> str:
    """Return the statement that creates a published table."""
    columns = ", ".join(f'"{column}" {kind}' for column, kind in COLUMNS[name].items())
    return f'create table "{name}" ({columns})'


def coverage(inputs: Iterable[tuple[str, str]]) -> list[Row]:
    """Count, per table and submitter, the days that came in and those missing between them."""
    days = []
    for path, _ in inputs:
        table, day, file = path.split("/")
        days.append((table, file.split("-")[0], date.fromisoformat(day.removeprefix("date="))))
    rows: list[Row] = []
    for (table, submitter), group in groupby(sorted(set(days)), key=lambda row: row[:2]):
        dates = [day for _, _, day in group]
        missing = (dates[-1] - dates[0]).days + 1 - len(dates)
        rows.append((table, submitter, len(dates), dates[0], dates[-1], missing))
    return rows


def _table(columns: Mapping[str, str], rows: Iterable[Row]) -> pa.Table:
    transposed = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pa.table(
        [
            pa.array(cells, ARROW[kind])
            for cells, kind in zip(transposed, columns.values(), strict=True)
        ],
        names=list(columns),
    )


def _numbered(suspects: Iterable[Suspect]) -> dict[Row, tuple[int, Finding]]:
    """Number each finding once, in the order in which the suspects show it."""
    found: dict[Row, Finding] = {}
    for suspect in suspects:
        for charged in suspect.charges:
            found.setdefault(_identity(charged.finding), charged.finding)
    return {name: (n, found[name]) for n, name in enumerate(found, start=1)}


def _identity(finding: Finding) -> Row:
    return (
        finding.typology, finding.institution_id, finding.party_id, finding.first_at,
        finding.last_at, finding.amount_fen, finding.transfers,
    )  # fmt: skip


def _finding(number: int, finding: Finding) -> Row:
    return (
        number, finding.typology, finding.code, finding.clause, finding.party_id,
        finding.institution_id, finding.severity, finding.confidence, finding.amount_fen,
        finding.first_at, finding.last_at, finding.lead_office, *finding.text,
        *finding.not_established,
    )  # fmt: skip


def at_stake(charged: Charge, party_id: str, moved: Mapping[str, Moved]) -> int:
    """The money at stake for a party: the finding's for its subject, else what passed the party."""
    if charged.role == SUBJECT:
        return charged.finding.amount_fen
    transfers = charged.finding.transfers
    return max(own_part(party_id, (moved[ref] for ref in transfers if ref in moved)))


def _moved(outcome: Outcome) -> dict[str, Moved]:
    rows = outcome.transfers.select("transfer", "payer_party_id", "payee_party_id", "amount_fen")
    return {ref: (payer, payee, fen) for ref, payer, payee, fen in rows.iter_rows()}


def _suspects(outcome: Outcome, settings: Score) -> list[Row]:
    moved = _moved(outcome)
    known = {
        row[0]: row for row in outcome.parties.select("party_id", "name", "kind", "division").rows()
    }
    rows = []
    for s in outcome.listed:
        findings = [charged.finding for charged in s.charges]
        _, name, kind, division = known.get(s.party_id, (s.party_id, None, None, None))
        proposal = _proposal(outcome, s, settings)
        amount = max((at_stake(c, s.party_id, moved) for c in s.charges), default=None)
        rows.append(
            (s.rank, s.party_id, name, kind, division, s.label, s.score, s.forest_score,
             outcome.strata.get(s.party_id), len(findings), amount, lead_office(findings),
             proposal.disposal if proposal else None)
        )  # fmt: skip
    return rows


def _proposal(outcome: Outcome, suspect: Suspect, settings: Score) -> Proposal | None:
    findings = [charged.finding for charged in suspect.charges]
    day = outcome.key.business_date
    return proposed_disposal(findings, suspect.party_id, outcome.licences, day, settings)


def _consequences(outcome: Outcome, settings: Score) -> list[Row]:
    rows: list[Row] = []
    for s in outcome.listed:
        drawn = outcome.consequences.get(s.party_id)
        if drawn is not None:
            proposal = _proposal(outcome, s, settings)
            grounds = (proposal.zh, proposal.en) if proposal else (None, None)
            rows.append(
                (s.rank, s.party_id, *grounds, drawn.city, drawn.county, drawn.base_fen,
                 drawn.penalty_fen, drawn.reward_fen)
            )  # fmt: skip
    return rows


def _evidence(outcome: Outcome, findings: Iterable[tuple[int, Finding]]) -> list[Row]:
    columns = list(COLUMNS["evidence"])[2:]
    known = {row[0]: row for row in outcome.transfers.select(columns).rows()}
    unknown = (None,) * (len(columns) - 1)
    return [
        (number, n, *known.get(ref, (ref, *unknown)))
        for number, finding in findings
        for n, ref in enumerate(finding.transfers, start=1)
    ]


def _words(outcome: Outcome, feature: str) -> tuple[str, str, str]:
    return outcome.words.get(feature, (feature, feature, ""))


def _real(value: float | None) -> float | None:
    return None if value is None else float(value)
