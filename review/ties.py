"""A suspect's ties as the published file holds them, nearest first, with everyone's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from review import money
from review.drawing.ownership import Tie
from review.results import Result


def ties(result: Result, party: str) -> tuple[Sequence[Tie], Mapping[str, str]]:
    """The ties around a suspect, and the names of the parties in them."""
    found = [Tie(**row) for row in result.surroundings["tie"].rows(party)]
    parties = {party, *(tie.from_party for tie in found), *(tie.to_party for tie in found)}
    known = money.names(result, parties)
    return found, {each: row["name"] for each, row in known.items() if row["name"]}
