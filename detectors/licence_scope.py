"""Which business needs which licence: kinds of institutions, and words in a licence's scope."""

from __future__ import annotations

from dataclasses import dataclass

from detectors.context import Context


@dataclass(frozen=True)
class Activity:
    """A business that is licensed: its name, who may do it, the words that name it in a scope.

    `name` is a key; `zh` and `en` say it in words. Scopes are written freely, so that a scope that
    names no business known here says nothing against its holder.
    """

    name: str
    zh: str
    en: str
    kinds: tuple[str, ...]
    words: tuple[str, ...]


# Sources: 非金融机构支付服务管理办法 (2010) art. 3; 融资性担保公司管理暂行办法 (2010) art. 8;
# 证券投资基金法 (2012) art. 12 and 私募投资基金监督管理暂行办法 (2014); 银监发〔2008〕23号.
ACTIVITIES = (
    Activity(
        "payment", "支付业务", "payment", ("payment_institution", "bank", "clearing_house"),
        ("支付", "收单", "预付卡", "清算", "payment", "acquiring", "clearing"),
    ),
    Activity(
        "guarantee", "融资担保", "financing guarantees", ("guarantor", "bank", "insurer"),
        ("担保", "保证保险", "信用保险", "guarant", "surety"),
    ),
    Activity(
        "asset_management", "资产管理", "asset management",
        ("asset_manager", "bank", "insurer", "securities_firm"),
        ("资产管理", "基金", "理财", "信托", "资管", "asset", "fund", "wealth", "trust"),
    ),
    Activity(
        "lending", "发放、撮合贷款", "lending",
        ("p2p_platform", "small_loan_company", "bank"),
        ("贷款", "借贷", "网贷", "lending", "loan"),
    ),
)  # fmt: skip
LICENCES = """
select institution_id, licence_scope from institution where licence_no is not null
order by institution_id
"""


class Licences:
    """The licences in force on the business date, and what they allow."""

    def __init__(self, context: Context) -> None:
        """Read the scopes of the institutions that are licensed on the day."""
        self._held = {i.party_id: i for i in context.institutions if i.licensed}
        self._scopes = dict(context.db.rows("scopes of licences", LICENCES))

    def allows(self, party_id: str, activity: Activity) -> bool:
        """Whether a party's licence covers a business.

        It does where its scope names it; where it names no known business, the kind decides.
        """
        institution = self._held.get(party_id)
        if institution is None:
            return False
        scope = (self._scopes.get(institution.institution_id) or "").lower()
        if any(word in scope for word in activity.words):
            return True
        named = any(word in scope for each in ACTIVITIES for word in each.words)
        return not named and institution.kind in activity.kinds
