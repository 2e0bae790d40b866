"""Matching by reference: entries of both banks and the clearing record with one match_no.

A reference is trusted when, among records whose dates lie within the window of each other, it
stands on at most one outgoing entry, one incoming entry and one clearing record. The rule looks at
a bounded number of days, so a changed day can be matched anew without the rest of the history.
"""

from __future__ import annotations

from data.store import Database

# Days, in units of the match window, that a record can influence through its reference.
REACH_WINDOWS = 3

# Rows of legs and clearing records that one bucket of references holds at most.
BUCKET_ROWS = 6_000_000

RECORDS = """
create or replace temp table reference as
with record as (
  select match_no, lake_date, leg_id, null as cleared_id, outgoing from leg
  where match_no is not null and hash(match_no) % $buckets = $bucket
  union all
  select match_no, lake_date, null, cleared_id, null from cleared
  where hash(match_no) % $buckets = $bucket
)
select match_no, max(leg_id) filter (outgoing) as out_id,
  max(leg_id) filter (not outgoing) as in_id, max(cleared_id) as cleared_id,
  min(lake_date) as anchor,
  count(*) filter (outgoing) <= 1 and count(*) filter (not outgoing) <= 1
    and count(cleared_id) <= 1 and max(lake_date) - min(lake_date) <= $days as trusted
from record
group by match_no
"""

# References that stand on more: split where the dates leave a gap, and judge each part.
PARTS = """
insert into reference
with record as (
  select leg.match_no, lake_date, leg_id, null as cleared_id, outgoing from leg
  semi join reference on reference.match_no = leg.match_no and not reference.trusted
  union all
  select cleared.match_no, lake_date, null, cleared_id, null from cleared
  semi join reference on reference.match_no = cleared.match_no and not reference.trusted
),
stepped as (
  select *, coalesce(lake_date - lag(lake_date) over (
    partition by match_no order by lake_date), 0) > $days as new_part
  from record
),
parted as (
  select *, sum(new_part::integer) over (partition by match_no order by lake_date) as part
  from stepped
)
select match_no, max(leg_id) filter (outgoing), max(leg_id) filter (not outgoing),
  max(cleared_id), min(lake_date), true
from parted
group by match_no, part
having count(*) filter (outgoing) <= 1 and count(*) filter (not outgoing) <= 1
  and count(cleared_id) <= 1
"""

# A returned payment may come back to the payer's own account under the same reference: then the
# clearing record, not the incoming entry, names the payee.
PAIRED = """
insert into matched
select coalesce(paid.booked_at, cleared.settled_at, got.booked_at) as booked_at,
  coalesce(paid.lake_date, cleared.lake_date, got.lake_date) as business_date,
  reference.anchor, coalesce(paid.account, cleared.payer, got.counterparty) as payer,
  case when got.account <> paid.account then got.account
    else coalesce(cleared.payee, paid.counterparty, got.account) end as payee,
  coalesce(cleared.amount_fen, paid.amount_fen, got.amount_fen) as amount_fen,
  coalesce(cleared.channel, paid.channel, got.channel) as channel,
  coalesce(paid.purpose, got.purpose, cleared.purpose) as purpose,
  coalesce(paid.loan_id, got.loan_id) as loan_id,
  coalesce(paid.cash, false) or coalesce(got.cash, false) as cash,
  coalesce(paid.device, got.device) as device, paid.entry as out_entry, got.entry as in_entry,
  reference.match_no, cleared.match_no is not null as is_cleared,
  coalesce(cleared.returned, false) as returned, paid.entry is not null as by_reference
from reference
left join leg as paid on paid.leg_id = reference.out_id
left join leg as got on got.leg_id = reference.in_id
left join cleared on cleared.cleared_id = reference.cleared_id
where reference.trusted and (reference.out_id is null) = (reference.in_id is null)
"""

# What a reference did not pair: entries without one, without partner, or of a doubtful one.
LOOSE = """
insert into loose
select leg.lake_date, leg.outgoing, leg.account, leg.counterparty, leg.amount_fen, leg.booked_at,
  leg.entry, leg.match_no, leg.channel, leg.cash, leg.purpose, leg.loan_id, leg.device,
  reference.match_no is not null as referenced, cleared.match_no is not null as is_cleared,
  cleared.payer as cleared_payer, cleared.payee as cleared_payee,
  coalesce(cleared.returned, doubtful.returned, false) as returned
from leg
left join reference on reference.trusted
  and (reference.out_id is null) <> (reference.in_id is null)
  and coalesce(reference.out_id, reference.in_id) = leg.leg_id
left join cleared on cleared.cleared_id = reference.cleared_id
left join (
  select match_no, bool_or(returned) as returned from cleared
  semi join reference on reference.match_no = cleared.match_no and not reference.trusted
  group by match_no
) as doubtful on doubtful.match_no = leg.match_no and reference.match_no is null
where hash(leg.match_no) % $buckets = $bucket
anti
"""

MATCHED_COLUMNS = """(booked_at timestamp, business_date date, anchor date, payer integer,
  payee integer, amount_fen bigint, channel varchar, purpose varchar, loan_id varchar,
  cash boolean, device varchar, out_entry varchar, in_entry varchar, match_no varchar,
  is_cleared boolean, returned boolean, by_reference boolean)"""
LOOSE_COLUMNS = """(lake_date date, outgoing boolean, account integer, counterparty integer,
  amount_fen bigint, booked_at timestamp, entry varchar, match_no varchar, channel varchar,
  cash boolean, purpose varchar, loan_id varchar, device varchar, referenced boolean,
  is_cleared boolean, cleared_payer integer, cleared_payee integer, returned boolean)"""
