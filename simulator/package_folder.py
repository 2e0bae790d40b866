"""One submission package as a folder: a file for each table, and the manifest that states them."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from data.contracts import TABLES, arrow_schema

# Columns of few different values, for which Parquet keeps a dictionary.
REPEATING = ("bank_no", "counterparty_bank_no", "payer_bank_no", "payee_bank_no", "direction",
             "channel", "purpose", "status", "role", "kind", "institution_id", "division",
             "industry", "counterparty_name")  # fmt: skip


def write_folder(
    out: Path,
    submitter: str,
    date: datetime.date,
    tables: Mapping[str, pl.DataFrame],
    style: str,
    changes: tuple[str, ...],
) -> None:
    """Write a submitter's tables of a day under `out`.

    `style` is parquet, csv or gb18030 (CSV in that encoding); `changes` are the tables that state
    only what changed.
    """
    folder = out / f"{submitter}-{date:%Y%m%d}-00000001"
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in tables.items():
        amount = TABLES[name].amount_column
        content, ending = _content(name, frame, style)
        (folder / f"{name}.{ending}").write_bytes(content)
        total = int(frame[amount].sum() or 0) if amount in frame.columns else 0
        files.append(
            {
                "name": f"{name}.{ending}",
                "table": name,
                **(
                    {"encoding": "gb18030" if style == "gb18030" else "utf-8"}
                    if ending == "csv"
                    else {}
                ),
                "rows": frame.height,
                **({"amount_total": total} if amount else {}),
                "sha256": hashlib.sha256(content).hexdigest(),
                **({"delta": True} if name in changes else {}),
            }
        )
    manifest = {
        "spec": 1,
        "submitter": submitter,
        "business_date": date.isoformat(),
        "sequence": 1,
        "files": files,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def _content(name: str, frame: pl.DataFrame, style: str) -> tuple[bytes, str]:
    """A table's bytes and the ending of its file; absent columns are unknown throughout."""
    schema = arrow_schema(TABLES[name])
    if style != "parquet":
        text = frame.write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
        return text.encode("gb18030" if style == "gb18030" else "utf-8"), "csv"
    table = frame.to_arrow()
    columns = [
        table.column(field.name).combine_chunks().cast(field.type)
        if field.name in frame.columns
        else pa.nulls(frame.height, field.type)
        for field in schema
    ]
    buffer = pa.BufferOutputStream()
    repeating = [field.name for field in schema if field.name in REPEATING]
    pq.write_table(
        pa.table(columns, schema=schema), buffer, compression="snappy", use_dictionary=repeating
    )
    return buffer.getvalue().to_pybytes(), "parquet"
