"""Every account as a side of a payment: its party, its bank, and whether it may hold others' money.

An account of unknown holder is a party of its own, below -1, so that it can be counted, and asked
for, without being mixed with others.
"""

from __future__ import annotations

from detectors.context import Context

# Whose licence is to settle, and who among them acquires card payments.
LICENSED_KINDS = ("payment_institution", "bank", "clearing_house")

# City and rural banks share the first digits of their numbers, and are told apart by the city's.
CREATE = """
create or replace temp table payment_side as
select a.account_id, coalesce(nullif(a.party_no, -1), -2 - a.account_id) as party, a.role,
  a.party_no >= 0 as known, coalesce(p.kind = 'person', false) as person,
  coalesce(p.kind = 'organisation', false) as organisation,
  coalesce(p.institution_kind in ('bank', 'clearing_house'), false) as is_bank,
  coalesce(list_contains($licensed, p.institution_id), false) as licensed,
  a.role = 'client_reserve' or coalesce(list_contains($acquirers, p.institution_id), false)
    as acquirer,
  a.role in ('client_custody', 'client_reserve', 'exchange_deposit', 'securities_transfer')
    or coalesce(list_contains($licensed, p.institution_id), false) as may_hold,
  case when left(a.bank_no, 3) in ('313', '314', '320', '402') then left(a.bank_no, 7)
    else left(a.bank_no, 3) end as bank
from account_dim a left join party_dim p on p.party_no = a.party_no
"""


def lay_payment_sides(context: Context) -> None:
    """Lay the temporary table payment_side, a row per account, unless it is laid already."""
    context.once("payment_side", lambda: _lay(context))


def _lay(context: Context) -> None:
    licensed = [i for i in context.institutions if i.licensed and i.kind in LICENSED_KINDS]
    acquirers = [i.institution_id for i in licensed if i.kind == "payment_institution"]
    values = {"licensed": [i.institution_id for i in licensed], "acquirers": acquirers}
    context.db.execute("sides of payments", CREATE, values)


def account_name(context: Context, party: int) -> str:
    """Name the account that a party below -1 stands for, as bank:account."""
    [(name,)] = context.db.rows(
        "name of an account",
        "select bank_no || ':' || account_no from account_dim where account_id = $account",
        {"account": -2 - party},
    )
    return str(name)
