"""Every table of the submission specification, version 1: columns, keys, lists and descriptions."""

from __future__ import annotations

from data.columns import Table, day, fen, flag, rate, text, time

INSTITUTION_KINDS = (
    "p2p_platform",
    "payment_institution",
    "crowdfunding_platform",
    "asset_manager",
    "insurer",
    "exchange",
    "exchange_member",
    "investment_firm",
    "guarantor",
    "small_loan_company",
    "property_developer",
    "property_agent",
    "securities_firm",
    "bank",
    "clearing_house",
    "other",
)
PARTY_KINDS = ("person", "organisation")
RELATION_KINDS = (
    "shareholder",
    "controls",
    "legal_representative",
    "director",
    "guarantees",
    "kin",
    "same_address",
    "same_device",
    "merchant_of",
)
ACCOUNT_ROLES = (
    "client_custody",
    "client_reserve",
    "own_funds",
    "lender",
    "borrower",
    "guarantor",
    "merchant",
    "exchange_deposit",
    "securities_transfer",
    "ordinary",
)
CHANNELS = (
    "cnaps_hvps",
    "cnaps_beps",
    "nucc",
    "unionpay",
    "book",
    "direct_link",
    "cash",
    "pos",
    "other",
)
LOAN_EVENT_KINDS = (
    "invest",
    "disburse",
    "repay_principal",
    "repay_interest",
    "compensate",
    "assign",
    "fee",
    "subsidy",
    "refund",
)

INSTITUTION = Table(
    "institution",
    (
        text(
            "institution_id",
            "机构统一社会信用代码",
            "unified social credit code of the institution",
            key=True,
            check="uscc",
        ),
        text("name", "机构名称", "name"),
        text("kind", "机构类别", "kind of institution", values=INSTITUTION_KINDS),
        text("licence_no", "许可证号", "licence number", required=False),
        text(
            "licence_scope",
            "许可业务范围(分号分隔)",
            "kinds of licensed business, separated by semicolons",
            required=False,
        ),
        day("licence_from", "许可起始日", "first day of the licence", required=False),
        day("licence_to", "许可到期日", "last day of the licence", required=False),
        text("status", "机构状态", "status", values=("active", "suspended", "closed")),
        text("division", "行政区划代码", "administrative division (GB/T 2260)", check="division"),
    ),
    "机构登记",
    "register of institutions",
    register=True,
)
PARTY = Table(
    "party",
    (
        text("party_id", "主体编号", "identifier of the party", key=True),
        text("kind", "主体类别", "person or organisation", values=PARTY_KINDS),
        text("name", "名称", "name"),
        text(
            "id_no",
            "证件号(统一社会信用代码或身份证号密钥散列)",
            "unified social credit code, or keyed hash of a resident ID",
            required=False,
        ),
        day("registered_on", "注册日期", "day of registration", required=False),
        fen("registered_capital_fen", "注册资本", "registered capital", required=False),
        text("industry", "行业代码", "industry (GB/T 4754)", required=False),
        text("business_scope", "经营范围", "business scope", required=False),
        text("address", "地址", "address", required=False),
        text("phone_hash", "电话散列", "hash of the telephone number", required=False),
        text(
            "division",
            "行政区划代码",
            "administrative division (GB/T 2260)",
            required=False,
            check="division",
        ),
    ),
    "主体登记",
    "register of persons and organisations",
    register=True,
)
RELATION = Table(
    "relation",
    (
        text("from_party", "起点主体", "party the relation starts from", key=True),
        text("to_party", "终点主体", "party the relation points to", key=True),
        text("kind", "关系类别", "kind of relation", key=True, values=RELATION_KINDS),
        rate("share", "持股比例", "share held", maximum=1.0, unit="share", required=False),
        day("valid_from", "生效日", "first day the relation holds", key=True),
        day("valid_to", "失效日", "last day the relation holds", required=False),
        text("source", "来源", "source", required=False),
    ),
    "关系登记",
    "register of relations between parties",
    register=True,
)
ACCOUNT = Table(
    "account",
    (
        text(
            "bank_no",
            "开户行联行号",
            "CNAPS number of the bank that holds the account",
            key=True,
            check="cnaps",
        ),
        text("account_no", "账号", "account number", key=True),
        text("party_id", "户主主体编号", "party that owns the account"),
        text("role", "账户用途", "role of the account", values=ACCOUNT_ROLES),
        text(
            "institution_id",
            "服务机构",
            "institution the account serves",
            required=False,
            check="uscc",
        ),
        text(
            "parent_account_no",
            "上级账号",
            "number of the account this one is a sub-account of",
            required=False,
        ),
        day("opened_on", "开户日", "day of opening"),
        day("closed_on", "销户日", "day of closing", required=False),
        text("status", "账户状态", "status", values=("active", "dormant", "frozen", "closed")),
    ),
    "账户",
    "accounts open on the day, or those that changed",
)
ENTRY = Table(
    "entry",
    (
        text(
            "bank_no",
            "开户行联行号",
            "CNAPS number of the bank that holds the account",
            key=True,
            check="cnaps",
        ),
        text("account_no", "账号", "account number", key=True),
        text("entry_no", "流水号", "number of the entry within the account", key=True),
        time("booked_at", "记账时间", "time of booking"),
        text("direction", "收付方向", "direction as the account sees it", values=("in", "out")),
        fen("amount_fen", "金额", "amount"),
        fen(
            "balance_after_fen",
            "记账后余额",
            "balance after the entry",
            required=False,
            signed=True,
        ),
        text(
            "counterparty_bank_no",
            "对手行联行号",
            "CNAPS number of the counterparty's bank",
            required=False,
            check="cnaps",
        ),
        text(
            "counterparty_account_no", "对手账号", "counterparty's account number", required=False
        ),
        text("counterparty_name", "对手户名", "counterparty's name", required=False),
        text(
            "match_no",
            "清算参考号",
            "reference of the clearing, the same on both sides",
            required=False,
        ),
        text("channel", "渠道", "channel", values=CHANNELS),
        flag("cash", "是否现金", "whether the entry is in cash"),
        text(
            "reversal_of", "冲正的原流水号", "number of the entry this one reverses", required=False
        ),
        text("purpose", "用途", "purpose", required=False),
        text("memo", "摘要", "memo", required=False),
        text("device", "设备散列", "hash of the device", required=False),
        text("loan_id", "标的编号", "loan the entry belongs to", required=False),
    ),
    "账户流水",
    "lines of account statements, as the bank that holds the account sees them",
)
CLEARING = Table(
    "clearing",
    (
        text("match_no", "清算参考号", "reference of the clearing", key=True),
        time("settled_at", "清算时间", "time of settlement"),
        text("payer_bank_no", "付款行联行号", "CNAPS number of the payer's bank", check="cnaps"),
        text("payer_account_no", "付款账号", "payer's account number"),
        text("payee_bank_no", "收款行联行号", "CNAPS number of the payee's bank", check="cnaps"),
        text("payee_account_no", "收款账号", "payee's account number"),
        fen("amount_fen", "金额", "amount"),
        text("channel", "渠道", "channel", values=CHANNELS),
        text("purpose", "用途", "purpose", required=False),
        text("memo", "摘要", "memo", required=False),
        text("status", "清算状态", "status", values=("settled", "returned")),
    ),
    "清算记录",
    "two-sided records, as the clearing system sees them",
)
