"""A complete example package, made from the contracts, that `check` accepts."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from data.codes import cnaps_with_check, uscc_with_check
from data.columns import Column
from data.contracts import TABLES, table_named
from data.errors import InputError

SUBMITTER = uscc_with_check("91320000000000001")
CODES = {
    "uscc": SUBMITTER,
    "cnaps": cnaps_with_check("10230100001"),
    "division": "320100",
}
TEXT_ZH = {"name": "示例", "purpose": "货款", "memo": "示例", "subject_text": "示例举报"}


def write_template(out: Path, tables: Sequence[str], day: date) -> Path:
    """Write a package with one example row in each of the tables; returns its folder.

    Raises:
        ContractError: there is no such table.
        InputError: the package's folder exists.
    """
    chosen = [table_named(name) for name in tables] if tables else list(TABLES.values())
    package = out / f"{SUBMITTER}-{day:%Y%m%d}-00000001"
    if package.exists():
        raise InputError(f"{package} exists; remove it, or choose another --out")
    package.mkdir(parents=True)
    files = []
    for table in chosen:
        path = package / f"{table.name}.csv"
        row = [_example(column, day) for column in table.columns]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([table.names, row])
        stated = {
            "name": path.name,
            "table": table.name,
            "encoding": "utf-8",
            "rows": 1,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        if table.amount_column is not None:
            stated["amount_total"] = int(row[table.names.index(table.amount_column)] or 0)
        files.append(stated)
    manifest = {
        "spec": 1,
        "submitter": SUBMITTER,
        "business_date": day.isoformat(),
        "sequence": 1,
        "files": files,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    (package / "manifest.json").write_text(text, "utf-8")
    return package


def _example(column: Column, day: date) -> str:
    """A value that the column's contract allows."""
    if column.values:
        return column.values[0]
    if column.check is not None:
        return CODES[column.check]
    if column.kind == "fen":
        return "0"
    if column.kind == "integer":
        return str(max(int(column.minimum or 0), 1))
    if column.kind == "rate":
        return "0.12"
    if column.kind == "date":
        return day.isoformat()
    if column.kind == "time":
        return f"{day} 09:30:00"
    return TEXT_ZH.get(column.name, "1") if column.required else ""
