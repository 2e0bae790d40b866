"""What every finding of L1 states alike, and how one is put together."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from detectors.context import Context
from detectors.evidence import read_evidence
from detectors.finding import Finding, Lookalike, Measure, doubted

NAME = "layering"
CODE = "L1"
CLAUSE = "三(二)"
SEVERITY = 3
LEAD_OFFICE = "PBC"
NOT_ESTABLISHED = (
    "未证明资金来自违法犯罪，也未证明各方之间没有真实交易",
    "it is not established that the money is of criminal origin, nor that no real trade lies "
    "behind it",
)


def layering_finding(
    context: Context,
    subject: int,
    shown: pl.DataFrame,
    *,
    certainty: float,
    amount_fen: int,
    measures: dict[str, Measure],
    lookalikes: tuple[Lookalike, ...],
    text: tuple[str, str],
    not_established: tuple[str, str] = NOT_ESTABLISHED,
    roles: Iterable[tuple[int, str]] = (),
) -> Finding:
    """A finding about one party by number, shown by transfers (ref, booked_at).

    `certainty` is the confidence before look-alikes left open lower it; `roles` are of other
    parties by number, of whom only those known are named.
    """
    evidence = read_evidence(shown)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=None,
        severity=SEVERITY,
        confidence=doubted(certainty, lookalikes, context.settings.detectors.open_lookalike),
        amount_fen=amount_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=measures,
        lookalikes=lookalikes,
        not_established=not_established,
        text=text,
        lead_office=LEAD_OFFICE,
        accomplices=tuple((context.party_ids[n], role) for n, role in roles if n >= 0),
    )
