"""Settlements: who takes them, through which feeders, and by whose hands merchants are paid."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import UnlicensedPayment
from detectors.context import Context
from detectors.near_ties import lay_near_ties
from detectors.payment_sides import lay_payment_sides

# Who takes whose money. A unit is a party, or one of its accounts: a firm may settle on one account
# beside another business; an account is known by a number below -1, as is one of unknown holder.
CREATE_FLOW = """
create or replace temp table settled_flow as
select t.ref, t.booked_at, t.business_date, t.amount_fen, a.party as payer_party,
  b.party as payee_party, case when $by_account then -2 - a.account_id else a.party end as payer,
  case when $by_account then -2 - b.account_id else b.party end as payee,
  b.may_hold as payee_may_hold, a.may_hold as payer_may_hold, b.person as to_person,
  a.acquirer or a.person or t.channel = 'pos'
    or not a.known and t.channel in ('unionpay', 'nucc') as acquired
from transfer t
join payment_side a on a.account_id = t.payer_account
join payment_side b on b.account_id = t.payee_account
where t.status = 'settled' and a.party <> b.party and t.business_date between $first and $last
  and not t.cash
"""
CREATE_TOOK = """
create or replace temp table settled_took as
select payee as unit, sum(amount_fen) as taken_fen,
  coalesce(sum(amount_fen) filter (acquired), 0) as acquired_fen
from settled_flow where not payee_may_hold group by payee
"""
# Hands: cards and accounts that live on one payer of takings, get a good part of them, and pay
# nearly all of it on to several.
CREATE_HAND = """
create or replace temp table settled_hand as
with given as (
  select f.payer as centre, f.payee as hand, sum(f.amount_fen) as given_fen
  from settled_flow f
  join settled_took c on c.unit = f.payer and c.acquired_fen >= greatest($acquired * c.taken_fen, 1)
  join settled_took h on h.unit = f.payee
  where not f.payee_may_hold
  group by f.payer, f.payee, c.taken_fen, h.taken_fen
  having sum(f.amount_fen) >= greatest($hand * h.taken_fen, $part * c.taken_fen)
)
select g.centre, g.hand
from given g join settled_flow f on f.payer = g.hand and f.payee <> g.centre
group by g.centre, g.hand, g.given_fen
having sum(f.amount_fen) >= $handed * g.given_fen and count(distinct f.payee_party) >= $payees
"""
# What each unit pays: by itself or by its hands, whose own takings from it are no merchants'.
CREATE_PAID = """
create or replace temp table settled_paid as
select f.payer as unit, f.* from settled_flow f
anti join settled_hand h on h.centre = f.payer and h.hand = f.payee
where not f.payer_may_hold
union all
select h.centre, f.* from settled_hand h join settled_flow f on f.payer = h.hand
"""
# Units that live on settlements, and centres that such feeders hand most of theirs to.
CREATE_CENTRE = """
create or replace temp table settled_centre as
with living as (
  select unit, taken_fen from settled_took where acquired_fen >= $living * taken_fen
), handed as (
  select f.payer as feeder, f.payee as centre, sum(f.amount_fen) as handed_fen
  from settled_flow f join living l on l.unit = f.payer
  where not f.payee_may_hold
  group by f.payer, f.payee, l.taken_fen
  having sum(f.amount_fen) >= $handed * l.taken_fen
), fed as (
  select centre as unit, sum(handed_fen) as fed_fen from handed group by centre
), repeated as (
  select unit, payee_party, sum(amount_fen) as paid_fen
  from settled_paid group by unit, payee_party having count(distinct business_date) >= $days
), paid as (
  select r.unit, count(*) as payees, sum(r.paid_fen) as paid_fen
  from repeated r anti join handed h on h.feeder = r.unit
  group by r.unit having count(*) >= $payees
)
select k.unit
from settled_took k join paid d on d.unit = k.unit left join fed f on f.unit = k.unit
where k.acquired_fen + coalesce(f.fed_fen, 0) >= greatest($acquired * k.taken_fen, $least)
  and d.paid_fen >= $paid * (k.acquired_fen + coalesce(f.fed_fen, 0))
"""
CREATE_FEEDER = """
create or replace temp table settled_feeder as
select f.payer as feeder, f.payee as centre, any_value(f.payer_party) as feeder_party
from settled_flow f
join settled_centre c on c.unit = f.payee
join settled_took k on k.unit = f.payer and k.acquired_fen >= $living * k.taken_fen
group by f.payer, f.payee, k.taken_fen
having sum(f.amount_fen) >= $handed * k.taken_fen
"""
# The takings of each centre, by itself or through its feeders, all that it pays, and what it gives
# its hands to pay.
CENTRE_FLOW = """
with centre as (
  select c.unit, any_value(f.payee_party) as party
  from settled_centre c join settled_flow f on f.payee = c.unit group by c.unit
)
select c.unit as centre, c.party, true as incoming, f.ref, f.booked_at, f.business_date,
  f.amount_fen, f.payer_party as other, f.acquired or d.feeder is not null as taken,
  d.feeder is not null as fed, false as related, -1 as hand, false as inner_leg, false as to_person
from centre c
join settled_flow f on f.payee = c.unit
left join settled_feeder d on d.feeder = f.payer and d.centre = c.unit
union all
select c.unit, c.party, true, f.ref, f.booked_at, f.business_date, f.amount_fen, f.payee_party,
  false, true, false, -1, false, false
from centre c
join settled_feeder d on d.centre = c.unit
join settled_flow f on f.payee = d.feeder and f.acquired
union all
select c.unit, c.party, false, f.ref, f.booked_at, f.business_date, f.amount_fen, f.payee_party,
  false, false, n.other is not null, case when f.payer = c.unit then -1 else f.payer_party end,
  false, f.to_person
from centre c
join settled_paid f on f.unit = c.unit and f.payee <> c.unit
left join near_tie n on n.one = c.party and n.other = f.payee_party
union all
select c.unit, c.party, false, f.ref, f.booked_at, f.business_date, f.amount_fen, f.payee_party,
  false, false, false, f.payee_party, true, f.to_person
from centre c
join settled_hand h on h.centre = c.unit
join settled_flow f on f.payer = h.centre and f.payee = h.hand
order by 1, 5, 4, 3
"""


def read_centres(
    context: Context, settings: UnlicensedPayment, *, by_account: bool
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Read the transfers of every party, or every account, that could settle for others.

    Yields the party's number (below -1: an account of unknown holder) and its rows of CENTRE_FLOW.
    """
    db = context.db
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    living = {"living": settings.feeder_acquired_share, "handed": settings.feeder_handed_share}
    lay_payment_sides(context)
    db.execute("flow of settlements", CREATE_FLOW, {**window, "by_account": by_account})
    db.execute("takings", CREATE_TOOK)
    db.execute(
        "hands of centres",
        CREATE_HAND,
        {
            "acquired": settings.minimum_beside_share,
            "hand": settings.hand_taken_share,
            "part": settings.hand_given_share,
            "handed": settings.hand_paid_share,
            "payees": settings.hand_payees,
        },
    )
    db.execute("payments of centres", CREATE_PAID)
    db.execute(
        "centres of settlement",
        CREATE_CENTRE,
        {
            **living,
            "days": settings.merchant_days,
            "payees": settings.minimum_merchants,
            "acquired": settings.minimum_beside_share,
            "least": settings.minimum_fen,
            "paid": 1 - settings.maximum_kept_share - settings.unpaid_share,
        },
    )
    db.execute("feeders of centres", CREATE_FEEDER, living)
    lay_near_ties(context)
    flow = db.frame("flow of centres", CENTRE_FLOW)
    for name in ("flow", "took", "hand", "paid", "centre", "feeder"):
        db.execute(f"drop settled_{name}", f"drop table settled_{name}")
    for _, rows in flow.group_by("centre", maintain_order=True):
        yield int(rows["party"][0]), rows
