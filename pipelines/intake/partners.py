"""What else carries an entry's match number: the other leg and the clearing record, with amounts.

Only the package's own match numbers are indexed, in one pass over its entries; the legs and
clearing records that others sent are looked up in it. In memory are a few numbers for each entry.
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
# Where the first amount under a match number stands: entries in, entries out, clearing records.
IN, OUT, CLEARED = range(3)


@dataclass(frozen=True, slots=True)
class Partners:
    """Own entries in the order of their file, shape (rows,) each; amounts in fen, -1 for none.

    `matched` says which state a match number. `other_fen` is the other leg's amount, `cleared_fen`
    the clearing record's, `amount_fen` the entry's own; `any_cleared` says whether there are
    clearing records at all.
    """

    matched: Bools
    amount_fen: Lines
    other_fen: Lines
    cleared_fen: Lines
    any_cleared: bool


def find_partners(own: Path, legs: Sequence[Path], cleared: Sequence[Path]) -> Partners:
    """Look for each own entry's partners among the own entries, others' legs and the clearing."""
    rows = pq.ParquetFile(own).metadata.num_rows
    index = KeyIndex(rows)
    first = np.full((rows + 1, 3), NONE)
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
        key_kernel.keep_first(first, holder[here], side[here], amounts[here])
        at += len(batch)
    for batch in _batches(legs, "match_no", "direction", "amount_fen"):
        found = index.find([batch["match_no"]])
        key_kernel.keep_first(first, found, _sides(batch), batch["amount_fen"].to_numpy())
    any_cleared = False
    for batch in _batches(cleared, "match_no", "amount_fen"):
        any_cleared |= len(batch) > 0
        found = index.find([batch["match_no"]])
        sides = np.full(len(batch), CLEARED, np.int8)
        key_kernel.keep_first(first, found, sides, batch["amount_fen"].to_numpy())
    other, records = key_kernel.amounts_of(first, holder, side)
    return Partners(holder > 0, amounts, other, records, any_cleared)


def _sides(batch: pa.RecordBatch) -> npt.NDArray[np.int8]:
    return np.asarray(pc.equal(batch["direction"], "out").cast(pa.int8()), np.int8)


def _batches(files: Sequence[Path], *columns: str) -> Iterator[pa.RecordBatch]:
    """Batches of some columns of lake files, one file after the other."""
    for file in files:
        yield from ahead(pq.ParquetFile(file).iter_batches(BATCH, columns=list(columns)))
