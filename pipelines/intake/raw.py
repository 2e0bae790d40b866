"""Records of a file before any check: cells as text or typed, with the lines they stand on."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

LINE = "__line"


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that could not be split into cells: its line, its text as sent, which rule, why."""

    line: int
    text: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Raw:
    """A file's records.

    `cells` has one column per header name, as sent, so names may be anything; an empty cell is
    null. `lines` are the records' lines in the file (from 1). `records` counts all records, the
    malformed ones too, and `covered` the lines on which they stand, by which no line can be lost
    unseen. `text` says that the cells are text that is still to be parsed.
    """

    cells: pl.DataFrame
    lines: pl.Series
    records: int
    covered: int
    text: bool
    malformed: list[Malformed] = field(default_factory=list)
