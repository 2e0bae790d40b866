"""Settlements that follow a licensed firm's business: a fixed part of what its customers paid.

A supplier is paid by the piece or by the month. Who shares in a business is paid a rate on it: the
firm's takings of one period after the other, some days later. One rate that fits nearly all of the
payments, over takings that rise and fall, is no chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from data.settings import UnlicensedBusiness
from detectors.context import Context

Ints = npt.NDArray[np.int64]

# What licensed firms pay, out of their own money, organisations that are not licensed.
PAID = """
with firm as (
  select a.account_id, p.party_id, coalesce(list_contains($licensed, p.institution_id), false)
    as licensed, p.institution_kind is not null as registered,
    a.role in ('client_custody', 'client_reserve') as clients
  from account_dim a join party_dim p on p.party_no = a.party_no
  where p.kind = 'organisation'
    and coalesce(p.institution_kind, '') not in ('bank', 'clearing_house')
)
select b.party_id, a.party_id as other, false as outgoing, b.registered, t.ref, t.booked_at,
  t.business_date as day, t.amount_fen
from transfer t
join firm a on a.account_id = t.payer_account and a.licensed and not a.clients
join firm b on b.account_id = t.payee_account and not b.licensed
where t.status = 'settled' and t.business_date between $first and $last and t.loan_id is null
qualify count(*) over (partition by b.party_id, a.party_id) >= $settlements
order by 1, 2, t.booked_at, t.ref
"""
# What such firms take from the public, by day.
TAKINGS = """
select p.party_id as other, t.business_date as day, sum(t.amount_fen)::bigint as amount_fen
from transfer t
join account_dim b on b.account_id = t.payee_account
join party_dim p on p.party_no = b.party_no and list_contains($firms, p.party_id)
left join account_dim a on a.account_id = t.payer_account
left join party_dim q on q.party_no = a.party_no
where t.status = 'settled' and t.business_date between $first and $last
  and coalesce(q.kind, 'person') = 'person'
group by all order by all
"""


@dataclass(frozen=True)
class Followed:
    """Payments that follow a firm's takings, as ``business_records`` has them, and their rate."""

    rows: pl.DataFrame
    rate: float


def read_followed(context: Context, settings: UnlicensedBusiness) -> dict[str, Followed]:
    """By unlicensed organisation, what licensed ones pay it at a rate on their takings."""
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    licensed = [i.institution_id for i in context.institutions if i.licensed]
    paid = context.db.frame(
        "paid by licensed firms",
        PAID,
        {**window, "licensed": licensed, "settlements": settings.minimum_settlements},
    )
    firms = paid["other"].unique().sort().to_list()
    takings = context.db.frame("takings of licensed firms", TAKINGS, {**window, "firms": firms})
    if takings.is_empty():
        return {}
    first = takings["day"].to_numpy().min()
    days = int((np.datetime64(context.business_date) - first).astype(int)) + 1
    whole: dict[str, Ints] = {}
    for (firm,), mine in takings.group_by("other"):
        by_day = np.zeros(days, dtype=np.int64)
        by_day[(mine["day"].to_numpy() - first).astype(int)] = mine["amount_fen"].to_numpy()
        whole[str(firm)] = np.concatenate([[0], np.cumsum(by_day)])
    found: dict[str, Followed] = {}
    for (party, firm), mine in paid.group_by("party_id", "other", maintain_order=True):
        if str(firm) not in whole or mine["amount_fen"].sum() < settings.minimum_settled_fen:
            continue
        at = (mine["day"].to_numpy() - first).astype(int)
        rate = _rate(settings, at, mine["amount_fen"].to_numpy(), whole[str(firm)])
        if rate is not None:
            held = found.get(str(party))
            rows = mine if held is None else pl.concat([held.rows, mine])
            found[str(party)] = Followed(rows, rate)
    return found


def _rate(
    settings: UnlicensedBusiness, day: Ints, amount_fen: Ints, taken_fen: Ints
) -> float | None:
    """The one rate on the takings of consecutive periods that nearly all payments are.

    `taken_fen` are the takings until the morning of each day. A period is as long as the payments
    are apart; how long after its end it is paid out is tried.
    """
    spread = float(amount_fen.std()) / float(amount_fen.mean())
    span = int(day[-1] - day[0])
    if spread < settings.minimum_variation_share or span < settings.settlement_span_days:
        return None
    period = max(1, round(span / (len(day) - 1)))
    count = np.arange(len(day))
    best = (False, 0.0, 0.0)
    for lag in range(settings.most_lag_days + 1):
        begin = day[0] - lag - period + 1 + period * count
        known = (begin >= 0) & (begin + period < len(taken_fen))
        if np.count_nonzero(known) < settings.minimum_settlements:
            continue
        taken = taken_fen[begin[known] + period] - taken_fen[begin[known]]
        rates = amount_fen[known] / np.maximum(taken, 1)
        usual = float(np.median(rates))
        near = float((np.abs(rates / usual - 1) <= settings.rate_tolerance).mean())
        few = np.count_nonzero(known) < settings.sure_settlements
        fits = near >= (1.0 if few else settings.minimum_following_share)
        best = max(best, (fits, near, usual))
    fits, _, rate = best
    return rate if fits and rate <= settings.most_commission_rate else None
