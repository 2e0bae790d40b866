"""The proceeds of each platform's loans, looked through from the payout to its circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from data.settings import SelfFinancing
from detectors.context import Context
from detectors.disbursements import lay_disbursements
from detectors.owned_money import OwnedRecords
from detectors.proceeds_paths import CIRCLE, Noted, arrivals, noted_of
from detectors.reserve_detour import Arrival, Paid, through_reserves
from graph.look_through import USES, OwnedMoney, look_through
from graph.tracing import Transfers

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
RESERVES = USES.index("other_institutions") + 1

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
DISBURSEMENTS = """
select * from disbursement order by institution_id, booked_at, transfer_no
"""
# The circle's accounts, but those that hold clients' money or pay loans out.
ENDS = """
select c.institution_id, a.account_id as account, c.party_no, c.own
from circle_party c
join account_dim a on a.party_no = c.party_no
where a.role not in ('client_custody', 'client_reserve')
  and not exists (
    select 1 from disbursement d
    where d.institution_id = c.institution_id and d.payer_account = a.account_id
  )
order by 1, 2
"""
# All that borrowers paid the circle directly, before, within and after the loans' windows.
TRADE = """
select distinct c.institution_id, t.transfer_no, t.booked_at, t.amount_fen,
  t.payer_account as payer, t.payee_account as payee
from transfer t
join account_dim a on a.account_id = t.payee_account
join circle_party c on c.party_no = a.party_no
join disbursement d on d.institution_id = c.institution_id and d.payee_account = t.payer_account
where t.status = 'settled' and t.business_date between $first and $last
  and a.role not in ('client_custody', 'client_reserve')
order by 1, 2
"""
REFS = """
select t.transfer_no, t.ref, t.booked_at
from transfer t semi join taken k on k.transfer_no = t.transfer_no
order by t.transfer_no
"""
OWNER = "select account_id, party_no from account_dim order by account_id"


@dataclass(frozen=True)
class Followed:
    """What was followed for one institution.

    Disbursements; the transfers that arrivals took, by number; arrivals; the circle's accounts
    (party, whether it is the institution's own) and what borrowers paid these directly; how many
    loans were published, paid out, and paid out to an account whose bank submits; the reference and
    time of each transfer, and the party of each account.
    """

    disbursements: pl.DataFrame
    moves: dict[int, Paid]
    arrivals: list[Arrival]
    ends: dict[int, tuple[int, bool]]
    trade: pl.DataFrame
    loans: int
    paid_out: int
    visible: int
    refs: dict[int, tuple[str, datetime]]
    owner: dict[int, int]


def follow_proceeds(context: Context, settings: SelfFinancing) -> Iterator[tuple[str, Followed]]:
    """Follow, for each institution that published loans, what it paid out to borrowers.

    Last in first out: what a borrower passes on at once is what he was lent.
    """
    db, days = context.db, context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    records = context.owned
    platforms = {row[0] for row in db.rows("lending", LENDING, window)}
    context.register_closures("circle_party", platforms)
    lay_disbursements(context, settings)
    counts = db.rows("loans", LOANS, window)
    ends, trade = db.frame("ends", ENDS), db.frame("trade", TRADE, window)
    disbursements = db.frame("disbursements", DISBURSEMENTS)
    owner = dict(db.rows("owners", OWNER))
    db.unregister("circle_party")
    if not len(records.transfers):
        return
    owners = {name: owner for owner, name in enumerate(records.institutions)}
    wanted = np.zeros(len(records.rules.owner_of), np.bool_)
    for name in platforms & owners.keys():
        wanted[records.colours(owners[name], "loan_proceeds")] = True
    money, living = _looked_through(settings, records, wanted)
    taken_in = np.zeros(records.accounts, np.int64)
    into = records.transfers.payee >= 0
    np.add.at(taken_in, records.transfers.payee[into], records.transfers.amount_fen[into])
    for name, loans, paid_out, visible in counts:
        if name not in owners:
            continue
        mine = pl.col("institution_id") == name
        noted = noted_of(records, money, owners[name])
        known = {row[1]: (row[2], row[3]) for row in ends.filter(mine).iter_rows()}
        unknown = _unknown_ends(settings, records, noted, taken_in)
        found = arrivals(noted, noted.use == CIRCLE, last_first=True)
        found += arrivals(noted, np.isin(noted.payee, list(unknown)), last_first=True, stops=True)
        waiting = arrivals(noted, noted.use == RESERVES, last_first=True)
        found += through_reserves(settings, records, waiting, set(known))
        known |= {account: (-1, False) for account in unknown}
        found = _kept(settings, records, found, living)
        moves = _moves(records, found)
        yield (
            name,
            Followed(
                disbursements.filter(mine), moves, found, known, trade.filter(mine), loans,
                paid_out, visible, _refs(context, moves), owner,
            ),
        )  # fmt: skip


def _looked_through(
    settings: SelfFinancing, records: OwnedRecords, wanted: Flags
) -> tuple[OwnedMoney, Flags]:
    """Look through in two passes: the first finds the accounts that live on proceeds.

    Last in first out; from borrowers, and from accounts that take a good part of their money from
    proceeds while these come in, the proceeds leave before anything else.
    """
    given = records.transfers, records.rules, records.opening
    money = look_through(*given, accounts=records.accounts, convention="lifo", wanted=wanted)
    transfers = records.transfers
    noted = pl.DataFrame(
        {
            "account": transfers.payee[money.note_transfer], "fen": money.note_fen,
            "owner": records.rules.owner_of[money.note_colour],
            "at": transfers.booked_at[money.note_transfer],
        }
    ).filter(pl.col("account") >= 0)  # fmt: skip
    spans = noted.group_by("account", "owner").agg(
        pl.col("fen").sum(), pl.col("at").min().alias("first"), pl.col("at").max().alias("last")
    )
    account = spans["account"].to_numpy()
    whole = _taken_between(
        transfers, account, spans["first"].to_numpy(), spans["last"].to_numpy(), records.accounts
    )
    living = account[spans["fen"].to_numpy() >= settings.mixed_share * whole]
    flags = np.zeros(records.accounts, np.bool_)
    flags[living] = True
    flags[records.borrowers[:, 0]] = True
    flags[records.rules.homes[:, 0]] = False
    money = look_through(
        *given, accounts=records.accounts, convention="lifo", wanted=wanted, living_on_it=flags
    )
    return money, flags


def _taken_between(
    transfers: Transfers, account: Ints, first: Ints, last: Ints, accounts: int
) -> Ints:
    """What each account took in from a first to a last time (microseconds), in fen.

    Time is that of sorting the transfers into the accounts asked for.
    """
    asked = np.zeros(accounts + 1, np.bool_)
    asked[account] = True
    rows = np.flatnonzero(asked[transfers.payee])
    # Rows stand in the order of time, so that account and row make a key in the order of both.
    keys = transfers.payee[rows].astype(np.int64) * (len(transfers) + 1) + rows
    order = np.argsort(keys)
    keys = keys[order]
    before = np.concatenate([[0], np.cumsum(transfers.amount_fen[rows[order]])])
    begin = np.searchsorted(transfers.booked_at, first, side="left")
    end = np.searchsorted(transfers.booked_at, last, side="right")
    own = account.astype(np.int64) * (len(transfers) + 1)
    ends, begins = (np.searchsorted(keys, own + place) for place in (end, begin))
    taken: Ints = before[ends] - before[begins]
    return taken


def _kept(
    settings: SelfFinancing, records: OwnedRecords, found: list[Arrival], living: Flags
) -> list[Arrival]:
    """Leave out small parts of a loan, and what accounts with other business did not pass on whole.

    Over accounts that do not live on proceeds, but reserves, a payment and a later one are the same
    money only when they are nearly the same sum. What one account paid another of a loan is small
    below `least_way`: some of all money passes everywhere.
    """
    numbers = np.array([each.mark for each in found], np.int64)
    lent = records.transfers.amount_fen[np.searchsorted(records.transfer_no, numbers)]
    reserve = np.zeros(records.accounts, np.bool_)
    reserve[records.rules.homes[:, 0]] = True
    sums: dict[tuple[int, int, int], int] = defaultdict(int)
    ways = []
    for each in found:
        last = np.searchsorted(records.transfer_no, each.path[-1]) if each.path else -1
        ways.append((each.mark, int(records.transfers.payer[last]), each.account))
        sums[ways[-1]] += each.amount_fen
    kept = []
    for each, way, loan_fen in zip(found, ways, lent.tolist(), strict=True):
        rows = np.searchsorted(records.transfer_no, np.array(each.path, np.int64))
        between = records.transfers.payer[rows[1:]]
        whole = int(records.transfers.amount_fen[rows].max()) if len(rows) else 0
        mixing = bool((~living[between] & ~reserve[between]).any())
        same = each.amount_fen >= settings.same_sum_share * whole
        large = each.amount_fen >= settings.least_part * loan_fen
        if (not mixing or (same and large)) and sums[way] >= settings.least_way * loan_fen:
            kept.append(each)
    return kept


def _unknown_ends(
    settings: SelfFinancing, records: OwnedRecords, noted: Noted, taken_in: Ints
) -> set[int]:
    """Accounts that no bank reports and that take hardly anything but this money, in some parts."""
    fen: dict[int, int] = defaultdict(int)
    times: dict[int, int] = defaultdict(int)
    hidden = records.is_unregistered[noted.payee] & (noted.step > 0)
    for account, amount in zip(
        noted.payee[hidden].tolist(), noted.amount_fen[hidden].tolist(), strict=True
    ):
        fen[account] += amount
        times[account] += 1
    return {
        account
        for account, amount in fen.items()
        if amount >= settings.sink_share * taken_in[account]
        and amount >= settings.minimum_fen
        and times[account] >= settings.sink_transfers
    }


def _moves(records: OwnedRecords, found: list[Arrival]) -> dict[int, Paid]:
    """The transfers that arrivals took, by number."""
    numbers = np.array(sorted({number for each in found for number in each.path}), np.int64)
    rows = np.searchsorted(records.transfer_no, numbers)
    transfers = records.transfers
    return {
        number: Paid(
            int(transfers.booked_at[row]), int(transfers.payer[row]), int(transfers.payee[row]),
            int(transfers.amount_fen[row]),
        )
        for number, row in zip(numbers.tolist(), rows.tolist(), strict=True)
    }  # fmt: skip


def _refs(context: Context, moves: Mapping[int, Paid]) -> dict[int, tuple[str, datetime]]:
    taken = pl.DataFrame({"transfer_no": list(moves)}, schema={"transfer_no": pl.Int64})
    context.db.register("taken", taken.to_arrow())
    rows = context.db.rows("references", REFS)
    context.db.unregister("taken")
    return {number: (ref, at) for number, ref, at in rows}
