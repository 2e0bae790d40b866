"""The calibration table: how often a finding of a stated confidence turned out to be true.

The table is fitted on simulated provinces of seeds of its own (``lookthrough evaluate
--calibrate``), which are never reported.
"""

from __future__ import annotations

import math
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.errors import ContractError

TABLE = Path(__file__).with_name("calibration.toml")
# A confidence stays this far from certainty, either way.
LEAST = 0.005
DECIMALS = 4
# Others that agree count up to this many; more are seldom independent.
MOST_AGREEING = 2

Rising = Annotated[float, Field(ge=0)]


class Calibration(BaseModel):
    """Log odds that a finding is true: the sum of its parts; all but the offsets only rise.

    `slope` is per log odds of the detector's own confidence, `agreeing` per other typology found at
    the same party (two at most), `offsets` are a typology's own, 0 for one that the seeds never
    showed. `findings` is how many there were to fit; `scale` and `seeds` are the provinces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(ge=1)]
    scale: str
    seeds: tuple[int, ...]
    findings: Annotated[int, Field(ge=1)]
    intercept: float
    slope: Rising
    agreeing: Rising
    offsets: dict[str, float]

    def confidence(self, typology: str, stated: float, others: int) -> float:
        """The share, 0..1, of such findings that are true, to four decimals.

        `stated` is what the detector says, `others` how many other typologies were found at the
        same party.
        """
        odds = (
            self.intercept
            + self.slope * log_odds(stated)
            + self.agreeing * min(others, MOST_AGREEING)
            + self.offsets.get(typology, 0.0)
        )
        share = 1 / (1 + math.exp(-odds))
        return round(min(max(share, LEAST), 1 - LEAST), DECIMALS)


def log_odds(share: float) -> float:
    """The log odds of a share, which is kept away from 0 and 1."""
    kept = min(max(share, LEAST), 1 - LEAST)
    return math.log(kept / (1 - kept))


def read_calibration(path: Path = TABLE) -> Calibration:
    """Read a calibration table.

    Raises:
        ContractError: the file cannot be read, or is no calibration table.
    """
    try:
        return Calibration(**tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ContractError(
            f"{path} is no calibration table: {reason}; `lookthrough evaluate --calibrate` makes it"
        ) from None


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The program's own table, read once."""
    return read_calibration()


def write_calibration(table: Calibration, path: Path = TABLE) -> None:
    """Write a calibration table as TOML."""
    seeds = ", ".join(str(seed) for seed in table.seeds)
    offsets = [f"{name} = {value!r}" for name, value in sorted(table.offsets.items())]
    lines = [
        "# How often findings are true, fitted on simulated provinces that are never reported;",
        "# made by `lookthrough evaluate --calibrate`, not by hand. Log odds, see calibration.py.",
        f"version = {table.version}",
        f'scale = "{table.scale}"',
        f"seeds = [{seeds}]",
        f"findings = {table.findings}",
        f"intercept = {table.intercept!r}",
        f"slope = {table.slope!r}",
        f"agreeing = {table.agreeing!r}",
        "",
        "[offsets]",
        *offsets,
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
