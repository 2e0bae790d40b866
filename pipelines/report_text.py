"""Suspects in words, Chinese or English: why each is one, what speaks against it, where to look."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from data.codes import CITIES
from pipelines.disposal import DISPOSALS, in_words

Facts = Mapping[str, Any]

WIDTH = 118
EVIDENCE_SHOWN = 8
UNEXPLAINED = ("无法解释", "unexplained")
NO_ALLEGATION = (
    "只是与同类不同，不构成指控",
    "differs from its peers; this is no allegation",
)
ROLES: Mapping[str, tuple[str, str]] = {
    "subject": ("主体", "subject"),
    "organiser": ("组织者", "organiser"),
    "pool": ("归集账户持有人", "holder of a pool account"),
    "shell": ("空壳", "shell"),
    "nominee": ("名义借款人", "nominee"),
    "beneficiary": ("受益人", "beneficiary"),
}


def suspects_table(run: Facts, suspects: Sequence[Facts], language: str) -> str:
    """Show suspects as a table: rank, score, who, why in words, money at stake, where next.

    `suspects` are in the full shape of `report.suspect`; a score is 0..1, and higher is worse.
    """
    zh = language == "zh"
    title = f"业务日期 {run['business_date']}，运行 {run['run']}；分值 0–1，越高越可疑"
    if not zh:
        title = (
            f"business date {run['business_date']}, run {run['run']}; score 0 to 1, higher is worse"
        )
    table = Table(title=title, show_lines=True, title_justify="left", expand=True)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("分值" if zh else "score", no_wrap=True)
    table.add_column("嫌疑" if zh else "suspect", ratio=4)
    table.add_column("理由" if zh else "why", ratio=7)
    table.add_column("金额" if zh else "at stake", justify="right", no_wrap=True)
    table.add_column("接下来查" if zh else "where to look next", ratio=4)
    for facts in suspects:
        amount = facts["money_at_stake_fen"]
        table.add_row(
            str(facts["rank"]),
            f"{facts['score']:.3f}",
            _text(f"{facts['name'] or '?'}\n{facts['party_id']}\n{place(facts['division'], zh)}"),
            _text("\n".join(_why_briefly(facts, zh))),
            "" if amount is None else money(amount, zh),
            _text("\n".join(_next_briefly(facts, zh))),
        )
    return _rendered(table)


def suspect_text(facts: Facts, language: str) -> str:
    """Show one suspect in full, from the shape of `report.suspect`."""
    zh = language == "zh"
    lines = [
        f"{facts['rank']}. {facts['name'] or '?'}  {facts['party_id']}  "
        f"{place(facts['division'], zh)}",
        (
            f"分值 {facts['score']:.3f}（0–1，越高越可疑），孤立森林 {_score(facts)}"
            if zh
            else f"score {facts['score']:.3f} (0 to 1, higher is worse), forest {_score(facts)}"
        ),
    ]
    for finding in facts["findings"]:
        lines += ["", *_finding(finding, zh)]
    if not facts["findings"]:
        lines += ["", f"{UNEXPLAINED[not zh]}: {NO_ALLEGATION[not zh]}"]
    if facts["forest_reasons"]:
        lines += ["", "与同类相比：" if zh else "compared with its peers:"]
        lines += [f"  {reason(row, zh)}" for row in facts["forest_reasons"]]
    if facts["cannot_conclude"]:
        lines += ["", "不能下结论：" if zh else "cannot conclude:"]
        lines += [f"  {gap['text']['zh' if zh else 'en']}" for gap in facts["cannot_conclude"]]
    lines += ["", "接下来查：" if zh else "where to look next:"]
    lines += [f"  {step}" for step in next_steps(facts, zh)]
    return "\n".join(clean(line) for line in lines)


def _next_briefly(facts: Facts, zh: bool) -> list[str]:
    """Say in the table how to open a suspect, how much shows it, and who else is named."""
    steps = [f"lookthrough suspect {facts['party_id']}"]
    shown = {row["transfer"] for finding in facts["findings"] for row in finding["evidence"]}
    if shown:
        steps.append(f"证据 {len(shown)} 笔" if zh else f"evidence: {len(shown)} transfers")
    others = {
        a["party_id"]: a["role"] for finding in facts["findings"] for a in finding["accomplices"]
    }
    for role, names in ROLES.items():
        count = sum(other == role for other in others.values())
        if count:
            steps.append(f"{names[not zh]}: {count}")
    return steps


def next_steps(facts: Facts, zh: bool) -> list[str]:
    """Say where to look next, the most useful first."""
    steps = []
    findings = facts["findings"]
    for finding in findings[:1]:
        known = [row for row in finding["evidence"] if row["amount_fen"] is not None]
        if known:
            largest = max(known, key=lambda row: (row["amount_fen"], row["transfer"]))
            steps.append(("最大一笔：" if zh else "its largest transfer: ") + transfer(largest, zh))
    others = {
        a["party_id"]: ROLES.get(a["role"], (a["role"], a["role"]))[not zh]
        for finding in findings
        for a in [*finding["accomplices"], {"party_id": finding["party_id"], "role": "subject"}]
        if a["party_id"] != facts["party_id"]
    }
    for party, role in list(others.items())[:3]:
        steps.append(f"lookthrough suspect {party}  ({role})")
    for finding in findings:
        for test in finding["lookalikes"]:
            if not test["passed"]:
                steps.append(("需排除：" if zh else "to rule out: ") + test["zh" if zh else "en"])
    if findings:
        office = in_words(facts["lead_office"], zh)
        disposal = DISPOSALS[facts["proposed_disposal"]][not zh]
        steps.append(f"牵头：{office}" if zh else f"lead: {office}")
        steps.append(
            f"建议处置（由人决定）：{disposal}"
            if zh
            else f"proposed, an officer decides: {disposal}"
        )
    else:
        command = f"lookthrough suspect {facts['party_id']}"
        steps.append(
            f"核对其业务能否解释：{command}" if zh else f"does its business explain it: {command}"
        )
    return steps


def money(fen: int, zh: bool) -> str:
    """Write an amount in 元, 万元 or 亿元, to two decimals; in English in yuan, to the fen."""
    sign, fen = ("-" if fen < 0 else ""), abs(fen)
    if not zh:
        return f"{sign}{fen // 100:,}.{fen % 100:02d} yuan"
    for unit, name in ((10_000_000_000, "亿元"), (1_000_000, "万元"), (100, "元")):
        hundredths = (fen * 100 + unit // 2) // unit
        if hundredths >= 100 or unit == 100:
            return f"{sign}{hundredths // 100:,}.{hundredths % 100:02d} {name}"
    raise AssertionError("unreachable: the last unit fits every amount")


def quantity(value: float | None, unit: str, zh: bool) -> str:
    """Write a measured number with its unit; fen as money, shares as per cent."""
    if value is None:
        return "-"
    if unit == "fen":
        return money(round(value), zh)
    if unit == "share":
        return f"{value * 100:.1f} %"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3g}"
    return f"{number} {unit}".rstrip()


def reason(row: Facts, zh: bool) -> str:
    """Say in words how a feature sets a party apart from its peers."""
    value = quantity(row["value"], row["unit"], zh)
    high = row["percentile"] >= 0.5
    share = (row["percentile"] if high else 1 - row["percentile"]) * 100
    if zh:
        return f"{row['zh']} {value}，{'高于' if high else '低于'} {share:.1f} % 的同类"
    return f"{row['en']} {value}, {'above' if high else 'below'} {share:.1f} % of its peers"


def transfer(row: Facts, zh: bool) -> str:
    """Show one transfer of the evidence on one line."""
    if row["amount_fen"] is None:
        return str(row["transfer"])
    payer = f"{row['payer_bank_no'] or '?'}:{row['payer_account_no'] or '?'}"
    payee = f"{row['payee_bank_no'] or '?'}:{row['payee_account_no'] or '?'}"
    return (
        f"{row['transfer']}  {row['booked_at']}  {payer} → {payee}  {money(row['amount_fen'], zh)}"
    )


def place(division: str | None, zh: bool) -> str:
    """Name the city of a division code, with the code."""
    if not division:
        return "属地不明" if zh else "place unknown"
    return f"{CITIES.get(division[:4] + '00', '')} {division}".strip()


def clean(text: str) -> str:
    """Show control characters as a replacement, so that no name can steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n" else "\ufffd" for c in text)


def _why_briefly(facts: Facts, zh: bool) -> list[str]:
    lines = []
    for finding in facts["findings"]:
        role = "" if finding["role"] == "subject" else f" [{ROLES[finding['role']][not zh]}]"
        text = finding["text"]["zh" if zh else "en"]
        lines.append(f"{finding['code']} {finding['clause']}{role}: {text}")
    if not lines:
        lines.append(f"{UNEXPLAINED[not zh]}: {NO_ALLEGATION[not zh]}")
        lines += [reason(row, zh) for row in facts["forest_reasons"][:2]]
    return lines


def _finding(finding: Facts, zh: bool) -> list[str]:
    language = "zh" if zh else "en"
    role = ROLES.get(finding["role"], (finding["role"],) * 2)[not zh]
    amount = money(finding["amount_fen"], zh)
    lines = [
        f"{finding['code']} {finding['typology']}  {finding['clause']}  "
        + (
            f"严重程度 {finding['severity']}/5，置信度 {finding['confidence']:.2f}，"
            f"{amount}，{role}"
            if zh
            else f"severity {finding['severity']}/5, confidence {finding['confidence']:.2f}, "
            f"{amount}, {role}"
        ),
        f"  {finding['text'][language]}",
    ]
    for name, m in finding["measures"].items():
        line = f"  {name} {quantity(m['value'], m['unit'], zh)}"
        if m["threshold"] is not None:
            line += f" ({'界限' if zh else 'line'} {quantity(m['threshold'], m['unit'], zh)})"
        lines.append(line)
    for test in finding["lookalikes"]:
        mark = ("已排除" if zh else "ruled out") if test["passed"] else ("未排除" if zh else "open")
        lines.append(f"  [{mark}] {test[language]}")
    lines.append(
        ("  未证实：" if zh else "  not established: ") + finding["not_established"][language]
    )
    evidence = finding["evidence"]
    lines.append(
        f"  证据 {len(evidence)} 笔：" if zh else f"  evidence, {len(evidence)} transfers:"
    )
    lines += [f"    {transfer(row, zh)}" for row in evidence[:EVIDENCE_SHOWN]]
    if len(evidence) > EVIDENCE_SHOWN:
        more = len(evidence) - EVIDENCE_SHOWN
        lines.append(
            f"    另 {more} 笔见 --format json" if zh else f"    {more} more: --format json"
        )
    return lines


def _score(facts: Facts) -> str:
    return "-" if facts["forest_score"] is None else f"{facts['forest_score']:.3f}"


def _text(content: str) -> Text:
    return Text(clean(content))


def _rendered(table: Table) -> str:
    buffer = io.StringIO()
    Console(file=buffer, width=WIDTH, highlight=False).print(table)
    return buffer.getvalue()
