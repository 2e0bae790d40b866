"""The proceeds of each platform's loans, followed from the borrowers to the platform's circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from data.settings import SelfFinancing
from detectors.context import Context
from detectors.proceeds_tables import LOANS, lay_tables
from graph.following import Arrival, Chain, Mark, Move, follow

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000

# Only transfers by which a borrower's money can reach the closure: over at most two accounts, or
# over more that live on such money.
MOVES = """
with useful as (
  select institution_id, payer as account from loan_last
  union select institution_id, payer from loan_second
  union select institution_id, account from circle_end
)
select f.* from loan_first f
semi join useful u on u.institution_id = f.institution_id and u.account = f.payee
union select * from loan_second
union select * from loan_last
union select * from loan_chained
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
MIXED = "select institution_id, account from loan_mixed order by 1, 2"
STOPS = "select institution_id, account from sink where passing order by 1, 2"
CHAINS = "select institution_id, account from loan_leading order by 1, 2"
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
    lay_tables(context, settings)
    counts = db.rows("loans", LOANS, window)
    moves = db.frame("moves", MOVES)
    ends, chains = db.frame("ends", ENDS), db.frame("chains", CHAINS)
    mixed, stops = db.frame("mixing accounts", MIXED), db.frame("stops", STOPS)
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
        marks = _marks(paid)
        living = frozenset(chains.filter(mine)["account"])
        unknown = frozenset(stops.filter(mine)["account"]) - known.keys()
        arrivals = follow(
            marks,
            taken.values(),
            known,
            settings.window_hours * HOUR,
            settings.maximum_hops,
            passed_on=settings.passed_on_ratio,
            chain=Chain(living, settings.chain_hours * HOUR, settings.chain_hops),
            stops=unknown,
        )
        fed = living | frozenset(mixed.filter(mine)["account"])
        through = _through_hubs(settings, arrivals, taken, hubs)
        explained = _over_mixing(settings, through, taken, marks, fed, hubs)
        explained += _arrived_at_once(marks, explained, known)
        known |= {account: (-1, False) for account in unknown}
        yield (
            name,
            Followed(
                paid, taken, explained, known, trade.filter(mine), loans, paid_out, visible, refs,
                owner,
            ),
        )  # fmt: skip


def _marks(disbursements: pl.DataFrame) -> list[Mark]:
    """Mark what was paid out, once for a transfer, though it may pay out several loans."""
    once = disbursements.unique("transfer_no", keep="first", maintain_order=True)
    columns = once.select("transfer_no", "booked_at", "payee_account", "amount_fen")
    return [Mark(ref, _micros(at), account, fen) for ref, at, account, fen in columns.iter_rows()]


def _arrived_at_once(
    marks: Sequence[Mark], arrivals: Sequence[Arrival], ends: Collection[int]
) -> list[Arrival]:
    """What was paid out to an account of the closure itself and did not go on to another one."""
    further: dict[int, int] = defaultdict(int)
    for arrival in arrivals:
        further[arrival.mark] += arrival.amount_fen
    return [
        Arrival(mark.number, mark.account, mark.amount_fen - further[mark.number], ())
        for mark in marks
        if mark.account in ends and mark.amount_fen > further[mark.number]
    ]


def _moves(moves: pl.DataFrame) -> dict[int, Move]:
    columns = moves.select("transfer_no", "booked_at", "payer", "payee", "amount_fen")
    return {row[0]: Move(row[0], _micros(row[1]), *row[2:]) for row in columns.iter_rows()}


def _through_hubs(
    settings: SelfFinancing,
    arrivals: Sequence[Arrival],
    moves: dict[int, Move],
    hubs: dict[int, int],
) -> list[Arrival]:
    """Leave out what passed a hub, unless it explains what the hub paid there.

    It does when it is a good part of all that the hub paid there, or when one payment into the
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
        same = arrival.amount_fen >= settings.same_sum_share * max(alike)
        explains = marked[pair] >= settings.hub_explained_share * whole[pair]
        if not between & hubs.keys() or explains or same:
            kept.append(arrival)
    return kept


def _over_mixing(
    settings: SelfFinancing,
    arrivals: Sequence[Arrival],
    moves: dict[int, Move],
    marks: Sequence[Mark],
    fed: frozenset[int],
    hubs: dict[int, int],
) -> list[Arrival]:
    """Leave out what passed an account with other business, unless it passed the same sum on.

    `fed` are the accounts that take a good part of their money from borrowers; over the others,
    but hubs, a payment and a later one are the same money only when they are nearly the same sum,
    and no small part of the loan.
    """
    lent = {mark.number: mark.amount_fen for mark in marks}
    kept = []
    for arrival in arrivals:
        steps = [moves[number] for number in arrival.path]
        mixing = {step.payer for step in steps[1:]} - fed - hubs.keys()
        same = arrival.amount_fen >= settings.same_sum_share * max(s.amount_fen for s in steps)
        large = arrival.amount_fen >= settings.least_part * lent[arrival.mark]
        if not mixing or (same and large):
            kept.append(arrival)
    return kept


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND
