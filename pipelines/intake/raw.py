"""Records of a file before any check, in batches: cells as sent, with the lines they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Lines = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that could not be split into cells: its line, its text as sent, which rule, why."""

    line: int
    text: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Records that a foreign form makes unfit: where they stand in the batch, and why.

    `column` names what was sent, in its form's own words; `rule` is one of the rules about rows.
    `hides_amount` says that the amount of these records cannot be read.
    """

    rows: Lines
    column: str
    rule: str
    message: str
    hides_amount: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What a batch of a foreign form was made from.

    `sent` holds the cells as sent, a row for each of the batch's; `names` gives for a contract's
    column what it is called there; `unknown` are the names that the form does not have.
    """

    sent: pa.Table
    names: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Successive records of a file; each batch of a file has the same columns.

    `cells` has one column per header name, as sent, so names may be anything; an empty cell is
    null. `lines` are the records' lines in the file (from 1), shape (rows,). `malformed` are the
    records that have no cells. `covered` counts the lines on which all of them stand, by which no
    line can be lost unseen. `text` says that the cells are text that is still to be parsed. Cells
    that were made from another form have an `origin`.
    """

    cells: pa.Table
    lines: Lines
    covered: int
    text: bool
    malformed: list[Malformed] = field(default_factory=list)
    origin: Origin | None = None

    @property
    def records(self) -> int:
        """All records, the malformed ones too."""
        return len(self.lines) + len(self.malformed)


def one_array(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return column.combine_chunks() if column.num_chunks else pa.array([], column.type)
