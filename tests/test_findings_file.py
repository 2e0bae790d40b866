"""Findings come back from their file as they were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from data.errors import StoreError
from detectors.finding import CannotConclude, Finding, Lookalike, Measure
from pipelines.findings_file import read_findings, write_findings

FINDING = Finding(
    typology="fund_pool",
    code="P1",
    clause="二(一)1",
    party_id="p",
    institution_id=None,
    severity=5,
    confidence=0.1 + 0.2,
    amount_fen=2**60 + 1,
    first_at=datetime(2016, 6, 1, 8, 0, 0, 1),
    last_at=datetime(2016, 6, 30),
    transfers=("a", "b:c:d"),
    measures={"payers": Measure(60.0, 50.0, "persons"), "share": Measure(1.0, None, "share")},
    lookalikes=(Lookalike("payroll", True, "不是工资", "not payroll"),),
    not_established=("未证明", "not shown"),
    text=("文", "text"),
    lead_office="JR+YJ",
    accomplices=(("q", "pool"),),
)
QUESTION = CannotConclude("commingling", None, "i", ("balance",), ("缺", "lacks"))


def test_findings_come_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "night" / "findings.json"
    write_findings(path, [FINDING], [QUESTION])
    assert read_findings(path) == ([FINDING], [QUESTION])


def test_numbers_and_truths_of_arrays_come_back_as_plain_ones(tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    passed = Lookalike("payroll", np.bool_(True), "不是工资", "not payroll")  # type: ignore[arg-type]
    measured = Measure(np.int64(60), np.float32(0.5), "persons")  # type: ignore[arg-type]
    given = replace(FINDING, lookalikes=(passed,), measures={"payers": measured})
    write_findings(path, [given], [])
    [found], _ = read_findings(path)
    assert (found.lookalikes[0].passed, found.measures["payers"].value) == (True, 60)
    assert type(found.lookalikes[0].passed) is bool


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "findings.json"
    path.write_text("{")
    with pytest.raises(StoreError, match="run the night again"):
        read_findings(path)
