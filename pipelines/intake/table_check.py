"""Checks one table of a package while its file streams by, batch after batch.

Accepted rows go into a Parquet file as the lake keeps it, rejected ones into the lines of
``rejected.csv``; in memory stay counts, the first examples of each rule, and the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from data.columns import Table
from data.settings import Intake
from pipelines.intake import rules
from pipelines.intake.ahead import ahead
from pipelines.intake.cell_kernel import Bools
from pipelines.intake.findings import Example, Finding
from pipelines.intake.keys import KeyIndex
from pipelines.intake.lake import RowWriter
from pipelines.intake.manifest import Manifest, StatedFile
from pipelines.intake.raw import Batch, Lines
from pipelines.intake.rejected import rejected_lines, rows_as_sent
from pipelines.intake.row_checks import (
    KINDS_OF_WRONG,
    PARQUET,
    Verdicts,
    judge,
    reason,
    repeated,
    total,
)  # fmt: skip
from pipelines.intake.table_result import TableResult

EXAMPLES = 20


def check_table(
    table: Table,
    stated: StatedFile,
    manifest: Manifest,
    batches: Iterator[Batch],
    settings: Intake,
    place: Path,
) -> TableResult:
    """Check all batches of a table's file; what passes and what fails is written under `place`.

    Raises:
        Refused: the file cannot be read.
        OSError: the disk refuses.
    """
    check = _Check(table, stated, place)
    with RowWriter(place / f"{table.name}.parquet", table, manifest) as writer:
        for batch in ahead(batches):
            check.add(batch, writer)
    return check.result(settings, writer)


class _Check:
    """What is known of a table so far."""

    def __init__(self, table: Table, stated: StatedFile, place: Path) -> None:
        self.table, self.stated = table, stated
        self.header: list[str] = []
        self.names: Mapping[str, str] = {}
        self.extra: list[str] = []
        self.records = self.covered = self.failed = self.unbooked = 0
        self.amount_total, self.passed_total, self.amounts_readable = 0, 0, True
        self.counts: dict[str, int] = {}
        self.examples: dict[str, list[Example]] = {}
        self.keys = KeyIndex(stated.rows)
        self.rejected = place / f"{table.name}.rejected.csv"
        # Verdicts from here on are the faults of a batch's form.
        self.foretold = KINDS_OF_WRONG * len(table.columns)

    def add(self, batch: Batch, writer: RowWriter) -> None:
        """Check one batch."""
        self.header, origin = batch.cells.column_names, batch.origin
        self.names = origin.names if origin else {}
        self.extra = (
            list(origin.unknown) if origin
            else [each for each in self.header if each not in self.table.names]
        )  # fmt: skip
        self.records += batch.records
        self.covered += batch.covered
        judged = judge(self.table, batch)
        self.amount_total += judged.amount_total
        faults = origin.faults if origin else []
        self.amounts_readable &= judged.amounts_readable
        self.amounts_readable &= not any(fault.hides_amount for fault in faults)
        verdict = judged.verdict
        # What a form makes unfit comes first; of several faults the first one counts.
        for number, fault in reversed(list(enumerate(faults))):
            verdict[fault.rows] = self.foretold + number
        held = self._held_keys(judged.rows, batch.lines, verdict == 0)
        verdict[(held > 0) & (verdict == 0)] = repeated(self.table)
        good = verdict == 0
        if good.all():
            self.passed_total += judged.amount_total
            writer.write(judged.rows, batch.lines)
        else:
            passed = judged.rows.filter(pa.array(good))
            self.passed_total += total(self.table, passed)
            writer.write(passed, batch.lines[good])
        if batch.malformed or not good.all():
            self._add_failures(batch, verdict, held)

    def result(self, settings: Intake, writer: RowWriter) -> TableResult:
        """The table's result, when no more batches come."""
        missing = [c.name for c in self.table.columns if c.required and c.name not in self.header]
        # What moved no money is no record that failed.
        failed, records = self.failed - self.unbooked, self.records - self.unbooked
        whole = failed > settings.max_rejected_share * records or bool(missing)
        return TableResult(
            self.stated,
            self.records,
            self.covered,
            self.failed,
            writer.count,
            whole,
            self._stated_total(missing),
            self.passed_total,
            writer.path,
            self.rejected if self.failed else None,
            [*self._row_findings(missing), *self._file_findings(missing, settings, whole=whole)],
        )

    def _stated_total(self, missing: list[str]) -> int | None:
        """What the manifest's total must be; None where an amount, or its column, is missing."""
        column = self.table.amount_column
        comparable = column is not None and column not in missing and self.amounts_readable
        return self.amount_total if comparable else None

    def _held_keys(self, rows: pa.Table, lines: Lines, wanted: Bools) -> Lines:
        """The line that held each row's key before, 0 for none."""
        columns = [rows.column(name).combine_chunks() for name in self.table.keys]
        return self.keys.add(columns, lines, wanted)

    def _add_failures(self, batch: Batch, verdict: Verdicts, held: Lines) -> None:
        found = [_malformed(batch), *self._failures(batch, verdict, held)]
        failures = pl.concat(found).sort("line")
        self.failed += failures.height
        self.unbooked += int((failures["rule"] == "not_booked").sum())
        rule_of = {name: rules.row_rule(self.table.name, name).rule
                   for name in failures["rule"].unique()}  # fmt: skip
        for (name,), some in failures.group_by("rule", maintain_order=True):
            rule = str(name)
            self.counts[rule] = self.counts.get(rule, 0) + some.height
            shown = self.examples.setdefault(rule, [])
            columns = ("message", "line", "column", "value")
            wanted = some.head(EXAMPLES - len(shown)).select(columns)
            shown += [Example(*row) for row in wanted.iter_rows()]
        with self.rejected.open("ab") as file:
            file.write(rejected_lines(self.stated, failures, rule_of))

    def _failures(self, batch: Batch, verdict: Verdicts, held: Lines) -> Iterator[pl.DataFrame]:
        """The failed rows, a frame for each verdict: line, column, value, rule, message, row."""
        bad = np.flatnonzero(verdict)
        if not len(bad):
            return
        whole = batch.origin.sent if batch.origin else batch.cells
        sent = rows_as_sent(whole.take(pa.array(bad)))
        for each in np.unique(verdict[bad]):
            column, rule, message = self._reason(batch, int(each))
            here = np.flatnonzero(verdict[bad] == each)
            rows = bad[here]
            values: pl.Series = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
            if column in whole.column_names:
                cells = whole.column(column).take(pa.array(rows))
                values = pl.Series(pl.from_arrow(cells)).cast(pl.String, strict=False)
            said = pl.format(message, "first") if rule == "duplicate" else pl.lit(message)
            frame = pl.DataFrame(
                {"line": batch.lines[rows], "value": values, "row": sent.gather(here),
                 "first": held[rows]}
            )  # fmt: skip
            yield frame.select(
                "line",
                pl.lit(column).alias("column"),
                "value",
                pl.lit(rule).alias("rule"),
                said.alias("message"),
                "row",
            )

    def _reason(self, batch: Batch, verdict: int) -> tuple[str, str, str]:
        """A verdict in words: the column as sent, the rule by name, and the message."""
        if batch.origin and verdict >= self.foretold:
            fault = batch.origin.faults[verdict - self.foretold]
            return fault.column, fault.rule, fault.message
        column, rule, message = reason(self.table, verdict)
        if rule == "unparsable" and not batch.text:
            message += f"; the column of a Parquet file is a {PARQUET[column.kind]}"
        return self.names.get(column.name, column.name), rule, message

    def _row_findings(self, missing: list[str]) -> Iterator[Finding]:
        name, file = self.table.name, self.stated.name
        if missing:
            named = [f"{self.names[each]} ({each})" if each in self.names else each
                     for each in missing]  # fmt: skip
            lacks = f"the header has no column {', '.join(named)}"
            count = max(self.counts.pop("missing_column", 0), 1)
            yield Finding(rules.row_rule(name, "missing_column"), count, name, file,
                          [Example(lacks, 1)])  # fmt: skip
        for rule, count in self.counts.items():
            yield Finding(rules.row_rule(name, rule), count, name, file, self.examples[rule])

    def _file_findings(
        self, missing: list[str], settings: Intake, *, whole: bool
    ) -> Iterator[Finding]:
        name, file = self.table.name, self.stated.name
        if self.extra:
            examples = [Example(f"{each} is not loaded", 1, each) for each in self.extra]
            rule = rules.row_rule(name, "extra_column")
            yield Finding(rule, len(self.extra), name, file, examples)
        if whole and not missing:
            failed, records = self.failed - self.unbooked, self.records - self.unbooked
            message = (
                f"{failed} of {records} rows failed; at most {settings.max_rejected_share:.0%} may"
            )
            yield Finding(rules.row_rule(name, "share"), 1, name, file, [Example(message)])


def _malformed(batch: Batch) -> pl.DataFrame:
    bad = batch.malformed
    return pl.DataFrame(
        {
            "line": [each.line for each in bad],
            "column": pl.Series([None] * len(bad), dtype=pl.String),
            "value": [each.text[:200] for each in bad],
            "rule": [each.rule for each in bad],
            "message": [each.message for each in bad],
            "row": [each.text for each in bad],
        },
        schema={"line": pl.Int64, **dict.fromkeys(
            ("column", "value", "rule", "message", "row"), pl.String
        )},
    )  # fmt: skip
