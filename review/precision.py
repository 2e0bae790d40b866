"""How often suspects were confirmed: by typology, and of a random sample of those who rank low.

A share comes with its 95 % interval by Wilson (1927), as the numbers are small.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.desk_tables import SampledSuspect, Verdict
from pipelines.verdicts import holding
from review.results import Result

Z = 1.959963984540054
CONFIRMED, REFUTED = ("confirmed", "police"), "refuted"


@dataclass(frozen=True)
class Precision:
    """How many suspects were confirmed, refuted, or are still undecided."""

    name: str
    confirmed: int
    refuted: int
    undecided: int

    @property
    def share(self) -> float | None:
        """The share of the decided that were confirmed."""
        decided = self.confirmed + self.refuted
        return self.confirmed / decided if decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The bounds within which the share lies at 95 %."""
        return wilson(self.confirmed, self.confirmed + self.refuted)


def wilson(hits: int, tries: int) -> tuple[float, float] | None:
    """The 95 % score interval of a share; None without tries."""
    if tries == 0:
        return None
    share, z2 = hits / tries, Z * Z
    centre = (share + z2 / (2 * tries)) / (1 + z2 / tries)
    half = Z / (1 + z2 / tries) * sqrt(share * (1 - share) / tries + z2 / (4 * tries * tries))
    return max(0.0, centre - half), min(1.0, centre + half)


def by_typology(session: Session) -> list[Precision]:
    """The precision of each typology, from the last verdict that holds on each party.

    A suspect with several typologies counts for each. Sampled low ranks are left out.
    """
    counted: dict[str, list[str]] = defaultdict(list)
    for verdict in _last(session):
        if not verdict.sampled:
            names = {each["typology"] for each in json.loads(verdict.evidence)} or {"unexplained"}
            for name in names:
                counted[name].append(verdict.decision)
    return [_counted(name, counted[name]) for name in sorted(counted)]


def of_sample(session: Session) -> Precision:
    """How many of the randomly drawn low ranks were confirmed after all."""
    return _counted("sample", [each.decision for each in _last(session) if each.sampled])


def sample(
    session: Session, result: Result, now: datetime, from_rank: int, size: int
) -> list[SampledSuspect]:
    """The parties drawn from a run's low ranks; drawn once, the same for everyone.

    Drawn from ranks beyond `from_rank`, or from the lower half where fewer are listed.
    """
    query = select(SampledSuspect).where(SampledSuspect.run == result.run)
    held = list(session.scalars(query.order_by(SampledSuspect.rank)))
    if held:
        return held
    least = min(from_rank, len(result.listed) // 2)
    low = [row for row in result.listed if row["rank"] > least]
    # The run's key is no secret and nobody chooses it: whoever asks first draws the same.
    drawn = random.Random(result.run_key).sample(low, min(size, len(low)))
    rows = [
        SampledSuspect(run=result.run, party_id=row["party_id"], rank=row["rank"], drawn_at=now)
        for row in sorted(drawn, key=lambda row: row["rank"])
    ]
    session.add_all(rows)
    session.flush()
    return rows


def _last(session: Session) -> list[Verdict]:
    return list({verdict.party_id: verdict for verdict in holding(session)}.values())


def _counted(name: str, decisions: Sequence[str]) -> Precision:
    confirmed = sum(each in CONFIRMED for each in decisions)
    refuted = sum(each == REFUTED for each in decisions)
    return Precision(name, confirmed, refuted, len(decisions) - confirmed - refuted)
