"""Large transfers between strangers, as rows and as a list for the pattern passes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.near_ties import lay_near_ties
from detectors.payment_sides import lay_payment_sides
from graph.transfer_list import TransferList

Ints = npt.NDArray[np.int64]
# Transfers between strangers that are no institutions.
STRANGERS = """
from transfer t
join payment_side a on a.account_id = t.payer_account
join payment_side b on b.account_id = t.payee_account
anti join near_tie n on n.one = a.party and n.other = b.party
where t.status = 'settled' and not t.cash and t.loan_id is null and a.party <> b.party
  and not a.may_hold and not b.may_hold
  and t.amount_fen >= $least and t.business_date between $first and $last
"""
SUMS = f"""
select t.ref, t.booked_at, t.amount_fen, a.party as payer, b.party as payee,
  a.person as payer_person, b.person as payee_person
{STRANGERS}
"""
LARGE = f"{SUMS} order by t.booked_at, t.ref"


@dataclass(frozen=True)
class LargeSums:
    """`rows` (ref, booked_at, amount_fen, payer, payee, payer_person, payee_person) in time order,
    and `listed` the same for the pattern passes, row by row."""

    rows: pl.DataFrame

    @cached_property
    def listed(self) -> TransferList:
        """The rows with their parties numbered anew."""
        return numbered(self.rows)[1]

    def of(self, least_fen: int) -> LargeSums:
        """Only sums from so many fen."""
        return LargeSums(self.rows.filter(pl.col("amount_fen") >= least_fen))


def numbered(rows: pl.DataFrame) -> tuple[Ints, TransferList]:
    """Parties of some transfers in the order of their new numbers, and the transfers by these.

    `rows` has booked_at, amount_fen, payer and payee.
    """
    parties = np.unique(np.concatenate([rows["payer"].to_numpy(), rows["payee"].to_numpy()]))
    listed = TransferList(
        np.searchsorted(parties, rows["payer"].to_numpy()).astype(np.int64),
        np.searchsorted(parties, rows["payee"].to_numpy()).astype(np.int64),
        rows["amount_fen"].to_numpy().astype(np.int64),
        rows["booked_at"].dt.timestamp("us").to_numpy().astype(np.int64),
        len(parties),
    )
    return parties, listed


def read_large_sums(context: Context, settings: Layering) -> LargeSums:
    """Read the transfers between strangers from the least sum that any shape looks at."""
    lay_payment_sides(context)
    lay_near_ties(context)
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    rows = context.db.frame(
        "large transfers", LARGE, {**window, "least": settings.least_gathered_fen}
    )
    return LargeSums(rows)
