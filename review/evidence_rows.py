"""Evidence transfers with where each stands as it was sent: side, package, file and line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from review.results import Result

Facts = dict[str, Any]
SOURCES = """
select transfer, side, package, file, line from evidence_source
where transfer in (select unnest(?)) order by transfer, side
"""
SIDES = {
    "payer_entry": ("付款行", "payer's bank"),
    "payee_entry": ("收款行", "payee's bank"),
    "clearing": ("清算", "clearing"),
}


def with_sources(result: Result, rows: Sequence[Facts]) -> list[Facts]:
    """The rows, each with its `sources`: side, package, file and line."""
    held: dict[str, list[Facts]] = defaultdict(list)
    for source in result.frame("sources", SOURCES, [sorted({r["transfer"] for r in rows})]):
        held[source["transfer"]].append(source)
    return [{**row, "sources": held[row["transfer"]]} for row in rows]


def held_sides(result: Result, facts: Facts) -> dict[str, set[str]]:
    """The sides of which an entry came, by transfer of a suspect's evidence."""
    held: dict[str, set[str]] = defaultdict(set)
    for transfer in {t for finding in facts["findings"] for t in finding["transfers"]}:
        if transfer in result.held.sides:
            held[transfer] = set(result.held.sides[transfer])
    return held
