"""Which entries lack a clearing record and another leg, or differ from it in the amount.

One pass over the legs and the clearing records puts their keys into an index, another compares the
package's own entries batch by batch; in memory are the keys and the amounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.intake.ahead import ahead
from pipelines.intake.cell_kernel import present
from pipelines.intake.keys import KeyIndex
from pipelines.intake.raw import Lines

BATCH = 1 << 18
SIDES = pa.array(["in", "out"])


class Amounts:
    """The first amount in fen under each key."""

    def __init__(self, expected: int) -> None:
        self._index = KeyIndex(expected)
        self._amounts: list[Lines] = [np.zeros(1, np.int64)]
        self._count = 1

    def add(self, keys: list[pa.Array], amounts: pa.Array) -> None:
        """Add amounts under keys; a key that is there already keeps its first amount."""
        numbers = np.arange(self._count, self._count + len(amounts), dtype=np.int64)
        self._index.add(keys, numbers, present(keys[0]))
        self._amounts.append(amounts.to_numpy())
        self._count += len(amounts)

    def finish(self) -> None:
        """Make ready for `of`, after the last `add`."""
        self._amounts = [np.concatenate(self._amounts)]

    def of(self, keys: list[pa.Array]) -> pl.Series:
        """The amount under each key; null where there is none."""
        found = self._index.find(keys)
        return pl.Series(self._amounts[0][found]).set(pl.Series(found == 0), None)

    def __bool__(self) -> bool:
        return self._count > 1


def batches(files: Sequence[Path], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Batches of some columns of lake files, one file after the other."""
    for file in files:
        yield from ahead(pq.ParquetFile(file).iter_batches(BATCH, columns=list(columns)))


def count(files: Sequence[Path]) -> int:
    """How many rows some lake files hold."""
    return sum(pq.ParquetFile(file).metadata.num_rows for file in files)


def compared(
    own: Path, legs: Sequence[Path], cleared: Sequence[Path]
) -> Iterator[tuple[pl.DataFrame, bool]]:
    """Yield own entries with a match number, batch by batch, beside what else carries it.

    Added are `other_fen`, the other leg's amount, and `cleared_fen`, the clearing record's; the
    flag says whether there are clearing records at all.
    """
    sides, records = Amounts(count([own, *legs])), Amounts(count(cleared))
    for batch in batches([own, *legs], ["match_no", "direction", "amount_fen"]):
        sides.add([batch["match_no"], batch["direction"]], batch["amount_fen"])
    for batch in batches(cleared, ["match_no", "amount_fen"]):
        records.add([batch["match_no"]], batch["amount_fen"])
    sides.finish()
    records.finish()
    columns = ["match_no", "amount_fen", "direction", "channel", "booked_at", "line"]
    for batch in batches([own], columns):
        mine = batch.filter(pc.is_valid(batch["match_no"]))
        other = SIDES.take(pc.equal(mine["direction"], "in").cast(pa.int8()))
        yield (
            pl.DataFrame(mine).with_columns(
                sides.of([mine["match_no"], other]).alias("other_fen"),
                records.of([mine["match_no"]]).alias("cleared_fen"),
            ),
            bool(records),
        )
