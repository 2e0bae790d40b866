"""What one judged province tells: a row a scheme, a row a finding, a row a way of ranking.

Measures are made from these rows alone, so that seeds add up.

The **guilty** are all parties of all schemes, in whatever role; K is their number. The **subjects**
of a scheme are its organisers. Schemes of typology ``unlisted`` are of no kind that a rule names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from data.settings import Score
from detectors.finding import Finding
from evaluation.province import Judged, Truth
from pipelines.confidence import agreeing
from pipelines.rank import SUBJECT, charge, rank

ORGANISER = "organiser"
UNLISTED = "unlisted"
# Cells of a record that its reference may leave out: an identifier tells the kind of its holder.
NO_KEY = ("table", "holder_kind")
# What orders the parties: findings and forest together, or one of them alone.
WAYS = ("both", "rules", "forest")

SCHEMES = pl.Schema(
    {
        "seed": pl.Int64, "level": pl.String, "scheme_id": pl.String, "typology": pl.String,
        "variant": pl.String, "guilty": pl.Int64, "rank": pl.Int64, "rank_any": pl.Int64,
        "rank_both": pl.Int64, "rank_rules": pl.Int64, "rank_forest": pl.Int64, "named": pl.Boolean,
        "cited": pl.Int64, "cited_right": pl.Int64, "own": pl.Int64, "own_found": pl.Int64,
        "stake_fen": pl.Int64, "found_fen": pl.Int64, "roles_named": pl.Int64,
        "roles_right": pl.Int64,
    }
)  # fmt: skip
FINDINGS = pl.Schema(
    {
        "seed": pl.Int64, "level": pl.String, "typology": pl.String, "party_id": pl.String,
        "position": pl.Int64, "stated": pl.Float64, "agreeing": pl.Int64, "confidence": pl.Float64,
        "true": pl.Boolean, "right": pl.Boolean, "lookalike": pl.Boolean, "schemes": pl.Int64,
    }
)  # fmt: skip
ORDERS = pl.Schema(
    {
        "seed": pl.Int64, "level": pl.String, "way": pl.String, "guilty": pl.Int64,
        "first_k": pl.Int64, "first_2k": pl.Int64, "lookalikes": pl.Int64,
        "average_precision": pl.Float64,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """The rows of one or more provinces, in the columns of SCHEMES, FINDINGS and ORDERS."""

    schemes: pl.DataFrame
    findings: pl.DataFrame
    orders: pl.DataFrame


def read_facts(truth: Truth, judged: Judged, seed: int, level: str, settings: Score) -> Facts:
    """Compare what a night found with the truth.

    Per scheme: the best ranks of its subjects (null: none stands there), as subject of a finding of
    its typology, of any, and as anything in each order; evidence as numbers of references cited, of
    these right, its own, and of these found; the money at stake in truth and in the strongest
    finding; how many of its parties a finding names, and how many of them in the right role.
    """
    guilty = guilty_parties(truth)
    orders = _orders(judged, settings)
    ranks = {way: {party: n for n, party in enumerate(orders[way], 1)} for way in WAYS}
    common = {"seed": seed, "level": level}
    schemes = [
        {**common, "guilty": len(guilty), **_scheme(scheme, judged.findings, ranks)}
        for scheme in truth["schemes"]
    ]
    innocent = {each["party_id"] for each in truth["lookalikes"]} - guilty
    found = _findings(truth, judged, ranks["both"], guilty, innocent)
    ways = [{**common, "way": way, **_order(orders[way], guilty, innocent)} for way in WAYS]
    return Facts(
        pl.DataFrame(schemes, schema=SCHEMES),
        pl.DataFrame([{**common, **row} for row in found], schema=FINDINGS),
        pl.DataFrame(ways, schema=ORDERS),
    )


def guilty_parties(truth: Truth) -> set[str]:
    """All parties of all schemes."""
    return {party["party_id"] for scheme in truth["schemes"] for party in scheme["parties"]}


def subjects(scheme: Mapping[str, Any]) -> set[str]:
    """Whom a finding of a scheme is about: its organisers, the institution's party among them."""
    return {p["party_id"] for p in scheme["parties"] if p["role"] == ORGANISER}


def met(scheme: Mapping[str, Any], cited: set[str]) -> tuple[int, int]:
    """How many of the references cited show a scheme, and how much of what shows it is cited.

    A scheme is shown by its transfers and its records. A record is cited as `table:cell:cell`; it
    is met where that names its table and every cell of the key that the truth gives.
    """
    transfers = cited & set(scheme["transfers"])
    right, found = len(transfers), len(transfers)
    keys = [
        (record["table"], {str(cell) for name, cell in record.items() if name not in NO_KEY})
        for record in scheme["records"]
    ]
    seen = [(table, set(cells)) for table, *cells in (ref.split(":") for ref in cited - transfers)]
    right += sum(any(table == t and key <= cells for t, key in keys) for table, cells in seen)
    found += sum(any(table == t and key <= cells for t, cells in seen) for table, key in keys)
    return right, found


def _orders(judged: Judged, settings: Score) -> dict[str, list[str]]:
    """All parties, worst first, by each way; equals by their identifiers."""
    scores = {party: score for party, score in judged.ranking if score is not None}
    by_rules = [s.party_id for s in rank(judged.findings, {}, settings)]
    return {
        "both": [party for party, _ in judged.ranking],
        "rules": by_rules,
        "forest": sorted(scores, key=lambda party: (-scores[party], party)),
    }


def _scheme(
    scheme: Mapping[str, Any],
    findings: Sequence[Finding],
    ranks: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    about = subjects(scheme)
    any_about = [f for f in findings if f.party_id in about]
    mine = [f for f in any_about if f.typology == scheme["typology"]]
    cited = {ref for f in mine for ref in f.transfers}
    right, found = met(scheme, cited)
    strongest = max(mine, key=lambda f: (f.confidence, f.amount_fen), default=None)
    named = _roles(mine, about)
    roles = {p["party_id"]: p["role"] for p in scheme["parties"]}
    known = [party for party in roles if party in named]
    return {
        "scheme_id": scheme["scheme_id"],
        "typology": scheme["typology"],
        "variant": scheme["variant"],
        "rank": _best(ranks["both"], (f.party_id for f in mine)),
        "rank_any": _best(ranks["both"], (f.party_id for f in any_about)),
        **{f"rank_{way}": _best(ranks[way], about) for way in WAYS},
        "named": bool(mine),
        "cited": len(cited),
        "cited_right": right,
        "own": len(scheme["transfers"]) + len(scheme["records"]),
        "own_found": found,
        "stake_fen": scheme["stake_fen"],
        "found_fen": strongest.amount_fen if strongest else None,
        "roles_named": len(known),
        "roles_right": sum(named[party] == roles[party] for party in known),
    }


def _best(ranks: Mapping[str, int], parties: Iterable[str]) -> int | None:
    return min((ranks[party] for party in parties if party in ranks), default=None)


def _roles(findings: Sequence[Finding], about: set[str]) -> dict[str, str]:
    """The role in which findings name each party; their subjects are organisers."""
    named = {f.party_id: ORGANISER for f in findings}
    for party, charges in charge(findings).items():
        for charged in charges:
            role = ORGANISER if charged.role == SUBJECT else charged.role
            named.setdefault(party, role)
    return named


def _findings(
    truth: Truth,
    judged: Judged,
    ranks: Mapping[str, int],
    guilty: set[str],
    innocent: set[str],
) -> list[dict[str, Any]]:
    """A row a subject and typology; `position` is its place among those of the typology, from 1."""
    parts: dict[str, set[str]] = {}
    schemes: dict[str, int] = {}
    for scheme in truth["schemes"]:
        parts.setdefault(scheme["typology"], set()).update(
            party["party_id"] for party in scheme["parties"]
        )
        schemes[scheme["typology"]] = schemes.get(scheme["typology"], 0) + 1
    strongest: dict[tuple[str, str], tuple[float, float, int]] = {}
    stated = (finding.confidence for finding in judged.stated)
    for f, before, others in zip(judged.findings, stated, agreeing(judged.stated), strict=True):
        key = (f.typology, f.party_id)
        strongest[key] = max(strongest.get(key, (0.0, 0.0, 0)), (f.confidence, before, others))
    places: dict[str, int] = {}
    rows = []
    for typology, party in sorted(strongest, key=lambda key: (key[0], ranks[key[1]])):
        places[typology] = places.get(typology, 0) + 1
        confidence, before, others = strongest[typology, party]
        rows.append(
            {
                "typology": typology,
                "party_id": party,
                "position": places[typology],
                "stated": before,
                "agreeing": others,
                "confidence": confidence,
                "true": party in guilty,
                "right": party in parts.get(typology, set()),
                "lookalike": party in innocent,
                "schemes": schemes.get(typology, 0),
            }
        )
    return rows


def _order(order: Sequence[str], guilty: set[str], innocent: set[str]) -> dict[str, Any]:
    count = len(guilty)
    hits, total = 0, 0.0
    for place, party in enumerate(order, start=1):
        if party in guilty:
            hits += 1
            total += hits / place
    return {
        "guilty": count,
        "first_k": sum(party in guilty for party in order[:count]),
        "first_2k": sum(party in guilty for party in order[: 2 * count]),
        "lookalikes": sum(party in innocent for party in order[:count]),
        "average_precision": total / max(count, 1),
    }
