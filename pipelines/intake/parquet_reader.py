"""Reads Parquet: the records' own types where they are the contract's, text where they are not."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.findings import Refused
from pipelines.intake.raw import LINE, Raw


def read_parquet(path: Path, settings: Intake) -> Raw:
    """Read a Parquet file; a record's line is its position from 1, as there are no lines.

    Raises:
        Refused: it is no Parquet, has too many columns or a name twice, or nested columns.
    """
    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        if len(names) > settings.max_columns or len(set(names)) != len(names):
            raise Refused(
                rules.FORMAT, f"{path.name}: {len(names)} columns, or a name twice", file=path.name
            )
        nested = [field.name for field in file.schema_arrow if pa.types.is_nested(field.type)]
        if nested:
            raise Refused(
                rules.FORMAT, f"{path.name}: column {nested[0]!r} is nested", file=path.name
            )
        table = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Refused(rules.FORMAT, f"{path.name} is no Parquet: {said}", file=path.name) from None
    frame = pl.DataFrame(table)
    lines = pl.int_range(1, frame.height + 1, eager=True).alias(LINE)
    return Raw(frame.with_columns(lines), frame.height, False)
