"""What speaks for and against each loan being made up: a row per loan, in three queries."""

from __future__ import annotations

import polars as pl

from data.legal_rules import legal_rules
from data.settings import FictitiousLoan
from detectors.context import Context
from detectors.loan_money import lay_loan_money
from detectors.payment_sides import lay_payment_sides

# Each loan's first payment to its borrower, and the account that it went to.
CREATE_PAID = """
create or replace temp table made_up_paid as
select m.institution_id, m.loan_id, b.borrower, min(m.booked_at) as paid_at,
  min(m.business_date) as paid_on,
  arg_min(m.payee_account, (m.booked_at, m.transfer_no)) as account,
  sum(m.amount_fen)::bigint as paid_fen
from loan_money m
join loan_book b on b.institution_id = m.institution_id and b.loan_id = m.loan_id
where m.flow = 'disburse'
group by m.institution_id, m.loan_id, b.borrower
"""
# What left these accounts for others within the longer window.
CREATE_PASSED = """
create or replace temp table made_up_passed as
select p.institution_id, p.loan_id, p.borrower, t.transfer_no, t.ref, t.booked_at, t.amount_fen,
  t.payee_account, t.booked_at <= p.paid_at + to_hours($hours) as soon
from made_up_paid p
join transfer t on t.payer_account = p.account
join account_dim a on a.account_id = t.payee_account
where t.status = 'settled' and a.party_no is distinct from p.borrower
  and t.booked_at between p.paid_at and p.paid_at + to_hours($longer)
"""
# Accounts where the money of several borrowers meets, and that take hardly anything else.
CREATE_MEETING = """
create or replace temp table made_up_meeting as
with met as (
  select institution_id, payee_account as account, count(distinct borrower) as borrowers,
    (select sum(x.amount_fen) from (
      select distinct transfer_no, amount_fen from made_up_passed i
      where i.institution_id = p.institution_id and i.payee_account = p.payee_account) x
    )::bigint as amount_fen
  from made_up_passed p
  anti join loan_collecting c
    on c.institution_id = p.institution_id and c.account = p.payee_account
  group by institution_id, payee_account
  having count(distinct borrower) >= $borrowers
), taken as (
  select t.payee_account as account, sum(t.amount_fen) as amount_fen
  from transfer t semi join met m on m.account = t.payee_account
  where t.status = 'settled' and t.business_date between $first and $last
  group by t.payee_account
)
select m.institution_id, m.account, m.borrowers
from met m
join taken t on t.account = m.account
join account_dim a on a.account_id = m.account
where m.amount_fen >= $meeting * t.amount_fen and a.role not in ('client_custody', 'client_reserve')
"""
# Telephones, addresses, devices and collateral that borrowers of one institution share, and few
# others have.
CREATE_SHARED = """
create or replace temp table made_up_shared as
with contact as (
  select p.party_no as party, 'phone' as kind, r.phone_hash as value
  from party r join party_dim p on p.party_id = r.party_id where r.phone_hash is not null
  union
  select p.party_no, 'address', r.address
  from party r join party_dim p on p.party_id = r.party_id where r.address is not null
  union
  select a.party_no, 'device', t.device
  from transfer t join account_dim a on a.account_id = t.payer_account
  where t.device is not null and t.out_entry is not null and a.party_no >= 0
    and t.business_date between $first and $last
), pledged as (
  select institution_id, borrower as party, 'collateral' as kind, collateral_key as value
  from loan_book where collateral_key is not null
), borrowing as (
  select distinct institution_id, borrower as party from loan_book where borrower >= 0
), users as (
  select kind, value, count(distinct party) as users from contact group by kind, value
  having count(distinct party) >= $borrowers
), shared as (
  select b.institution_id, c.kind, c.value, b.party, u.users
  from users u
  join contact c on c.kind = u.kind and c.value = u.value
  join borrowing b on b.party = c.party
  union all
  select institution_id, kind, value, party, count(distinct party) over (
    partition by institution_id, value)
  from pledged
), crowded as (
  select institution_id, kind, value from shared
  group by institution_id, kind, value, users
  having count(distinct party) >= $borrowers and count(distinct party) >= $among * users
)
select distinct s.institution_id, s.party, s.kind
from shared s
semi join crowded c
  on c.institution_id = s.institution_id and c.kind = s.kind and c.value = s.value
"""
# What borrowers take from others than institutions, their circles and fellow borrowers: business.
CREATE_BUSINESS = """
create or replace temp table made_up_business as
with borrowing as (
  select distinct institution_id, borrower from loan_book where borrower >= 0
), came as (
  select a.party_no as borrower, t.business_date, t.amount_fen, p.party_no as payer, p.role,
    t.transfer_no
  from transfer t
  join account_dim a on a.account_id = t.payee_account
  join account_dim p on p.account_id = t.payer_account
  semi join borrowing b on b.borrower = a.party_no
  anti join loan_linked k on k.transfer_no = t.transfer_no
  where t.status = 'settled' and t.business_date between $first and $last
    and p.party_no is distinct from a.party_no
)
select b.institution_id, b.borrower, sum(c.amount_fen)::bigint as amount_fen,
  count(distinct c.business_date) as days
from borrowing b
join came c on c.borrower = b.borrower
anti join platform_circle o on o.institution_id = b.institution_id and o.party_no = c.payer
anti join borrowing f on f.institution_id = b.institution_id and f.borrower = c.payer
where c.role not in ('client_custody', 'client_reserve')
group by b.institution_id, b.borrower
"""
# One row a loan. `heard`: the bank that took the lenders' money sent records on all days but one.
LOANS = """
with invested as (
  select institution_id, loan_id, sum(amount_fen)::bigint as invested_fen,
    max(business_date) as invested_on,
    arg_max(payee_account, (booked_at, transfer_no)) as taken_by
  from loan_money where flow = 'invest'
  group by institution_id, loan_id
), placed as (
  select distinct institution_id, loan_id, payer as party from loan_money where flow = 'invest'
), other as (
  select m.institution_id, m.loan_id,
    sum(m.amount_fen) filter (m.flow = 'repay')::bigint as repaid_fen,
    sum(m.amount_fen) filter (l.party is not null and (m.flow = 'refund'
      or m.flow = 'payout' and m.business_date < b.due_on - $due_days::integer))::bigint
      as back_fen,
    sum(m.amount_fen) filter (l.party is null and c.party_no is null and m.flow = 'payout')::bigint
      as entrusted_fen
  from loan_money m
  join loan_book b on b.institution_id = m.institution_id and b.loan_id = m.loan_id
  left join placed l
    on l.institution_id = m.institution_id and l.loan_id = m.loan_id and l.party = m.payee
  left join platform_circle c on c.institution_id = m.institution_id and c.party_no = m.payee
  group by m.institution_id, m.loan_id
), passed as (
  select institution_id, loan_id, sum(amount_fen) filter (soon)::bigint as soon_fen,
    sum(amount_fen)::bigint as later_fen
  from (select distinct institution_id, loan_id, transfer_no, amount_fen, soon from made_up_passed)
  group by institution_id, loan_id
), at_once as (
  select p.institution_id, p.loan_id,
    sum(q.paid_fen) filter (q.paid_at <= p.paid_at + to_hours($hours))::bigint as soon_fen,
    sum(q.paid_fen)::bigint as later_fen
  from made_up_paid p
  join made_up_paid q on q.account = p.account
    and q.paid_at between p.paid_at and p.paid_at + to_hours($longer)
  group by p.institution_id, p.loan_id
), meeting as (
  select distinct p.institution_id, p.loan_id
  from made_up_passed p
  join made_up_meeting m
    on m.institution_id = p.institution_id and m.account = p.payee_account
), shared as (
  select institution_id, party, string_agg(kind, ' ' order by kind) as kinds
  from made_up_shared group by institution_id, party
), calendar as (
  select count(distinct business_date) as days from transfer
  where business_date between $first and $last
), taking as (
  select distinct a.bank_no
  from invested i join account_dim a on a.account_id = i.taken_by
), heard as (
  select a.bank_no, count(distinct t.business_date) as days
  from transfer t
  join account_dim a on a.account_id = t.payee_account
  semi join taking k on k.bank_no = a.bank_no
  where t.in_entry is not null and t.business_date between $first and $last
  group by a.bank_no
)
select b.institution_id, b.loan_id, b.borrower, b.principal_fen, p.paid_on, p.paid_fen, p.account,
  coalesce(i.invested_fen, 0) as invested_fen, i.invested_on, i.taken_by,
  p.paid_at is null and coalesce(i.invested_fen, 0) >= $raised * b.principal_fen
    and b.status not in ('raising', 'cancelled') as owing,
  owing and i.invested_on <= $last - $days::integer as unpaid, $last::date as last,
  coalesce(o.repaid_fen, 0) > 0 or coalesce(o.entrusted_fen, 0) >= $raised * b.principal_fen
    or coalesce(o.back_fen, 0) >= $raised * i.invested_fen as explained,
  coalesce(h.days, 0) >= c.days - 1 and coalesce(t.registered, false) as heard,
  coalesce(a.registered, false) as visible,
  coalesce(p.paid_on - a.opened_on < $fresh and p.paid_on >= a.opened_on, false) as fresh,
  least(coalesce(x.soon_fen / nullif(n.soon_fen, 0), 0), 1)::double as soon_share,
  least(coalesce(x.later_fen / nullif(n.later_fen, 0), 0), 1)::double as later_share,
  m.loan_id is not null as meets, coalesce(s.kinds, '') as shared,
  coalesce(w.amount_fen, 0) as business_fen, coalesce(w.days, 0) as business_days
from loan_book b
cross join calendar c
left join made_up_paid p on p.institution_id = b.institution_id and p.loan_id = b.loan_id
left join account_dim a on a.account_id = p.account
left join invested i on i.institution_id = b.institution_id and i.loan_id = b.loan_id
left join account_dim t on t.account_id = i.taken_by
left join heard h on h.bank_no = t.bank_no
left join other o on o.institution_id = b.institution_id and o.loan_id = b.loan_id
left join passed x on x.institution_id = b.institution_id and x.loan_id = b.loan_id
left join at_once n on n.institution_id = b.institution_id and n.loan_id = b.loan_id
left join meeting m on m.institution_id = b.institution_id and m.loan_id = b.loan_id
left join shared s on s.institution_id = b.institution_id and s.party = b.borrower
left join made_up_business w on w.institution_id = b.institution_id and w.borrower = b.borrower
where b.published_on between $first and $last
  and coalesce(p.paid_on, i.invested_on, b.published_on) >= $ban
order by b.institution_id, b.loan_id
"""
MEETING_MONEY = """
select p.institution_id, p.loan_id, p.payee_account as account,
  sum(p.amount_fen)::bigint as amount_fen
from made_up_passed p
join made_up_meeting m on m.institution_id = p.institution_id and m.account = p.payee_account
group by all order by all
"""
# Where money went that lenders paid for loans never paid out: accounts that live on the one that
# took it, and whose holders have no other part in the platform's loans.
CREATE_GONE = """
create or replace temp table made_up_gone as
with owed as (
  select b.institution_id, b.taken_by, min(m.booked_at) as since,
    sum(m.amount_fen) as owed_fen
  from made_up_chosen b
  join loan_money m
    on m.institution_id = b.institution_id and m.loan_id = b.loan_id and m.flow = 'invest'
  where b.unpaid
  group by b.institution_id, b.taken_by
), whole as (
  select institution_id, sum(owed_fen) as owed_fen from owed group by institution_id
), part as (
  select institution_id, payer as party from loan_money
  union
  select institution_id, payee from loan_money
  union
  select institution_id, borrower from loan_book where borrower >= 0
), went as (
  select o.institution_id, t.transfer_no, t.payee_account, t.amount_fen, e.party_no as party
  from owed o
  join transfer t on t.payer_account = o.taken_by and t.booked_at >= o.since
  join payment_side s on s.account_id = t.payee_account
  join account_dim e on e.account_id = t.payee_account
  left join party_dim p on p.party_no = e.party_no
  anti join loan_linked k
    on k.institution_id = o.institution_id and k.transfer_no = t.transfer_no
  anti join part l on l.institution_id = o.institution_id and l.party = s.party
  anti join platform_circle c on c.institution_id = o.institution_id and c.party_no = e.party_no
  where t.status = 'settled' and t.loan_id is null and t.business_date <= $last
    and p.institution_id is null
), living as (
  select w.institution_id, w.payee_account, w.fen
  from (select institution_id, payee_account, sum(amount_fen) as fen from went group by all) w
  join transfer t on t.payee_account = w.payee_account
  where t.status = 'settled' and t.business_date between $first and $last
  group by all
  having w.fen >= $lives * sum(t.amount_fen)
), enough as (
  select institution_id from living join whole using (institution_id)
  group by institution_id, owed_fen having sum(fen) >= $gone * owed_fen
)
select w.institution_id, w.transfer_no, w.party
from went w
semi join living l on l.institution_id = w.institution_id and l.payee_account = w.payee_account
semi join enough g on g.institution_id = w.institution_id
"""
SHOWN = """
select m.institution_id, m.loan_id, m.ref, m.booked_at, m.amount_fen, m.flow, -1 as "end"
from loan_money m
join made_up_chosen c on c.institution_id = m.institution_id and c.loan_id = m.loan_id
where m.flow = case when c.unpaid then 'invest' else 'disburse' end
union all
select p.institution_id, p.loan_id, p.ref, p.booked_at, p.amount_fen, 'passed',
  coalesce(a.party_no, -1)
from made_up_passed p
join made_up_chosen c on c.institution_id = p.institution_id and c.loan_id = p.loan_id
join account_dim e on e.account_id = p.payee_account
anti join platform_circle o on o.institution_id = p.institution_id and o.party_no = e.party_no
left join made_up_meeting g on g.institution_id = p.institution_id and g.account = p.payee_account
left join account_dim a on a.account_id = g.account
where not c.unpaid
union all
select g.institution_id, null, t.ref, t.booked_at, t.amount_fen, 'gone', g.party
from made_up_gone g join transfer t on t.transfer_no = g.transfer_no
order by 1, 4, 3, 2
"""


def read_loans(context: Context, settings: FictitiousLoan) -> pl.DataFrame:
    """A row per loan of the window with every sign of its being made up, and what speaks against.

    Columns are those of ``LOANS``; `unpaid` and `explained` concern loans that no payment to the
    borrower is seen of, the others what the borrower did with the money.
    """
    db, days = context.db, context.settings.load.window_days
    lay_loan_money(context)
    window = {"first": context.first_date(days), "last": context.business_date}
    borrowers = {"borrowers": settings.shared_borrowers}
    hours = {"hours": settings.pass_hours, "longer": settings.longer_hours}
    db.execute("paid to borrowers", CREATE_PAID)
    db.execute("passed on", CREATE_PASSED, hours)
    meeting = {"meeting": settings.meeting_share}
    db.execute("meeting accounts", CREATE_MEETING, {**window, **borrowers, **meeting})
    among = {"among": settings.shared_among}
    db.execute("shared contacts", CREATE_SHARED, {**window, **borrowers, **among})
    db.execute("borrowers' business", CREATE_BUSINESS, window)
    lines = {
        "hours": settings.pass_hours,
        "raised": settings.raised_share,
        "days": settings.disbursed_days,
        "fresh": settings.fresh_days,
        "longer": settings.longer_hours,
        "due_days": context.settings.lending.due_days,
        "ban": legal_rules().first_day("fictitious_loan", "ban"),
    }
    return db.frame("signs of loans", LOANS, {**window, **lines})


def read_meeting_money(context: Context) -> pl.DataFrame:
    """What went from each loan's borrower to accounts where the money of several meets.

    Columns institution_id, loan_id, account, amount_fen; needs the tables of ``read_loans``.
    """
    return context.db.frame("money that meets", MEETING_MONEY)


def read_shown(context: Context, settings: FictitiousLoan, chosen: pl.DataFrame) -> pl.DataFrame:
    """The transfers that show chosen loans: lenders' payments of those never paid out, and where
    they went; else payments to the borrower and what was passed on.

    `chosen` has institution_id, loan_id, taken_by and unpaid. `end` is the holder of the account
    where the money ended, or -1.
    """
    db, first = context.db, context.first_date(context.settings.load.window_days)
    lay_payment_sides(context)
    named = chosen.select("institution_id", "loan_id", "taken_by", "unpaid")
    db.register("made_up_chosen", named.to_arrow())
    shares = {"lives": settings.meeting_share, "gone": settings.gone_share}
    db.execute(
        "where it went", CREATE_GONE, {"first": first, "last": context.business_date, **shares}
    )
    shown = db.frame("transfers of made-up loans", SHOWN)
    db.unregister("made_up_chosen")
    return shown
