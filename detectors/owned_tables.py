"""The tables that say whose clients' money is whose: homes, what begins or ends it, circles."""

from __future__ import annotations

from detectors.context import Context
from detectors.disbursements import lay_disbursements
from graph import ends

# Institutions that hold accounts for clients' money, or publish loans.
OWNERS = """
select a.institution_id from account_dim a
where a.role in ('client_custody', 'client_reserve') and a.institution_id is not null
union
select p.institution_id from account_dim a
join party_dim p on p.party_no = a.party_no
where a.role in ('client_custody', 'client_reserve') and p.institution_id is not null
union
select institution_id from loan
order by 1
"""
# Where clients' money is at home: accounts registered for it, and accounts of the circle that pay
# loans out. One that pays for several institutions is at home with the one it pays most.
CREATE_HOME = """
create or replace temp table owned_home as
with registered as (
  select a.account_id as account, coalesce(a.institution_id, p.institution_id) as institution_id
  from account_dim a
  left join party_dim p on p.party_no = a.party_no
  where a.role in ('client_custody', 'client_reserve')
), paying as (
  select d.payer_account as account, d.institution_id, sum(d.amount_fen) as paid_fen
  from disbursement d
  join account_dim a on a.account_id = d.payer_account
  join circle_party c on c.institution_id = d.institution_id and c.party_no = a.party_no
  anti join registered r on r.account = d.payer_account
  group by d.payer_account, d.institution_id
)
select account, institution_id, true as registered from registered where institution_id is not null
union all
select account, arg_max(institution_id, (paid_fen, institution_id)), false
from paying group by account
"""
# What a loan's events and disbursements say of a transfer; of several the first kind rules. A
# transfer that pays a loan out is so whatever else names it.
CREATE_STATED = """
create or replace temp table owned_stated as
with said as (
  select transfer_no, institution_id, 1 as kind from disbursement
  union all
  select transfer_no, institution_id, case kind when 'invest' then 2 when 'fee' then 3
      when 'refund' then 4 else 5 end
  from loan_entry
  where kind in ('invest', 'fee', 'refund', 'repay_principal', 'repay_interest')
)
select transfer_no, min(kind) as kind, arg_min(institution_id, (kind, institution_id)) as subject
from said
group by transfer_no
"""
# Transfers that touch a home, or that something is said of. A party that nobody knows is another
# one for each account. What a home that is not registered takes for a loan is clients' money; the
# rest is its holder's business.
CREATE_TOUCHING = """
create or replace temp table owned_touching as
with touched as (
  select transfer_no from owned_stated
  union select t.transfer_no from transfer t semi join owned_home h on h.account = t.payer_account
  union select t.transfer_no from transfer t semi join owned_home h on h.account = t.payee_account
)
select t.transfer_no, t.booked_at, t.amount_fen, s.kind as said, s.subject,
  payer_home.institution_id as payer_home,
  case when payee_home.registered or l.institution_id = payee_home.institution_id
      or s.kind = 5 and s.subject = payee_home.institution_id
    then payee_home.institution_id end as payee_home,
  case when a.party_no >= 0 then a.party_no else -2 - t.payer_account end as payer,
  case when b.party_no >= 0 then b.party_no else -2 - t.payee_account end as payee,
  a.institution_id as payer_account_of, t.payer_account, t.payee_account
from touched x
join transfer t on t.transfer_no = x.transfer_no
left join owned_stated s on s.transfer_no = t.transfer_no
left join owned_home payer_home on payer_home.account = t.payer_account
left join owned_home payee_home on payee_home.account = t.payee_account
left join account_dim a on a.account_id = t.payer_account
left join account_dim b on b.account_id = t.payee_account
left join (select loan_id, max(institution_id) as institution_id from loan group by loan_id) l
  on l.loan_id = t.loan_id
where t.status = 'settled' and t.business_date <= $last
"""
# What begins clients' money: its stage (0 paid in, 1 invested, 2 lent out) and who it came from.
CREATE_BEGINNING = f"""
create or replace temp table owned_beginning as
with begun as (
  select *, case when said = 1 then 2 when said = 2 then 1 else 0 end as stage,
    case when said in (1, 2) then subject else payee_home end as institution_id
  from owned_touching
  where said in (1, 2)
    or said is distinct from 3 and payee_home is not null
      and payee_home is distinct from payer_home
), borrower as (
  select distinct l.institution_id, p.party_no
  from loan l join party_dim p on p.party_id = l.borrower_party_id
)
select g.transfer_no, g.booked_at, g.institution_id, g.stage, g.payer, g.payee_account,
  case when g.payer_home = g.institution_id or g.payer_account_of = g.institution_id
      or c.party_no is not null then {ends.CIRCLE_PAYS}
    when g.payer_home is not null or g.payer_account < 0 then {ends.ELSEWHERE}
    when g.stage = 0 and b.party_no is not null then {ends.BORROWER}
    else {ends.CLIENT} end as source
from begun g
left join circle_party c on c.institution_id = g.institution_id and c.party_no = g.payer
left join borrower b on b.institution_id = g.institution_id and b.party_no = g.payer
"""
# What a home pays that is an end by itself: fees and refunds that an event names, and what is paid
# to a client who had paid in before. To someone of the circle it is that only if an event says so.
CREATE_ENDING = f"""
create or replace temp table owned_ending as
with client as (
  select institution_id, payer, min(booked_at) as since
  from owned_beginning where source = {ends.CLIENT}
  group by institution_id, payer
)
select t.transfer_no, case when t.said = 3 then t.subject else t.payer_home end as institution_id,
  case when t.said = 3 then {ends.FEE} when t.said = 4 then {ends.REFUND}
    else {ends.RETURNED} end as use
from owned_touching t
anti join owned_beginning g on g.transfer_no = t.transfer_no
left join client c
  on c.institution_id = t.payer_home and c.payer = t.payee and c.since < t.booked_at
left join circle_party inside
  on inside.institution_id = t.payer_home and inside.party_no = t.payee
where t.said = 3
  or t.said in (4, 5) and t.payer_home = t.subject
  or t.payer_home is not null and c.payer is not null and inside.party_no is null
"""
# Accounts that are an end for everyone's money: property, securities, and accounts that no bank
# reports and from which nothing is seen to come.
ENDS = f"""
with paying as (
  select distinct payer_account as account from transfer
  where status = 'settled' and business_date <= $last
)
select a.account_id, case
    when p.institution_kind in ('property_developer', 'property_agent')
      or p.kind = 'organisation' and regexp_matches(p.industry, '^K?70') then {ends.PROPERTY}
    when a.role = 'securities_transfer' or p.institution_kind = 'securities_firm'
      then {ends.SECURITIES}
    else {ends.OUTSIDE} end as use
from account_dim a
left join party_dim p on p.party_no = a.party_no
left join paying on paying.account = a.account_id
anti join owned_home h on h.account = a.account_id
where p.institution_kind in ('property_developer', 'property_agent', 'securities_firm')
  or p.kind = 'organisation' and regexp_matches(p.industry, '^K?70')
  or a.role = 'securities_transfer'
  or not a.registered and paying.account is null
order by a.account_id
"""
# The circle's accounts; those for clients' money are no end, and a home is none for its own owner.
CIRCLES = """
select c.institution_id, a.account_id
from circle_party c
join account_dim a on a.party_no = c.party_no
where a.role not in ('client_custody', 'client_reserve')
  and not exists (
    select 1 from owned_home h
    where h.account = a.account_id and h.institution_id = c.institution_id
  )
order by a.account_id, c.institution_id
"""


def lay_owned_tables(context: Context) -> list[str]:
    """Create owned_home, owned_beginning and owned_ending; returns the owners, in their order.

    Registers the closures as circle_party.
    """
    db = context.db
    known = {each.institution_id for each in context.institutions}
    owners = [name for (name,) in db.rows("owners", OWNERS) if name in known]
    context.register_closures("circle_party", set(owners))
    lay_disbursements(context, context.settings.detectors.self_financing)
    last = {"last": context.business_date}
    db.execute("homes", CREATE_HOME)
    db.execute("what is said of transfers", CREATE_STATED)
    db.execute("transfers of homes", CREATE_TOUCHING, last)
    db.execute("beginnings", CREATE_BEGINNING)
    db.execute("ends by transfer", CREATE_ENDING)
    return owners
