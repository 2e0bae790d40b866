"""The tables of positions and business: balances, loans, products, holdings, reserves, tips."""

from __future__ import annotations

from data.columns import Table, day, fen, integer, rate, text, time
from data.tables import LOAN_EVENT_KINDS

BALANCE = Table(
    "balance",
    (
        text(
            "bank_no",
            "开户行联行号",
            "CNAPS number of the bank that holds the account",
            key=True,
            check="cnaps",
        ),
        text("account_no", "账号", "account number", key=True),
        day("balance_date", "余额日期", "day of the balance", key=True),
        fen("opening_fen", "期初余额", "opening balance", signed=True),
        fen("credit_fen", "贷方发生额(收入)", "sum of what came in"),
        fen("debit_fen", "借方发生额(支出)", "sum of what went out"),
        fen("closing_fen", "期末余额", "closing balance", signed=True),
        fen("frozen_fen", "冻结金额", "frozen amount", required=False),
        fen(
            "subledger_total_fen",
            "分户合计",
            "sum of the clients' sub-accounts (custody and reserve accounts)",
            required=False,
            signed=True,
        ),
    ),
    "账户余额",
    "balances of accounts by day",
)
LOAN = Table(
    "loan",
    (
        text(
            "institution_id",
            "平台统一社会信用代码",
            "platform that published the loan",
            key=True,
            check="uscc",
        ),
        text("loan_id", "标的编号", "identifier of the loan", key=True),
        text("borrower_party_id", "借款人", "borrower"),
        text("guarantor_party_id", "担保人", "guarantor", required=False),
        fen("principal_fen", "本金", "principal"),
        rate("annual_rate", "年利率", "yearly rate", maximum=10.0, unit="per year"),
        day("published_on", "发布日", "day of publication"),
        day("due_on", "到期日", "day the loan falls due"),
        text(
            "status",
            "标的状态",
            "status",
            values=("raising", "active", "repaid", "overdue", "cancelled"),
        ),
        text("purpose", "借款用途", "purpose", required=False),
        text("collateral_key", "抵押物标识", "key of the collateral", required=False),
        text(
            "borrower_bank_no",
            "借款人收款行联行号",
            "CNAPS number of the borrower's bank",
            required=False,
            check="cnaps",
        ),
        text("borrower_account_no", "借款人收款账号", "borrower's account number", required=False),
    ),
    "网贷标的",
    "loans published by platforms",
)
LOAN_EVENT = Table(
    "loan_event",
    (
        text(
            "institution_id",
            "平台统一社会信用代码",
            "platform that published the loan",
            key=True,
            check="uscc",
        ),
        text("event_no", "事件编号", "number of the event", key=True),
        text("loan_id", "标的编号", "loan the event belongs to"),
        text("kind", "事件类别", "kind of event", values=LOAN_EVENT_KINDS),
        text("party_id", "主体编号", "party that acts"),
        text("counterparty_id", "对手主体编号", "party on the other side", required=False),
        fen("amount_fen", "金额", "amount"),
        time("happened_at", "发生时间", "time of the event"),
        text("entry_no", "对应流水号", "entry that moved the money", required=False),
        text(
            "bank_no",
            "对应联行号",
            "CNAPS number of the entry's bank",
            required=False,
            check="cnaps",
        ),
        text("account_no", "对应账号", "account of the entry", required=False),
    ),
    "标的事件",
    "what happened to loans",
)
PRODUCT = Table(
    "product",
    (
        text("product_id", "产品编号", "identifier of the product", key=True),
        text("issuer_party_id", "发行人", "issuer"),
        text("manager_party_id", "管理人", "manager", required=False),
        text("offering", "发行方式", "offering", values=("public", "private", "equity")),
        integer("risk_level", "风险等级", "risk level", minimum=1, maximum=5, required=False),
        fen("minimum_ticket_fen", "起投金额", "smallest amount one may invest", required=False),
        integer("term_days", "期限", "term", unit="days", required=False),
        rate(
            "promised_rate",
            "承诺收益率",
            "promised yearly return",
            maximum=10.0,
            unit="per year",
            required=False,
        ),
        text("raise_account_no", "募集账号", "account money is raised into", required=False),
        text(
            "raise_bank_no",
            "募集行联行号",
            "CNAPS number of the raising account's bank",
            required=False,
            check="cnaps",
        ),
    ),
    "产品登记",
    "register of investment products",
    register=True,
)
HOLDING = Table(
    "holding",
    (
        text(
            "holder_kind",
            "持有人类别",
            "whether a party or a product holds",
            key=True,
            values=("party", "product"),
        ),
        text("holder_id", "持有人编号", "identifier of the holder", key=True),
        text("product_id", "产品编号", "product that is held", key=True),
        day("as_of", "持有日期", "day of the position", key=True),
        fen("cost_fen", "成本", "cost"),
        fen("value_fen", "市值", "value", required=False),
        integer(
            "holder_risk_level",
            "持有人风险承受等级",
            "risk level the holder may bear",
            minimum=1,
            maximum=5,
            required=False,
        ),
    ),
    "产品持有",
    "positions in products",
)
RESERVE_DAY = Table(
    "reserve_day",
    (
        text(
            "institution_id",
            "支付机构统一社会信用代码",
            "payment institution",
            key=True,
            check="uscc",
        ),
        text(
            "bank_no",
            "备付金银行联行号",
            "CNAPS number of the reserve bank",
            key=True,
            check="cnaps",
        ),
        text("account_no", "备付金账号", "reserve account", key=True),
        day("ledger_date", "账簿日期", "day of the ledger", key=True),
        fen(
            "client_opening_fen",
            "客户备付金期初",
            "opening debt to clients through this account",
            signed=True,
        ),
        fen("client_credit_fen", "客户备付金增加", "what clients paid in"),
        fen("client_debit_fen", "客户备付金减少", "what clients took out"),
        fen(
            "client_closing_fen",
            "客户备付金期末",
            "closing debt to clients through this account",
            signed=True,
        ),
        fen("bank_closing_fen", "银行期末余额", "closing balance at the bank", signed=True),
        fen("interest_uncarried_fen", "未结转利息", "interest not yet carried over"),
        fen("own_funds_placed_fen", "自有资金存放", "own funds placed in the account"),
        fen("fee_uncarried_fen", "未结转手续费", "fees not yet carried over"),
        fen("firm_in_bank_not_fen", "机构已收银行未收", "booked in by the firm, not by the bank"),
        fen("firm_out_bank_not_fen", "机构已付银行未付", "booked out by the firm, not by the bank"),
        fen("bank_in_firm_not_fen", "银行已收机构未收", "booked in by the bank, not by the firm"),
        fen("bank_out_firm_not_fen", "银行已付机构未付", "booked out by the bank, not by the firm"),
        fen("unexplained_le5_fen", "五日内未达原因不明", "unexplained for five days or less"),
        fen("unexplained_6_10_fen", "六至十日未达原因不明", "unexplained for six to ten days"),
        fen(
            "unexplained_ge11_fen", "十一日以上未达原因不明", "unexplained for eleven days or more"
        ),
        fen(
            "reported_difference_fen",
            "报告差额",
            "difference as reported; positive is a shortfall",
            signed=True,
        ),
    ),
    "备付金日核对",
    "daily reconciliation of reserve accounts",
)
TIP = Table(
    "tip",
    (
        text("tip_id", "线索编号", "identifier of the tip", key=True),
        time("received_at", "收到时间", "time of receipt"),
        text("subject_text", "举报内容", "what the tip says"),
        text("party_id", "被举报主体", "party it is about", required=False),
        text("typology", "类型", "typology it names", required=False),
        fen("amount_fen", "涉及金额", "amount it names", required=False),
        text(
            "division",
            "行政区划代码",
            "administrative division (GB/T 2260)",
            required=False,
            check="division",
        ),
    ),
    "举报线索",
    "register of tips from the public",
    register=True,
)
