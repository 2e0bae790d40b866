"""What the checks of one table give."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.intake.findings import Finding
from pipelines.intake.manifest import StatedFile


@dataclass(frozen=True, slots=True)
class TableResult:
    """One table after its checks.

    `rows` is the file of the rows that passed, `rejected` that of the others, if there are any;
    a table that is rejected whole loads nothing. `amount_total` is the sum over all rows that the
    manifest must state, None where an amount cannot be read, so that nothing can be compared;
    `passed_total` is the sum over the rows that passed.
    """

    stated: StatedFile
    records: int
    covered: int
    failed: int
    passed: int
    rejected_whole: bool
    amount_total: int | None
    passed_total: int
    rows: Path
    rejected: Path | None
    findings: list[Finding]

    @property
    def accepted(self) -> int:
        """How many rows load."""
        return 0 if self.rejected_whole else self.passed
