"""Records that are missing, named so that an investigator can ask a bank for them."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from detectors.context import Context
from detectors.evidence import record_key

ACCOUNTS = """
select distinct a.bank_no, a.account_no
from account_dim a join _asked_account w on w.account = a.account_id
order by 1, 2
"""


def account_keys(context: Context, accounts: Iterable[int]) -> tuple[str, ...]:
    """Name the accounts whose statements are missing: `entry:<bank>:<account>`, each once."""
    asked = pl.DataFrame({"account": list(accounts)}, {"account": pl.Int64})
    context.db.register("_asked_account", asked.to_arrow())
    rows = context.db.rows("accounts asked for", ACCOUNTS)
    context.db.unregister("_asked_account")
    return tuple(record_key("entry", bank, number) for bank, number in rows)
