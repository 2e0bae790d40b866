"""The receipt of a package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from data.settings import Intake
from pipelines.intake.checking import Result

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
                "rows": table.records,
                "accepted": 0 if rejected else table.accepted,
                "rejected": table.records - (0 if rejected else table.accepted),
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
