"""The tables as ``docs/tables.md`` prints them, read back from that page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"


@dataclass(frozen=True)
class Column:
    """One line of a table's section."""

    name: str
    kind: str
    key: bool
    required: bool
    values: tuple[str, ...]
    code: str | None
    least: Decimal | None
    most: Decimal | None


@dataclass(frozen=True)
class Table:
    """One section of the page."""

    name: str
    columns: tuple[Column, ...]

    @property
    def keys(self) -> list[str]:
        return [column.name for column in self.columns if column.key]

    @property
    def required(self) -> list[str]:
        return [column.name for column in self.columns if column.required]

    @property
    def amount(self) -> Column | None:
        """The first column whose name ends with _fen."""
        return next((each for each in self.columns if each.name.endswith("_fen")), None)


@cache
def tables() -> dict[str, Table]:
    """Every table by name."""
    found: dict[str, list[Column]] = {}
    name = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            name = line.split()[1]
            found[name] = []
        elif name and line.startswith("| ") and not line.startswith("| column "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found[name].append(_column(*cells[:3]))
    return {name: Table(name, tuple(columns)) for name, columns in found.items()}


def _column(name: str, kind: str, must: str) -> Column:
    parts = [part.strip() for part in must.split(";")]
    kind = kind.split()[0]
    listed = [p.removeprefix("one of ").split(", ") for p in parts if p.startswith("one of ")]
    least = re.search(r"at least ([0-9.]+)", must)
    most = re.search(r"at most ([0-9.]+)", must)
    code = "division" if "six digits" in must else None
    if "check digit:" in must:
        code = must.split("check digit: ")[1].split(";")[0]
    return Column(
        name,
        kind,
        "key" in parts,
        "may be empty" not in parts,
        tuple(listed[0]) if listed else (),
        code,
        Decimal(least[1]) if least else None,
        Decimal(most[1]) if most else None,
    )
