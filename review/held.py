"""What explains the suspects of a published file, in memory: to answer `report.suspect` out of it
costs a few slices instead of a dozen queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from data.store import Database, Parameters
from pipelines import report
from review.keyed import Keyed

KEY = "key"
ALL = [1, 1 << 31]
OF_FINDINGS = ("measure", "evidence", "lookalike", "accomplice")
SUSPECTS = "select s.party_id as key, s.* from suspect s order by s.party_id"
REASONS = """
select r.rank::varchar as key, r.feature, r.zh, r.en, r.unit, r.value, r.percentile, r.contribution
from forest_reason r
order by r.rank, r.position
"""
SIDES = """
select transfer, list_sort(list_distinct(list(side))) as sides
from evidence_source
group by transfer
"""


class Held:
    """Answers the queries of `report.suspect`, by their names, for one suspect at a time."""

    def __init__(self, db: Database) -> None:
        """Read what the suspects' pages show; `db` is a published file."""
        self._run = db.frame("run", report.RUN)
        self._content = db.rows("content", report.HAS_CONSEQUENCES)
        self._gaps = db.frame("all gaps", report.ALL_GAPS)
        self._by_finding = {
            table: _keyed(db.frame(table, report.OF_FINDINGS.format(table=table), ALL),
                          "finding_id")
            for table in OF_FINDINGS
        }  # fmt: skip
        self._by_rank = {
            "findings": _keyed(db.frame("findings", report.FINDINGS, ALL), "rank"),
            "reasons": Keyed(db.frame("reasons", REASONS), KEY),
        }
        if self._content:
            for name, sql in (("tips", report.TIPS), ("consequences", report.CONSEQUENCES)):
                self._by_rank[name] = _keyed(db.frame(name, sql, ALL), "rank")
        self._suspects = Keyed(db.frame("suspects", SUSPECTS), KEY)
        known: dict[tuple[str, ...], frozenset[str]] = {}
        self.sides: Mapping[str, frozenset[str]] = {
            transfer: known.setdefault(tuple(sides), frozenset(sides))
            for transfer, sides in db.rows("sides", SIDES)
        }

    def frame(self, name: str, sql: str, params: Parameters = None) -> pl.DataFrame:
        """The rows that the query of that name gives; of ranks only those of one suspect.

        Raises:
            KeyError: `report.suspect` has a query of which nothing is held.
        """
        asked = list(params or ())
        if name == "run":
            return self._run
        if name == "suspect":
            return self._suspects.slice(asked[0])
        if name == "gaps":
            return self._gaps_of(asked[0])
        if name in self._by_finding:
            found = self._by_rank["findings"].slice(str(asked[0]))["finding_id"]
            held = self._by_finding[name]
            parts = [held.slice(str(number)) for number in sorted(set(found))]
            return pl.concat(parts) if parts else held.slice("")
        return self._by_rank[name].slice(str(asked[0]))

    def rows(self, name: str, sql: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """The one query that asks whether the file has consequences."""
        return self._content

    def _gaps_of(self, party: str) -> pl.DataFrame:
        rank = self._suspects.slice(party)["rank"]
        institutions = {party}
        if len(rank):
            named = self._by_rank["findings"].slice(str(rank[0]))
            institutions.update(each for each in named["institution_id"] if each is not None)
        whose, where = pl.col("party_id"), pl.col("institution_id")
        nobody = whose.is_null() & where.is_null()
        return self._gaps.filter(nobody | (whose == party) | where.is_in(sorted(institutions)))


def _keyed(frame: pl.DataFrame, column: str) -> Keyed:
    return Keyed(frame.with_columns(pl.col(column).cast(pl.String).alias(KEY)), KEY)
