"""``<package>.rejected.csv``: every rejected row as sent, with line, column, rule and message.

No cell of it is live in a spreadsheet: rows are quoted cell by cell, so that none begins like a
formula, and other text that comes from the package is made inert.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import BinaryIO

import polars as pl
import pyarrow as pa

from pipelines.inert import inert
from pipelines.intake.findings import shown
from pipelines.intake.manifest import StatedFile
from pipelines.intake.table_result import TableResult

HEADER = b"file,table,line,column,rule,message,row\n"
CHUNK = 1 << 20


def rows_as_sent(cells: pa.Table) -> pl.Series:
    """Rows as CSV text, every cell quoted, in the order of the file's own columns."""
    texts = [
        pl.Series(str(number), pl.from_arrow(column))
        .cast(pl.String, strict=False)
        .fill_null("")
        .str.replace_all('"', '""', literal=True)
        for number, column in enumerate(cells.columns)
    ]
    frame = pl.DataFrame(texts)
    quoted = [pl.format('"{}"', pl.col(name)) for name in frame.columns]
    return frame.select(pl.concat_str(quoted, separator=",").alias("row")).to_series()


def rejected_lines(stated: StatedFile, failures: pl.DataFrame, rules: Mapping[str, str]) -> bytes:
    """Failed rows as lines of the file; `rules` gives each rule's identifier by its name."""
    text = io.BytesIO()
    failures.select(
        inert(pl.lit(shown(stated.name))).alias("file"),
        pl.lit(stated.table).alias("table"),
        "line",
        inert(pl.col("column")),
        pl.col("rule").replace_strict(dict(rules), return_dtype=pl.String),
        inert(pl.col("message")),
        inert(pl.col("row")),
    ).write_csv(text, include_header=False)
    return text.getvalue()


def write_rejected(tables: list[TableResult], file: BinaryIO) -> None:
    """Write the whole file from the tables' own."""
    file.write(HEADER)
    for table in tables:
        if table.rejected is not None:
            with table.rejected.open("rb") as lines:
                while chunk := lines.read(CHUNK):
                    file.write(chunk)
