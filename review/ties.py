"""A suspect's ties as the published file holds them, nearest first, with everyone's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from review import money
from review.drawing.ownership import Tie
from review.results import Result

TIES = """
select from_party, to_party, kind, share, valid_from, valid_to
from tie where party_id = ?
order by distance, share desc nulls last, kind, from_party, to_party, valid_from
"""


def ties(result: Result, party: str) -> tuple[Sequence[Tie], Mapping[str, str]]:
    """The ties around a suspect, and the names of the parties in them."""
    found = [Tie(**row) for row in result.frame("ties", TIES, [party])]
    parties = {party, *(tie.from_party for tie in found), *(tie.to_party for tie in found)}
    known = money.names(result, parties)
    return found, {each: row["name"] for each, row in known.items() if row["name"]}
