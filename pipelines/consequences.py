"""What follows for a suspect, as the plan has it: money as a base, place, and proposals.

Source: the plan of 2016-05-18, parts 三(三) (illegal turnover as the base for penalty and for a
tip's reward) and 四(三) (territory by place of registration). Rates are settings; officers decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from data.divisions import city_and_county
from data.settings import Consequences


@dataclass(frozen=True)
class Consequence:
    """Place and money of one suspect; sums are fen, None where there is no base or no tip."""

    city: str | None
    county: str | None
    base_fen: int | None
    penalty_fen: int | None
    reward_fen: int | None


def consequence(
    division: str | None, base_fen: int | None, tips: int, settings: Consequences
) -> Consequence:
    """Draw the consequences from a division code, the money at stake as its subject, and tips.

    `base_fen` is None for a party that is the subject of no finding.
    """
    city, county = city_and_county(division)
    penalty = None if base_fen is None else _share(base_fen, settings.penalty_rate)
    reward = None if base_fen is None or not tips else _share(base_fen, settings.reward_rate)
    return Consequence(city, county, base_fen, penalty, reward)


def _share(fen: int, rate: float) -> int:
    """A share of an amount, to the whole fen, half a fen upwards."""
    return int((Decimal(fen) * Decimal(str(rate))).quantize(Decimal(1), ROUND_HALF_UP))
