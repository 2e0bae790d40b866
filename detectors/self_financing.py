"""P4 self-financing: a platform's loans end with its own circle.

Pattern: lenders' money is paid out to a borrower and goes on, directly or over a few accounts,
within days, to the platform's closure: a large share of the loan's proceeds.

Innocent look-alikes: the platform's fee (up to 5 % of the loan); a related supplier with whom the
borrower trades before or after as well; a payment firm that serves everyone, the circle too (what
passes a hub counts only where it explains what the hub pays the circle).

Blind spots: cash; accounts at banks that do not submit; detours longer than the window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from data.settings import SelfFinancing
from detectors.context import Context, Institution
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure
from graph.following import Arrival, Mark, Move, follow

NAME = "self_financing"
CODE = "P4"
CLAUSE = "二(一)1"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("自融", "self-financing")

SERVING_KINDS = ("payment_institution", "bank", "clearing_house")
EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)

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
    """What was followed for one institution: disbursements, moves by number, arrivals, the circle's
    accounts (party, whether the institution's own), and what borrowers paid these directly."""

    disbursements: pl.DataFrame
    moves: dict[int, Move]
    arrivals: list[Arrival]
    ends: dict[int, tuple[int, bool]]
    trade: pl.DataFrame


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform whose loans end with its circle."""
    settings = context.settings.detectors.self_financing
    db, days = context.db, context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    platforms = {row[0] for row in db.rows("lending", LENDING, window)}
    context.register_closures("circle_party", only=platforms)
    db.execute("disbursements", CREATE_DISBURSEMENT, window)
    lending = {row[0]: row[1:] for row in db.rows("loans", LOANS, window)}
    for institution in context.institutions:
        if institution.kind == "p2p_platform" and institution.institution_id not in lending:
            yield _no_loans(institution)
    db.execute("ends", CREATE_END)
    moves = db.frame("moves", MOVES, {"hours": settings.window_hours})
    ends = db.frame("ends", ENDS)
    trade = db.frame("trade", TRADE, window)
    disbursements = db.frame("disbursements", DISBURSEMENTS)
    hubs = dict(db.rows("hubs", TRAFFIC, {**window, "least": settings.hub_transfers}))
    owner = dict(db.rows("owners", OWNER))
    db.unregister("circle_party")
    refs = dict(
        zip(moves["transfer_no"], zip(moves["ref"], moves["booked_at"], strict=True), strict=True)
    )
    for name, (loans, paid_out, visible) in lending.items():
        behind = context.institution(name)
        if behind is None:
            continue
        if (paid_out and visible < paid_out / 2) or (loans and not paid_out):
            yield _unseen(behind, loans, paid_out, visible)
        mine = pl.col("institution_id") == name
        followed = _follow(
            disbursements.filter(mine),
            moves.filter(mine),
            ends.filter(mine),
            trade.filter(mine),
            hubs,
            settings,
        )
        finding = judge(context, settings, behind, followed, loans, owner, refs)
        if finding is not None:
            yield finding


def _follow(
    disbursements: pl.DataFrame,
    moves: pl.DataFrame,
    ends: pl.DataFrame,
    trade: pl.DataFrame,
    hubs: dict[int, int],
    settings: SelfFinancing,
) -> Followed:
    """Mark each loan's proceeds and follow them to the circle's accounts."""
    marks = [
        Mark(row["transfer_no"], _micros(row["booked_at"]), row["payee_account"], row["amount_fen"])
        for row in disbursements.iter_rows(named=True)
    ]
    taken = {
        row["transfer_no"]: Move(
            row["transfer_no"],
            _micros(row["booked_at"]),
            row["payer"],
            row["payee"],
            row["amount_fen"],
        )
        for row in moves.iter_rows(named=True)
    }
    known = {row[1]: (row[2], row[3]) for row in ends.iter_rows()}
    window = settings.window_hours * 3_600_000_000
    arrivals = follow(marks, taken.values(), known, window, settings.maximum_hops)
    explained = _through_hubs(arrivals, taken, hubs)
    return Followed(disbursements, taken, explained, known, trade)


def _through_hubs(
    arrivals: Sequence[Arrival], moves: dict[int, Move], hubs: dict[int, int]
) -> list[Arrival]:
    """Leave out what passed a hub, unless it explains at least half of what the hub paid there."""
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
        if not between & hubs.keys() or 2 * marked[pair] >= whole[pair]:
            kept.append(arrival)
    return kept


def judge(
    context: Context,
    settings: SelfFinancing,
    behind: Institution,
    followed: Followed,
    loans: int,
    owner: dict[int, int],
    refs: dict[int, tuple[str, datetime]],
) -> Finding | None:
    """Hold what arrived, less fees and lasting trade, against the thresholds."""
    by_loan: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in followed.arrivals:
        by_loan[arrival.mark].append(arrival)
    traded = _lasting_trade(followed.disbursements, followed.trade, settings)
    hits: dict[int, list[Arrival]] = {}
    for row in followed.disbursements.iter_rows(named=True):
        counted = [
            a
            for a in by_loan.get(row["transfer_no"], ())
            if not (len(a.path) == 1 and (row["payee_account"], a.account) in traded)
        ]
        fees = [a for a in counted if len(a.path) == 1 and followed.ends[a.account][1]]
        if sum(a.amount_fen for a in fees) <= settings.fee_share * row["principal_fen"]:
            counted = [a for a in counted if a not in fees]
        if sum(a.amount_fen for a in counted) >= settings.minimum_share * row["amount_fen"]:
            hits[row["transfer_no"]] = counted
    if len(hits) < max(settings.minimum_loans, settings.minimum_loan_share * loans):
        return None
    chosen = followed.disbursements.filter(pl.col("transfer_no").is_in(list(hits)))
    arrived = sum(a.amount_fen for each in hits.values() for a in each)
    numbers = {number for each in hits.values() for a in each for number in a.path}
    shown = pl.concat(
        [
            chosen.select("ref", "booked_at"),
            pl.DataFrame(
                [refs[n] for n in sorted(numbers)], schema=["ref", "booked_at"], orient="row"
            ),
        ],
        how="vertical_relaxed",
    )
    evidence = read_evidence(shown)
    roles = _roles(context, hits, chosen, followed, owner)
    named = tuple(
        (context.party_ids[number], role)
        for number, role in sorted(roles.items())
        if number >= 0 and number != behind.party_no
    )
    proceeds = int(chosen["amount_fen"].sum())
    borrowers = chosen["borrower"].n_unique()
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=behind.party_id,
        institution_id=behind.institution_id,
        severity=SEVERITY,
        confidence=_confidence(len(hits), arrived, proceeds),
        amount_fen=arrived,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "loans": Measure(len(hits), settings.minimum_loans, "loans"),
            "share": Measure(round(arrived / max(proceeds, 1), 4), settings.minimum_share, "share"),
            "hours": Measure(settings.window_hours, settings.window_hours, "hours"),
            "borrowers": Measure(borrowers, None, "parties"),
        },
        lookalikes=(
            Lookalike("platform_fee", True, "平台收费（不超过借款的 5%）已扣除",
                      "the platform's fees (up to 5 % of a loan) are left out"),
            Lookalike("related_supplier", True, "借款人与关联供应商的持续贸易已扣除",
                      "lasting trade of a borrower with a related supplier is left out"),
        ),
        not_established=(
            "未证明借款人知情，也未证明关联方对资金的最终用途；经多账户的金额为上限",
            "it is not established that the borrowers knew, nor what the circle used the money "
            "for; what passed several accounts is an upper bound",
        ),
        text=(
            f"{borrowers} 名借款人的 {len(hits)} 笔借款（放款 {yuan(proceeds)} 元）在 "
            f"{settings.window_hours} 小时内有 {yuan(arrived)} 元到达平台关联方",
            f"Of {len(hits)} loan(s) to {borrowers} borrower(s), {yuan(proceeds)} yuan paid out, "
            f"{yuan(arrived)} yuan reached the platform's circle within {settings.window_hours} "
            "hours",
        ),
        lead_office=LEAD_OFFICE,
        accomplices=named,
    )  # fmt: skip


def _confidence(loans: int, arrived: int, proceeds: int) -> float:
    return round(0.6 + 0.2 * min(loans / 10, 1) + 0.2 * min(arrived / max(proceeds, 1), 1), 4)


def _lasting_trade(
    disbursements: pl.DataFrame, trade: pl.DataFrame, settings: SelfFinancing
) -> set[tuple[int, int]]:
    """Pairs of a borrower's and an end's account that trade outside of every loan's window too.

    Outside of them they trade at least `trade_transfers` times, and for a good part of what is
    paid within.
    """
    window = timedelta(hours=settings.window_hours)
    starts: dict[int, list[datetime]] = defaultdict(list)
    for account, booked_at in disbursements.select("payee_account", "booked_at").iter_rows():
        starts[account].append(booked_at)
    times: dict[tuple[int, int], int] = defaultdict(int)
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for payer, payee, at, fen in trade.select(
        "payer", "payee", "booked_at", "amount_fen"
    ).iter_rows():
        within = any(start <= at <= start + window for start in starts[payer])
        times[payer, payee] += not within
        sums[payer, payee][within] += fen
    return {
        pair
        for pair, count in times.items()
        if count >= settings.trade_transfers
        and sums[pair][0] >= settings.trade_share * sums[pair][1]
    }


def _roles(
    context: Context,
    hits: dict[int, list[Arrival]],
    chosen: pl.DataFrame,
    followed: Followed,
    owner: dict[int, int],
) -> dict[int, str]:
    """Who held the accounts that the money took: borrowers, those between, those it reached.

    Payment firms and banks between are not named: they serve everyone.
    """
    serving = {i.party_no for i in context.institutions if i.kind in SERVING_KINDS}
    roles: dict[int, str] = {}
    for each in hits.values():
        for arrival in each:
            roles[followed.ends[arrival.account][0]] = "beneficiary"
            for number in arrival.path[1:]:
                holder = owner[followed.moves[number].payer]
                if holder not in serving:
                    roles.setdefault(holder, "shell")
    roles.update((int(number), "nominee") for number in chosen["borrower"])
    return roles


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _no_loans(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan",),
        ("没有该平台的标的数据，无法判断是否自融",
         "no loans of this platform were submitted; self-financing cannot be judged"),
    )  # fmt: skip


def _unseen(institution: Institution, loans: int, paid_out: int, visible: int) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("entry",),
        (f"{loans} 笔标的中仅见 {paid_out} 笔放款，其中 {visible} 笔的收款账户所在银行有报送",
         f"of {loans} loans {paid_out} show a disbursement, {visible} of them to an account whose "
         "bank submits; the rest cannot be followed"),
    )  # fmt: skip
