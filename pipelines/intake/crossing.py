"""What comparisons between tables see: a package's accepted rows, and the lake beside them.

What a table of the package replaces does not count, so that a revision is judged as if it had come
first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from data.home import Home
from pipelines.intake.findings import Example, Finding
from pipelines.intake.lake import folder
from pipelines.intake.manifest import Manifest
from pipelines.intake.rules import CROSS_RULES

LINE = "line"
EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Crossing:
    """What the comparisons see: a package's accepted rows by table, and the lake, if there is one.

    `tables` are Parquet files as the lake keeps them: the contract's columns, then the lineage.
    """

    manifest: Manifest
    tables: Mapping[str, Path]
    files: Mapping[str, str]
    home: Home | None

    def rows(self, table: str, columns: Sequence[str] = ()) -> pl.DataFrame:
        """The accepted rows of a table with their lines, and some columns, or all."""
        wanted = [*columns, LINE] if columns else None
        return pl.read_parquet(self.tables[table], columns=wanted, glob=False)

    def lake_files(self, table: str, days_before: int = 0) -> list[Path]:
        """The lake's files of a table for the package's date, or so many days before it."""
        if self.home is None:
            return []
        day = self.manifest.business_date - timedelta(days=days_before)
        return sorted(folder(self.home, table, day).glob("*.parquet"))

    def sources(self, table: str) -> list[Path]:
        """The table's files for the package's date once it has loaded: its own first."""
        if table not in self.tables:
            return self.lake_files(table)
        return [self.tables[table], *filter(self.is_of_others, self.lake_files(table))]

    def is_of_others(self, file: Path) -> bool:
        """Whether another submitter sent what a lake file holds."""
        return not file.name.startswith(f"{self.manifest.submitter}-")

    def finding(
        self, rule: str, table: str, wrong: pl.DataFrame, column: str, message: str,
        count: int | None = None,
    ) -> Iterator[Finding]:  # fmt: skip
        """Say that a rule failed in some rows; `message` may name columns in braces.

        `count` is how many they are, where `wrong` holds the first ones only.
        """
        if wrong.is_empty():
            return
        shown = wrong.sort(LINE).head(EXAMPLES)
        examples = [
            Example(
                message.format(**{k: v for k, v in row.items() if k != LINE}),
                row[LINE],
                column,
                None if row.get(column) is None else str(row[column]),
            )
            for row in shown.iter_rows(named=True)
        ]
        yield Finding(
            CROSS_RULES[rule], count or wrong.height, table, self.files.get(table), examples
        )
