"""What tells who takes round lots from the public and pays the same people, as queries."""

from __future__ import annotations

from detectors.pool_tables import HELD_FOR_CLIENTS

# A holder that is not known is another one for each account.
CREATE_SIDE = f"""
create or replace temp table raising_side as
select a.account_id, coalesce(nullif(a.party_no, -1), -2 - a.account_id) as holder,
  coalesce(p.kind = 'person', false) as person,
  a.role not in {HELD_FOR_CLIENTS}
    and not coalesce(list_contains($licensed, p.institution_id), false) as open
from account_dim a left join party_dim p on p.party_no = a.party_no
"""
# Transfers between persons and holders that are not licensed to hold their money, one row for each
# person. No condition compares the two sides: it would tempt the planner to join these first.
CREATE_FLOW = """
create or replace temp table raising_flow as
select true as incoming, t.transfer_no, t.booked_at, t.amount_fen, a.holder as person, b.holder
from transfer t
join raising_side a on a.account_id = t.payer_account and a.person
join raising_side b on b.account_id = t.payee_account and b.open
where t.status = 'settled' and t.amount_fen > 0 and t.business_date between $first and $last
union all
select false, t.transfer_no, t.booked_at, t.amount_fen, b.holder, a.holder
from transfer t
join raising_side a on a.account_id = t.payer_account and a.open
join raising_side b on b.account_id = t.payee_account and b.person
where t.status = 'settled' and t.amount_fen > 0 and t.business_date between $first and $last
"""
# Cash that a person drew, and that was paid in elsewhere within a day, to the fen the same lot,
# where no other drawing and no other deposit fits: it was handed over. Days join before hours do:
# a city draws one round sum thousands of times a year.
ADD_CASH = """
insert into raising_flow
with paid_in as (
  select t.transfer_no, t.booked_at, t.amount_fen, t.booked_at::date as day, s.holder, s.open
  from transfer t join raising_side s on s.account_id = t.payee_account
  where t.cash and t.payer_account < 0 and t.status = 'settled'
    and t.amount_fen % $lot = 0 and t.amount_fen >= $least
    and t.business_date between $first and $last
), drawn as (
  select t.transfer_no, t.booked_at, t.amount_fen, s.holder, s.person,
    unnest(range(t.booked_at::date, t.booked_at::date + $days + 1, interval 1 day))::date as day
  from transfer t join raising_side s on s.account_id = t.payer_account
  where t.cash and t.payee_account < 0 and t.status = 'settled'
    and t.amount_fen % $lot = 0 and t.amount_fen >= $least
    and t.business_date between $first - 1 and $last
), handed as (
  select p.transfer_no, p.booked_at, p.amount_fen, p.holder, p.open, d.person, d.holder as drawer
  from paid_in p
  join drawn d on d.amount_fen = p.amount_fen and d.day = p.day
    and p.booked_at between d.booked_at and d.booked_at + to_hours($hours::integer)
  qualify count(*) over (partition by p.transfer_no) = 1
    and count(*) over (partition by d.transfer_no) = 1
)
select true, transfer_no, booked_at, amount_fen, drawer, holder
from handed where open and person and drawer <> holder
"""
OWN = "delete from raising_flow where person = holder"
CREATE_PAYER = """
create or replace temp table raising_payer as
select holder, person, min(booked_at) as first_at
from raising_flow
where incoming and amount_fen % $lot = 0 and amount_fen >= $least
group by holder, person
qualify count(*) over (partition by holder) >= $payers
"""
# Persons that a source pays, of those who pay a collector; and how many chance would give.
PAIRS = """
with paid as (
  select holder as source, person, max(booked_at) as last_at
  from raising_flow where not incoming group by holder, person
), source as (
  select source, count(*) as persons from paid group by source
), collector as (
  select holder, count(*) as persons from raising_payer group by holder
), everyone as (
  select count(distinct person) as persons from raising_flow
), pair as (
  select c.holder, o.source, count(*) as persons
  from paid o
  join raising_payer c on c.person = o.person and o.last_at > c.first_at
  where o.source <> o.person
  group by c.holder, o.source
  having count(*) >= $receivers
)
select p.holder, p.source
from pair p
join collector c on c.holder = p.holder
join source s on s.source = p.source
cross join everyone e
where p.persons >= $back * c.persons and p.persons >= $part * s.persons
  and (p.holder = p.source
    or p.persons >= $lift * c.persons * s.persons / greatest(e.persons, 1))
qualify sum(p.persons) over (partition by p.source) >= $covered * s.persons
order by p.holder, p.source
"""
FLOW = """
with payer as (
  select distinct m.scheme, p.person
  from scheme_member m join raising_payer p on p.holder = m.holder
), dealt as (
  select m.scheme, f.transfer_no, f.incoming, f.person, f.holder
  from scheme_member m
  join raising_flow f on f.holder = m.holder
  join payer p on p.scheme = m.scheme and p.person = f.person
)
select b.scheme, b.incoming, b.person, b.holder, t.ref, t.booked_at, t.amount_fen,
  m.transfer_no is not null as matched,
  t.amount_fen % $lot = 0 and t.amount_fen >= $least as lot
from dealt b
join transfer t on t.transfer_no = b.transfer_no
left join pool_matched m on m.transfer_no = b.transfer_no
anti join scheme_member o on o.scheme = b.scheme and o.holder = b.person
order by b.scheme, t.booked_at, t.ref, b.incoming, b.person, b.holder
"""
# Lots that a scheme's holders take from payers of unknown holders, where nearly all lots of known
# payers are natural persons'.
UNKNOWN = """
with lots as (
  select m.scheme, a.holder as person, m.holder, a.person as is_person, t.transfer_no, t.ref,
    t.booked_at, t.amount_fen
  from scheme_member m
  join raising_side b on b.holder = m.holder
  join transfer t on t.payee_account = b.account_id
  join raising_side a on a.account_id = t.payer_account
  where t.status = 'settled' and t.amount_fen % $lot = 0 and t.amount_fen >= $least
    and t.business_date between $first and $last
    and not exists (
      select 1 from scheme_member o where o.scheme = m.scheme and o.holder = a.holder)
), alike as (
  select scheme from lots where person >= 0
  group by scheme
  having coalesce(sum(amount_fen) filter (is_person), 0) >= $alike * sum(amount_fen)
)
select l.scheme, true as incoming, l.person, l.holder, l.ref, l.booked_at, l.amount_fen,
  m.transfer_no is not null as matched, true as lot
from lots l semi join alike k on k.scheme = l.scheme
left join pool_matched m on m.transfer_no = l.transfer_no
where l.person < -1
order by l.scheme, l.booked_at, l.ref
"""
# All that a scheme's sources pay persons, payers or not.
PAID_OUT = """
select m.scheme, f.person, f.holder, t.ref, t.booked_at, t.amount_fen
from scheme_member m
join raising_flow f on f.holder = m.holder and not f.incoming
join transfer t on t.transfer_no = f.transfer_no
anti join scheme_member o on o.scheme = m.scheme and o.holder = f.person
order by m.scheme, t.booked_at, t.ref, f.person, f.holder
"""
# What a scheme's holders pay parties that are none of them.
SPENT = """
select m.scheme, b.party_no as payee, t.ref, t.booked_at, t.amount_fen
from scheme_member m
join account_dim a on a.party_no = m.holder
join transfer t on t.payer_account = a.account_id
join account_dim b on b.account_id = t.payee_account and b.party_no >= 0
anti join scheme_member o on o.scheme = m.scheme and o.holder = b.party_no
where t.status = 'settled' and t.business_date between $first and $last
order by m.scheme, t.booked_at, t.ref
"""
# What they hand on to one another.
FORWARDED = """
select m.scheme, o.holder, t.ref, t.booked_at, t.amount_fen
from scheme_member m
join raising_side a on a.holder = m.holder
join transfer t on t.payer_account = a.account_id
join raising_side b on b.account_id = t.payee_account
join scheme_member o on o.scheme = m.scheme and o.holder = b.holder and o.holder <> m.holder
where t.status = 'settled' and t.business_date between $first and $last
order by m.scheme, t.booked_at, t.ref
"""
# Lots in cash, by nobody knows whom, on cards of natural persons that collect for a scheme; what a
# holder drew himself he paid in himself.
CASH = """
with own_drawing as (
  select m.holder, t.amount_fen, t.booked_at
  from scheme_member m
  join raising_side s on s.holder = m.holder
  join transfer t on t.payer_account = s.account_id and t.cash and t.payee_account < 0
  where t.status = 'settled' and t.business_date between $first - 1 and $last
)
select m.scheme, m.holder, t.ref, t.booked_at, t.amount_fen
from scheme_member m
join raising_side s on s.holder = m.holder and s.person
semi join raising_payer c on c.holder = m.holder
join transfer t on t.payee_account = s.account_id and t.cash and t.payer_account < 0
anti join raising_flow f on f.transfer_no = t.transfer_no and f.incoming
anti join own_drawing d on d.holder = m.holder and d.amount_fen = t.amount_fen
  and t.booked_at between d.booked_at and d.booked_at + to_hours($hours::integer)
where t.status = 'settled' and t.amount_fen % $lot = 0 and t.amount_fen >= $least
  and t.business_date between $first and $last
order by m.scheme, t.booked_at, t.ref
"""
# Who takes lots from many as well, and hands most of what persons pay it to the holders of one
# scheme.
JOINING = """
with taking as (
  select holder, sum(amount_fen) as taken_fen
  from raising_flow f
  semi join raising_payer c on c.holder = f.holder
  where incoming
  group by holder
), handed as (
  select m.scheme, l.holder, l.taken_fen, sum(t.amount_fen) as handed_fen
  from taking l
  anti join scheme_member o on o.holder = l.holder
  join raising_side a on a.holder = l.holder
  join transfer t on t.payer_account = a.account_id
  join raising_side b on b.account_id = t.payee_account
  join scheme_member m on m.holder = b.holder
  where t.status = 'settled' and t.business_date between $first and $last
  group by all
)
select scheme, holder from handed where handed_fen >= $handed * taken_fen
qualify row_number() over (partition by holder order by handed_fen desc, scheme) = 1
order by scheme, holder
"""
