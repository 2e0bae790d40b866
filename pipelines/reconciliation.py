"""Bank against bank: what one side states and the other, which submitted that day, does not.

Per business date and pair of banks: how many transfers lack an entry that was due, or are stated
with two amounts, and how much money that is; and per bank, balances that do not open with what the
day before closed with.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from data.store import Database

# A side's entry is due where its bank stated entries for that day; cash has one side.
SIDES = """
with lacking as (
  select t.business_date, payer.bank_no as payer_bank_no, payee.bank_no as payee_bank_no,
    t.amount_fen, string_split(t.lacks, ';') as lacks
  from transfer t
  left join account_dim payer on payer.account_id = t.payer_account
  left join account_dim payee on payee.account_id = t.payee_account
  where t.lacks <> '' and t.business_date between $first and $last and t.status <> 'returned'
), entry_side as (
  select business_date, payer_account as account_id from transfer where out_entry is not null
  union
  select business_date, payee_account from transfer where in_entry is not null
), stated as (
  select distinct e.business_date, a.bank_no
  from entry_side e
  join account_dim a on a.account_id = e.account_id
  where e.business_date between $first and $last
), doubt as (
  select l.*, 'payer_entry' as kind from lacking l
  semi join stated s on s.business_date = l.business_date and s.bank_no = l.payer_bank_no
  where list_contains(l.lacks, 'payer_entry')
  union all
  select l.*, 'payee_entry' from lacking l
  semi join stated s on s.business_date = l.business_date and s.bank_no = l.payee_bank_no
  where list_contains(l.lacks, 'payee_entry')
  union all
  select *, 'amount' from lacking where list_contains(lacks, 'amount')
)
select business_date, coalesce(payer_bank_no, '') as payer_bank_no,
  coalesce(payee_bank_no, '') as payee_bank_no, kind, count(*) as count,
  sum(amount_fen)::bigint as amount_fen
from doubt
group by all
"""
BALANCES = """
select b.balance_date as business_date, b.bank_no as payer_bank_no, '' as payee_bank_no,
  'balance' as kind, count(*) as count,
  sum(abs(b.opening_fen - before.closing_fen))::bigint as amount_fen
from balance b
join balance before on before.bank_no = b.bank_no and before.account_no = b.account_no
  and before.balance_date = b.balance_date - 1
where b.opening_fen <> before.closing_fen and b.balance_date between $first and $last
group by all
"""


def reconcile(db: Database, first: date, last: date) -> pl.DataFrame:
    """The money in doubt of the days from `first` to `last`, by date, banks and kind.

    `db` is the warehouse. The columns are business_date, payer_bank_no, payee_bank_no (both '' for
    unknown), kind, count, amount_fen. Kinds are payer_entry and payee_entry (the bank stated
    entries that day, but not this one), amount (two sides state two amounts; the transfers' whole
    sum) and balance (the sum of the breaks).
    """
    days = {"first": first, "last": last}
    parts = [db.frame("sides in doubt", SIDES, days), db.frame("broken balances", BALANCES, days)]
    order = ["business_date", "payer_bank_no", "payee_bank_no", "kind"]
    return pl.concat(parts, how="vertical_relaxed").sort(order)
