"""What else carries an entry's match number: the other leg and the clearing record, with amounts.

Only the package's own match numbers are indexed, in one pass over its entries; the legs and
clearing records that others sent are looked up in it. A payment may be split: several legs of a
side under one match number count by their sum. In memory are a few numbers for each entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake import key_kernel
from pipelines.intake.ahead import ahead
from pipelines.intake.cell_kernel import Bools, present
from pipelines.intake.keys import KeyIndex
from pipelines.intake.raw import Lines

BATCH = 1 << 18
NONE = np.int64(-1)


@dataclass(frozen=True, slots=True)
class Partners:
    """Own entries in the order of their file, shape (rows,) each; amounts in fen, -1 for none.

    `matched` says which state a match number. `amount_fen` is the entry's own; `side_fen` the sum
    of the legs under its match number in its direction, itself included, and `other_fen` that of
    those in the other; `cleared_fen` the first clearing record's. `any_cleared` says whether there
    are clearing records at all.
    """

    matched: Bools
    amount_fen: Lines
    side_fen: Lines
    other_fen: Lines
    cleared_fen: Lines
    any_cleared: bool

    @property
    def stated_fen(self) -> Lines:
        """What the clearing record states, or without one the other side; -1 for neither."""
        return np.where(self.cleared_fen < 0, self.other_fen, self.cleared_fen)

    @property
    def differ(self) -> Bools:
        """Where neither the entry nor its whole side has the amount that is stated."""
        stated = self.stated_fen
        others = (stated != self.amount_fen) & (stated != self.side_fen)
        return np.asarray((stated >= 0) & others, np.bool_)


def find_partners(own: Path, legs: Sequence[Path], cleared: Sequence[Path]) -> Partners:
    """Look for each own entry's partners among the own entries, others' legs and the clearing."""
    rows = pq.ParquetFile(own).metadata.num_rows
    index = KeyIndex(rows)
    sums, records = np.full((rows + 1, 2), NONE), np.full(rows + 1, NONE)
    holder, side = np.zeros(rows, np.uint32), np.zeros(rows, np.int8)
    amounts = np.zeros(rows, np.int64)
    at = 0
    for batch in _batches([own], "match_no", "direction", "amount_fen"):
        here = slice(at, at + len(batch))
        numbers = np.arange(at + 1, at + len(batch) + 1, dtype=np.int64)
        held = index.add([batch["match_no"]], numbers, present(batch["match_no"]))
        numbers[~present(batch["match_no"])] = 0
        holder[here] = np.where(held > 0, held, numbers)
        side[here], amounts[here] = _sides(batch), batch["amount_fen"].to_numpy()
        key_kernel.add_up(sums, holder[here], side[here], amounts[here])
        at += len(batch)
    for batch in _batches(legs, "match_no", "direction", "amount_fen"):
        found = index.find([batch["match_no"]])
        key_kernel.add_up(sums, found, _sides(batch), batch["amount_fen"].to_numpy())
    any_cleared = False
    for batch in _batches(cleared, "match_no", "amount_fen"):
        any_cleared |= len(batch) > 0
        found = index.find([batch["match_no"]])
        key_kernel.keep_first(records, found, batch["amount_fen"].to_numpy())
    own_sums, others = key_kernel.sums_of(sums, holder, side)
    return Partners(holder > 0, amounts, own_sums, others, records[holder], any_cleared)


def _sides(batch: pa.RecordBatch) -> npt.NDArray[np.int8]:
    """Each entry's side: 0 for money in, 1 for money out."""
    return np.asarray(pc.equal(batch["direction"], "out").cast(pa.int8()), np.int8)


def _batches(files: Sequence[Path], *columns: str) -> Iterator[pa.RecordBatch]:
    """Batches of some columns of lake files, one file after the other."""
    for file in files:
        yield from ahead(pq.ParquetFile(file).iter_batches(BATCH, columns=list(columns)))
