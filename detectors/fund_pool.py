"""P1 fund pool: the public's money gathers in accounts that nobody registered to hold it.

Pattern: accounts that are no registered custody or reserve accounts take money from many natural
persons and pay many, about as much as came in; part of the payers is paid back out of it, and the
credits match no loans. One pool may use several accounts: of the firm, of its circle, of strangers
whose cards pay the same people back or pass their takings on to one centre.

Innocent look-alikes: registered custody and reserve accounts; payroll agents (firms pay in);
property fees, rents, shops (payers are not paid back beyond chance); group treasuries (firms pay
in); licensed insurers and banks; lenders' money that loans account for.

Blind spots: cash; pools whose investors are paid only after the window; payers at banks that do
not submit, whose kind is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import polars as pl

from data.settings import FundPool
from detectors.context import Context, Institution
from detectors.evidence import Evidence, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure

NAME = "fund_pool"
CODE = "P1"
CLAUSE = "二(一)1"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("资金池", "fund pool")

# Kinds whose licence is to take money from many and pay many.
LICENSED_KINDS = ("insurer", "bank", "securities_firm", "clearing_house", "payment_institution")

CREATE_FLOW = """
create or replace temp table pool_flow as
select t.ref, t.booked_at, t.amount_fen, t.payer_account, t.payee_account, t.loan_id,
  coalesce(nullif(a.party_no, -1), -2 - t.payer_account) as payer,
  coalesce(nullif(b.party_no, -1), -2 - t.payee_account) as payee,
  coalesce(p.kind = 'person', false) as payer_person,
  coalesce(q.kind = 'person', false) as payee_person
from transfer t
join account_dim a on a.account_id = t.payer_account
join account_dim b on b.account_id = t.payee_account
left join party_dim p on p.party_no = a.party_no
left join party_dim q on q.party_no = b.party_no
where t.status = 'settled' and not (a.party_no = b.party_no and a.party_no >= 0)
  and t.business_date between $first and $last
"""
# Accounts that enough natural persons pay into, and that nothing registers to hold clients' money.
CREATE_COLLECTOR = """
create or replace temp table pool_collector as
select f.payee_account as account, count(distinct f.payer) filter (f.payer_person) as payers
from pool_flow f
join account_dim a on a.account_id = f.payee_account
left join party_dim p on p.party_no = a.party_no
where a.role not in ('client_custody', 'client_reserve', 'exchange_deposit', 'securities_transfer')
  and a.registered and not coalesce(list_contains($licensed, p.institution_id), false)
group by f.payee_account
having count(distinct f.payer) filter (f.payer_person) >= $payers
"""
# How many of the persons that pay one collector are paid by another account (or by the same one).
# Who is paid by thousands of accounts says nothing, and would cost the square of their number.
PAID_BACK = """
with paid_in as (
  select distinct f.payee_account as account, f.payer as person
  from pool_flow f join pool_collector c on c.account = f.payee_account
  where f.payer_person
), source as (
  select account from pool_collector
  union
  select payee from (
    select f.payer_account, f.payee_account as payee, sum(f.amount_fen) as amount_fen
    from pool_flow f join pool_collector c on c.account = f.payer_account
    group by f.payer_account, f.payee_account
  ) passed
  join (
    select payee_account as account, sum(amount_fen) as amount_fen
    from pool_flow group by payee_account
  ) took on took.account = passed.payer_account
  where passed.amount_fen >= $relay * took.amount_fen
), paid_out as (
  select distinct f.payer_account as account, f.payee as person
  from pool_flow f join source s on s.account = f.payer_account
  where f.payee_person
)
select i.account as collector, o.account as source, count(*) as persons
from paid_in i join paid_out o on o.person = i.person
group by i.account, o.account
order by i.account, o.account
"""
PERSONS_PAID = """
select f.payer_account as account, count(distinct f.payee) as persons
from pool_flow f where f.payee_person
group by f.payer_account
"""
PERSONS = """
select count(*) from (
  select payer from pool_flow where payer_person
  union select payee from pool_flow where payee_person
)
"""
RELAYS = """
with took as (
  select payee_account as account, sum(amount_fen) as amount_fen from pool_flow
  join pool_collector c on c.account = payee_account group by payee_account
), passed as (
  select payer_account as account, payee_account as centre, sum(amount_fen) as amount_fen
  from pool_flow join pool_collector c on c.account = payer_account
  group by payer_account, payee_account
)
select p.account, p.centre
from passed p
join took t on t.account = p.account
join account_dim a on a.account_id = p.centre
where p.amount_fen >= $relay * t.amount_fen
  and a.role not in ('client_custody', 'client_reserve', 'exchange_deposit', 'securities_transfer')
order by p.account, p.centre
"""
OWNERS = """
select a.account_id, a.party_no, a.role, a.institution_id
from account_dim a
semi join pool_member m on m.account = a.account_id
order by a.account_id
"""
# Every transfer of the pools' accounts with others, on the pools' side.
MEMBER_FLOW = """
select m.pool, true as incoming, f.ref, f.booked_at, f.amount_fen, f.payee_account as account,
  f.payer as other, f.payer_person as person, f.loan_id is not null as matched,
  n.account is not null as inner_transfer
from pool_flow f
join pool_member m on m.account = f.payee_account
left join pool_member n on n.account = f.payer_account and n.pool = m.pool
union all
select m.pool, false, f.ref, f.booked_at, f.amount_fen, f.payer_account,
  f.payee, f.payee_person, f.loan_id is not null, n.account is not null
from pool_flow f
join pool_member m on m.account = f.payer_account
left join pool_member n on n.account = f.payee_account and n.pool = m.pool
order by 1, 4, 3, 2
"""


@dataclass(frozen=True)
class Pool:
    """The accounts of one pool with their owners, and all their transfers in the window."""

    owners: pl.DataFrame
    flow: pl.DataFrame


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding for each pool, by the firm behind it or the holder of its main account."""
    settings = context.settings.detectors.fund_pool
    for pool in find_pools(context, settings):
        finding = judge(context, settings, pool)
        if finding is not None:
            yield finding


def find_pools(context: Context, settings: FundPool) -> Iterator[Pool]:
    """Join collectors that pay each other's payers back, or feed one centre, into pools."""
    db = context.db
    licensed = [
        i.institution_id for i in context.institutions if i.licensed and i.kind in LICENSED_KINDS
    ]
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    db.execute("pool flow", CREATE_FLOW, window)
    db.execute(
        "pool collectors",
        CREATE_COLLECTOR,
        {"licensed": licensed, "payers": settings.account_payers},
    )
    payers = dict(db.rows("collectors", "select account, payers from pool_collector"))
    paid = dict(db.rows("persons paid", PERSONS_PAID))
    [(persons,)] = db.rows("persons", PERSONS)
    graph = nx.Graph()
    relay = {"relay": settings.relay_share}
    for collector, source, both in db.rows("paid back", PAID_BACK, relay):
        chance = payers[collector] * paid[source] / max(persons, 1)
        if both >= 2 and both >= settings.minimum_lift * chance:
            graph.add_edge(collector, source)
    centres = [row for row in db.rows("relays", RELAYS, relay) if row[1] in graph]
    graph.add_edges_from(centres)
    pools = [sorted(accounts) for accounts in nx.connected_components(graph)]
    pools = sorted(
        accounts
        for accounts in pools
        if sum(payers.get(account, 0) for account in accounts) >= settings.minimum_payers
    )
    members = pl.DataFrame(
        [(number, account) for number, accounts in enumerate(pools) for account in accounts],
        schema={"pool": pl.Int64, "account": pl.Int64},
        orient="row",
    )
    db.register("pool_member", members.to_arrow())
    owners = db.frame("pool owners", OWNERS).rename({"account_id": "account"})
    flow = db.frame("pool transfers", MEMBER_FLOW)
    db.unregister("pool_member")
    for number, accounts in enumerate(pools):
        yield Pool(
            owners.filter(pl.col("account").is_in(accounts)),
            flow.filter(pl.col("pool") == number),
        )


def judge(context: Context, settings: FundPool, pool: Pool) -> Finding | None:
    """Hold one pool against the thresholds and the look-alikes; None when it is none."""
    outer = pool.flow.filter(~pl.col("inner_transfer"))
    incoming, outgoing = (outer.filter(pl.col("incoming") == side) for side in (True, False))
    from_persons = incoming.filter("person")
    payers, payees = set(from_persons["other"]), set(outgoing["other"])
    taken, paid = int(incoming["amount_fen"].sum()), int(outgoing["amount_fen"].sum())
    public = int(from_persons["amount_fen"].sum())
    matched = int(incoming.filter("matched")["amount_fen"].sum())
    back = payers & payees
    ratio, share = paid / max(taken, 1), len(back) / max(len(payers), 1)
    if (
        len(payers) < settings.minimum_payers
        or len(payees) < settings.minimum_payees
        or not settings.lowest_out_in_ratio <= ratio <= settings.highest_out_in_ratio
        or matched > settings.maximum_matched_share * taken
        or public < taken / 2
        or len(back) < settings.minimum_paid_back
        or share < settings.minimum_paid_back_share
    ):
        return None
    behind = institution_behind(context, pool.owners, outgoing)
    circle = context.closure(behind) if behind else {}
    holders = [number for number in pool.owners["party_no"].unique().sort() if number >= 0]
    main = _main_holder(pool, from_persons)
    subject = behind.party_no if behind else main
    if subject is None:
        return None
    taken_out = outgoing.filter(
        pl.col("other").is_in(list(circle)) & ~pl.col("other").is_in(holders)
    )
    shown = pl.concat(
        [
            from_persons,
            pool.flow.filter("inner_transfer", "incoming"),
            outgoing.filter("person"),
            taken_out,
        ]
    )
    evidence = read_evidence(shown)
    named = [(context.party_ids[number], "pool") for number in holders if number != subject]
    reached = [number for number in taken_out["other"].unique().sort() if number != subject]
    named += [(context.party_ids[number], "beneficiary") for number in reached]
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=behind.institution_id if behind else None,
        severity=SEVERITY,
        confidence=_confidence(len(payers), share, settings, behind is not None),
        amount_fen=public,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "payers": Measure(len(payers), settings.minimum_payers, "persons"),
            "payees": Measure(len(payees), settings.minimum_payees, "parties"),
            "out_in_ratio": Measure(round(ratio, 4), settings.lowest_out_in_ratio, "ratio"),
            "paid_back": Measure(len(back), settings.minimum_paid_back, "persons"),
            "matched_share": Measure(
                round(matched / max(taken, 1), 4), settings.maximum_matched_share, "share"
            ),
            "accounts": Measure(pool.owners.height, None, "accounts"),
        },
        lookalikes=_lookalikes(len(back), len(payers)),
        not_established=(
            "未证明投资人被许诺保本或收益，也未证明资金去向的最终用途",
            "it is not established that principal or return was promised, nor what the money was "
            "finally used for",
        ),
        text=_texts(
            len(payers), len(payees), len(back), pool.owners.height, public, paid, evidence
        ),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(named),
    )


def institution_behind(
    context: Context, owners: pl.DataFrame, outgoing: pl.DataFrame
) -> Institution | None:
    """The institution whose circle holds the accounts, or that most of the takings leave for."""
    held = set(owners["party_no"]) - {-1}
    served = set(owners["institution_id"].drop_nulls())
    best: tuple[int, int, str, Institution] | None = None
    for institution in context.institutions:
        circle = context.closure(institution)
        inside = 2 * (institution.party_no in held) + (institution.institution_id in served)
        inside += 1 if held & circle.keys() else 0
        reached = outgoing.filter(pl.col("other").is_in(list(circle)))["amount_fen"].sum()
        paid_out = int(outgoing["amount_fen"].sum())
        if not inside and reached < 0.05 * max(paid_out, 1):
            continue
        rank = (inside, int(reached), institution.institution_id, institution)
        if best is None or rank[:3] > best[:3]:
            best = rank
    return best[3] if best else None


def _main_holder(pool: Pool, from_persons: pl.DataFrame) -> int | None:
    by_account = from_persons.group_by("account").agg(pl.col("amount_fen").sum())
    joined = by_account.join(pool.owners, on="account").filter(pl.col("party_no") >= 0)
    ordered = joined.sort("amount_fen", "party_no", descending=[True, False])
    return int(ordered["party_no"][0]) if ordered.height else None


def _confidence(payers: int, share: float, settings: FundPool, behind: bool) -> float:
    size = min(payers / (4 * settings.minimum_payers), 1.0)
    return round(0.55 + 0.15 * size + 0.15 * min(share / 0.2, 1.0) + 0.1 * behind, 4)


def _lookalikes(back: int, payers: int) -> tuple[Lookalike, ...]:
    return (
        Lookalike(
            "custody_omnibus",
            True,
            "账户未登记为存管或备付金账户",
            "no account is registered as a custody or reserve account",
        ),
        Lookalike(
            "fees_and_rents",
            True,
            f"{payers} 名付款人中有 {back} 人又从中收款，远多于巧合",
            f"{back} of {payers} payers are paid out of it again, far more than chance gives",
        ),
        Lookalike(
            "payroll_and_treasury",
            True,
            "过半资金来自自然人，而非单位",
            "more than half of the money comes from natural persons, not from firms",
        ),
    )


def _texts(
    payers: int,
    payees: int,
    back: int,
    accounts: int,
    public: int,
    paid: int,
    evidence: Evidence,
) -> tuple[str, str]:
    days = f"{evidence.first_at:%Y-%m-%d}", f"{evidence.last_at:%Y-%m-%d}"
    return (
        f"{days[0]} 至 {days[1]}，{accounts} 个未登记存管的账户从 {payers} 名自然人处归集 "
        f"{yuan(public)} 元，向 {payees} 个对手方付出 {yuan(paid)} 元；其中 {back} 名付款人又从中"
        "收到资金，且进账未与借款一一对应",
        f"From {days[0]} to {days[1]}, {accounts} account(s) not registered for custody took "
        f"{yuan(public)} yuan from {payers} natural persons and paid {yuan(paid)} yuan to {payees} "
        f"counterparties; {back} of the payers were paid out of it again, and the credits match no "
        "loans one to one",
    )
