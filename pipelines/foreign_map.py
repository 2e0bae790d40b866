"""The map that says how a foreign list of transfers is to be read, and what to fill in."""

from __future__ import annotations

import tomllib
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.errors import SettingsError
from data.tables import ACCOUNT_ROLES, CHANNELS, PARTY_KINDS

Place = str | Annotated[int, Field(ge=1)]


class Part(BaseModel):
    """A frozen part of a map; a name it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class File(Part):
    """How a CSV file is written."""

    header: bool = True
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: Literal["utf-8", "gb18030"] = "utf-8"


class Columns(Part):
    """Which column holds what, by name, or by position from 1."""

    payer: Place
    payee: Place
    amount: Place
    time: Place
    reference: Place | None = None
    purpose: Place | None = None
    direction: Place | None = None


class Amount(Part):
    """The unit of the amounts."""

    fen_per_unit: Annotated[int, Field(ge=1)]


class Time(Part):
    """The meaning of the time column.

    ``step`` counts steps of ``step_seconds`` from ``origin``; ``date`` and ``timestamp`` are read
    with ``format`` (ISO when empty), the latter in ``zone``. What has no time of day gets
    ``time_of_day``, and keeps the order of the file.
    """

    meaning: Literal["step", "date", "timestamp"]
    origin: date | None = None
    step_seconds: Annotated[int, Field(ge=1)] = 86400
    format: str = ""
    zone: str = "Asia/Shanghai"
    time_of_day: time = time(12)


class Direction(Part):
    """The values of a direction column by which the first party is the one that was paid."""

    incoming: tuple[str, ...] = ()


class Fill(Part):
    """What the file does not say."""

    party_kind: str = "person"
    role: str = "ordinary"
    channel: str = "other"
    opened_on: date
    division: str = "320100"
    records: Literal["both", "entries", "clearing"] = "both"


class ForeignMap(Part):
    """Everything that turns a foreign file into packages."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,20}$")]
    file: File = File()
    columns: Columns
    amount: Amount
    time: Time
    direction: Direction = Direction()
    fill: Fill


def load_map(path: Path) -> ForeignMap:
    """Read a map.

    Raises:
        SettingsError: the file cannot be read, names something unknown, or a value does not fit.
    """
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
        read = ForeignMap.model_validate(values)
    except OSError as error:
        raise SettingsError(f"cannot read the map {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"map {path}: not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"map {path}: {name}: {first['msg']}; see docs/foreign.md") from error
    lists = (("party_kind", PARTY_KINDS), ("role", ACCOUNT_ROLES), ("channel", CHANNELS))
    for name, known in lists:
        value = getattr(read.fill, name)
        if value not in known:
            raise SettingsError(f"map {path}: fill.{name} {value!r} is not in {', '.join(known)}")
    if read.time.meaning == "step" and read.time.origin is None:
        raise SettingsError(f"map {path}: time.origin is needed where time.meaning is step")
    if (read.columns.direction is None) != (not read.direction.incoming):
        raise SettingsError(f"map {path}: columns.direction and direction.incoming go together")
    return read
