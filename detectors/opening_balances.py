"""What accounts held before the first transfer that the warehouse has."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from data.store import Database

# What an account holds before the first transfer is its first statement's opening balance; where
# transfers come before that statement it is not known, and what is paid without it is unknown.
OPENING = """
with first_statement as (
  select a.account_id, min(b.balance_date) as stated_on,
    arg_min(b.opening_fen, b.balance_date) as opening_fen
  from balance b
  join account_dim a on a.bank_no = b.bank_no and a.account_no = b.account_no
  where b.balance_date <= $last
  group by a.account_id
), moved as (
  select payer_account as account_id, business_date from transfer where status = 'settled'
  union all
  select payee_account, business_date from transfer where status = 'settled'
), first_moved as (
  select account_id, min(business_date) as moved_on from moved group by account_id
)
select f.account_id, f.opening_fen
from first_statement f
left join first_moved m on m.account_id = f.account_id
where f.opening_fen > 0 and (m.moved_on is null or m.moved_on >= f.stated_on)
order by f.account_id
"""


def read_opening_fen(db: Database, accounts: int, last: date) -> npt.NDArray[np.int64]:
    """Read what each account, by number, held before its first transfer, in fen; 0 if unknown."""
    rows = db.frame("opening balances", OPENING, {"last": last})
    held = np.zeros(accounts, dtype=np.int64)
    held[rows["account_id"].to_numpy()] = rows["opening_fen"].to_numpy()
    return held
