"""What a detector says: a finding with its evidence, or that it cannot conclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Measure:
    """A number that was measured, the line it is held against (None: none), and their unit."""

    value: float
    threshold: float | None
    unit: str


@dataclass(frozen=True)
class Lookalike:
    """An innocent explanation, and what was measured of it, in Chinese and English.

    ``passed`` says whether the measure rules it out here; one left open lowers the confidence, and
    stands among what an officer should rule out.
    """

    name: str
    passed: bool
    zh: str
    en: str


@dataclass(frozen=True)
class Finding:
    """One typology seen at one party, with what shows it and what it does not establish.

    ``severity`` is 1 to 5, ``confidence`` 0 to 1; ``transfers`` are match numbers or
    bank:account:entry numbers; pairs of texts are Chinese, English; ``accomplices`` are
    (party_id, role) pairs.
    """

    typology: str
    code: str
    clause: str
    party_id: str
    institution_id: str | None
    severity: int
    confidence: float
    amount_fen: int
    first_at: datetime
    last_at: datetime
    transfers: tuple[str, ...]
    measures: dict[str, Measure]
    lookalikes: tuple[Lookalike, ...]
    not_established: tuple[str, str]
    text: tuple[str, str]
    lead_office: str
    accomplices: tuple[tuple[str, str], ...]


def doubted(confidence: float, lookalikes: Sequence[Lookalike], factor: float) -> float:
    """Lower a confidence by a factor (0 to 1) for each look-alike left open; to four decimals."""
    left_open = sum(not test.passed for test in lookalikes)
    return round(confidence * factor**left_open, 4)


@dataclass(frozen=True)
class CannotConclude:
    """A typology that could not be judged, for want of the data that ``missing`` names."""

    typology: str
    party_id: str | None
    institution_id: str | None
    missing: tuple[str, ...]
    text: tuple[str, str]
