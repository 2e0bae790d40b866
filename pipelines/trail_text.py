"""An answer about money as text for a terminal, in Chinese and English: tables, or paths."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table

from pipelines.measure_words import money
from pipelines.trail_facts import Facts

WIDTH = 150
CONVENTIONS = {
    "fifo": ("先进先出", "first in first out"),
    "prorata": ("按比例", "pro rata"),
    "lifo": ("后进先出", "last in first out"),
}
KINDS = {
    "held": ("仍在账上", "still there"),
    "opening": ("期初余额", "there before the first transfer"),
    "outside": ("现金或未知对手", "cash, or an unknown counterparty"),
    "returned": ("回到所查账户", "the asked accounts themselves"),
    "unknown": ("来源不明：超出已知余额", "unknown: beyond its known balance"),
}
ORIGINS = {
    "unknown": ("来源不明", "unknown"),
    "opening": ("期初余额", "opening balances"),
    "client_money": ("客户资金", "clients' money"),
    "own_funds": ("自有资金", "own funds"),
    "investors_principal": ("出借人本金", "investors' principal"),
    "loan_proceeds": ("借款资金", "loan proceeds"),
}
CUT_WORDS = {
    "flows": ("个资金流", "flows"),
    "ends": ("个终点", "ends"),
    "paths": ("条路径", "paths"),
}
FLOW_HEADS = (
    ("付款账户", "收款账户", "金额", "占比", "笔数", "首笔", "末笔", "平均停留"),
    ("from", "to", "amount", "share", "transfers", "first", "last", "mean stay"),
)
END_HEADS = (
    ("账户", "主体", "性质", "金额", "至少", "至多"),
    ("account", "party", "end", "amount", "at least", "at most"),
)


def table(found: Facts, zh: bool) -> str:
    """The ends with what holds whatever the convention, and the flows, largest first."""
    other = not zh
    lines = [heading(found, zh)]
    ends, flows = Table(), Table()
    for head in END_HEADS[other]:
        ends.add_column(head, overflow="fold")
    for each in found["ends"]:
        ends.add_row(
            each["account"] or "-", each["party_id"] or "-", KINDS[each["kind"]][other],
            money(each["amount_fen"], zh), _bound(each["lower_fen"], zh),
            _bound(each["upper_fen"], zh),
        )  # fmt: skip
    for head in FLOW_HEADS[other]:
        flows.add_column(head, overflow="fold")
    for each in found["flows"]:
        flows.add_row(
            each["from"] or "-", each["to"] or "-", money(each["amount_fen"], zh),
            f"{each['share']:.1%}", str(len(each["transfers"])), each["first_at"],
            each["last_at"], stay(each["mean_delay_seconds"], zh),
        )  # fmt: skip
    lines += [_rendered(ends), _rendered(flows)]
    if found["holdings"]:
        held = [
            f"{ORIGINS[each['kind']][other]} {each['institution_id'] or ''} "
            f"{money(each['amount_fen'], zh)}".replace("  ", " ")
            for each in found["holdings"]
        ]
        said = "所查账户现有资金，按来源：" if zh else "the asked accounts hold, by origin: "
        lines.append(said + ("；" if zh else "; ").join(held))
    return "\n".join(lines + remarks(found, zh))


def listed(found: Facts, paths: list[Facts], cut: Facts | None, zh: bool) -> str:
    """Each path with its transfers: when, how long since the one before, amount and share."""
    lines = [heading(found, zh)]
    for number, path in enumerate(paths, start=1):
        lines.append(f"{number}. {money(path['amount_fen'], zh)}")
        for hop in path["hops"]:
            waited = hop["delay_seconds"]
            lines.append(
                f"   {hop['at']}  {hop['from'] or '-'} → {hop['to'] or '-'}  "
                f"{money(hop['amount_fen'], zh)} ({hop['share']:.1%})"
                + ("" if waited is None else f"  +{stay(waited, zh)}")
                + f"  {hop['transfer'] or KINDS['unknown'][not zh]}"
            )
    return "\n".join(lines + remarks({**found, "truncated": cut}, zh))


def heading(found: Facts, zh: bool) -> str:
    """How much money was followed, which way and how."""
    convention, amount = CONVENTIONS[found["convention"]][not zh], money(found["total_fen"], zh)
    if zh:
        way = "去向" if found["direction"] == "uses" else "来源"
        return f"{amount} 的{way}，{convention}"
    way = "what became of" if found["direction"] == "uses" else "where it came from:"
    return f"{way} {amount}, {convention}"


def remarks(found: Facts, zh: bool) -> list[str]:
    """What an answer depends on, and what a limit left out of it."""
    lines = []
    if found["tie_dependent_fen"]:
        amount = money(found["tie_dependent_fen"], zh)
        lines.append(
            f"其中 {amount} 取决于同一时刻各笔的先后（按流水参考号）"
            if zh
            else f"{amount} of it depends on the order within one instant (by reference)"
        )
    cut = found["truncated"] or {}
    for name, word in CUT_WORDS.items():
        if name in cut:
            amount = money(cut[f"{name}_fen"], zh)
            lines.append(
                f"另有 {cut[name]} {word[0]}未列出，共 {amount}；用 --limit 列出更多"
                if zh
                else f"{cut[name]} more {word[1]} with {amount} are not shown; --limit shows more"
            )
    if "parts_fen" in cut:
        amount = money(cut["parts_fen"], zh)
        lines.append(
            f"各笔转账所载合计 {amount} 未拆分为路径；放宽 trace.path_parts 可继续拆分"
            if zh
            else f"transfers carried {amount} more than was parted into paths; a larger "
            "trace.path_parts goes on"
        )
    if "bounds" in cut:
        lines.append("未计算上下限：涉及转账过多" if zh else f"bounds {cut['bounds']}")
    return lines


def stay(seconds: int | None, zh: bool) -> str:
    """A length of time in its largest fitting unit."""
    if seconds is None:
        return "-"
    for unit, zh_name, en_name in ((86_400, "天", "d"), (3600, "小时", "h"), (60, "分", "min")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {zh_name if zh else en_name}"
    return f"{seconds} {'秒' if zh else 's'}"


def _bound(fen: int | None, zh: bool) -> str:
    return "-" if fen is None else money(fen, zh)


def _rendered(shown: Table) -> str:
    held = io.StringIO()
    Console(file=held, width=WIDTH).print(shown)
    return held.getvalue().rstrip("\n")
