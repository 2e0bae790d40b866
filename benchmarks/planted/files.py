"""Files of rows among which some records are spoilt as a whole, and packages of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.packages import arrow_column
from benchmarks.planted.world import DAY, Row
from benchmarks.reference.tables import tables

FORMS = ("utf-8", "gb18030", "parquet")
# How a record is spoilt as a whole: the rule that names it.
SPOILS = {
    "one cell more": "001", "one cell less": "001", "quote opens": "001",
    "text behind quote": "001", "quote inside": "001", "carriage return": "001",
    "empty line": "001", "bad byte": "002", "nul": "002",
}  # fmt: skip


@dataclass
class File:
    """Rows of a table, and by place in the file how a record is spoilt."""

    table: str
    rows: list[Row]
    spoilt: dict[int, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        known = [column.name for column in tables()[self.table].columns]
        return [name for name in [*known, *self.added] if name not in self.left_out]


def write(
    place: Path, submitter: str, sequence: int, form: str, files: list[File], day: date = DAY
) -> tuple[Path, dict[str, list[int]]]:
    """Write a package; returns it, and of each table the rows' lines by their place."""
    package = place / f"{submitter}-{day:%Y%m%d}-{sequence:08d}"
    package.mkdir(parents=True)
    stated, lines = [], {}
    for file in files:
        name = f"{file.table}.{'parquet' if form == 'parquet' else 'csv'}"
        content, lines[file.table] = _parquet(file) if form == "parquet" else _csv(file, form)
        (package / name).write_bytes(content)
        one = {"name": name, "table": file.table, "rows": len(file.rows),
               "sha256": hashlib.sha256(content).hexdigest()}  # fmt: skip
        amount = tables()[file.table].amount
        if amount is not None:
            cells = [row.get(amount.name, "") for row in file.rows]
            one["amount_total"] = sum(int(each) for each in cells if each.lstrip("-").isdecimal())
        if form == "gb18030":
            one["encoding"] = form
        stated.append(one)
    manifest = {"spec": 1, "submitter": submitter, "business_date": day.isoformat(),
                "sequence": sequence, "files": stated}  # fmt: skip
    (package / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return package, lines


def _csv(file: File, encoding: str) -> tuple[bytes, list[int]]:
    end = "\r\n" if encoding == "gb18030" else "\n"
    names, line, lines = file.names, 2, []
    parts = [(",".join(names) + end).encode(encoding)]
    for place, row in enumerate(file.rows):
        lines.append(line)
        cells = [_quoted(row.get(name, "")) for name in names]
        record = ",".join(cells).encode(encoding)
        if place in file.spoilt:
            record = _spoilt(cells, file.spoilt[place], encoding)
        parts.append(record + end.encode())
        line += record.count(b"\n") + 1
    return b"".join(parts), lines


def _quoted(cell: str) -> str:
    if any(sign in cell for sign in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def _spoilt(cells: list[str], how: str, encoding: str) -> bytes:
    plain = ["x" if "\n" in cell else cell for cell in cells]
    text = ",".join(plain).encode(encoding)
    return {
        "one cell more": text + b",x",
        "one cell less": ",".join(plain[:-1]).encode(encoding),
        "quote opens": b'"' + text,
        "text behind quote": b'"a"b' + text,
        "quote inside": b'a"b' + text,
        "carriage return": b"a\rb" + text,
        "empty line": b"",
        "bad byte": text + b"\xff",
        "nul": text + b"\0",
    }[how]


def _parquet(file: File) -> tuple[bytes, list[int]]:
    known = {column.name: column for column in tables()[file.table].columns}
    texts = ([row.get(name, "") for row in file.rows] for name in file.names)
    columns = [
        arrow_column(known.get(n), cells) for n, cells in zip(file.names, texts, strict=True)
    ]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(columns, names=file.names), sink)
    return sink.getvalue().to_pybytes(), list(range(1, len(file.rows) + 1))
