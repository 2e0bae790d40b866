"""Clients' money that is missing now: what an institution owes its clients less what is there.

Three records say what is owed, each by itself: a reserve's ledger, the sub-accounts of custody, and
loans that lenders paid in on and that were neither paid out nor paid back.
"""

from __future__ import annotations

import polars as pl

from detectors.context import Context

# The newest day of each reserve account; what is there is what the specification's identity makes
# of the bank's balance.
RESERVES = """
with newest as (
  select institution_id, bank_no, account_no, max(ledger_date) as as_of,
    arg_max(client_closing_fen, ledger_date) as owed_fen,
    arg_max(bank_closing_fen - interest_uncarried_fen - own_funds_placed_fen - fee_uncarried_fen
      + firm_in_bank_not_fen - firm_out_bank_not_fen - bank_in_firm_not_fen + bank_out_firm_not_fen,
      ledger_date) as held_fen
  from reserve_day
  where ledger_date <= $last
  group by institution_id, bank_no, account_no
)
select institution_id, 'reserve' as basis, max(as_of) as as_of, sum(owed_fen)::bigint as owed_fen,
  sum(held_fen)::bigint as held_fen
from newest
group by institution_id
"""
CUSTODY = """
with newest as (
  select a.institution_id, a.account_id, max(b.balance_date) as as_of,
    arg_max(b.subledger_total_fen, b.balance_date) as owed_fen,
    arg_max(b.closing_fen, b.balance_date) as held_fen
  from balance b
  join account_dim a on a.bank_no = b.bank_no and a.account_no = b.account_no
  where a.role = 'client_custody' and a.institution_id is not null
    and b.subledger_total_fen is not null and b.balance_date <= $last
  group by a.institution_id, a.account_id
)
select institution_id, 'sub_accounts', max(as_of), sum(owed_fen)::bigint, sum(held_fen)::bigint
from newest
group by institution_id
"""
# What lenders paid in on loans that were not paid out, less refunds and fees, against what lies in
# the institution's homes after the last transfer. A loan that was paid out its borrower owes.
LOANS = """
with moved as (
  select e.institution_id, e.loan_id,
    coalesce(sum(t.amount_fen) filter (e.kind = 'invest'), 0) as paid_in_fen,
    coalesce(sum(t.amount_fen) filter (e.kind in ('refund', 'fee')), 0) as returned_fen
  from loan_entry e
  join transfer t on t.transfer_no = e.transfer_no
  where t.status = 'settled' and t.business_date <= $last
  group by e.institution_id, e.loan_id
), lent as (
  select distinct d.institution_id, d.loan_id
  from disbursement d
  anti join loan_entry e on e.transfer_no = d.transfer_no and e.kind = 'invest'
), owed as (
  select m.institution_id, sum(greatest(m.paid_in_fen - m.returned_fen, 0)) as owed_fen
  from moved m
  anti join lent l on l.institution_id = m.institution_id and l.loan_id = m.loan_id
  group by m.institution_id
), flow as (
  select h.institution_id, t.amount_fen from owned_home h
  join transfer t on t.payee_account = h.account
  where t.status = 'settled' and t.business_date <= $last
  union all
  select h.institution_id, -t.amount_fen from owned_home h
  join transfer t on t.payer_account = h.account
  where t.status = 'settled' and t.business_date <= $last
  union all
  select h.institution_id, b.opening_fen from owned_home h
  join account_dim a on a.account_id = h.account
  join (
    select bank_no, account_no, arg_min(opening_fen, balance_date) as opening_fen
    from balance where balance_date <= $last group by bank_no, account_no
  ) b on b.bank_no = a.bank_no and b.account_no = a.account_no
), there as (
  select institution_id, greatest(sum(amount_fen), 0) as held_fen from flow group by institution_id
)
select o.institution_id, 'loans', $last::date, o.owed_fen::bigint,
  coalesce(t.held_fen, 0)::bigint
from owed o
left join there t on t.institution_id = o.institution_id
where o.owed_fen > 0
"""


def read_missing(context: Context) -> pl.DataFrame:
    """Read what each institution owes, what is there and what is missing, in fen, by basis.

    The tables of detectors.owned_tables must have been laid. Nothing is missing below 0.
    """
    last = {"last": context.business_date}
    parts = [
        context.db.frame(name, sql, last)
        for name, sql in (
            ("reserves owed", RESERVES), ("sub-accounts owed", CUSTODY), ("loans owed", LOANS),
        )
    ]  # fmt: skip
    columns = ["institution_id", "basis", "as_of", "owed_fen", "held_fen"]
    whole = pl.concat(
        [part.rename(dict(zip(part.columns, columns, strict=True))) for part in parts]
    )
    return whole.with_columns(
        (pl.col("owed_fen") - pl.col("held_fen")).clip(0).alias("missing_fen")
    ).sort("institution_id", "basis")
