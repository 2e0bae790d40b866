"""The names of measures and their units in words, Chinese and English, and how numbers are shown.

A measure or a unit that is not listed is shown under its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MEASURES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "payers": ("付款自然人", "natural persons who paid in"),
        "payees": ("收款方", "counterparties that were paid"),
        "out_in_ratio": ("付出与归集之比", "paid out per yuan taken"),
        "paid_back": ("又从中收款的付款人", "payers who were paid again"),
        "returned_share": ("付回付款人占归集", "share of the money taken that went back to payers"),
        "matched_share": ("与借款对应的进账占比", "share of the credits that loans account for"),
        "principal_back": (
            "收款人收回与投入之比",
            "got back per yuan paid in, by them",
        ),
        "paid_first_share": ("先付后收者占比", "share of them who paid before they were paid"),
        "fixed_ratio_share": (
            "按固定比例转付占比",
            "share of payments that pass a receipt on at a fixed ratio",
        ),
        "others_principal_share": (
            "付回款项中出自他人本金的占比（至少）",
            "share of what payers were paid again out of others' principal, at least",
        ),
        "reached_circle_share": (
            "流出的自然人资金到达关联圈占比",
            "share of the persons' money that left and reached the circle",
        ),
        "accounts": ("账户", "accounts of the pool"),
        "loans": ("所涉借款", "loans concerned"),
        "share": ("到达关联方占放款", "share of the proceeds that reached the circle"),
        "bonus_fen": ("标的之外付给出借人", "paid to lenders beyond any loan"),
        "bonus_share": ("占其出借额", "share of what they had lent"),
        "clients_share": ("出自客户资金占比", "share out of clients' money"),
        "uncovered_fen": ("没有还款来源的付款", "paid without a repayment behind it"),
        "uncovered_share": ("占付给出借人的款项", "share of what lenders were paid"),
        "realised_rate": (
            "已实现年化收益中位数（界限为其他机构）",
            "median realised return a year (line: elsewhere)",
        ),
        "protected_rate": (
            "与借款利率司法保护线比较",
            "the same, beside the line for borrowers' rates",
        ),
        "positions": ("全部收回的投资", "positions wholly got back"),
        "exits": ("到期前退出", "exits before the loan falls due"),
        "funded_share": ("由新出借人资金支付", "share that new lenders' money pays"),
        "fixed_share": ("期限、收益率固定的退出占比", "share of exits of fixed terms and rates"),
        "redeemed_share": ("记作还本付息的退出占比", "share of exits booked as repayment"),
        "registered_share": ("有转让登记的退出占比", "share of exits with a registered assignment"),
        "held_days": ("持有日数中位数", "median days held"),
        "term_days": ("借款期限中位数", "median term of the loans"),
        "compensated_fen": ("代借款人付出", "paid in the borrowers' place"),
        "payers_in_place": ("代付的关联方", "payers of the circle"),
        "nominal_fen": ("由名义担保人付出", "paid by guarantors in name"),
        "recovered_share": ("已向借款人追回", "share recovered from borrowers"),
        "sold_share": ("放款后由出借人付款占比", "share that lenders paid for afterwards"),
        "fewest_lenders": ("每笔债权的受让人最少", "fewest lenders of one claim"),
        "by_circle_fen": ("由平台或关联方放款", "paid out by the platform or its circle"),
        "returned_to_payer": ("放款人已收回", "share that the payer has back"),
        "borrowers_over": ("超限借款人", "borrowers above the cap"),
        "groups_over": ("超限的关联借款人组", "groups of borrowers above the cap"),
        "over_fen": ("超出上限", "above the cap"),
        "over_all_platforms": ("跨平台超限的借款", "loans above the cap on all platforms"),
        "spent_share": ("到达占放款", "share of the proceeds that arrived"),
        "over_another": ("经他人账户的借款", "loans over another person's account"),
        "property_payees": ("房地产收款方", "developers and agents paid"),
        "escrow_share": ("进入预售监管账户占比", "share that entered presale escrow"),
        "proceeds_fen": ("进入证券账户的借款", "loans' proceeds in securities accounts"),
        "client_money_fen": (
            "转入证券账户的客户资金",
            "clients' money moved into securities accounts",
        ),
        "umbrella_payers": ("伞形账户的付款人", "payers of an umbrella account"),
        "financed_holders": ("获配资的户主", "holders financed by one payer"),
        "bundled_claims": ("成批转让的债权", "claims sold in bulk"),
        "hops": ("最多经过的转账", "transfers on the longest way"),
        "lenders": ("出借人", "lenders"),
        "hours": ("放款至到达的最长用时", "longest time from the payout to the circle"),
        "borrowers": ("借款人", "borrowers"),
        "carried_fen": ("到达关联方的转账总额", "whole sum of the transfers into the circle"),
        "to_unknown_holders_fen": ("汇入户主不明账户", "into accounts of unknown holders"),
        "clients": ("客户", "clients"),
        "taken_fen": ("经自有账户收取", "taken into own accounts"),
        "over_others_fen": ("经他人账户到达关联方", "reached the circle over others"),
        "moved_fen": ("超出收费转出存管", "left custody beyond fees"),
        "share_of_client_money": ("占客户资金", "share of the clients' money"),
        "gap_days": (
            "分户高于余额的连续天数",
            "days in a row that sub-accounts exceeded custody",
        ),
        "gap_fen": ("分户高于余额最多", "largest excess of sub-accounts over custody"),
        "shortfall_days": ("备付金不足的连续天数", "days in a row that the reserve was short"),
        "shortfall_fen": ("备付金不足最多", "largest shortfall of the reserve"),
        "aged_fen": ("十一日以上原因不明", "unexplained for eleven days or more"),
        "to_circle_fen": ("付给关联方", "paid to the circle"),
        "returned_fen": ("关联方付回", "paid back by the circle"),
        "elsewhere_fen": ("付给其他收款人", "paid to others"),
        "promotion_share": ("占其全部付款", "share of all it paid"),
        "media": ("广告、媒体、平台", "advertisers, media and platforms"),
        "promotion_fen": ("推广金额", "paid for promotion"),
        "promoters": ("按件获酬的推广者", "promoters paid by the piece"),
        "promotions": ("推广付款", "payments for promotion"),
        "paying_persons": ("付款自然人数", "natural persons who pay it"),
        "restricted_words": ("限制字样", "restricted words"),
        "group_payments": ("集团内付款", "payments within the group"),
        "detoured_fen": ("经第三方转付", "passed on by third parties"),
        "capital_share": ("占注册资本", "share of the registered capital"),
        "outstanding_fen": ("未偿余额最高", "most that was outstanding"),
        "settled_fen": ("结算金额合计", "settled with them"),
        "commission_rate": ("付款占该机构同期收款", "paid to it of what the firm took meanwhile"),
        "settlements": ("与持牌机构的结算", "settlements with licensed firms"),
        "business_clients": ("无关联客户", "unrelated clients"),
        "unlicensed_kinds": ("无牌业务种类", "kinds of business without a licence"),
        "outside_reserve_fen": ("付入备付金账户之外", "paid by clients outside of the reserve"),
        "barred_bank_fen": ("进入不得存放备付金的银行", "came to banks that may hold no reserve"),
        "bank_fees_fen": ("银行付给自有账户", "paid by banks to its own accounts"),
        "term_deposits_fen": ("定期存放", "placed for a term"),
        "interest_fen": ("禁止计息后的利息", "interest after it was forbidden"),
        "untransferred_fen": ("少交存央行最多", "largest sum missing at the central bank"),
        "direct_link_share": ("直连渠道占比", "share that went by direct links"),
        "netted_share": ("轧差相等日数占比", "share of the days that net out"),
        "netted_days": ("轧差相等的日数", "days on which two banks' sums are equal"),
        "chance_share": ("与另一周付款同额的占比", "the same with payments of another week"),
        "equal_share": ("同额收款占比", "share of the receipts with such a payment"),
        "equal_pairs": ("当日他行同额付出的收款", "receipts that equal a payment at another bank"),
        "report_line_fen": ("大额报告标准", "report line of the day"),
        "above_line": ("略高于报告标准的款项", "sums just above it"),
        "cycles": ("回到起点的资金链", "chains that return to where they began"),
        "below_line": ("略低于报告标准的款项", "sums just below the report line"),
        "traded_share": ("早有往来者之间的资金占比", "share of the money between lasting partners"),
        "related_layer_share": (
            "有关联的中间主体占比",
            "layers tied to another party",
        ),
        "out_of_network_ratio": ("流出与流入之比", "left the network per yuan that entered"),
        "fan": ("同一方向上的对手", "others dealt with on one side"),
        "alone_share": (
            "对手方同类收付中与其往来占比",
            "share of the median stranger's such dealings that are with it",
        ),
        "star_share": ("占其大额收付的比例", "share of its large transfers"),
        "spread": ("同一付款人付款的中间主体", "layers that one payer pays at most"),
        "parallel": ("并列的最多主体", "layers side by side at most"),
        "crowd_payers": ("付款的主体", "parties that pay the same others"),
        "crowd_payees": ("共同的收款主体", "parties that they all pay"),
        "crowd_density": ("实际发生的付款关系占比", "share of the possible pairs that paid"),
        "ways": ("转到另一端的笔数", "parts that went all the way"),
        "end_share": ("占两端大额收付的比例", "share of what either end moves in such sums"),
        "depth": ("前后相接的最多层数", "layers that follow each other at most"),
        "layers": ("只作转手的主体", "parties that only pass money on"),
        "night_share": ("夜间付款占比", "share paid at night"),
        "round_share": ("整数金额占比", "share in round sums"),
        "fee_share": ("留存占比", "share that was kept"),
        "matched_back_share": (
            "付给自然人款项中与付款对应的占比",
            "share of payments to persons that match a payment",
        ),
        "taken_back_share": ("返还款占商户收款", "share of the merchants' takings that came back"),
        "returns": ("又返还的付款", "payments that came back"),
        "cashing_persons": ("又收回付款的持卡人", "persons whose payments came back"),
        "merchants": ("反复收款的无关联商户", "unrelated merchants paid again and again"),
        "acquired_share": ("收单结算款占收入", "share of its takings that acquirers settled"),
        "on_time_share": ("按期转付占比", "share of the takings passed on in time"),
        "paid_on_share": ("付给他人的占比", "share of the takings paid on to others"),
        "held_hours": ("平均停留时间", "time that it stays on average"),
        "kept_share": ("留存占比", "share of the takings that it kept"),
        "turnover_fen": ("结算金额", "settled in all"),
        "hands": ("代其付款给商户的其他主体", "other parties that pay merchants for it"),
        "feeders": ("归集结算款的其他主体", "other parties that feed settlements in"),
        "public_payers": ("付款的公众", "members of the public who paid"),
        "public_fen": ("向公众收取", "taken from the public"),
        "agreeing_findings": ("相互印证的发现", "findings that agree"),
        "lot_payers": ("整额付款的自然人", "natural persons who paid round lots"),
        "raised_fen": ("收取金额", "taken from them"),
        "plan_receivers": ("按固定比例收到返还的人", "persons who got fixed fractions back"),
        "plan_share": ("固定比例付款占比", "share of the payments to them in fixed fractions"),
        "regular_share": ("间隔相同占比", "share of the intervals that are alike"),
        "interval_days": ("最常见间隔", "most usual interval"),
        "yearly_rate": ("折合年收益率", "return in a year"),
        "returns_fen": ("按固定比例付还", "paid back in fixed fractions"),
        "lot_share": ("整额占比", "share of the money in round lots"),
        "share_of_loans": ("占平台借款", "share of the platform's loans"),
        "unpaid_loans": ("未见放款的标的", "loans never paid out"),
        "passed_on_share": ("放款转出占比", "share of the payouts that was passed on"),
        "young_accounts": ("收款账户刚开立的借款", "loans to accounts just opened"),
        "shared_contacts": ("借款人共用联系方式的借款", "loans of borrowers with shared contacts"),
        "meeting_loans": ("资金汇入同一账户的借款", "loans whose money meets in one account"),
        "venue_clients": ("入金的自然人", "natural persons who paid in"),
        "venue_taken_fen": ("收取入金", "taken from them"),
        "withdrawn_share": ("客户取回占比", "share that clients got back"),
        "goods_share": ("货款占比", "paid for goods per yuan taken"),
        "circle_share": ("流向关联方占比", "paid to the circle per yuan taken"),
        "quick_share": (
            "法定间隔内进出的客户占比",
            "share of clients in and out within the days barred",
        ),
        "fixed_yield_share": (
            "固定收益付款占比",
            "share of the payments to clients at a fixed yield",
        ),
        "relay_accounts": ("中转账户", "accounts that relay money to the venue"),
        "equity_investors": ("投资人", "investors"),
        "equity_raised_fen": ("以股权募集", "raised as equity"),
        "circle_share_of_raised": (
            "募集款流向平台关联方占比",
            "share of the money that reached the platform's circle",
        ),
        "premium_payers": ("付保费的自然人", "natural persons who paid premiums"),
        "overdue_fen": ("到期未交", "due and not passed on"),
        "overdue_share": ("到期未交占保费", "share of the premiums not passed on"),
        "aged_premium_fen": ("超过结算周期", "older than a settlement cycle"),
        "premium_fen": ("代收保费", "premiums collected"),
        "surrenders": ("固定溢价退保的投保人", "policyholders with a fixed surplus"),
        "returned_premium_share": (
            "近乎原额退回的保费占比",
            "share of the premiums that came back nearly whole",
        ),
        "surrender_share": ("固定溢价退保占付款", "share of the payments that are such surrenders"),
        "nested_chains": ("超限的持有链", "chains of holdings beyond the line"),
        "rings": ("循环持有", "rings of holdings"),
        "firms_between": ("居间的公司", "firms that are a layer"),
        "nested_fen": ("嵌套金额", "nested"),
        "holders_looked_through": ("穿透后持有人", "holders looked through"),
        "holders_shown": ("单个产品账面持有人", "holders that one product shows"),
        "products_sold": ("产品", "products"),
        "small_tickets": ("低于起点的持有人", "holders below the smallest ticket"),
        "unfit_holders": ("风险不匹配的持有人", "holders who bear less risk"),
        "pooled_givers": ("拼单出资人", "givers behind nominees"),
        "paid_persons": ("批量收款的自然人", "persons paid in runs"),
        "pay_runs": ("付款批次", "runs of payments"),
        "pay_share": ("占新增资金", "paid per yuan of new money"),
        "pay_swing": ("最多一批比最少一批多（中位数）", "best run beyond the worst, median"),
        "landlords": ("出租方", "landlords"),
        "spot_payers": ("刷卡或现金付款账户", "accounts that pay at terminals or in cash"),
        "spot_share": ("刷卡或现金占新增资金", "share of the new money at terminals or in cash"),
    }
)
# Chinese, one in English, several in English.
UNITS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "persons": ("人", "person", "persons"),
        "parties": ("个", "party", "parties"),
        "accounts": ("个", "account", "accounts"),
        "transfers": ("笔", "transfer", "transfers"),
        "payments": ("笔", "payment", "payments"),
        "claims": ("笔", "claim", "claims"),
        "loans": ("笔", "loan", "loans"),
        "times": ("次", "time", "times"),
        "cycles": ("个", "cycle", "cycles"),
        "chains": ("条", "chain", "chains"),
        "groups": ("组", "group", "groups"),
        "working days": ("个工作日", "working day", "working days"),
        "findings": ("项", "finding", "findings"),
        "days": ("日", "day", "days"),
        "hours": ("小时", "hour", "hours"),
        "kinds": ("种", "kind", "kinds"),
        "layers": ("层", "layer", "layers"),
        "words": ("个", "word", "words"),
        "holders": ("名", "holder", "holders"),
        "products": ("个", "product", "products"),
        "runs": ("批", "run", "runs"),
        "ratio": ("", "", ""),
    }
)


def measure_name(name: str, zh: bool) -> str:
    """Name a measure in words."""
    return MEASURES.get(name, (name.replace("_", " "),) * 2)[not zh]


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


def counted(count: float, unit: str, zh: bool) -> str:
    """Write a number with its unit, singular or plural."""
    word = UNITS.get(unit, (unit,) * 3)[0 if zh else 1 if count == 1 else 2]
    return f"{number(count)} {word}".rstrip()


def number(value: float) -> str:
    """Write a number with thousands, and no more decimals than its size deserves."""
    if float(value).is_integer() or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 0.01 else f"{value:.4f}"


def quantity(value: float | None, unit: str, zh: bool) -> str:
    """Write a measured number with its unit; fen as money, shares as per cent."""
    if value is None:
        return "-"
    if unit == "fen":
        return money(round(value), zh)
    if unit == "share":
        return f"{value * 100:.1f} %"
    return counted(value, unit, zh)


def held_against(threshold: float, unit: str, zh: bool) -> str:
    """Write the line that a measure is held against; a line of nothing is any amount."""
    if threshold == 0:
        return "凡有即计" if zh else "any counts"
    line = quantity(threshold, unit, zh) if unit in ("fen", "share") else number(threshold)
    return f"界限 {line}" if zh else f"line {line}"
