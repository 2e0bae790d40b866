"""The receipt of a package, and the file of its rejected rows."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from data.settings import Intake
from pipelines.intake.checking import Result, TableResult
from pipelines.intake.raw import Malformed
from pipelines.intake.rules import row_rule

Receipt = dict[str, Any]


def make_receipt(
    result: Result, settings: Intake, received_at: datetime, replaced: Mapping[str, int | None]
) -> Receipt:
    """The receipt as the specification lays it down; `replaced` are sequences by table."""
    status = result.status
    rejected = status == "rejected"
    due = (received_at + timedelta(days=settings.correction_days)).date().isoformat()
    return {
        "package": result.package,
        "status": status,
        "received_at": received_at.strftime("%Y-%m-%d %H:%M:%S"),
        "tables": [
            {
                "table": table.stated.table,
                "rows": table.raw.records,
                "accepted": 0 if rejected else table.accepted,
                "rejected": table.raw.records - (0 if rejected else table.accepted),
                "replaced_sequence": replaced.get(table.stated.table),
            }
            for table in result.tables
        ],
        "findings": [finding.facts(settings.examples) for finding in result.findings],
        "correction_due": due if status in ("rejected", "partially_accepted") else None,
    }


def receipt_text(receipt: Receipt) -> str:
    """The receipt's JSON text."""
    return json.dumps(receipt, ensure_ascii=False, indent=1) + "\n"


def rejected_rows(result: Result) -> str | None:
    """Every rejected row as CSV, as sent, with line, column, rule and message; None when none.

    A table that is rejected for too many failures lists the failed rows, by which it is mended.
    """
    tables = [table for table in result.tables if table.failures]
    if not tables:
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["file", "table", "line", "column", "rule", "message", "row"])
    for table in tables:
        sent = _as_sent(table)
        for failure in table.failures:
            bad = failure if isinstance(failure, Malformed) else None
            writer.writerow(
                [
                    _inert(table.stated.name),
                    table.stated.table,
                    failure.line,
                    "" if isinstance(failure, Malformed) else failure.column,
                    row_rule(table.stated.table, failure.rule).rule,
                    failure.message,
                    _inert(bad.text) if bad else sent[failure.line],
                ]
            )
    return text.getvalue()


def _as_sent(table: TableResult) -> dict[int, str]:
    """The failed rows as CSV text, in the order of the file's own columns, by line.

    Every cell is quoted, so that a row that begins like a formula is none in a spreadsheet.
    """
    failed = pl.Series([failure.line for failure in table.checked.failures], dtype=pl.Int64)
    rows = table.raw.lines.is_in(failed.implode())
    cells = table.raw.cells.filter(rows)
    texts = [cells.get_column(name).cast(pl.String, strict=False) for name in cells.columns]
    sent = {}
    for line, row in zip(table.raw.lines.filter(rows), zip(*texts, strict=True), strict=True):
        text = io.StringIO()
        csv.writer(text, lineterminator="", quoting=csv.QUOTE_ALL).writerow(row)
        sent[line] = text.getvalue()
    return sent


def _inert(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before its first sign."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
