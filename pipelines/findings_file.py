"""The findings of a night on their way from detection to publication, as one JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from data.durable import make_folder, put
from data.errors import StoreError
from detectors.finding import CannotConclude, Finding, Lookalike, Measure


def write_findings(
    path: Path, findings: Sequence[Finding], open_questions: Sequence[CannotConclude]
) -> None:
    """Write what the detectors said, whole or not at all."""
    content = {
        "findings": [asdict(finding) for finding in findings],
        "cannot_conclude": [asdict(question) for question in open_questions],
    }
    make_folder(path.parent)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, ensure_ascii=False, default=_plain), encoding="utf-8")
    put(partial, path)


def read_findings(path: Path) -> tuple[list[Finding], list[CannotConclude]]:
    """Read what the detectors said, equal to what was written.

    Raises:
        StoreError: the file cannot be read.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read the findings {path}: {error}; run the night again") from None
    return (
        [_finding(values) for values in content["findings"]],
        [_question(values) for values in content["cannot_conclude"]],
    )


def _finding(values: dict[str, Any]) -> Finding:
    return Finding(
        **{
            **values,
            "first_at": datetime.fromisoformat(values["first_at"]),
            "last_at": datetime.fromisoformat(values["last_at"]),
            "transfers": tuple(values["transfers"]),
            "measures": {name: Measure(**held) for name, held in values["measures"].items()},
            "lookalikes": tuple(Lookalike(**held) for held in values["lookalikes"]),
            "not_established": tuple(values["not_established"]),
            "text": tuple(values["text"]),
            "accomplices": tuple((party, role) for party, role in values["accomplices"]),
        }
    )


def _question(values: dict[str, Any]) -> CannotConclude:
    pairs = {"missing": tuple(values["missing"]), "text": tuple(values["text"])}
    return CannotConclude(**{**values, **pairs})


def _plain(value: object) -> object:
    """A time as text, and a number or truth that an array passed on as Python's own."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"no JSON for {type(value).__name__}")
