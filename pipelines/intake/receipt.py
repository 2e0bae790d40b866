"""The receipt of a package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from data.control import Submission
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.checking import Result

Receipt = dict[str, Any]


def make_receipt(result: Result, settings: Intake, received_at: datetime) -> Receipt:
    """The receipt as the specification lays it down, as if nothing had come before."""
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
                "replaced_sequence": None,
            }
            for table in result.tables
        ],
        "findings": [finding.facts(settings.examples) for finding in result.findings],
        "correction_due": due if status in ("rejected", "partially_accepted") else None,
    }


def receipt_among(held: Submission, same_day: Sequence[Submission]) -> str:
    """A receipt's text among all submissions of its submitter and date, whenever they came.

    Each table that loads says which lower sequence it replaces.
    """
    receipt = _as_if_alone(held.receipt)
    for table in receipt["tables"]:
        name = table["table"]
        if name in held.loaded:
            sequences = (each.sequence or 0 for each in same_day if name in each.loaded)
            lower = (each for each in sequences if each < (held.sequence or 0))
            table["replaced_sequence"] = max(lower, default=None)
    return receipt_text(receipt)


def is_known_origin(text: str) -> bool:
    """Whether a receipt is of a package whose manifest was read and whose signature was right."""
    found = {finding["rule"] for finding in json.loads(text)["findings"]}
    return found.isdisjoint(rule.rule for rule in rules.ORIGIN_UNKNOWN)


def is_of(text: str, held: Submission) -> bool:
    """Whether a receipt's text is that of a submission, whatever it says it replaces."""
    try:
        return _as_if_alone(text) == _as_if_alone(held.receipt)
    except (ValueError, KeyError, TypeError):
        return False


def _as_if_alone(text: str) -> Receipt:
    receipt: Receipt = json.loads(text)
    for table in receipt["tables"]:
        table["replaced_sequence"] = None
    return receipt


def receipt_text(receipt: Receipt) -> str:
    """The receipt's JSON text."""
    return json.dumps(receipt, ensure_ascii=False, indent=1) + "\n"
