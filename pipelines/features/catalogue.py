"""Every feature by name: what it measures, in Chinese and English, and its unit.

Unless a name says day, week, month or quarter (the windows of the settings), a feature looks at
the whole history that is loaded. Unknown is null, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feature:
    """One number per party; the texts follow on from the party as the subject."""

    name: str
    zh: str
    en: str
    unit: str


FEATURES: tuple[Feature, ...] = (
    Feature("turnover_day", "当日收付总额", "money in and out on the day", "fen"),
    Feature("turnover_week", "近一周收付总额", "money in and out in the week", "fen"),
    Feature("turnover_month", "近一月收付总额", "money in and out in the month", "fen"),
    Feature("turnover_quarter", "近一季收付总额", "money in and out in the quarter", "fen"),
    Feature(
        "out_share_week", "近一周支出占收付比", "share of the week's money that went out", "share"
    ),
    Feature(
        "out_share_month", "近一月支出占收付比", "share of the month's money that went out", "share"
    ),
    Feature(
        "out_share_quarter",
        "近一季支出占收付比",
        "share of the quarter's money that went out",
        "share",
    ),
    Feature("payers_week", "近一周付款方数", "payers in the week (fan-in)", "parties"),
    Feature("payers_month", "近一月付款方数", "payers in the month (fan-in)", "parties"),
    Feature("payers", "付款方数", "payers (fan-in)", "parties"),
    Feature("payees_week", "近一周收款方数", "payees in the week (fan-out)", "parties"),
    Feature("payees_month", "近一月收款方数", "payees in the month (fan-out)", "parties"),
    Feature("payees", "收款方数", "payees (fan-out)", "parties"),
    Feature("transfers_in", "收入笔数", "payments received", "transfers"),
    Feature("transfers_out", "支出笔数", "payments made", "transfers"),
    Feature(
        "payer_concentration", "付款方集中度", "concentration of the money in on few payers", ""
    ),
    Feature(
        "payee_concentration", "收款方集中度", "concentration of the money out on few payees", ""
    ),
    Feature(
        "most_from_one_payer", "单一付款方最多笔数", "most payments from one payer", "transfers"
    ),
    Feature("most_to_one_payee", "单一收款方最多笔数", "most payments to one payee", "transfers"),
    Feature(
        "same_day_from_one_payer",
        "单一付款方单日最多笔数",
        "most payments from one payer on one day",
        "transfers",
    ),
    Feature(
        "same_day_to_one_payee",
        "单一收款方单日最多笔数",
        "most payments to one payee on one day",
        "transfers",
    ),
    Feature(
        "new_payer_share",
        "新付款方资金占比",
        "share of the money in that comes from new payers",
        "share",
    ),
    Feature(
        "in_share_from_persons",
        "自然人付款占比",
        "share of the money in that comes from natural persons",
        "share",
    ),
    Feature(
        "out_share_to_persons",
        "付给自然人占比",
        "share of the money out that goes to natural persons",
        "share",
    ),
    Feature(
        "unknown_party_share",
        "对手不明资金占比",
        "share of the money whose other side is unknown",
        "share",
    ),
    Feature(
        "week_to_baseline",
        "近一周与此前日均之比",
        "the week's turnover a day against what was before",
        "ratio",
    ),
    Feature(
        "two_way_parties", "双向往来对手数", "counterparties that both pay and are paid", "parties"
    ),
    Feature("payers_busiest_day", "单日最多付款方数", "payers on the busiest day", "parties"),
    Feature("payees_busiest_day", "单日最多收款方数", "payees on the busiest day", "parties"),
    Feature(
        "in_share_busiest_day",
        "单日最大收入占比",
        "share of the money in that came on one day",
        "share",
    ),
    Feature(
        "out_share_busiest_day",
        "单日最大支出占比",
        "share of the money out that went on one day",
        "share",
    ),
    Feature(
        "burst_in",
        "收入笔数突增倍数",
        "payments received on the busiest day against a usual one",
        "ratio",
    ),
    Feature(
        "burst_out",
        "支出笔数突增倍数",
        "payments made on the busiest day against a usual one",
        "ratio",
    ),
    Feature(
        "interval_variation_in",
        "收入间隔变异系数",
        "variation of the days between receipts",
        "ratio",
    ),
    Feature(
        "interval_variation_out",
        "支出间隔变异系数",
        "variation of the days between payments",
        "ratio",
    ),
    Feature(
        "round_share_in", "整数收入占比", "share of the money in that is in round amounts", "share"
    ),
    Feature(
        "round_share_out",
        "整数支出占比",
        "share of the money out that is in round amounts",
        "share",
    ),
    Feature(
        "repeated_amounts_in",
        "重复金额收入占比",
        "share of receipts that repeat an amount",
        "share",
    ),
    Feature(
        "repeated_amounts_out",
        "重复金额支出占比",
        "share of payments that repeat an amount",
        "share",
    ),
    Feature(
        "amount_spread_in", "收入金额离散度", "spread of the amounts received (logarithms)", ""
    ),
    Feature("amount_spread_out", "支出金额离散度", "spread of the amounts paid (logarithms)", ""),
    Feature(
        "largest_to_usual_in",
        "最大与通常收入金额之比",
        "largest receipt against the usual one",
        "ratio",
    ),
    Feature(
        "largest_to_usual_out",
        "最大与通常支出金额之比",
        "largest payment against the usual one",
        "ratio",
    ),
    Feature(
        "usual_to_smallest_in",
        "通常与最小收入金额之比",
        "usual receipt against the smallest",
        "ratio",
    ),
    Feature(
        "usual_to_smallest_out",
        "通常与最小支出金额之比",
        "usual payment against the smallest",
        "ratio",
    ),
    Feature(
        "unusual_for_payers",
        "收入金额偏离付款方惯常",
        "how far receipts are from what their payers usually pay",
        "",
    ),
    Feature(
        "unusual_for_itself",
        "支出金额偏离自身惯常",
        "how far payments are from what it usually pays",
        "",
    ),
    Feature("cash_share", "现金占比", "share of the money in cash", "share"),
    Feature("cash_in", "现金存入金额", "cash paid in", "fen"),
    Feature("cash_out", "现金支取金额", "cash drawn", "fen"),
    Feature("cash_times_in", "现金存入笔数", "times that cash was paid in", "transfers"),
    Feature("cash_times_out", "现金支取笔数", "times that cash was drawn", "transfers"),
    Feature("night_share", "夜间交易占比", "share of transfers at night", "share"),
    Feature(
        "passed_on_fast",
        "一日内转出占比",
        "share of the money in that may have gone on within a day",
        "share",
    ),
    Feature(
        "passed_on_slower",
        "三日内转出占比",
        "share of the money in that may have gone on within three days",
        "share",
    ),
    Feature(
        "passed_on_alike",
        "三日内近额转出占比",
        "share of the money in that a payment of nearly its size followed",
        "share",
    ),
    Feature(
        "round_trip_share",
        "资金回流占比",
        "share of the money out that came back within a week",
        "share",
    ),
    Feature(
        "shared_source_share",
        "同源收入占比",
        "share of the money in that came from one party over several payers",
        "share",
    ),
    Feature(
        "payers_of_one_source",
        "同一来源付款方数",
        "payers whose money came from one and the same party",
        "parties",
    ),
    Feature(
        "shared_sink_share",
        "同向支出占比",
        "share of the money out that went to one party over several payees",
        "share",
    ),
    Feature(
        "payees_to_one_sink",
        "流向同一方的收款方数",
        "payees whose money went on to one and the same party",
        "parties",
    ),
    Feature("in_cycles", "所在资金回路数", "cycles of payments of like size it is in", "cycles"),
    Feature("in_chains", "所在过账链数", "chains of payments of like size it is in", "chains"),
    Feature("in_fans_in", "集中转入次数", "stretches of days with many payers", "times"),
    Feature("in_fans_out", "分散转出次数", "stretches of days with many payees", "times"),
    Feature(
        "in_scatter_gather",
        "所在先散后聚结构数",
        "times its money was split over several parties and joined again",
        "times",
    ),
    Feature(
        "in_gather_scatter",
        "所在先聚后散结构数",
        "times money was gathered from several parties and paid to several",
        "times",
    ),
    Feature(
        "in_bipartite",
        "所在两组互付结构数",
        "groups of payers that all pay the same payees",
        "groups",
    ),
    Feature("in_stacks", "所在多层分拆结构数", "layers of such groups it is in", "groups"),
    Feature(
        "closure_share",
        "关联方往来占比",
        "share of the money moved with parties it is tied to",
        "share",
    ),
    Feature(
        "shared_devices", "同设备主体数", "other parties that used one of its devices", "parties"
    ),
    Feature(
        "residue", "日终留存比", "what stayed at the end of a day against what came in", "ratio"
    ),
    Feature("accounts", "账户数", "accounts held", "accounts"),
    Feature("peer_percentile", "同业收付额分位", "place of its turnover among its peers", "share"),
)
