"""The tables that proceeds are followed in: disbursements, and the accounts where they may end."""

from __future__ import annotations

from data.settings import SelfFinancing
from detectors.context import Context
from detectors.disbursements import lay_disbursements

LENDING = """
select distinct institution_id from loan where published_on between $first and $last
"""
LOANS = """
select l.institution_id, count(distinct l.loan_id) as loans,
  count(distinct d.loan_id) as paid_out,
  count(distinct d.loan_id) filter (a.registered) as visible
from loan l
left join disbursement d on d.institution_id = l.institution_id and d.loan_id = l.loan_id
left join account_dim a on a.account_id = d.payee_account
where l.published_on between $first and $last
group by l.institution_id
order by l.institution_id
"""
# Accounts of the closure, but those that hold clients' money: money returned there is a repayment.
# Borrowers of the closure are among them: what they are lent has arrived.
CREATE_END = """
create or replace temp table circle_end as
select c.institution_id, a.account_id as account, c.party_no, c.own
from circle_party c
join account_dim a on a.party_no = c.party_no
where a.role not in ('client_custody', 'client_reserve')
  and not exists (
    select 1 from disbursement d
    where d.institution_id = c.institution_id and d.payer_account = a.account_id
  )
"""
# What moved while each institution's loans were paid out and could be passed on.
CREATE_SPAN = """
create or replace temp table loan_span as
select institution_id, min(booked_at) as begins, max(booked_at) + to_hours($hours) as ends
from disbursement group by institution_id
"""
CREATE_MOVED = """
create or replace temp table loan_moved as
select transfer_no, ref, booked_at, amount_fen, payer_account as payer, payee_account as payee
from transfer
where status = 'settled' and payee_account >= 0 and payer_account <> payee_account
  and booked_at between (select min(begins) from loan_span) and (select max(ends) from loan_span)
"""
CREATE_BORROWER = """
create or replace temp table loan_borrower as
select distinct d.institution_id, d.payee_account as account, s.begins, s.ends
from disbursement d join loan_span s on s.institution_id = d.institution_id
"""
# The first hop: whatever borrowers paid.
CREATE_FIRST = """
create or replace temp table loan_first as
select b.institution_id, m.transfer_no, m.ref, m.booked_at, m.amount_fen, m.payer, m.payee
from loan_moved m join loan_borrower b on b.account = m.payer
where m.booked_at between b.begins and b.ends
"""
CREATE_REACHED = """
create or replace temp table loan_reached as
select distinct f.institution_id, f.payee as account, s.begins, s.ends
from loan_first f join loan_span s on s.institution_id = f.institution_id
"""
# Accounts that take hardly anything else, in two steps: those that take mostly from borrowers and
# may pass it on; and among what these reach, accounts that no bank registers, so that nobody knows
# whose they are, and that take hardly anything but proceeds of one platform. From those that are
# seen to pay on, the money is followed as well.
CREATE_SHELL = """
create or replace temp table loan_shell as
with taken as (
  select payee as account, sum(amount_fen) as amount_fen from loan_moved group by payee
)
select f.institution_id, f.payee as account
from loan_first f
join taken t on t.account = f.payee
anti join loan_borrower b on b.account = f.payee
group by f.institution_id, f.payee, t.amount_fen
having sum(f.amount_fen) >= $shell * t.amount_fen and count(distinct f.payer) >= $payers
"""
CREATE_SINK = """
create or replace temp table sink as
with source as (
  select institution_id, account, begins, ends from loan_borrower
  union
  select h.institution_id, h.account, s.begins, s.ends
  from (
    select institution_id, account from loan_shell
    union
    select institution_id, account from loan_chain
  ) h
  join loan_span s on s.institution_id = h.institution_id
), unknown as (
  select m.payee as account, sum(m.amount_fen) as amount_fen
  from loan_moved m join account_dim a on a.account_id = m.payee
  where not a.registered
  group by m.payee
), passing as (
  select u.account
  from unknown u join loan_moved m on m.payer = u.account
  group by u.account, u.amount_fen
  having sum(m.amount_fen) >= $passing * u.amount_fen
)
select s.institution_id, u.account, any_value(p.account) is not null as passing
from unknown u
join loan_moved m on m.payee = u.account
join source s on s.account = m.payer
anti join loan_borrower b on b.account = u.account
left join passing p on p.account = u.account
where m.booked_at between s.begins and s.ends
group by s.institution_id, u.account, u.amount_fen
having sum(m.amount_fen) >= $sink * u.amount_fen and sum(m.amount_fen) >= $least
  and count(*) >= $transfers
"""
ADD_SINK = """
insert into circle_end
select s.institution_id, s.account, -1, false from sink s
anti join circle_end e on e.institution_id = s.institution_id and e.account = s.account
where not s.passing
"""
# Who paid the ends; the hops between what borrowers reached and these; and the hops into the ends.
CREATE_ENTRANCE = """
create or replace temp table loan_entrance as
select distinct e.institution_id, m.payer as account
from loan_moved m
join circle_end e on e.account = m.payee
join loan_span s on s.institution_id = e.institution_id
where m.booked_at between s.begins and s.ends
"""
CREATE_SECOND = """
create or replace temp table loan_second as
with near as (
  select m.* from loan_moved m
  semi join loan_reached r on r.account = m.payer
  semi join loan_entrance n on n.account = m.payee
)
select r.institution_id, m.transfer_no, m.ref, m.booked_at, m.amount_fen, m.payer, m.payee
from near m
join loan_reached r on r.account = m.payer
semi join loan_entrance n on n.institution_id = r.institution_id and n.account = m.payee
where m.booked_at between r.begins and r.ends
"""
CREATE_LAST = """
create or replace temp table loan_last as
with between_them as (
  select institution_id, account from loan_reached
  union
  select institution_id, payee from loan_second
)
select e.institution_id, m.transfer_no, m.ref, m.booked_at, m.amount_fen, m.payer, m.payee
from loan_moved m
join circle_end e on e.account = m.payee
join loan_span s on s.institution_id = e.institution_id
semi join between_them n on n.institution_id = e.institution_id and n.account = m.payer
where m.booked_at between s.begins and s.ends
"""
# Accounts that live on proceeds: most of what they take comes from borrowers of one platform, or
# from such accounts again. Grown hop by hop, and then only those kept that lead to the closure.
CREATE_CHAIN = """
create or replace temp table loan_chain (institution_id varchar, account integer)
"""
CREATE_TAKEN = """
create or replace temp table loan_taken as
select payee as account, sum(amount_fen) as amount_fen from loan_moved group by payee
"""
GROW_CHAIN = """
insert into loan_chain
with source as (
  select institution_id, account from loan_borrower
  union
  select institution_id, account from loan_chain
)
select s.institution_id, m.payee
from loan_moved m
join source s on s.account = m.payer
join loan_span w on w.institution_id = s.institution_id
join loan_taken t on t.account = m.payee
anti join source o on o.institution_id = s.institution_id and o.account = m.payee
anti join circle_end e on e.institution_id = s.institution_id and e.account = m.payee
where m.booked_at between w.begins and w.ends
group by s.institution_id, m.payee, t.amount_fen
having sum(m.amount_fen) >= $share * t.amount_fen
"""
CREATE_LEADING = """
create or replace temp table loan_leading as
select distinct c.institution_id, c.account
from loan_chain c
join loan_moved m on m.payer = c.account
join circle_end e on e.institution_id = c.institution_id and e.account = m.payee
"""
GROW_LEADING = """
insert into loan_leading
select distinct c.institution_id, c.account
from loan_chain c
join loan_moved m on m.payer = c.account
join loan_leading l on l.institution_id = c.institution_id and l.account = m.payee
anti join loan_leading o on o.institution_id = c.institution_id and o.account = c.account
"""
# Accounts that take a good part of their money from borrowers or from accounts that live on them.
CREATE_MIXED = """
create or replace temp table loan_mixed as
with source as (
  select institution_id, account from loan_borrower
  union
  select institution_id, account from loan_chain
)
select s.institution_id, m.payee as account
from loan_moved m
join source s on s.account = m.payer
join loan_span w on w.institution_id = s.institution_id
join loan_taken t on t.account = m.payee
where m.booked_at between w.begins and w.ends
group by s.institution_id, m.payee, t.amount_fen
having sum(m.amount_fen) >= $share * t.amount_fen
"""
CREATE_CHAINED = """
create or replace temp table loan_chained as
with source as (
  select institution_id, account from loan_borrower
  union
  select institution_id, account from loan_leading
), target as (
  select institution_id, account from loan_leading
  union
  select institution_id, account from circle_end
  union
  select institution_id, account from sink
)
select s.institution_id, m.transfer_no, m.ref, m.booked_at, m.amount_fen, m.payer, m.payee
from loan_moved m
join source s on s.account = m.payer
join target t on t.institution_id = s.institution_id and t.account = m.payee
join loan_span w on w.institution_id = s.institution_id
where m.booked_at between w.begins and w.ends
"""


def lay_tables(context: Context, settings: SelfFinancing) -> None:
    """Create disbursement, circle_end, the hops and the chains (loan_leading, loan_chained).

    Registers the closures as circle_party.
    """
    db, days = context.db, context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    platforms = {row[0] for row in db.rows("lending", LENDING, window)}
    context.register_closures("circle_party", only=platforms)
    lay_disbursements(context, settings)
    db.execute("ends", CREATE_END)
    hours = max(settings.window_hours, settings.chain_hours)
    db.execute("spans of loans", CREATE_SPAN, {"hours": hours})
    for name, sql in (
        ("moved", CREATE_MOVED),
        ("borrowers", CREATE_BORROWER),
        ("first hops", CREATE_FIRST),
        ("reached", CREATE_REACHED),
        ("chains", CREATE_CHAIN),
        ("takings", CREATE_TAKEN),
    ):
        db.execute(name, sql)
    for _ in range(settings.chain_hops - 1):
        db.execute("longer chains", GROW_CHAIN, {"share": settings.chain_share})
    shell = {"shell": settings.shell_share, "payers": settings.shell_payers}
    ends = {"transfers": settings.sink_transfers, "passing": settings.passing_share}
    sink = {"sink": settings.sink_share, "least": settings.minimum_fen}
    db.execute("shells", CREATE_SHELL, shell)
    db.execute("sinks", CREATE_SINK, {**sink, **ends})
    db.execute("unknown ends", ADD_SINK)
    for name, sql in (
        ("entrances", CREATE_ENTRANCE),
        ("second hops", CREATE_SECOND),
        ("last hops", CREATE_LAST),
    ):
        db.execute(name, sql)
    db.execute("mixing accounts", CREATE_MIXED, {"share": settings.mixed_share})
    db.execute("chains to ends", CREATE_LEADING)
    for _ in range(settings.chain_hops - 2):
        db.execute("longer chains to ends", GROW_LEADING)
    db.execute("hops of chains", CREATE_CHAINED)
