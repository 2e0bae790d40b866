"""P1 fund pool: the public's money gathers in accounts that nobody registered to hold it.

Pattern: accounts that are no registered custody or reserve accounts take money from many natural
persons and pay many, about as much as came in; part of the payers is paid back out of it, and the
credits match no loans. One pool may use several accounts: of the firm, of its circle, of strangers
whose cards pay the same people back or pass their takings on to one centre.

Innocent look-alikes: registered custody and reserve accounts; payroll agents (firms pay in);
property fees, rents, shops (payers are not paid back beyond chance); group treasuries (firms pay
in); licensed insurers and banks; lenders' money that loans account for.

Payers at banks that do not submit, of whom nothing is known, make no pool; where nearly all known
payers are natural persons their payments count with the others'.

Blind spots: cash; pools whose investors are paid only after the window, or pay from banks that do
not submit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from data.settings import FundPool
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.pool_measures import Measured, Pool, measure, read_pools, total
from detectors.pool_money import PoolMoney, follow_pools
from detectors.pool_text import Shown, texts

NAME = "fund_pool"
CODE = "P1"
CLAUSE = "二(一)1"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("资金池", "fund pool")
CHINESE = Description(
    pattern=(
        "没有登记为存管户或备付金户的账户，向众多自然人收款，又向众多对象付款，付出与收进大致相当"
        "；部分付款人又从中得到付款，而进账与借款标的对不上。同一资金池可以用多个账户：本公司的、"
        "关联圈的，也可以是他人的银行卡，只要付款回到同一批人，或把所收款项转往同一中心。"
    ),
    lookalikes=(
        "已登记的存管户、备付金户；代发工资（付款的是单位）；物业费、房租、商户收款（付款人再得到"
        "付款不超出巧合）；集团资金归集（付款的是单位）；持牌的保险公司和银行；能与借款标的对应的"
        "出借资金。"
    ),
    blind_spots=(
        "现金；投资人在观察期之后才得到付款的资金池；投资人多从未报送数据的银行付款的资金池。"
    ),
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding for each pool, by the firm behind it or the holder of its main account.

    An account counts for one pool: for the circle that holds most of what was taken.
    """
    settings = context.settings.detectors.fund_pool
    kept = [
        (pool, measured)
        for pool in read_pools(context, settings)
        if (measured := measure(settings, pool)) is not None
    ]
    money = follow_pools(context, [pool.accounts for pool, _ in kept])
    judged = [
        (institution_behind(context, settings, pool, measured, followed), pool, measured, followed)
        for (pool, measured), followed in zip(kept, money, strict=True)
    ]
    judged.sort(key=lambda each: (-each[0][0], -each[2].public_fen, each[1].accounts))
    taken: set[int] = set()
    for (_, institution), pool, measured, followed in judged:
        if institution is None and not _pays_returns(settings, measured):
            continue
        if not taken & set(pool.accounts):
            taken |= set(pool.accounts)
            yield from report(context, settings, pool, measured, followed, institution)


def _pays_returns(settings: FundPool, found: Measured) -> bool:
    """Whether payers are paid much of their money again, or more than they had paid.

    Who lets flats or holds deposits gives a few of them back what they paid, and no more.
    """
    returned = found.returned_fen / max(found.public_fen, 1)
    return found.principal_back > 1 or returned >= settings.sure_returned_share


def report(
    context: Context,
    settings: FundPool,
    pool: Pool,
    found: Measured,
    money: PoolMoney,
    behind: Institution | None,
) -> Iterator[Finding]:
    """Yield the finding of one pool; none when nobody known holds its accounts."""
    circle = context.closure(behind) if behind else {}
    holders = [number for number in pool.owners["party_no"].unique().sort() if number >= 0]
    outer = pool.flow.filter(~pl.col("inner_transfer"))
    incoming, outgoing = (outer.filter(pl.col("incoming") == side) for side in (True, False))
    from_persons = incoming.filter("person")
    unknown = unknown_payers(context, incoming)
    main = _main_holder(pool, from_persons)
    subject = behind.party_no if behind else main
    if subject is None:
        return
    taken_out = outgoing.filter(
        pl.col("other").is_in(list(circle)) & ~pl.col("other").is_in(holders)
    )
    inner = pool.flow.filter("inner_transfer", "incoming")
    own = pl.concat(
        [rows.select("ref", "booked_at") for rows in (from_persons, unknown, inner, outgoing)]
    )
    since = read_evidence(own).first_at.date()
    detour = money.detour(context, circle.keys() - set(holders), settings.detour_share)
    if detour and detour.amount_fen < settings.minimum_reached_share * money.left_fen:
        detour = None
    evidence = read_evidence(pl.concat([own, detour.shown]) if detour else own)
    roles = dict.fromkeys(holders, "pool")
    reached = set(taken_out["other"]) | (detour.reached if detour else frozenset())
    roles.update(dict.fromkeys(sorted(reached - roles.keys()), "beneficiary"))
    passed = detour.passed if detour else frozenset()
    roles.update(dict.fromkeys(sorted(passed - roles.keys()), "shell"))
    roles.pop(subject, None)
    shown = Shown(from_persons, unknown, outgoing, inner, since)
    lookalikes = _lookalikes(settings, pool, found)
    doubt = context.settings.detectors.open_lookalike
    yield Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=behind.institution_id if behind else None,
        severity=SEVERITY,
        confidence=doubted(_confidence(settings, found, behind is not None), lookalikes, doubt),
        amount_fen=total(from_persons) + total(unknown),
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_measures(settings, pool, found, money, circle),
        lookalikes=lookalikes,
        not_established=(
            "未证明投资人被许诺保本或收益，也未证明资金去向的最终用途",
            "it is not established that principal or return was promised, nor what the money was "
            "finally used for",
        ),
        text=texts(found, pool.owners.height, settings.window_days, shown, money, detour),
        lead_office=LEAD_OFFICE,
        accomplices=tuple((context.party_ids[number], role) for number, role in roles.items()),
    )


def unknown_payers(context: Context, incoming: pl.DataFrame) -> pl.DataFrame:
    """What came from accounts whose holders no bank reports, where known payers are persons."""
    unknown = pl.col("other") < -1
    known = total(incoming.filter(~unknown))
    share = context.settings.detectors.unknown_like_share
    if total(incoming.filter("person")) < share * known:
        return incoming.clear()
    return incoming.filter(unknown)


def institution_behind(
    context: Context, settings: FundPool, pool: Pool, found: Measured, money: PoolMoney
) -> tuple[float, Institution | None]:
    """The institution whose circle holds the pool, or that persons' money reached, and how surely.

    The share of what was taken that accounts of the circle took, and half the share of the persons'
    money that left the pool and reached the circle, at once or over others, beyond chance.
    """
    taken = found.incoming.group_by("account").agg(pl.col("amount_fen").sum())
    held = pool.owners.join(taken, on="account", how="left").fill_null(0)
    best: tuple[float, Institution | None] = (0.0, None)
    for institution in _near(context, pool, money):
        circle = context.closure(institution)
        mine = (
            pl.col("party_no").is_in(list(circle))
            | (pl.col("institution_id") == institution.institution_id).fill_null(False)
        )  # fmt: skip
        inside = held.filter(mine)
        share = total(inside) / max(found.taken_fen, 1)
        if inside.height and not share:
            share = 0.5
        reached = money.reached(circle)
        got = reached / max(money.left_fen, 1)
        sure = reached >= settings.minimum_lift * money.by_chance(circle)
        known = institution.institution_id == pool.institution_id
        surely = share + (0.5 * got if sure and got >= settings.minimum_reached_share else 0.0)
        if known or surely:
            # Where several institutions share a circle, the one that it is nearest to.
            ties = [circle[number] for number in inside["party_no"] if number in circle]
            near = sum(1 / (1 + len(tie.chain)) for tie in ties) / max(len(ties), 1)
            surely += 0.25 * known + 0.5 * near
            best = max(best, (surely, institution), key=lambda each: each[0])
    return best


def _near(context: Context, pool: Pool, money: PoolMoney) -> list[Institution]:
    """The institutions that the pool or its money has anything to do with, by identifier."""
    named = {pool.institution_id, *pool.owners["institution_id"]} - {None}
    near = {
        each.institution_id: each for each in context.institutions if each.institution_id in named
    }
    for party in {*pool.owners["party_no"], *money.reached_fen}:
        near.update((each.institution_id, each) for each in context.circles_of.get(party, ()))
    return [near[name] for name in sorted(near)]


def _main_holder(pool: Pool, from_persons: pl.DataFrame) -> int | None:
    by_account = from_persons.group_by("account").agg(pl.col("amount_fen").sum())
    joined = by_account.join(pool.owners, on="account").filter(pl.col("party_no") >= 0)
    ordered = joined.sort("amount_fen", "party_no", descending=[True, False])
    return int(ordered["party_no"][0]) if ordered.height else None


def _measures(
    settings: FundPool,
    pool: Pool,
    found: Measured,
    money: PoolMoney,
    circle: Collection[int],
) -> dict[str, Measure]:
    public = max(found.public_fen, 1)
    ratio, returned = found.paid_fen / public, found.returned_fen / public
    others = money.others_fen / max(money.returned_fen, 1)
    reached = money.reached(circle) / max(money.left_fen, 1)
    return {
        "payers": Measure(found.payers, settings.minimum_payers, "persons"),
        "payees": Measure(found.payees, settings.minimum_payees, "parties"),
        "out_in_ratio": Measure(round(ratio, 4), settings.lowest_out_in_ratio, "ratio"),
        "paid_back": Measure(found.back, settings.minimum_paid_back, "persons"),
        "returned_share": Measure(round(returned, 4), settings.minimum_returned_share, "share"),
        "matched_share": Measure(
            round(found.matched_share, 4), settings.maximum_matched_share, "share"
        ),
        "principal_back": Measure(
            round(found.principal_back, 4), settings.minimum_principal_back, "ratio"
        ),
        "paid_first_share": Measure(
            round(found.paid_first_share, 4), settings.minimum_paid_first_share, "share"
        ),
        "fixed_ratio_share": Measure(
            round(found.fixed_ratio_share, 4), settings.maximum_fixed_ratio_share, "share"
        ),
        "others_principal_share": Measure(round(others, 4), None, "share"),
        "reached_circle_share": Measure(round(reached, 4), None, "share"),
        "accounts": Measure(pool.owners.height, None, "accounts"),
    }


def _confidence(settings: FundPool, found: Measured, behind: bool) -> float:
    size = min(found.payers / settings.sure_payers, 1.0)
    back = min(found.back / max(found.payers, 1) / settings.sure_paid_back_share, 1.0)
    return (
        settings.confidence_least
        + settings.confidence_size * size
        + settings.confidence_paid_back * back
        + settings.confidence_behind * behind
    )


def _lookalikes(settings: FundPool, pool: Pool, found: Measured) -> tuple[Lookalike, ...]:
    accounts, known = pool.owners.height, int(pool.owners["registered"].sum())
    public = found.public_fen / max(found.taken_fen, 1)
    return (
        Lookalike(
            "custody_omnibus",
            known == accounts,
            f"{accounts} 个账户中 {known} 个的开户行报送了账户性质，均非存管或备付金账户",
            f"the banks of {known} of {accounts} account(s) say what these are, and none is a "
            "custody or reserve account",
        ),
        Lookalike(
            "fees_and_rents",
            found.back >= settings.minimum_lift * found.chance,
            f"{found.payers} 名付款人中有 {found.back} 人又从中收款，"
            f"按巧合应为 {found.chance:.1f} 人",
            f"{found.back} of {found.payers} payers are paid out of it again; chance would give "
            f"{found.chance:.1f}",
        ),
        Lookalike(
            "payroll_and_treasury",
            public >= settings.treasury_public_share,
            f"{public:.0%} 的资金来自自然人，其余来自单位",
            f"{public:.0%} of the money comes from natural persons, the rest from firms",
        ),
        Lookalike(
            "marketplace",
            found.fixed_ratio_share <= settings.maximum_fixed_ratio_share,
            f"向自然人的付款中 {found.fixed_ratio_share:.0%} 按固定比例转付他人的付款",
            f"{found.fixed_ratio_share:.0%} of the payments to persons pass another's payment on "
            "at a fixed ratio",
        ),
    )
