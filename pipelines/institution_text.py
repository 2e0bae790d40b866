"""Institutions' clients' money as text: one in full, or all as a table; Chinese and English."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl
from rich.console import Console
from rich.table import Table

from pipelines.inert import inert_texts
from pipelines.institution_facts import Facts
from pipelines.measure_words import money
from pipelines.trail_text import CONVENTIONS, ORIGINS

WIDTH = 150
Words = Mapping[str, tuple[str, str]]
SOURCE_WORDS: Words = MappingProxyType(
    {
        "opening": ("期初余额", "there before the first transfer"),
        "clients": ("客户", "clients"),
        "borrowers": ("借款人", "borrowers"),
        "circle": ("机构及关联方", "the institution and its circle"),
        "elsewhere": ("其他机构或不明", "other institutions, or unknown"),
    }
)
USE_WORDS: Words = MappingProxyType(
    {
        "spent": ("流入社会", "spent in the world"),
        "unspent": ("仍在借款人处", "still with the borrowers"),
        "returned": ("付给先前客户", "paid to earlier clients"),
        "refunds": ("退款", "refunds"),
        "fees": ("收费", "fees"),
        "circle": ("到达关联方", "reached the circle"),
        "property": ("房地产", "property"),
        "securities": ("证券", "securities"),
        "other_institutions": ("其他机构客户资金", "other institutions' clients' money"),
        "outside": ("外部或不明", "outside, or unknown"),
        "home": ("仍在客户资金账户", "still in accounts for clients' money"),
    }
)
BASIS_WORDS: Words = MappingProxyType(
    {
        "reserve": ("备付金账簿", "reserve ledger"),
        "sub_accounts": ("存管分户", "custody's sub-accounts"),
        "loans": ("未放款的投资", "investments in loans not paid out"),
    }
)
LIST_HEADS = (
    ("机构", "名称", "客户资金", "付给先前客户", "其中他人本金", "到达关联方", "至少", "至多",
     "随机水平", "缺口"),
    ("institution", "name", "clients' money", "to earlier clients", "of others' principal",
     "to the circle", "at least", "at most", "chance", "missing"),
)  # fmt: skip

TEXT_COLUMNS = ("institution_id", "name", "convention", "side", "stage", "kind")


def listed(found: Sequence[Facts], zh: bool) -> str:
    """Every institution in a line, most money in its circle first."""
    other = not zh
    shown = Table()
    for head in LIST_HEADS[other]:
        shown.add_column(head, overflow="fold")
    for each in sorted(found, key=lambda f: (-_use(f, "circle"), f["institution_id"])):
        circle = each["by_kind"].get("circle", {})
        shown.add_row(
            each["institution_id"], each["name"], money(each["total_fen"], zh),
            money(_use(each, "returned"), zh), _others(each["returns"]),
            money(_use(each, "circle"), zh), money(circle.get("least_fen", 0), zh),
            # What reached the circle under another convention alone has no chance level here.
            money(circle.get("most_fen", 0), zh), money(circle.get("chance_fen") or 0, zh),
            money(max((m["missing_fen"] for m in each["missing"]), default=0), zh),
        )  # fmt: skip
    return _rendered(shown)


def in_full(facts: Facts, zh: bool) -> str:
    """One institution: where its clients' money came from, what became of it, what is missing."""
    other = not zh
    convention, whole = CONVENTIONS[facts["convention"]][other], money(facts["total_fen"], zh)
    lines = [
        f"{facts['name']}  {facts['institution_id']}",
        f"客户资金 {whole}，{convention}" if zh else f"clients' money: {whole}, {convention}",
    ]
    for name, words in (("sources", SOURCE_WORDS), ("uses", USE_WORDS)):
        shown = Table()
        heads = {
            "sources": ("来源", "where it came from"), "uses": ("去向", "what became of it"),
        }  # fmt: skip
        for head in (heads[name][other], "阶段" if zh else "stage", "金额" if zh else "amount",
                     "占比" if zh else "share"):  # fmt: skip
            shown.add_column(head)
        if name == "uses":
            for head in ("至少", "至多", "随机水平") if zh else ("at least", "at most", "chance"):
                shown.add_column(head)
        ordered = sorted(facts[name], key=lambda row: (-row["amount_fen"], row["kind"]))
        for row in ordered:
            bounds = [row[key] for key in ("least_fen", "most_fen", "chance_fen") if key in row]
            shown.add_row(
                words[row["kind"]][other], ORIGINS[row["stage"]][other],
                money(row["amount_fen"], zh), f"{row['share']:.1%}",
                *("-" if fen is None else money(fen, zh) for fen in bounds),
            )  # fmt: skip
        lines.append(_rendered(shown))
    lines += _remarks(facts, zh)
    return "\n".join(lines)


def as_csv(found: Sequence[Facts]) -> str:
    """Every source and use as a line of CSV; no cell is live in a spreadsheet."""
    rows = [
        {
            "institution_id": each["institution_id"], "name": each["name"],
            "convention": each["convention"], "side": side, **row,
        }
        for each in found
        for side in ("sources", "uses")
        for row in each[side]
    ]  # fmt: skip
    columns = {
        **dict.fromkeys(TEXT_COLUMNS, pl.String),
        "amount_fen": pl.Int64, "share": pl.Float64, "least_fen": pl.Int64, "most_fen": pl.Int64,
        "chance_fen": pl.Int64,
    }  # fmt: skip
    return inert_texts(pl.DataFrame(rows, schema=columns)).write_csv()


def _remarks(facts: Facts, zh: bool) -> list[str]:
    lines, returns = [], facts["returns"]
    if returns["amount_fen"]:
        whole, part = money(returns["amount_fen"], zh), money(returns["from_principal_fen"], zh)
        share = f"{returns['from_principal_share']:.1%}"
        lines.append(
            f"付给先前客户的 {whole} 中，{part}（{share}）来自为标的投入的本金（他人的或其本人的）"
            if zh
            else f"of {whole} paid to earlier clients {part} ({share}) came from principal "
            "invested in loans, of others or their own"
        )
        least, most = (money(returns[f"from_others_{name}_fen"], zh) for name in ("least", "most"))
        lines.append(
            f"其中至少 {least}、至多 {most} 为其他客户所付款项（占比 {_others(returns)}）"
            if zh
            else f"at least {least} of it and at most {most} ({_others(returns)}) is what other "
            "clients had paid in"
        )
    for row in facts["missing"]:
        basis = BASIS_WORDS[row["basis"]][not zh]
        owed, held, lacking = (
            money(row[name], zh) for name in ("owed_fen", "held_fen", "missing_fen")
        )
        lines.append(
            f"{row['as_of']} {basis}：应有 {owed}，现有 {held}，缺 {lacking}"
            if zh
            else f"{row['as_of']} {basis}: owed {owed}, there {held}, missing {lacking}"
        )
    return lines


def _others(returns: Facts) -> str:
    least, most = returns["from_others_least_share"], returns["from_others_most_share"]
    if least is None:
        return "-"
    return f"{least:.0%}" if least == most else f"{least:.0%}–{most:.0%}"


def _use(facts: Facts, kind: str) -> int:
    return int(facts["by_kind"].get(kind, {}).get("amount_fen", 0))


def _rendered(shown: Table) -> str:
    held = io.StringIO()
    Console(file=held, width=WIDTH).print(shown)
    return held.getvalue().rstrip("\n")
