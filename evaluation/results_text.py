"""The results of an examination as tables for people: on a terminal, and in the README."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from rich.cells import cell_len

# Each measure's column, its Chinese and English head, and what is aimed at.
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("schemes", "案数", "schemes"),
    ("recall_at_2k", "前2K召回", "recall 2K"),
    ("recall", "召回", "recall"),
    ("precision_at_k", "前K精度", "prec. K"),
    ("average_precision", "平均精度", "av. prec."),
    ("lookalikes_at_k", "形似占前K", "look-alike"),
    ("named", "类型正确", "named"),
    ("evidence_precision", "证据精度", "ev. prec."),
    ("evidence_recall", "证据召回", "ev. recall"),
    ("amount_error", "金额误差", "amount err."),
    ("roles_right", "角色正确", "roles"),
    ("calibration_error", "校准误差", "calib. err."),
    ("false", "误报", "false"),
)
WAYS: tuple[tuple[str, str, str], ...] = (
    ("precision_at_k", "前K精度", "prec. K"),
    ("recall_at_2k", "前2K召回", "recall 2K"),
    ("average_precision", "平均精度", "av. prec."),
    ("lookalikes_at_k", "形似占前K", "look-alike"),
    ("unlisted_at_3k", "未列类型前3K", "unlisted 3K"),
)


def typology_rows(typologies: pl.DataFrame, level: str, zh: bool) -> list[list[str]]:
    """Head and rows: a typology a row, of one level of degradation."""
    return _rows(typologies.filter(pl.col("level") == level), "typology", COLUMNS, zh)


def way_rows(orders: pl.DataFrame, level: str, zh: bool) -> list[list[str]]:
    """Head and rows: a way of ranking a row, of one level of degradation."""
    return _rows(orders.filter(pl.col("level") == level), "way", WAYS, zh)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Write head and rows as a table of Markdown."""
    head, *body = rows
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *body]) + "\n"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Write head and rows as lines of a terminal, numbers to the right."""
    widths = [max(cell_len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = []
    for row in rows:
        blanks = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        numbers = [blank + cell for blank, cell in zip(blanks[1:], row[1:], strict=True)]
        lines.append("  ".join([row[0] + blanks[0], *numbers]).rstrip())
    return lines


def _rows(
    table: pl.DataFrame, name: str, columns: Sequence[tuple[str, str, str]], zh: bool
) -> list[list[str]]:
    head = [("类型" if zh else "typology") if name == "typology" else ("方式" if zh else "by")]
    rows = [head + [words[not zh] for _, *words in columns]]
    for row in table.to_dicts():
        rows.append([str(row[name]), *(_cell(row[column]) for column, _, _ in columns)])
    return rows


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.2f}"
