"""Records of a file before any check, in batches: cells as sent, with the lines they stand on."""

from __future__ import annotations

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
class Batch:
    """Successive records of a file; each batch of a file has the same columns.

    `cells` has one column per header name, as sent, so names may be anything; an empty cell is
    null. `lines` are the records' lines in the file (from 1), shape (rows,). `malformed` are the
    records that have no cells. `covered` counts the lines on which all of them stand, by which no
    line can be lost unseen. `text` says that the cells are text that is still to be parsed.
    """

    cells: pa.Table
    lines: Lines
    covered: int
    text: bool
    malformed: list[Malformed] = field(default_factory=list)

    @property
    def records(self) -> int:
        """All records, the malformed ones too."""
        return len(self.lines) + len(self.malformed)
