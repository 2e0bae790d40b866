"""Which banks may hold payment firms' reserves, as the register of institutions says.

A bank number (CNAPS, 12 digits) begins with the three digits of the bank's class; the register has
names and scopes of licences, and no bank numbers.
"""

from __future__ import annotations

from detectors.context import Context

# Class codes of the interbank payment system (中国现代化支付系统行号, first three digits), and the
# part of a bank's name that stands for the class. 313 and 314 hold many banks each.
CLASSES = {
    "102": ("工商银行",), "103": ("农业银行",), "104": ("中国银行",), "105": ("建设银行",),
    "301": ("交通银行",), "302": ("中信银行",), "303": ("光大银行",), "304": ("华夏银行",),
    "305": ("民生银行",), "306": ("广发银行", "广东发展银行"), "307": ("平安银行",),
    "308": ("招商银行",), "309": ("兴业银行",), "310": ("浦发银行", "浦东发展银行"),
    "313": ("城市商业银行",), "314": ("农村商业银行", "农商银行"), "315": ("恒丰银行",),
    "316": ("浙商银行",), "318": ("渤海银行",), "403": ("邮政储蓄", "邮储银行"),
}  # fmt: skip
# How a scope says that a bank may hold reserves (支付机构客户备付金存管办法, 2013, art. 9).
ALLOWED = ("备付金", "client_reserve", "reserve custody")

BANKS = """
select p.party_no, p.name, i.licence_scope
from institution i join party_dim p on p.institution_id = i.institution_id
where i.kind = 'bank' and i.licence_no is not null and i.status = 'active'
"""
# Accounts that banks hold for themselves lie with them.
OWN = """
select distinct p.party_no, a.bank_no
from account_dim a join party_dim p on p.party_no = a.party_no and p.institution_kind = 'bank'
where a.role = 'own_funds' and a.registered
"""
# CNAPS numbers of the central bank begin so; whoever keeps money there, it is nobody else's.
CENTRAL_BANK = "001"
USED = "select distinct bank_no from account_dim where role = 'client_reserve' and registered"


def banks_that_may_not(context: Context) -> list[str]:
    """The numbers of banks where reserves lie though the register allows none of the class to.

    Where no bank's scope speaks of reserves the register does not say who may, and none is named.
    """
    banks = context.db.rows("banks", BANKS)
    allowed = {party for party, _, scope in banks if _may(scope)}
    if not allowed:
        return []
    known: dict[str, set[int]] = {}
    for party, name, _ in banks:
        for code, words in CLASSES.items():
            if any(word in name for word in words):
                known.setdefault(code, set()).add(party)
    classes: dict[int, set[str]] = {}
    for code, parties in known.items():
        for party in parties:
            classes.setdefault(party, set()).add(code)
    own: dict[str, set[int]] = {}
    for party, bank_no in context.db.rows("banks' own accounts", OWN):
        # Banks keep money with one another: one whose name is of another class is a client there.
        if classes.get(party, {bank_no[:3]}) & {bank_no[:3]}:
            own.setdefault(bank_no, set()).add(party)
    barred = []
    for (bank_no,) in context.db.rows("banks of reserves", USED):
        parties = own.get(bank_no) or known.get(bank_no[:3], set())
        if bank_no.startswith(CENTRAL_BANK):
            continue
        if parties and not parties & allowed:
            barred.append(bank_no)
    return sorted(barred)


def _may(scope: str | None) -> bool:
    return any(word in (scope or "").lower() for word in ALLOWED)
