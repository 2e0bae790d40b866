"""Legs outside the clearing of firms with accounts at several banks, and which are equal."""

from __future__ import annotations

from datetime import date

import polars as pl

from data.settings import DisguisedClearing
from detectors.context import Context
from detectors.near_ties import lay_near_ties
from detectors.payment_sides import lay_payment_sides

# Payments inside one bank, or by a direct link past the clearing, between a client and a party; the
# bank is the party's.
CREATE_LEG = """
create or replace temp table inner_leg as
with leg as (
  select t.ref, t.booked_at, t.business_date as day, t.amount_fen, t.channel, a.party as payer,
    b.party as payee, a.bank as payer_bank, b.bank as payee_bank,
    a.is_bank or b.is_bank as by_bank
  from transfer t
  join payment_side a on a.account_id = t.payer_account
  join payment_side b on b.account_id = t.payee_account
  where t.status = 'settled' and not t.cash and a.party <> b.party
    and (a.bank = b.bank and t.channel in ('book', 'other') or t.channel = 'direct_link')
    and t.amount_fen >= $least
    and t.business_date between $first and $last
)
select ref, booked_at, day, amount_fen, channel, payee_bank as bank, payee as party,
  payer as client, true as incoming
from leg where not by_bank
union all
select ref, booked_at, day, amount_fen, channel, payer_bank, payer, payee, false
from leg where not by_bank
"""
# Who stands in for an institution: a party that hands most of what clients pay it to the
# institution, or that gets from it most of what it pays clients.
CREATE_BRIDGE = """
create or replace temp table clearing_bridge as
with legs as (
  select party, incoming, sum(amount_fen) as amount_fen from inner_leg
  group by party, incoming having count(*) >= $legs
), between as (
  select a.party as payer, b.party as payee, sum(t.amount_fen) as amount_fen
  from transfer t
  join payment_side a on a.account_id = t.payer_account
  join payment_side b on b.account_id = t.payee_account
  where t.status = 'settled' and a.party <> b.party and t.business_date between $first and $last
    and (a.party in (select party from legs) and b.party in (select party from clearing_firm)
      or b.party in (select party from legs) and a.party in (select party from clearing_firm))
  group by a.party, b.party
)
select b.payee as operator, l.party, true as takes
from legs l join between b on b.payer = l.party
join clearing_firm f on f.party = b.payee
where l.incoming and b.amount_fen >= $handed * l.amount_fen
union
select b.payer, l.party, false
from legs l join between b on b.payee = l.party
join clearing_firm f on f.party = b.payer
where not l.incoming and b.amount_fen >= $handed * l.amount_fen
"""
# Firms that take inside one bank and pay, by themselves or by someone tied, inside another.
CREATE_OPERATOR = """
create or replace temp table clearing_leg as
with acting as (
  select party as operator, party from (select distinct party from inner_leg where incoming)
  union
  select l.party, n.other from (select distinct party from inner_leg where incoming) l
  join near_tie n on n.one = l.party
  union
  select operator, party from clearing_bridge where not takes
), taking as (
  select party as operator, party from (select distinct party from inner_leg where incoming)
  union
  select operator, party from clearing_bridge where takes
), taken as (
  select l.*, a.operator from inner_leg l join taking a on a.party = l.party
  where l.incoming and l.client <> a.operator and not exists (
    select 1 from near_tie n where n.one = a.operator and n.other = l.client)
    and not exists (select 1 from clearing_bridge b
      where b.operator = a.operator and b.party = l.client)
), paid as (
  select l.*, a.operator from inner_leg l join acting a on a.party = l.party
  where not l.incoming and l.client <> a.operator and not exists (
    select 1 from near_tie n where n.one = a.operator and n.other = l.client)
    and not exists (select 1 from clearing_bridge b
      where b.operator = a.operator and b.party = l.client)
), busy as (
  select operator from taken group by operator having count(*) >= $legs
  intersect
  select operator from paid group by operator having count(*) >= $legs
), several as (
  select operator from (
    select operator, bank from taken union select operator, bank from paid
  ) group by operator having count(*) >= 2
)
select l.* from (select * from taken union all select * from paid) l
semi join busy b on b.operator = l.operator
semi join several s on s.operator = l.operator
"""
# For each receipt the largest payment of the day at another bank that is no larger; each once. Sums
# of a day that are the same are numbered, so that each receipt meets a payment of its own.
EQUAL = """
with taken as (
  select *, amount_fen * 10000 + least(9999, row_number() over (
    partition by operator, bank, day, amount_fen order by ref)) as place_fen
  from clearing_leg where incoming
), place as (
  select distinct operator, bank from taken
), paid as (
  select l.*, p.bank as from_bank, l.amount_fen * 10000 + least(9999, row_number() over (
    partition by l.operator, p.bank, l.day, l.amount_fen order by l.ref)) as place_fen
  from clearing_leg l
  join place p on p.operator = l.operator and p.bank <> l.bank
  where not l.incoming
), met as (
  select t.operator, t.ref, t.booked_at, t.amount_fen, t.client, t.channel, p.ref as paid_ref,
    p.booked_at as paid_at, p.client as paid_client, p.party, p.channel as paid_channel
  from taken t asof join paid p
    on p.operator = t.operator and p.from_bank = t.bank and p.day = t.day + $shift
    and p.place_fen <= t.place_fen
  where p.amount_fen >= least((1 - $fee) * t.amount_fen, t.amount_fen - $fee_fen)
)
select * from met
qualify row_number() over (partition by operator, paid_ref order by amount_fen, ref) = 1
order by operator, booked_at, ref
"""
# Days on which all that came in at one bank equals all that was paid at another: of all who act for
# an operator together, or of one who takes and one who pays; whichever nets out on most days. Of
# those two all days with both legs count as shown: where they do not net, something else came in.
NETTED = """
with day_sum as (
  select operator, -1 as party, day, bank, sum(amount_fen) filter (incoming) as in_fen,
    sum(amount_fen) filter (not incoming) as out_fen, count(distinct client) as clients
  from clearing_leg group by operator, day, bank
  union all
  select operator, party, day, bank, sum(amount_fen) filter (incoming),
    sum(amount_fen) filter (not incoming), count(distinct client)
  from clearing_leg group by operator, party, day, bank
), net as (
  select a.operator, a.party as taker, b.party as payer, a.day,
    bool_or(abs(a.in_fen - b.out_fen) <= $tolerance * a.in_fen) as equal
  from day_sum a
  join day_sum b on b.operator = a.operator and b.day = a.day and b.bank <> a.bank
    and (a.party < 0) = (b.party < 0)
  where a.in_fen >= $netted and b.out_fen > 0 and a.clients + b.clients >= $clients
  group by a.operator, a.party, b.party, a.day
)
select operator, taker, payer, count(*) filter (equal) as equal_days, count(*) as days,
  list(day) filter (equal or taker >= 0) as on_days
from net group by operator, taker, payer
qualify row_number() over (partition by operator
  order by count(*) filter (equal) desc, count(*), taker, payer) = 1
order by operator
"""
LEGS = """
select operator, ref, booked_at, day, amount_fen, incoming, client, party, channel
from clearing_leg order by operator, booked_at, ref
"""


def read_legs(
    context: Context, settings: DisguisedClearing, first: date
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Read, from a day on, the legs of every firm that could clear by itself.

    Returns the legs (operator, ref, booked_at, day, amount_fen, incoming, client, party, channel);
    the receipts with the payment they equal (ref, paid_ref, amount_fen ...); the same against the
    payments `chance_days` later; and the days that net out (operator, taker, payer, equal_days,
    days, on_days), where -1 is all who act for the operator.
    """
    db = context.db
    lay_payment_sides(context)
    lay_near_ties(context)
    window = {"first": first, "last": context.business_date, "least": settings.least_leg_fen}
    db.execute("payments inside one bank", CREATE_LEG, window)
    firms = [i.party_no for i in context.institutions if i.kind not in ("bank", "clearing_house")]
    db.register(
        "clearing_firm", pl.DataFrame({"party": firms}, schema={"party": pl.Int64}).to_arrow()
    )
    bridge = {
        "first": first, "last": context.business_date, "legs": settings.minimum_pairs // 4,
        "handed": settings.bridge_share,
    }  # fmt: skip
    db.execute("who stands in", CREATE_BRIDGE, bridge)
    db.unregister("clearing_firm")
    db.execute("legs of operators", CREATE_OPERATOR, {"legs": settings.minimum_pairs})
    fee = {"fee": settings.maximum_fee_share, "fee_fen": settings.maximum_fee_fen}
    equal = db.frame("equal legs", EQUAL, {**fee, "shift": 0})
    chance = db.frame("equal legs by chance", EQUAL, {**fee, "shift": settings.chance_days})
    netted = db.frame(
        "netted days",
        NETTED,
        {
            "tolerance": settings.netted_tolerance_share,
            "netted": settings.least_netted_fen,
            "clients": settings.netted_clients,
        },
    )
    legs = db.frame("legs of operators", LEGS)
    for name in ("inner_leg", "clearing_bridge", "clearing_leg"):
        db.execute(f"drop {name}", f"drop table {name}")
    return legs, equal, chance, netted
