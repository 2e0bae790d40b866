"""Money that goes where securities are bought: into the accounts that settle trades at a broker.

Such an account takes money from its holder's own bank account alone, by the rule of the same name;
whoever else pays into it trades under another's name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from data.legal_rules import legal_rules
from data.settings import MarginFinance
from detectors.context import Context
from detectors.detours import Detour, read_detours
from detectors.margin_deposits import read_margin_deposits
from detectors.proceeds_reach import read_payouts, read_reached
from graph.ends import CLIENT, SECURITIES

# Who may move clients' money into securities: by licence.
LICENSED_KINDS = ("securities_firm", "bank", "asset_manager", "insurer", "clearing_house")

CREATE_TARGET = """
create or replace temp table reach_target as
select account_id as account, party_no, 'securities' as kind
from account_dim where role = 'securities_transfer'
"""
# Payments into securities accounts by others than their holders and licensed firms.
CREATE_FOREIGN = """
create or replace temp table foreign_paid as
select t.transfer_no, t.ref, t.booked_at, t.business_date, t.amount_fen, t.payer_account,
  a.party_no as payer, g.account, g.party_no as holder
from transfer t
join reach_target g on g.account = t.payee_account
join account_dim a on a.account_id = t.payer_account
left join party_dim p on p.party_no = a.party_no
left join institution i on i.institution_id = p.institution_id
where t.status = 'settled' and t.business_date between greatest($first, $since::date) and $last
  and a.party_no <> g.party_no
  and not coalesce(list_contains($licensed, i.kind) and i.licence_no is not null
    and i.status = 'active', false)
"""
# Accounts that hold an institution's clients' money: its custody, and those of its circle that
# several natural persons pay, or that custody pays much of what they pay on here, but for fees.
CREATE_HOLDING = """
create or replace temp table client_holding as
select distinct a.institution_id, a.account_id as account
from account_dim a
join (select distinct institution_id from margin_circle) w on w.institution_id = a.institution_id
where a.role = 'client_custody'
union
select c.institution_id, a.account_id
from margin_circle c
join account_dim a on a.party_no = c.party_no
semi join foreign_paid f on f.payer_account = a.account_id
join transfer t on t.payee_account = a.account_id
join account_dim q on q.account_id = t.payer_account
join party_dim p on p.party_no = q.party_no
where t.status = 'settled' and p.kind = 'person' and t.business_date between $first and $last
  and not exists (
    select 1 from margin_circle o
    where o.institution_id = c.institution_id and o.party_no = q.party_no
  )
group by c.institution_id, a.account_id
having count(distinct q.party_no) >= $clients
union
select c.institution_id, g.payer_account
from (
  select payer_account, payer, sum(amount_fen) as amount_fen from foreign_paid
  group by payer_account, payer
) g
join margin_circle c on c.party_no = g.payer
join transfer t on t.payee_account = g.payer_account
join account_dim a on a.account_id = t.payer_account and a.role = 'client_custody'
  and a.institution_id = c.institution_id
anti join (select transfer_no from loan_entry where kind = 'fee') e on e.transfer_no = t.transfer_no
where t.status = 'settled' and t.business_date between $first and $last
group by c.institution_id, g.payer_account, g.amount_fen
having sum(t.amount_fen) >= $part * g.amount_fen
"""
# An account of unknown holder may be the holder's own.
FOREIGN = """
select transfer_no, ref, booked_at, amount_fen, holder from foreign_paid where payer >= 0
order by transfer_no
"""
# What left them for securities accounts; a holder who is a client himself has his own money.
CLIENT_MONEY = """
with left_for as (
  select h.institution_id, f.ref, f.booked_at, f.amount_fen, f.holder, f.account, f.transfer_no
  from foreign_paid f join client_holding h on h.account = f.payer_account
), client as (
  select distinct l.institution_id, l.holder
  from left_for l
  join client_holding h on h.institution_id = l.institution_id
  join transfer t on t.payee_account = h.account
  -- What comes back from a securities account is no client's payment.
  join account_dim q on q.account_id = t.payer_account and q.party_no = l.holder
    and q.role <> 'securities_transfer'
  where t.status = 'settled' and l.holder >= 0
)
select distinct l.institution_id, l.ref, l.booked_at, l.amount_fen, l.holder, l.account,
  c.holder is not null as own_name
from left_for l
left join client c on c.institution_id = l.institution_id and c.holder = l.holder
order by 1, 3, 2
"""
# Accounts that several others pay (umbrellas), and parties that pay several others' accounts.
UMBRELLAS = """
with several as (
  select account from foreign_paid where payer >= 0 group by account
  having count(distinct payer) >= $parties
)
select f.account, f.holder, f.payer, f.ref, f.booked_at, f.amount_fen
from foreign_paid f semi join several s on s.account = f.account
where f.payer >= 0
order by 1, 5, 4
"""
FINANCIERS = """
with several as (
  select payer from foreign_paid where payer >= 0 and holder >= 0 group by payer
  having count(distinct holder) >= $parties
)
select f.payer, f.holder, f.account, f.ref, f.booked_at, f.amount_fen
from foreign_paid f
semi join several s on s.payer = f.payer
anti join client_holding h on h.account = f.payer_account
where f.holder >= 0
order by 1, 5, 4
"""
# Many claims that one party sells to one other on a day, who issues or manages a product.
BUNDLES = """
with sold as (
  select v.institution_id, v.party_id, v.counterparty_id, v.happened_at::date as sold_on,
    count(distinct v.loan_id) as loans, sum(v.amount_fen)::bigint as amount_fen,
    min(v.happened_at) as first_at, max(v.happened_at) as last_at,
    list(distinct v.event_no order by v.event_no) as events
  from loan_event v
  where v.kind = 'assign' and v.counterparty_id is not null
    and v.happened_at::date between $since and $last
  group by v.institution_id, v.party_id, v.counterparty_id, v.happened_at::date
  having count(distinct v.loan_id) >= $loans
)
select s.*, a.party_no as seller, b.party_no as buyer
from sold s
left join party_dim a on a.party_id = s.party_id
left join party_dim b on b.party_id = s.counterparty_id
where exists (
  select 1 from product d
  where d.issuer_party_id in (s.counterparty_id, s.party_id)
    or d.manager_party_id in (s.counterparty_id, s.party_id)
)
order by 1, 4, 2, 3
"""
# Who paid into accounts for an institution's clients' money; not what comes back from securities.
PAID_IN = f"""
select distinct g.institution_id, g.payer as holder
from owned_beginning g
join transfer t on t.transfer_no = g.transfer_no
join account_dim a on a.account_id = t.payer_account and a.role <> 'securities_transfer'
where g.source = {CLIENT}
order by 1, 2
"""
# What belongs to payments into securities accounts: what came back from these to the institution,
# and what filled the account that paid, where that is not a register of clients' money itself: all
# of it where much of it went there, else the newest before each payment, as far as that goes.
CREATE_CIRCLE = "create or replace temp table securities_circle as select * from margin_circle"
AROUND = """
with seen as (
  select c.subject, c.institution_id, f.transfer_no, f.booked_at, f.amount_fen, f.payer_account,
    f.account
  from securities_case c join foreign_paid f on f.ref = c.ref
), back as (
  select subject, institution_id, payer_account, account, min(booked_at) as since
  from seen group by subject, institution_id, payer_account, account
), source as materialized (
  select distinct s.subject, s.institution_id, s.payer_account
  from seen s
  join account_dim a on a.account_id = s.payer_account
    and a.role not in ('client_custody', 'client_reserve')
  left join securities_circle w on w.institution_id = s.institution_id and w.party_no = a.party_no
  where w.party_no is not null or s.institution_id is null
), came as materialized (
  select s.subject, s.payer_account, t.ref, t.booked_at, t.amount_fen
  from source s
  join transfer t on t.payee_account = s.payer_account
  join account_dim a on a.account_id = t.payer_account
  left join party_dim p on p.party_no = a.party_no
  where t.status = 'settled' and t.business_date between $first and $last and t.loan_id is null
    and (p.kind = 'person' and a.role <> 'securities_transfer'
      or a.role = 'client_custody' and a.institution_id = s.institution_id)
), served as (
  select c.subject, c.payer_account
  from (select subject, payer_account, sum(amount_fen) as fen from came group by all) c
  join (select subject, payer_account, sum(amount_fen) as fen from seen group by all) s
    on s.subject = c.subject and s.payer_account = c.payer_account
  where s.fen >= $part * c.fen
), filled as (
  select t.subject, t.ref, t.booked_at
  from came t semi join served v on v.subject = t.subject and v.payer_account = t.payer_account
  union all
  select s.subject, t.ref, t.booked_at
  from seen s
  join came t on t.subject = s.subject and t.payer_account = s.payer_account
    and t.booked_at <= s.booked_at
  qualify sum(t.amount_fen) over (partition by s.subject, s.transfer_no
      order by t.booked_at desc, t.ref desc) - t.amount_fen < s.amount_fen
)
select s.subject, t.ref, t.booked_at
from back s
join transfer t on t.payer_account = s.account and t.booked_at >= s.since
join account_dim b on b.account_id = t.payee_account
left join securities_circle w on w.institution_id = s.institution_id and w.party_no = b.party_no
where t.status = 'settled' and t.business_date <= $last
  and (t.payee_account = s.payer_account or b.institution_id = s.institution_id
    or w.party_no is not null)
union
select subject, ref, booked_at from filled
order by 1, 3, 2
"""
TARGETS = "select count(*) from reach_target"


@dataclass(frozen=True)
class SecuritiesMoney:
    """What reached securities accounts: loans' proceeds, clients' money, and under others' names.

    `reached` is as ``read_reached`` gives it, with the payouts of these loans and their number by
    platform; `clients` are payments out of clients' money by institution, `detours` such money that
    came over others, by the payments of `foreign` into accounts of others, and `paid_in` who is a
    client himself; `umbrellas` and
    `financiers` payments into accounts of others, by account and by payer; `bundles` the days on
    which many claims were sold at once to or by an issuer of products. `accounts` counts all
    securities accounts known.
    """

    reached: pl.DataFrame
    payouts: pl.DataFrame
    loans: dict[str, int]
    clients: pl.DataFrame
    foreign: pl.DataFrame
    detours: dict[str, Detour]
    paid_in: pl.DataFrame
    umbrellas: pl.DataFrame
    financiers: pl.DataFrame
    bundles: pl.DataFrame
    accounts: int


def read_securities_money(context: Context, settings: MarginFinance) -> SecuritiesMoney:
    """Read every way by which others' money comes to buy securities."""
    db, days = context.db, context.settings.load.window_days
    since = legal_rules().first_day("margin_finance", "ban")
    window = {"first": context.first_date(days), "last": context.business_date}
    db.execute("securities accounts", CREATE_TARGET)
    reached, loans = read_reached(
        context, since, settings.window_days, settings.handed_share, settings.least_share
    )
    db.execute(
        "paid by others", CREATE_FOREIGN, {**window, "since": since, "licensed": LICENSED_KINDS}
    )
    chosen = {
        i.institution_id
        for i in context.institutions
        if not (i.kind in LICENSED_KINDS and i.licensed)
    }
    context.register_closures("margin_circle", chosen, institutions=False)
    records = context.owned  # lays loan_entry and owned_beginning
    db.execute(
        "clients' money",
        CREATE_HOLDING,
        {**window, "clients": settings.clients, "part": settings.handed_share},
    )
    foreign = db.frame("payments into others' accounts", FOREIGN)
    arriving = np.isin(records.transfer_no, foreign["transfer_no"].to_numpy())
    # Whom a licensed payment firm settles has money of his own from then on.
    owning = chosen - {
        i.institution_id
        for i in context.institutions
        if i.kind == "payment_institution" and i.licensed
    }
    detours = read_detours(
        context, settings.handed_share, settings.minimum_fen, owning, SECURITIES, arriving
    )
    parties = {"parties": settings.foreign_parties}
    [(accounts,)] = db.rows("securities accounts", TARGETS)
    money = SecuritiesMoney(
        reached,
        read_payouts(context),
        loans,
        db.frame("clients' money in securities", CLIENT_MONEY),
        foreign,
        detours,
        db.frame("who paid in", PAID_IN),
        db.frame("umbrellas", UMBRELLAS, parties),
        db.frame("financiers", FINANCIERS, parties),
        db.frame(
            "bundles",
            BUNDLES,
            {"since": since, "last": context.business_date, "loans": settings.bundle_loans},
        ),
        accounts,
    )
    db.execute("circles of institutions", CREATE_CIRCLE)
    db.unregister("margin_circle")
    return money


def read_around(context: Context, shown: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What belongs to payments into securities accounts: how they were filled, what came back.

    `shown` has subject (party number), institution_id (None: the subject is none) and ref; returns
    subject, ref and booked_at, and the traders' deposits as ``read_margin_deposits`` gives them.
    Needs the tables that ``read_securities_money`` lays.
    """
    db, settings = context.db, context.settings.detectors.margin_finance
    first, part = context.first_date(context.settings.load.window_days), settings.handed_share
    db.register("securities_case", shown.to_arrow())
    bounds = {"first": first, "last": context.business_date, "part": part}
    rows = db.frame("around payments into securities", AROUND, bounds)
    deposits = read_margin_deposits(context, settings)
    db.unregister("securities_case")
    return rows, deposits
