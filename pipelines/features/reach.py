"""Whom a party pays and is paid by: sums, fan-in and fan-out, concentration, what is new."""

from __future__ import annotations

from datetime import date

import polars as pl

from data.store import Database

REACH = """
select s.party as party_no,
  sum(s.day_fen) as turnover_day,
  sum(s.week_fen) as turnover_week,
  sum(s.month_fen) as turnover_month,
  sum(s.quarter_fen) as turnover_quarter,
  coalesce(sum(s.week_fen) filter (s.outgoing), 0) / nullif(sum(s.week_fen), 0)
    as out_share_week,
  coalesce(sum(s.month_fen) filter (s.outgoing), 0) / nullif(sum(s.month_fen), 0)
    as out_share_month,
  coalesce(sum(s.quarter_fen) filter (s.outgoing), 0) / nullif(sum(s.quarter_fen), 0)
    as out_share_quarter,
  count(*) filter (not s.outgoing and s.other >= 0 and s.last_date >= $week) as payers_week,
  count(*) filter (not s.outgoing and s.other >= 0 and s.last_date >= $month) as payers_month,
  count(*) filter (not s.outgoing and s.other >= 0) as payers,
  count(*) filter (s.outgoing and s.other >= 0 and s.last_date >= $week) as payees_week,
  count(*) filter (s.outgoing and s.other >= 0 and s.last_date >= $month) as payees_month,
  count(*) filter (s.outgoing and s.other >= 0) as payees,
  coalesce(sum(s.transfers) filter (not s.outgoing), 0) as transfers_in,
  coalesce(sum(s.transfers) filter (s.outgoing), 0) as transfers_out,
  sum((s.fen / 1e6) ** 2) filter (not s.outgoing)
    / nullif((sum(s.fen / 1e6) filter (not s.outgoing)) ** 2, 0) as payer_concentration,
  sum((s.fen / 1e6) ** 2) filter (s.outgoing)
    / nullif((sum(s.fen / 1e6) filter (s.outgoing)) ** 2, 0) as payee_concentration,
  max(s.transfers) filter (not s.outgoing and s.other >= 0) as most_from_one_payer,
  max(s.transfers) filter (s.outgoing and s.other >= 0) as most_to_one_payee,
  max(s.day_transfers) filter (not s.outgoing and s.other >= 0) as same_day_from_one_payer,
  max(s.day_transfers) filter (s.outgoing and s.other >= 0) as same_day_to_one_payee,
  case when $known
    then coalesce(sum(s.month_fen) filter (not s.outgoing and s.first_date >= $new), 0)
    / nullif(sum(s.month_fen) filter (not s.outgoing), 0) end
    as new_payer_share,
  coalesce(sum(s.fen) filter (not s.outgoing and p.kind = 'person'), 0)
    / nullif(sum(s.fen) filter (not s.outgoing), 0) as in_share_from_persons,
  coalesce(sum(s.fen) filter (s.outgoing and p.kind = 'person'), 0)
    / nullif(sum(s.fen) filter (s.outgoing), 0) as out_share_to_persons,
  coalesce(sum(s.fen) filter (s.other < 0), 0) / nullif(sum(s.fen), 0) as unknown_party_share,
  case when $known then ($before_days * sum(s.week_fen))
    / nullif($week_days * (sum(s.quarter_fen) - sum(s.week_fen)), 0) end as week_to_baseline
from feature_side s
left join party_dim p on p.party_no = s.other
group by s.party
"""
# Payers that the party pays as well, whichever came first.
TWO_WAY = """
select a.payee as party_no, count(*) as two_way_parties
from feature_pair a
semi join feature_pair b on b.payer = a.payee and b.payee = a.payer
where a.payer >= 0 and a.payee >= 0
group by a.payee
"""
DAYS = """
with day as (
  select payer as party, true as outgoing, business_date, sum(transfers) as transfers,
    count(*) filter (payee >= 0) as others, sum(amount_fen)::double as fen
  from feature_pair_day where payer >= 0 group by all
  union all
  select payee, false, business_date, sum(transfers), count(*) filter (payer >= 0),
    sum(amount_fen)::double
  from feature_pair_day where payee >= 0 group by all
), gap as (
  select *, business_date - lag(business_date) over (
    partition by party, outgoing order by business_date) as days
  from day
)
select party as party_no,
  max(others) filter (not outgoing) as payers_busiest_day,
  max(others) filter (outgoing) as payees_busiest_day,
  max(fen) filter (not outgoing) / nullif(sum(fen) filter (not outgoing), 0)
    as in_share_busiest_day,
  max(fen) filter (outgoing) / nullif(sum(fen) filter (outgoing), 0) as out_share_busiest_day,
  max(transfers) filter (not outgoing) / nullif(avg(transfers) filter (not outgoing), 0)
    as burst_in,
  max(transfers) filter (outgoing) / nullif(avg(transfers) filter (outgoing), 0) as burst_out,
  stddev_pop(days) filter (not outgoing) / nullif(avg(days) filter (not outgoing), 0)
    as interval_variation_in,
  stddev_pop(days) filter (outgoing) / nullif(avg(days) filter (outgoing), 0)
    as interval_variation_out
from gap
group by party
"""


def measure_reach(
    db: Database, windows: dict[str, date], window_days: tuple[int, ...], new_from: date
) -> list[pl.DataFrame]:
    """Frames by party_no of what pairs and days tell.

    A payer is new when its first payment lies on or after `new_from`. Where the records do not
    reach back as long again before that, nobody can be called new, and nothing is compared with
    what was before.
    """
    [(first,)] = db.rows("first date", "select min(first_date) from feature_pair")
    last = windows["day"]
    known = first is not None and (new_from - first).days >= (last - new_from).days
    params = {
        "week": windows["week"],
        "month": windows["month"],
        "new": new_from,
        "known": known,
        "week_days": window_days[1],
        "before_days": min(window_days[3], (last - (first or last)).days + 1) - window_days[1],
    }
    return [
        db.frame("reach", REACH, params),
        db.frame("two-way parties", TWO_WAY),
        db.frame("days and intervals", DAYS),
    ]
