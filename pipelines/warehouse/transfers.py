"""Statement entries of both banks and the clearing record become one transfer.

They are matched on match_no; what that leaves over, on amount, accounts and time within a bound,
nearest first. What has no partner stays, and says what it lacks.
"""

from __future__ import annotations

from data.settings import Load
from data.store import Database

# Rounds of pairing the nearest; each settles those that are nearest to each other.
ROUNDS = 4

# One entry stated by two submitters for one date stands once; the smallest submitter's rules.
LEG = """
create temp table leg as
with stated as (
  select * from entry_rows
  qualify row_number() over (
    partition by bank_no, account_no, entry_no, lake_date order by submitter) = 1
)
select row_number() over (order by s.bank_no, s.account_no, s.entry_no, s.lake_date) as leg_id,
  s.lake_date, s.direction = 'out' as outgoing, own.account_id as account,
  other.account_id as counterparty, s.amount_fen, s.booked_at,
  s.bank_no || ':' || s.account_no || ':' || s.entry_no as entry,
  s.bank_no || ':' || s.account_no || ':' || s.reversal_of as reverses,
  s.match_no, s.channel, s.cash, s.purpose, s.loan_id, s.device,
  own.bank_no = coalesce(other.bank_no, '') as inside
from stated s
join account_dim own on own.bank_no = s.bank_no and own.account_no = s.account_no
left join lone_number n
  on s.counterparty_bank_no is null and n.account_no = s.counterparty_account_no
left join account_dim other
  on other.bank_no = coalesce(s.counterparty_bank_no, n.bank_no, '')
  and other.account_no = s.counterparty_account_no
"""
CLEARED = """
create temp table cleared as
select row_number() over (order by c.match_no, c.lake_date, c.submitter) as cleared_id,
  c.lake_date, c.match_no, payer.account_id as payer, payee.account_id as payee, c.amount_fen,
  c.settled_at, c.channel, c.purpose, c.status = 'returned' as returned
from clearing_rows c
join account_dim payer on payer.bank_no = c.payer_bank_no and payer.account_no = c.payer_account_no
join account_dim payee on payee.bank_no = c.payee_bank_no and payee.account_no = c.payee_account_no
"""
# A reference that stands at most once on each side joins whatever the amounts; one that stands
# more often joins equal amounts, in the order of their time.
REFERENCED = """
create temp table referenced as
with single as (
  select match_no from (
    select match_no, outgoing::varchar as side from leg where match_no is not null
    union all
    select match_no, 'clearing' from cleared
  )
  group by match_no
  having count(*) filter (side = 'true') <= 1 and count(*) filter (side = 'false') <= 1
    and count(*) filter (side = 'clearing') <= 1
), keyed_leg as (
  select l.leg_id, l.match_no, l.outgoing,
    case when s.match_no is null then l.amount_fen else 0 end as amount,
    row_number() over (partition by l.match_no, l.outgoing,
      case when s.match_no is null then l.amount_fen else 0 end
      order by l.booked_at, l.entry) as place
  from leg l left join single s on s.match_no = l.match_no
  where l.match_no is not null
), keyed_clearing as (
  select c.cleared_id, c.match_no,
    case when s.match_no is null then c.amount_fen else 0 end as amount,
    row_number() over (partition by c.match_no,
      case when s.match_no is null then c.amount_fen else 0 end
      order by c.settled_at, c.cleared_id) as place
  from cleared c left join single s on s.match_no = c.match_no
)
select max(leg_id) filter (outgoing) as out_id, max(leg_id) filter (not outgoing) as in_id,
  max(cleared_id) as cleared_id, match_no, count(distinct amount) = 1 and amount = 0 as single
from (
  select match_no, amount, place, leg_id, outgoing, null as cleared_id from keyed_leg
  union all
  select match_no, amount, place, null, null, cleared_id from keyed_clearing
)
group by match_no, amount, place
"""
# Legs whose reference, if any, found no other leg.
LOOSE = """
create temp table loose as
with side as (
  select out_id as leg_id, cleared_id, in_id is null as alone
  from referenced where out_id is not null
  union all
  select in_id, cleared_id, out_id is null from referenced where in_id is not null
)
select l.leg_id, l.outgoing, l.account,
  coalesce(case when l.outgoing then c.payee else c.payer end, l.counterparty) as counterparty,
  l.amount_fen, l.booked_at, l.inside, l.match_no
from leg l
left join side s on s.leg_id = l.leg_id
left join cleared c on c.cleared_id = s.cleared_id
where coalesce(s.alone, true)
"""
CANDIDATE = """
create temp table candidate as
with pair as (
  select o.leg_id as out_id, i.leg_id as in_id, o.booked_at as out_at, i.booked_at as in_at,
    o.inside and i.inside as inside, o.match_no as out_no, i.match_no as in_no
  from loose o
  join loose i on i.counterparty = o.account and i.account = o.counterparty
    and i.amount_fen = o.amount_fen
  where o.outgoing and not i.outgoing
  union all
  select o.leg_id, i.leg_id, o.booked_at, i.booked_at, o.inside, o.match_no, i.match_no
  from loose o
  join loose i on i.counterparty is null and i.account = o.counterparty
    and i.amount_fen = o.amount_fen
  where o.outgoing and not i.outgoing
  union all
  select o.leg_id, i.leg_id, o.booked_at, i.booked_at, i.inside, o.match_no, i.match_no
  from loose o
  join loose i on i.counterparty = o.account and o.counterparty is null
    and i.amount_fen = o.amount_fen
  where o.outgoing and not i.outgoing
)
select out_id, in_id, abs(epoch_us(in_at) - epoch_us(out_at)) as apart
from pair
where abs(epoch_us(in_at) - epoch_us(out_at))
    <= 1000000::bigint * case when inside then $book else $clear end
  and not coalesce(out_no <> in_no, false)
"""
# The pairs in which each is the other's nearest; equal distances go to the smaller number.
NEAREST = """
insert into paired
with open as (
  select c.* from candidate c
  anti join paired p on p.out_id = c.out_id
  anti join paired q on q.in_id = c.in_id
), ranked as (
  select *, row_number() over (partition by out_id order by apart, in_id) as of_out,
    row_number() over (partition by in_id order by apart, out_id) as of_in
  from open
)
select out_id, in_id from ranked where of_out = 1 and of_in = 1
"""
TOGETHER = """
create temp table together as
with joined as (
  select r.out_id, r.in_id, r.cleared_id, r.match_no, r.single,
    case when r.out_id is null or r.in_id is null then 'none' else 'match_no' end as matched
  from referenced r
  left join paired p on r.in_id is null and p.out_id = r.out_id
  left join paired q on r.out_id is null and q.in_id = r.in_id
  where p.out_id is null and q.in_id is null
  union all
  select p.out_id, p.in_id, coalesce(a.cleared_id, b.cleared_id),
    coalesce(a.match_no, b.match_no), coalesce(a.single, b.single), 'amount_time'
  from paired p
  left join referenced a on a.out_id = p.out_id
  left join referenced b on b.in_id = p.in_id
  union all
  select case when l.outgoing then l.leg_id end, case when not l.outgoing then l.leg_id end,
    null, null, null, 'none'
  from leg l
  anti join paired p on p.out_id = l.leg_id
  anti join paired q on q.in_id = l.leg_id
  where l.match_no is null
)
select j.matched,
  coalesce(paid.booked_at, c.settled_at, got.booked_at) as booked_at,
  coalesce(paid.lake_date, c.lake_date, got.lake_date) as business_date,
  coalesce(paid.account, c.payer, got.counterparty, -1) as payer_account,
  case when got.account <> paid.account then got.account
    else coalesce(c.payee, paid.counterparty, got.account, -1) end as payee_account,
  coalesce(c.amount_fen, paid.amount_fen, got.amount_fen) as amount_fen,
  coalesce(c.channel, paid.channel, got.channel) as channel,
  coalesce(paid.purpose, got.purpose, c.purpose) as purpose,
  coalesce(paid.loan_id, got.loan_id) as loan_id,
  coalesce(paid.cash, false) or coalesce(got.cash, false) as cash,
  coalesce(paid.device, got.device) as device,
  paid.entry as out_entry, got.entry as in_entry, j.match_no,
  case when coalesce(j.single, false) then j.match_no end as own_no,
  paid.reverses as out_reverses, got.reverses as in_reverses,
  c.cleared_id is not null as is_cleared, coalesce(c.returned, false) as returned
from joined j
left join leg paid on paid.leg_id = j.out_id
left join leg got on got.leg_id = j.in_id
left join cleared c on c.cleared_id = j.cleared_id
"""
# A reversal undoes its original where both state the same sum; then neither counts as settled.
TRANSFER = """
create table transfer as
with entry as (
  select out_entry as entry, amount_fen from together where out_entry is not null
  union all
  select in_entry, amount_fen from together where in_entry is not null
), undone as (
  select t.out_reverses as original, t.out_entry, t.in_entry
  from together t join entry e on e.entry = t.out_reverses and e.amount_fen = t.amount_fen
  union all
  select t.in_reverses, t.out_entry, t.in_entry
  from together t join entry e on e.entry = t.in_reverses and e.amount_fen = t.amount_fen
), original as (
  select distinct original as entry from undone
), reversing as (
  select out_entry as entry from undone where out_entry is not null
  union select in_entry from undone where in_entry is not null
), stated as (
  select t.*, coalesce(t.own_no, t.out_entry, t.in_entry, t.match_no) as ref,
    case when t.returned then 'returned'
      when r1.entry is not null or r2.entry is not null then 'reversal'
      when o1.entry is not null or o2.entry is not null then 'reversed'
      else 'settled' end as status
  from together t
  left join original o1 on o1.entry = t.out_entry
  left join original o2 on o2.entry = t.in_entry
  left join reversing r1 on r1.entry = t.out_entry
  left join reversing r2 on r2.entry = t.in_entry
)
select row_number() over (
    order by booked_at, ref, out_entry nulls last, in_entry nulls last, amount_fen) as transfer_no,
  ref, booked_at, business_date, payer_account::integer as payer_account,
  payee_account::integer as payee_account, amount_fen, channel, purpose, loan_id, cash, device,
  out_entry, in_entry, match_no, matched,
  concat_ws(';',
    case when out_entry is null and not cash then 'payer_entry' end,
    case when in_entry is null and not cash then 'payee_entry' end,
    case when not is_cleared and channel in ('cnaps_hvps', 'cnaps_beps', 'nucc', 'unionpay')
      then 'clearing' end,
    case when payer_account = -1 then 'payer' end,
    case when payee_account = -1 then 'payee' end) as lacks,
  status
from stated
order by transfer_no
"""
ACCOUNT_DAY = """
create table account_day as
select account_id, business_date, sum(in_count)::bigint as in_count,
  sum(out_count)::bigint as out_count, sum(in_fen)::bigint as in_fen,
  sum(out_fen)::bigint as out_fen
from (
  select payee_account as account_id, business_date, 1 as in_count, 0 as out_count,
    amount_fen as in_fen, 0 as out_fen
  from transfer where status = 'settled' and payee_account >= 0
  union all
  select payer_account, business_date, 0, 1, 0, amount_fen
  from transfer where status = 'settled' and payer_account >= 0
)
group by account_id, business_date
order by account_id, business_date
"""
PAIR_DAY = """
create table pair_day as
select payer_account, payee_account, business_date, count(*) as count,
  sum(amount_fen)::bigint as amount_fen
from transfer
where status = 'settled'
group by payer_account, payee_account, business_date
order by payer_account, payee_account, business_date
"""


def load_transfers(db: Database, settings: Load) -> None:
    """Create transfer, account_day and pair_day from entry_rows, clearing_rows and account_dim."""
    db.execute("legs", LEG)
    db.execute("clearing records", CLEARED)
    db.execute("referenced", REFERENCED)
    db.execute("loose legs", LOOSE)
    bounds = {"book": settings.match_book_seconds, "clear": settings.match_window_seconds}
    db.execute("candidate pairs", CANDIDATE, bounds)
    db.execute("pairs", "create temp table paired (out_id bigint, in_id bigint)")
    for _ in range(ROUNDS):
        db.execute("nearest pairs", NEAREST)
    db.execute("transfers together", TOGETHER)
    db.execute("transfer", TRANSFER)
    db.execute("account_day", ACCOUNT_DAY)
    db.execute("pair_day", PAIR_DAY)
