"""Who only passes money on: parties whose takings leave again within hours, episode by episode."""

from __future__ import annotations

from datetime import date

import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.payment_sides import lay_payment_sides

CREATE_TRANSFER = """
create or replace temp table layer_transfer as
select t.ref, t.booked_at, t.amount_fen, a.party as payer, b.party as payee,
  a.may_hold as payer_holds, b.may_hold as payee_holds
from transfer t
join payment_side a on a.account_id = t.payer_account
join payment_side b on b.account_id = t.payee_account
where t.status = 'settled' and not t.cash and a.party <> b.party
  and t.amount_fen >= $least and t.business_date between $first and $last
"""
# An episode is a stretch of a party's transfers without a long pause. It passes money on when
# nearly all that came in went out again, some hours later.
CREATE_PASSING = """
create or replace temp table layer_passing as
with side as (
  select payee as party, true as incoming, ref, booked_at, amount_fen, payer as other
  from layer_transfer where not payee_holds
  union all
  select payer, false, ref, booked_at, amount_fen, payee from layer_transfer where not payer_holds
), likely as (
  select party from side group by party
  having count(*) <= $transfers and count(distinct other) <= $counterparties
    and coalesce(sum(amount_fen) filter (incoming), 0) >= $taken
    and coalesce(sum(amount_fen) filter (not incoming), 0)
      >= $lives * $passed * sum(amount_fen) filter (incoming)
), marked as (
  select s.*, coalesce(s.booked_at - lag(s.booked_at) over movements > to_hours($pause), true)
    as begins
  from side s semi join likely k on k.party = s.party
  window movements as (partition by s.party order by s.booked_at, s.ref)
), numbered as (
  select *, sum(begins::integer) over (partition by party order by booked_at, ref) as episode
  from marked
), summed as (
  select party, episode, min(booked_at) as first_at, max(booked_at) as last_at,
    coalesce(sum(amount_fen) filter (incoming), 0) as in_fen,
    coalesce(sum(amount_fen) filter (not incoming), 0) as out_fen,
    (sum(epoch(booked_at) * amount_fen) filter (not incoming)
      / sum(amount_fen) filter (not incoming)
      - sum(epoch(booked_at) * amount_fen) filter (incoming)
      / sum(amount_fen) filter (incoming)) / 3600 as held_hours
  from numbered group by party, episode
), judged as (
  select *, coalesce(in_fen > 0 and out_fen between $passed * in_fen and $most * in_fen
    and held_hours between 0 and $held
    and last_at - first_at <= to_hours($longest), false) as passes
  from summed
), living as (
  select party, sum(in_fen) filter (passes) / sum(in_fen)::double as passing_share
  from judged group by party
  having sum(in_fen) filter (passes) >= greatest($lives * sum(in_fen), $taken)
)
select j.party, j.first_at, j.last_at, l.passing_share
from judged j join living l on l.party = j.party where j.passes
"""
# The transfers of those episodes, once each; which of their two sides only passes money on.
HOPS = """
with hop as (
  select t.ref, true as payer_passes, false as payee_passes
  from layer_transfer t
  join layer_passing p on p.party = t.payer and t.booked_at between p.first_at and p.last_at
  union all
  select t.ref, false, true
  from layer_transfer t
  join layer_passing p on p.party = t.payee and t.booked_at between p.first_at and p.last_at
), side as (
  select ref, bool_or(payer_passes) as payer_passes, bool_or(payee_passes) as payee_passes
  from hop group by ref
)
select t.ref, t.booked_at, t.amount_fen, t.payer, t.payee, t.payer_holds, t.payee_holds,
  s.payer_passes, s.payee_passes
from layer_transfer t join side s on s.ref = t.ref
order by t.booked_at, t.ref
"""
# What each party that is no layer takes and pays in all.
ENDS = """
select party, sum(in_fen)::bigint as in_fen, sum(out_fen)::bigint as out_fen
from (
  select payee as party, amount_fen as in_fen, 0 as out_fen from layer_transfer
  union all
  select payer, 0, amount_fen from layer_transfer
)
semi join layer_end e using (party)
group by party order by party
"""
# Hops between parties that had dealt with each other long before.
TRADED = """
select h.ref
from layer_hop h
where exists (
  select 1 from layer_transfer t
  where t.payer = h.payer and t.payee = h.payee
    and t.booked_at < h.booked_at - to_days($days)
)
order by h.ref
"""


def read_hops(context: Context, settings: Layering) -> pl.DataFrame:
    """Read the transfers by which parties pass money on.

    Columns ref, booked_at, amount_fen, payer, payee (party numbers), payer_holds, payee_holds
    (accounts that may hold others' money), payer_passes, payee_passes. Leaves layer_transfer and
    layer_passing behind.
    """
    db = context.db
    first: date = context.first_date(settings.window_days)
    window = {"first": first, "last": context.business_date}
    lay_payment_sides(context)
    db.execute("large transfers", CREATE_TRANSFER, {**window, "least": settings.least_hop_fen})
    db.execute(
        "who passes on",
        CREATE_PASSING,
        {
            "transfers": settings.most_transfers,
            "counterparties": settings.most_counterparties,
            "taken": settings.least_taken_fen,
            "lives": settings.minimum_passing_share,
            "passed": settings.minimum_passed_share,
            "most": settings.maximum_passed_ratio,
            "pause": settings.pause_hours,
            "held": settings.held_hours,
            "longest": settings.episode_hours,
        },
    )
    return db.frame("hops", HOPS)
