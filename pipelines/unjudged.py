"""What no detector can judge, because nobody submitted the registers that it starts from."""

from __future__ import annotations

from data.store import Database
from detectors.finding import CannotConclude

# The tables without which a typology has nothing to begin with.
NEEDS = {
    "unapproved_exchange": ("institution", "account"),
    "premium_misuse": ("institution", "account"),
    "offline_sales": ("institution", "account"),
    "disguised_debt": ("institution", "product"),
    "product_splitting": ("product", "holding"),
    "product_nesting": ("product", "holding"),
    "excess_return": ("institution", "loan_event"),
    "maturity_mismatch": ("institution", "loan", "loan_event"),
    "self_guarantee": ("institution", "loan", "loan_event"),
    "own_lending": ("institution", "loan"),
    "borrower_cap": ("institution", "loan"),
    "property_finance": ("institution", "loan"),
    "margin_finance": ("institution", "account"),
    "self_financing": ("institution", "loan"),
    "commingling": ("institution", "loan", "balance"),
    "reserve_misuse": ("institution", "reserve_day"),
    "paid_promotion": ("institution", "party"),
    "restricted_name": ("institution", "party"),
    "related_party": ("institution", "relation"),
    "unlicensed_business": ("institution",),
    "reserve_placement": ("institution", "reserve_day"),
    "fictitious_loan": ("institution", "loan", "loan_event"),
    "unlicensed_payment": ("institution",),
}
TEXTS = {
    "unapproved_exchange": (
        "没有交易场所资料，无法判断是否违规交易场所",
        "no trading venues were submitted; unapproved exchanges cannot be judged",
    ),
    "premium_misuse": (
        "没有保险公司资料，无法判断保费是否滞留",
        "no insurers were submitted; whether premiums stay cannot be judged",
    ),
    "offline_sales": (
        "没有机构资料，无法判断是否线下营销",
        "no institutions were submitted; offline sales cannot be judged",
    ),
    "disguised_debt": (
        "没有平台和股权产品资料，无法判断是否明股实债",
        "neither platforms nor equity products were submitted; disguised debt cannot be judged",
    ),
    "product_splitting": (
        "没有产品和持有资料，无法判断是否打包拆分",
        "neither products nor holdings were submitted; product splitting cannot be judged",
    ),
    "product_nesting": (
        "没有产品和持有资料，无法判断产品嵌套",
        "neither products nor holdings were submitted; product nesting cannot be judged",
    ),
    "excess_return": (
        "没有机构和标的事件，无法判断回报由何而来",
        "neither institutions nor loan events were submitted; where returns come from cannot be "
        "judged",
    ),
    "maturity_mismatch": (
        "没有机构和标的资料，无法判断是否期限错配",
        "neither institutions nor loans were submitted; maturity mismatch cannot be judged",
    ),
    "self_guarantee": (
        "没有机构和标的资料，无法判断是否自保",
        "neither institutions nor loans were submitted; self-guarantee cannot be judged",
    ),
    "own_lending": (
        "没有机构和标的资料，无法判断平台是否自行放贷",
        "neither institutions nor loans were submitted; own lending cannot be judged",
    ),
    "borrower_cap": (
        "没有机构和标的资料，无法核对借款余额上限",
        "neither institutions nor loans were submitted; borrowers' caps cannot be checked",
    ),
    "property_finance": (
        "没有机构和标的资料，无法判断借款是否用于购房",
        "neither institutions nor loans were submitted; property finance cannot be judged",
    ),
    "margin_finance": (
        "没有机构资料，无法判断客户资金是否用于买卖证券",
        "no institutions were submitted; whether clients' money buys securities cannot be judged",
    ),
    "self_financing": (
        "没有机构和标的资料，无法判断是否自融",
        "neither institutions nor loans were submitted; self-financing cannot be judged",
    ),
    "commingling": (
        "没有机构、标的和分户资料，无法判断客户资金是否分账",
        "neither institutions nor loans and sub-ledgers were submitted; commingling cannot be "
        "judged",
    ),
    "reserve_misuse": (
        "没有支付机构和备付金资料，无法判断是否挪用备付金",
        "neither payment firms nor reserve ledgers were submitted; reserve misuse cannot be judged",
    ),
    "paid_promotion": (
        "没有机构和主体资料，不知牌照与行业，无法判断广告推广",
        "neither institutions nor parties were submitted; promotion cannot be judged",
    ),
    "restricted_name": (
        "没有机构和主体资料，不知名称与牌照，无法核对限制字样",
        "neither institutions nor parties were submitted; names and licences are "
        "unknown, and restricted names cannot be judged",
    ),
    "related_party": (
        "没有机构和关系资料，不知集团构成，无法判断关联交易",
        "neither institutions nor relations were submitted; groups are unknown, "
        "and related parties cannot be judged",
    ),
    "unlicensed_business": (
        "没有机构资料，不知何者持牌，无法判断是否无牌经营",
        "no institutions were submitted; who is licensed is unknown, and business without a "
        "licence cannot be judged",
    ),
    "reserve_placement": (
        "没有支付机构和备付金资料，无法判断备付金的存放",
        "neither payment firms nor reserve ledgers were submitted; where reserves lie is unknown",
    ),
    "fictitious_loan": (
        "没有机构和标的资料，无法判断标的是否虚构",
        "neither institutions nor loans were submitted; fictitious loans cannot be judged",
    ),
    "unlicensed_payment": (
        "没有机构资料，不知何者为收单机构、何者持牌，无法判断是否无证支付",
        "no institutions were submitted; who acquires and who is licensed is unknown, and "
        "unlicensed payment cannot be judged",
    ),
}


def unjudged(db: Database) -> list[CannotConclude]:
    """Say, where no institution is registered at all, which typologies that leaves open.

    Where institutions are registered the detectors speak for each.
    """
    if _holds(db, "institution"):
        return []
    return [
        CannotConclude(
            typology,
            None,
            None,
            tuple(table for table in tables if not _holds(db, table)),
            TEXTS[typology],
        )
        for typology, tables in NEEDS.items()
        if any(not _holds(db, table) for table in tables)
    ]


def _holds(db: Database, table: str) -> bool:
    # Whoever is only named in a record has a row among the accounts too.
    held = "account_dim where registered" if table == "account" else f'"{table}"'
    return bool(db.rows(f"any {table}", f"select 1 from {held} limit 1"))
