"""What the amounts of a party look like: round, repeated, spread, out of line."""

from __future__ import annotations

from datetime import time

import polars as pl

from data.store import Database

# What a payer usually pays: the measure of whether a single amount is out of line.
USUAL = """
create or replace temp table feature_usual as
select payer, median(amount_fen)::double as fen from feature_transfer
where payer >= 0 and amount_fen > 0
group by payer
"""
AMOUNTS = """
with side as (
  select payer as party, true as outgoing, payer, amount_fen, cash, booked_at
  from feature_transfer where payer >= 0
  union all
  select payee, false, payer, amount_fen, cash, booked_at
  from feature_transfer where payee >= 0
), summed as (
  select s.party, s.outgoing, count(*) as transfers, sum(s.amount_fen)::double as fen,
    coalesce(sum(s.amount_fen) filter (s.cash), 0)::double as cash_fen,
    count(*) filter (s.cash) as cash_transfers,
    coalesce(sum(s.amount_fen) filter (s.amount_fen % $round = 0), 0)::double as round_fen,
    count(*) filter (s.booked_at::time >= $night or s.booked_at::time < $morning) as at_night,
    1 - count(distinct s.amount_fen) / count(*) as repeated,
    stddev_pop(ln(1 + s.amount_fen)) as spread,
    max(s.amount_fen) / nullif(median(s.amount_fen), 0) as largest,
    median(s.amount_fen) / nullif(min(s.amount_fen), 0) as smallest,
    avg(abs(ln(s.amount_fen / u.fen))) filter (s.amount_fen > 0) as unusual
  from side s
  left join feature_usual u on u.payer = s.payer
  group by s.party, s.outgoing
)
select party as party_no,
  sum(round_fen) filter (not outgoing) / nullif(sum(fen) filter (not outgoing), 0)
    as round_share_in,
  sum(round_fen) filter (outgoing) / nullif(sum(fen) filter (outgoing), 0) as round_share_out,
  max(repeated) filter (not outgoing) as repeated_amounts_in,
  max(repeated) filter (outgoing) as repeated_amounts_out,
  max(spread) filter (not outgoing) as amount_spread_in,
  max(spread) filter (outgoing) as amount_spread_out,
  max(largest) filter (not outgoing) as largest_to_usual_in,
  max(largest) filter (outgoing) as largest_to_usual_out,
  max(smallest) filter (not outgoing) as usual_to_smallest_in,
  max(smallest) filter (outgoing) as usual_to_smallest_out,
  max(unusual) filter (not outgoing) as unusual_for_payers,
  max(unusual) filter (outgoing) as unusual_for_itself,
  sum(cash_fen) / nullif(sum(fen), 0) as cash_share,
  coalesce(sum(cash_fen) filter (not outgoing), 0) as cash_in,
  coalesce(sum(cash_fen) filter (outgoing), 0) as cash_out,
  coalesce(sum(cash_transfers) filter (not outgoing), 0) as cash_times_in,
  coalesce(sum(cash_transfers) filter (outgoing), 0) as cash_times_out,
  sum(at_night) / sum(transfers) as night_share
from summed
group by party
"""


def measure_amounts(db: Database, round_fen: int, night_from: time, night_to: time) -> pl.DataFrame:
    """A frame by party_no of what the single amounts tell; the night runs over midnight."""
    db.execute("usual amounts", USUAL)
    params = {"round": round_fen, "night": night_from, "morning": night_to}
    found = db.frame("amounts", AMOUNTS, params)
    db.execute("drop usual amounts", "drop table feature_usual")
    return found
