"""Sums per account and day, and per payer, payee and day: what windows are added up from."""

from __future__ import annotations

from data.store import Database

ACCOUNT_DAY = """
create table account_day as
select account_id, business_date, sum(in_count)::bigint as in_count,
  sum(out_count)::bigint as out_count, sum(in_fen)::bigint as in_fen,
  sum(out_fen)::bigint as out_fen
from (
  select payee_account as account_id, business_date, 1 as in_count, 0 as out_count,
    amount_fen as in_fen, 0 as out_fen
  from transfer where status = 'settled' and payee_account >= 0
  union all
  select payer_account, business_date, 0, 1, 0, amount_fen
  from transfer where status = 'settled' and payer_account >= 0
)
group by account_id, business_date
"""
PAIR_DAY = """
create table pair_day as
select payer_account, payee_account, business_date, count(*) as count,
  sum(amount_fen)::bigint as amount_fen
from transfer
where status = 'settled'
group by payer_account, payee_account, business_date
"""


def load_days(db: Database) -> None:
    """Create account_day and pair_day from the settled transfers."""
    db.execute("account_day", ACCOUNT_DAY)
    db.execute("pair_day", PAIR_DAY)
