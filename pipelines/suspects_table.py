"""Ranked suspects as a table of fixed width, with what could not be judged below it."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.measure_words import counted, money
from pipelines.report_text import (
    NO_ALLEGATION,
    REFUTED,
    ROLES,
    UNEXPLAINED,
    clean,
    own_evidence,
    part_of,
    place,
    reason,
)
from pipelines.wrapping import wrap

Facts = Mapping[str, Any]

WIDTH = 118
HEADS = (
    ("#", "分值", "嫌疑", "理由", "金额", "接下来查"),
    ("#", "score", "suspect", "why", "at stake", "where to look next"),
)
SUSPECT_WIDTH, NEXT_WIDTH = 22, 18
# What the borders and the padding of six columns take.
FRAME = 19
GAPS_SHOWN, NAMES_SHOWN = 8, 5


def suspects_table(
    run: Facts,
    suspects: Sequence[Facts],
    gaps: Sequence[Facts],
    language: str,
    command: Callable[[str], str],
) -> str:
    """Show suspects as a table: rank, score, who, why in words, money at stake, where next.

    `suspects` are in the full shape of `report.suspect`; a score is 0..1, and higher is worse.
    `gaps` are what could not be judged; `command` gives the command that shows a party.
    """
    zh = language == "zh"
    rows = [_row(facts, zh) for facts in suspects]
    widths = _widths(rows, HEADS[not zh])
    table = Table(show_lines=True)
    for n, (head, width) in enumerate(zip(HEADS[not zh], widths, strict=True)):
        right = "right" if n in (0, 4) else "left"
        table.add_column(head, justify=right, no_wrap=True, width=width)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(_wrapped(cell, w)) for cell, w in zip(row, widths, strict=True)))
    lines = [_title(run, zh), *_rendered(table)]
    shown = command("主体编号" if zh else "PARTY")
    lines.append(f"一个嫌疑的全部：{shown}" if zh else f"one suspect in full: {shown}")
    lines += gaps_in_words(gaps, zh)
    return "\n".join(lines) + "\n"


def gaps_in_words(gaps: Sequence[Facts], zh: bool) -> list[str]:
    """Say what could not be judged, once for all parties of which the same is true."""
    parties: dict[str, list[str]] = {}
    for gap in gaps:
        named = parties.setdefault(gap["text"]["zh" if zh else "en"], [])
        named += [gap["party_id"]] if gap["party_id"] else []
    lines = ["不能下结论：" if zh else "cannot conclude:"] if parties else []
    for text, named in list(parties.items())[:GAPS_SHOWN]:
        whose = ", ".join(named[:NAMES_SHOWN])
        more = len(named) - NAMES_SHOWN
        if more > 0:
            whose += f" 等 {len(named)} 个" if zh else f" and {more} more"
        lines += [f"  {line}" for line in wrap(clean(f"{text}  {whose}".rstrip()), WIDTH - 2)]
    left = len(parties) - GAPS_SHOWN
    if left > 0:
        lines.append(f"  另 {left} 项" if zh else f"  {left} more")
    return lines


def _title(run: Facts, zh: bool) -> str:
    if zh:
        return f"业务日期 {run['business_date']}，运行 {run['run']}；分值 0–1，越高越可疑"
    return f"business date {run['business_date']}, run {run['run']}; score 0 to 1, higher is worse"


def _row(facts: Facts, zh: bool) -> tuple[str, ...]:
    amount = facts["money_at_stake_fen"]
    return (
        str(facts["rank"]),
        f"{facts['score']:.3f}",
        f"{facts['name'] or '?'}\n{facts['party_id']}\n{place(facts['division'], zh)}",
        "\n".join(_why_briefly(facts, zh)),
        "" if amount is None else money(amount, zh),
        "\n".join(_next_briefly(facts, zh)),
    )


def _widths(rows: Sequence[tuple[str, ...]], heads: tuple[str, ...]) -> list[int]:
    rank, score, _, _, amount, _ = (
        max(cell_len(row[n]) for row in (*rows, heads)) for n in range(len(heads))
    )
    why = WIDTH - FRAME - rank - score - SUSPECT_WIDTH - amount - NEXT_WIDTH
    return [rank, score, SUSPECT_WIDTH, why, amount, NEXT_WIDTH]


def _wrapped(cell: str, width: int) -> str:
    return "\n".join(wrap(clean(cell), width))


def _why_briefly(facts: Facts, zh: bool) -> list[str]:
    lines = [REFUTED[not zh]] if facts["label"] == "refuted" else []
    for finding in facts["findings"]:
        text = finding["text"]["zh" if zh else "en"]
        named = f" [{part_of(finding, zh)}]" if finding["role"] != "subject" else ""
        lines.append(f"{finding['code']} {finding['clause']}{named}: {text}")
    if not lines:
        lines.append(f"{UNEXPLAINED[not zh]}: {NO_ALLEGATION[not zh]}")
        lines += [reason(row, zh) for row in facts["forest_reasons"][:2]]
    return lines


def _next_briefly(facts: Facts, zh: bool) -> list[str]:
    """Say how much shows it, and in which roles others are named."""
    steps = []
    shown = {row["transfer"] for finding in facts["findings"] for row in own_evidence(finding)}
    if shown:
        count = counted(len(shown), "transfers", zh)
        steps.append(f"证据 {count}" if zh else f"evidence: {count}")
    others = {
        a["party_id"]: a["role"]
        for finding in facts["findings"]
        if finding["role"] == "subject"
        for a in finding["accomplices"]
    }
    for role, names in ROLES.items():
        count = sum(other == role for other in others.values())
        if count:
            steps.append(f"{names[not zh]}: {count}")
    subjects = {f["party_id"] for f in facts["findings"] if f["role"] != "subject"}
    steps += [f"{ROLES['subject'][not zh]}: {party}" for party in sorted(subjects)]
    return steps


def _rendered(table: Table) -> list[str]:
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, highlight=False).print(table)
    return [line.rstrip() for line in buffer.getvalue().splitlines()]
