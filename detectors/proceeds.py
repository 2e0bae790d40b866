"""The proceeds of each platform's loans, followed from the borrowers to the platform's circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from data.settings import SelfFinancing
from detectors.context import Context
from graph.following import Arrival, Mark, Move, follow

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
# Sums are nearly the same when the smaller is at least this share of the larger.
SAME_SUM = 0.94

# A loan's disbursements: by the loan's event where it names an entry, by the loan's number, or for
# loans that have neither, what the institution's side paid the borrower near the principal's sum.
CREATE_DISBURSEMENT = """
create or replace temp table disbursement as
with borrower as (
  select l.institution_id, l.loan_id, l.principal_fen, p.party_no
  from loan l
  join party_dim p on p.party_id = l.borrower_party_id
), by_number as (
  select b.institution_id, b.loan_id, t.transfer_no
  from transfer t
  join account_dim a on a.account_id = t.payee_account
  join borrower b on b.loan_id = t.loan_id and b.party_no = a.party_no
  where t.status = 'settled'
), named as (
  select e.institution_id, e.loan_id, e.bank_no || ':' || e.account_no || ':' || e.entry_no as entry
  from loan_event e
  where e.kind = 'disburse' and e.entry_no is not null and e.bank_no is not null
), by_event as (
  select n.institution_id, n.loan_id, t.transfer_no
  from named n join transfer t on t.out_entry = n.entry
  union
  select n.institution_id, n.loan_id, t.transfer_no
  from named n join transfer t on t.in_entry = n.entry
), linked as (
  select * from by_number union select * from by_event
), paying as (
  select c.institution_id, a.account_id as account
  from circle_party c join account_dim a on a.party_no = c.party_no
  where c.own
  union
  select institution_id, account_id from account_dim
  where institution_id is not null and role in ('client_custody', 'own_funds')
), by_amount as (
  select l.institution_id, l.loan_id, arg_min(t.transfer_no, (t.booked_at, t.transfer_no))
  from loan l
  join party_dim p on p.party_id = l.borrower_party_id
  join account_dim a on a.party_no = p.party_no
  join paying y on y.institution_id = l.institution_id
  join transfer t on t.payee_account = a.account_id and t.payer_account = y.account
  anti join linked k on k.institution_id = l.institution_id and k.loan_id = l.loan_id
  where t.status = 'settled' and t.loan_id is null
    and t.amount_fen between l.principal_fen * 0.85 and l.principal_fen
    and t.business_date between l.published_on and l.published_on + 15
  group by l.institution_id, l.loan_id
), known as (
  select * from linked union select * from by_amount
)
select k.institution_id, k.loan_id, b.principal_fen, b.party_no as borrower, t.transfer_no, t.ref,
  t.booked_at, t.amount_fen, t.payer_account, t.payee_account
from known k
join borrower b on b.institution_id = k.institution_id and b.loan_id = k.loan_id
join transfer t on t.transfer_no = k.transfer_no
where t.status = 'settled' and t.business_date between $first and $last
  and t.amount_fen <= b.principal_fen * 1.01 and t.amount_fen >= b.principal_fen * 0.1
"""
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
  and not exists (
    select 1 from disbursement d
    where d.institution_id = c.institution_id and d.payee_account = a.account_id and not c.own
  )
"""
# Only transfers by which a borrower's money can reach the closure, over at most two accounts.
MOVES = """
with span as (
  select institution_id, min(booked_at) as begins, max(booked_at) + to_hours($hours) as ends
  from disbursement group by institution_id
), borrower as (
  select distinct institution_id, payee_account as account from disbursement
), entrance as (
  select distinct e.institution_id, t.payer_account as account
  from transfer t
  join circle_end e on e.account = t.payee_account
  join span s on s.institution_id = e.institution_id
  where t.status = 'settled' and t.booked_at between s.begins and s.ends
), first as (
  select b.institution_id, t.transfer_no, t.ref, t.booked_at, t.amount_fen,
    t.payer_account as payer, t.payee_account as payee
  from transfer t
  join borrower b on b.account = t.payer_account
  join span s on s.institution_id = b.institution_id
  where t.status = 'settled' and t.booked_at between s.begins and s.ends and t.payee_account >= 0
), reached as (
  select distinct institution_id, payee as account from first
), second as (
  select r.institution_id, t.transfer_no, t.ref, t.booked_at, t.amount_fen,
    t.payer_account as payer, t.payee_account as payee
  from transfer t
  join reached r on r.account = t.payer_account
  join entrance n on n.institution_id = r.institution_id and n.account = t.payee_account
  join span s on s.institution_id = r.institution_id
  where t.status = 'settled' and t.booked_at between s.begins and s.ends
    and t.payer_account <> t.payee_account
), between_them as (
  select institution_id, account from reached
  union select distinct institution_id, payee from second
), last as (
  select n.institution_id, t.transfer_no, t.ref, t.booked_at, t.amount_fen,
    t.payer_account as payer, t.payee_account as payee
  from transfer t
  join circle_end e on e.account = t.payee_account
  join between_them n on n.institution_id = e.institution_id and n.account = t.payer_account
  join span s on s.institution_id = e.institution_id
  where t.status = 'settled' and t.booked_at between s.begins and s.ends
), useful as (
  select distinct institution_id, payer as account from last
  union select distinct institution_id, payer from second
  union select institution_id, account from circle_end
)
select f.* from first f
join useful u on u.institution_id = f.institution_id and u.account = f.payee
union select * from second
union select * from last
order by 1, 4, 2
"""
# All that borrowers paid the circle directly, before, within and after the loans' windows.
TRADE = """
select distinct e.institution_id, t.transfer_no, t.booked_at, t.amount_fen,
  t.payer_account as payer, t.payee_account as payee
from transfer t
join circle_end e on e.account = t.payee_account
join disbursement d on d.institution_id = e.institution_id and d.payee_account = t.payer_account
where t.status = 'settled' and t.business_date between $first and $last
order by 1, 2
"""
TRAFFIC = """
select account, count(*) as transfers from (
  select payer_account as account from transfer
  where business_date between $first and $last and status = 'settled'
  union all
  select payee_account from transfer
  where business_date between $first and $last and status = 'settled'
)
group by account having count(*) > $least
"""
ENDS = "select institution_id, account, party_no, own from circle_end order by 1, 2"
DISBURSEMENTS = """
select * from disbursement order by institution_id, booked_at, transfer_no
"""
OWNER = "select account_id, party_no from account_dim order by account_id"


@dataclass(frozen=True)
class Followed:
    """What was followed for one institution.

    Disbursements, moves by number, arrivals, the circle's accounts (party, whether it is the
    institution's own) and what borrowers paid these directly; how many loans were published, paid
    out, and paid out to an account whose bank submits; the reference and time of each transfer, and
    the party of each account.
    """

    disbursements: pl.DataFrame
    moves: dict[int, Move]
    arrivals: list[Arrival]
    ends: dict[int, tuple[int, bool]]
    trade: pl.DataFrame
    loans: int
    paid_out: int
    visible: int
    refs: dict[int, tuple[str, datetime]]
    owner: dict[int, int]


def follow_proceeds(context: Context, settings: SelfFinancing) -> Iterator[tuple[str, Followed]]:
    """Follow, for each institution that published loans, what it paid out to borrowers."""
    db, days = context.db, context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    platforms = {row[0] for row in db.rows("lending", LENDING, window)}
    context.register_closures("circle_party", only=platforms)
    db.execute("disbursements", CREATE_DISBURSEMENT, window)
    counts = db.rows("loans", LOANS, window)
    db.execute("ends", CREATE_END)
    moves = db.frame("moves", MOVES, {"hours": settings.window_hours})
    ends = db.frame("ends", ENDS)
    trade = db.frame("trade", TRADE, window)
    disbursements = db.frame("disbursements", DISBURSEMENTS)
    hubs = dict(db.rows("hubs", TRAFFIC, {**window, "least": settings.hub_transfers}))
    owner = dict(db.rows("owners", OWNER))
    db.unregister("circle_party")
    named = zip(moves["ref"], moves["booked_at"], strict=True)
    refs = dict(zip(moves["transfer_no"], named, strict=True))
    for name, loans, paid_out, visible in counts:
        mine = pl.col("institution_id") == name
        paid = disbursements.filter(mine)
        taken = _moves(moves.filter(mine))
        known = {row[1]: (row[2], row[3]) for row in ends.filter(mine).iter_rows()}
        arrivals = follow(
            _marks(paid),
            taken.values(),
            known,
            settings.window_hours * 3_600_000_000,
            settings.maximum_hops,
        )
        explained = _through_hubs(arrivals, taken, hubs)
        yield (
            name,
            Followed(
                paid, taken, explained, known, trade.filter(mine), loans, paid_out, visible, refs,
                owner,
            ),
        )  # fmt: skip


def _marks(disbursements: pl.DataFrame) -> list[Mark]:
    columns = disbursements.select("transfer_no", "booked_at", "payee_account", "amount_fen")
    return [Mark(ref, _micros(at), account, fen) for ref, at, account, fen in columns.iter_rows()]


def _moves(moves: pl.DataFrame) -> dict[int, Move]:
    columns = moves.select("transfer_no", "booked_at", "payer", "payee", "amount_fen")
    return {row[0]: Move(row[0], _micros(row[1]), *row[2:]) for row in columns.iter_rows()}


def _through_hubs(
    arrivals: Sequence[Arrival], moves: dict[int, Move], hubs: dict[int, int]
) -> list[Arrival]:
    """Leave out what passed a hub, unless it explains what the hub paid there.

    It does when it is at least half of all that the hub paid there, or when one payment into the
    hub and one out of it are nearly the same sum.
    """
    marked: dict[tuple[int, int], int] = defaultdict(int)
    whole: dict[tuple[int, int], int] = defaultdict(int)
    for move in moves.values():
        whole[move.payer, move.payee] += move.amount_fen
    for arrival in arrivals:
        last = moves[arrival.path[-1]]
        marked[last.payer, last.payee] += arrival.amount_fen
    kept = []
    for arrival in arrivals:
        last = moves[arrival.path[-1]]
        pair = last.payer, last.payee
        between = {moves[number].payer for number in arrival.path[1:]}
        alike = [moves[number].amount_fen for number in arrival.path[-2:]]
        same = arrival.amount_fen >= SAME_SUM * max(alike)
        if not between & hubs.keys() or 2 * marked[pair] >= whole[pair] or same:
            kept.append(arrival)
    return kept


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND
