"""A table of the published file in memory, found by one of its columns: to look up what surrounds
a suspect costs a few slices instead of a query each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from data.store import Database

Facts = dict[str, Any]
# What surrounds the suspects, each ordered by its key first.
KEY = "party_id"
SURROUNDINGS: Mapping[str, str] = {
    "flow": """
select party_id, direction, other, week, transfers, amount_fen
from flow
order by party_id, direction, other, week
""",
    "flow_rest": """
select party_id, direction, others, transfers, amount_fen
from flow_rest
order by party_id, direction
""",
    "party_day": """
select party_id, day, in_fen, out_fen
from party_day
order by party_id, day
""",
    "tie": """
select party_id, from_party, to_party, kind, share, valid_from, valid_to
from tie
order by party_id, distance, share desc nulls last, kind, from_party, to_party, valid_from
""",
    "party_name": """
select party_id, name, kind, division
from party_name
order by party_id
""",
    "returned": """
select party_id, verdict_id, text_zh, text_en
from returned
order by party_id, verdict_id
""",
}  # fmt: skip


class Keyed:
    """Rows that stand together by their key, in the order they were given."""

    def __init__(self, frame: pl.DataFrame, key: str) -> None:
        """Take a frame whose rows are ordered by `key`, and by what else decides their order."""
        self._rows = frame.drop(key)
        places = (
            frame.lazy()
            .select(pl.col(key), pl.int_range(pl.len()).alias("place"))
            .group_by(key, maintain_order=True)
            .agg(pl.col("place").first(), pl.len().alias("count"))
            .collect()
        )
        self._places: Mapping[str, tuple[int, int]] = {
            name: (place, count) for name, place, count in places.rows()
        }

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def rows(self, name: str) -> list[Facts]:
        """The rows of a key, without it; none where it has none."""
        return self.slice(name).to_dicts()

    def slice(self, name: str) -> pl.DataFrame:
        """The same, as a frame."""
        place, count = self._places.get(name, (0, 0))
        return self._rows.slice(place, count)


def surroundings(db: Database) -> dict[str, Keyed]:
    """The tables of a published file that surround its suspects, by name."""
    return {name: Keyed(db.frame(name, sql), KEY) for name, sql in SURROUNDINGS.items()}
