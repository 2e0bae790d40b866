"""What a run found, gathered from findings, forest and warehouse, ready to be published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl
import pyarrow as pa

from data.settings import Consequences, Score
from data.store import Database
from detectors.finding import CannotConclude, Finding
from pipelines.consequences import Consequence, consequence
from pipelines.disposal import Licence
from pipelines.evidence_sources import COLUMNS as SOURCES
from pipelines.forest import ForestResult, Reason
from pipelines.look_through_file import empty_tables
from pipelines.rank import SUBJECT, Suspect, rank
from pipelines.reconciliation import reconcile
from pipelines.run_key import RunKey
from pipelines.surroundings import empty_surroundings
from pipelines.tips import NO_TIPS, linked_tips
from pipelines.verdicts import Refutation, Return, stand_back

# Days that a night reconciles; what came late is seen again for a month.
RECONCILED_DAYS = 30

Words = Mapping[str, tuple[str, str, str]]

PARTIES = """
select p.party_id, p.kind, p.name, p.division
from _wanted_party w
join party_dim p on p.party_id = w.party_id
order by p.party_id
"""
LICENCES = """
select institution_id, licence_no, licence_from, licence_to, status
from institution
order by institution_id
"""
TRANSFERS = """
select
    t.ref as transfer, t.booked_at, t.amount_fen, t.channel, t.purpose,
    payer.bank_no as payer_bank_no, payer.account_no as payer_account_no,
    payer.party_id as payer_party_id,
    payee.bank_no as payee_bank_no, payee.account_no as payee_account_no,
    payee.party_id as payee_party_id
from _wanted_transfer w
join transfer t on t.ref = w.transfer
left join account_dim payer on payer.account_id = t.payer_account
left join account_dim payee on payee.account_id = t.payee_account
order by t.ref, t.transfer_no
"""


@dataclass(frozen=True)
class Outcome:
    """Everything that a published file states.

    `ranking` is every party, worst first; `listed` are the suspects among them: all with a
    finding, and the most unusual ones without. `parties` and `transfers` are what the warehouse
    knows of the listed parties and of the evidence. `reconciliation` is the banks' money in doubt;
    `tips` name the suspects with findings, and `consequences` are these suspects', by party.
    `look_through` is the institutions' clients' money by table. `words` are a feature's Chinese
    and English name and its unit. `surroundings` is what moved around the listed parties, and
    `sources` where the evidence stands in what was sent; `returned` are refuted suspects that are
    back.
    """

    key: RunKey
    seed: int
    ranking: tuple[Suspect, ...]
    listed: tuple[Suspect, ...]
    strata: Mapping[str, str]
    forests: tuple[tuple[str, int, int, int], ...]
    reasons: Mapping[str, Sequence[Reason]]
    cannot_conclude: tuple[CannotConclude, ...]
    parties: pl.DataFrame
    licences: Mapping[str, Licence]
    transfers: pl.DataFrame
    words: Words
    reconciliation: pl.DataFrame = field(default_factory=pl.DataFrame)
    tips: pl.DataFrame = field(default_factory=lambda: NO_TIPS)
    consequences: Mapping[str, Consequence] = field(default_factory=dict)
    look_through: Mapping[str, pl.DataFrame] = field(default_factory=empty_tables)
    surroundings: Mapping[str, pl.DataFrame] = field(default_factory=empty_surroundings)
    sources: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(SOURCES)))
    returned: tuple[Return, ...] = ()


def gather(
    db: Database,
    key: RunKey,
    said: Iterable[Finding | CannotConclude],
    forest: ForestResult,
    words: Words,
    settings: Score,
    rates: Consequences,
    look_through: Mapping[str, pl.DataFrame],
    refuted: Sequence[Refutation] = (),
) -> Outcome:
    """Rank what the detectors said and the forest scored, and look up what a reader needs.

    `db` is the warehouse that the findings were made from, `look_through` what a night found of
    the institutions' clients' money.
    """
    said = list(said)
    findings = [finding for finding in said if isinstance(finding, Finding)]
    silent = [gap for gap in said if isinstance(gap, CannotConclude)]
    rows = forest.frame.select("party_id", "party_no", "forest_score", "stratum").rows()
    ranked = rank(findings, {party: score for party, _, score, _ in rows}, settings)
    ranking, back = stand_back(ranked, refuted, settings)
    charged = [suspect for suspect in ranking if suspect.charges]
    least = sum(suspect.label == "finding" for suspect in ranking) + settings.unexplained
    listed = [s for place, s in enumerate(ranking) if s.charges or place < least]
    numbers = {party: number for party, number, _, _ in rows}
    wanted = [s.party_id for s in listed if s.party_id in numbers]
    reasons = forest.explain([numbers[party] for party in wanted], settings.reasons)
    parties = _joined(db, "party", [suspect.party_id for suspect in listed], PARTIES)
    tips = linked_tips(db, [suspect.party_id for suspect in charged])
    return Outcome(
        key=key,
        seed=forest.seed,
        ranking=tuple(ranking),
        listed=tuple(listed),
        strata={party: stratum for party, _, _, stratum in rows},
        forests=tuple(
            (f"{s.name} {s.view}", len(s.rows), len(s.trees.feature), s.seed) for s in forest.strata
        ),
        reasons={party: reasons.get(numbers[party], []) for party in wanted},
        cannot_conclude=tuple(sorted(silent, key=_gap_order)),
        parties=parties,
        licences=licences(db),
        transfers=_joined(
            db, "transfer", [ref for finding in findings for ref in finding.transfers], TRANSFERS
        ).unique("transfer", keep="first", maintain_order=True),
        words=words,
        reconciliation=reconcile(
            db, key.business_date - timedelta(days=RECONCILED_DAYS - 1), key.business_date
        ),
        tips=tips,
        consequences=_consequences(charged, parties, tips, rates),
        look_through=look_through,
        returned=tuple(back),
    )


def _consequences(
    charged: Sequence[Suspect], parties: pl.DataFrame, tips: pl.DataFrame, rates: Consequences
) -> dict[str, Consequence]:
    """The consequences for each party with a charge; the base is its largest finding as subject."""
    divisions = dict(parties.select("party_id", "division").rows())
    counts = dict(tips.group_by("party_id").len().rows())
    drawn = {}
    for suspect in charged:
        amounts = [c.finding.amount_fen for c in suspect.charges if c.role == SUBJECT]
        party = suspect.party_id
        base = max(amounts, default=None)
        drawn[party] = consequence(divisions.get(party), base, counts.get(party, 0), rates)
    return drawn


def licences(db: Database) -> dict[str, Licence]:
    """Read the licences of all registered institutions."""
    facts: list[tuple[str, str | None, date | None, date | None, str]]
    facts = db.rows("licences", LICENCES)
    return {row[0]: Licence(row[1], row[2], row[3], row[4]) for row in facts}


def _joined(db: Database, what: str, names: Sequence[str], sql: str) -> pl.DataFrame:
    column = "party_id" if what == "party" else what
    db.register(f"_wanted_{what}", pa.table({column: pa.array(sorted(set(names)), pa.string())}))
    try:
        return db.frame(f"{what} of suspects", sql)
    finally:
        db.unregister(f"_wanted_{what}")


def _gap_order(gap: CannotConclude) -> tuple[str, ...]:
    return gap.typology, gap.institution_id or "", gap.party_id or "", *gap.missing, *gap.text
