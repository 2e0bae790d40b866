"""P3 illegal fundraising: the public pays round lots and gets fixed fractions back on fixed dates.

Pattern: many natural persons pay round lots to accounts that nothing registers to hold their money;
the same persons get parts of their principal again and again or after the same days, or all of it
with a surplus at the end of a term, at a few rates that all share and at regular intervals. Who
collects and who pays need not be the same holder, nor stay the same.

Innocent look-alikes: rents and deposits (no fixed part comes back); pensions and wages (whoever is
paid had paid nothing in); savings circles (turns, not rates); franchise fees and shops (goods are
paid for in odd sums beside the lots); lawful lending (loans account for the credits); registered
public products; borrowing among acquaintances (below the lines of illegal deposit-taking: it stays
open).

Blind spots: cash that firms take; returns at a rate of each payer's own, or in kind; payments
through a payment firm's accounts; schemes that have paid nothing back yet.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import IllegalFundraising
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.fixed_returns import Returns, fixed_returns
from detectors.promised_returns import Promise, promise_texts
from detectors.raised_money import Raised, legal_lines, read_raised, subject_of
from detectors.raising import Scheme, read_schemes
from detectors.rated_sources import pays_rates, returns_of

NAME = "illegal_fundraising"
CODE = "P3"
CLAUSE = "二(一)1, 二(八)"
SEVERITY = 5
LEAD_OFFICE = "JR"
TITLE = ("非法集资", "illegal fundraising")
CHINESE = Description(
    pattern=(
        "众多自然人以整额向没有登记为代持客户资金的账户付款；同一批人又按少数几档共同的比例、间隔固定"
        "地反复收到本金的一部分，或在固定期限届满时连本带利收回。收款人和付款人可以不是同一户主，也"
        "可以更换。"
    ),
    lookalikes=(
        "房租和押金（没有固定比例的款项返还）；养老金和工资（收款人此前没有付过款）；民间标会（轮流得"
        "会，而非按比例）；加盟费和商铺（整额之外另以零头付货款）；合法借贷（进账能与借款标的对应）；"
        "已登记的公募产品；熟人之间的借款（未达非法吸收公众存款的标准时存疑）。"
    ),
    blind_spots=(
        "单位收取的现金；每名付款人各有不同比例的返还，或以实物返还；经支付机构账户的付款；尚未返还过任何款项的"
        "集资。"
    ),
)

# Accounts that registered public products are raised on.
PUBLIC_RAISING = """
select distinct coalesce(nullif(a.party_no, -1), -2 - a.account_id) as holder
from product p
join account_dim a on a.bank_no = p.raise_bank_no and a.account_no = p.raise_account_no
where p.offering = 'public' and p.manager_party_id is not null
order by holder
"""


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per scheme, by the institution behind it or its largest collector."""
    settings = context.settings.detectors.illegal_fundraising
    public = {holder for (holder,) in context.db.rows("public raising", PUBLIC_RAISING)}
    for scheme in read_schemes(context, settings):
        judged = judge(context, settings, scheme, public)
        if judged is not None:
            yield judged


def judge(
    context: Context, settings: IllegalFundraising, scheme: Scheme, public: set[int]
) -> Finding | CannotConclude | None:
    """Hold one scheme against the thresholds and the look-alikes."""
    raised = read_raised(scheme, public)
    if (
        raised.payers < settings.minimum_payers
        or raised.matched_share > settings.maximum_matched_share
        or raised.public_share > settings.maximum_public_share
        or raised.lot_share < settings.minimum_lot_share
    ):
        return None
    lots = scheme.flow.filter(pl.col("incoming"), pl.col("lot"))
    plans = fixed_returns(
        context.settings.fixed_returns, scheme.flow.filter(~pl.col("incoming") | pl.col("lot"))
    )
    rated = returns_of(context, lots, scheme.paid_out)
    follows = plans is not None and _follows(settings, raised, plans)
    if not follows and not pays_rates(settings, rated):
        return None
    return _finding(context, settings, scheme, raised, Promise(plans if follows else None, rated))


def _follows(settings: IllegalFundraising, raised: Raised, plans: Returns) -> bool:
    """Whether payers get fixed fractions of their own lots back, on fixed dates."""
    return (
        plans.persons >= settings.minimum_receivers
        and plans.persons >= settings.minimum_receivers_share * raised.payers
        and plans.plan_share >= settings.minimum_plan_share
        and plans.regular_share >= settings.minimum_regular_share
        and settings.lowest_yearly_rate <= plans.yearly_rate <= settings.highest_yearly_rate
        and raised.covered_share >= settings.minimum_covered_share
    )


def _finding(
    context: Context,
    settings: IllegalFundraising,
    scheme: Scheme,
    raised: Raised,
    promise: Promise,
) -> Finding | CannotConclude:
    subject = subject_of(context, scheme)
    if subject is None:
        return _unknown_holders(context, scheme, raised)
    institution = context.institution_of(context.party_ids[subject])
    shown = [scheme.flow, scheme.taken_out, scheme.forwarded, scheme.cash]
    if pays_rates(settings, promise.rated):
        shown.append(scheme.paid_out.filter(promise.rated.fits))
    evidence = read_evidence(pl.concat([each.select("ref", "booked_at") for each in shown]))
    collecting = set(raised.incoming["holder"]) - {subject}
    paying = set(scheme.flow.filter(~pl.col("incoming"))["holder"]) - {subject} - collecting
    named = [(number, "pool") for number in sorted(collecting)]
    named += [(number, "shell") for number in sorted(paying)]
    others = set(scheme.taken_out["payee"]) - {subject} - collecting - paying
    named += [(number, "beneficiary") for number in sorted(others)]
    lookalikes = _lookalikes(settings, raised, promise, legal_lines(context, scheme))
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            _confidence(settings, raised, promise, scheme.behind is not None),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=raised.taken_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_measures(context, settings, scheme, raised, promise),
        lookalikes=lookalikes,
        not_established=(
            "未证明曾向公众公开宣传、承诺还本付息，也未证明资金的最终用途",
            "it is not established that the offer was advertised to the public or that principal "
            "and return were promised, nor what the money was finally used for",
        ),
        text=promise_texts(raised, promise, scheme),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], role) for number, role in named if number >= 0
        ),
    )


def _confidence(
    settings: IllegalFundraising, raised: Raised, promise: Promise, behind: bool
) -> float:
    least = promise.least_share(settings)
    regular = promise.plans.regular_share if promise.plans else 0.0
    return (
        settings.confidence_least
        + settings.confidence_size * min(raised.payers / settings.sure_payers, 1)
        + settings.confidence_plan * (promise.share - least) / (1 - least)
        + settings.confidence_regular * regular
        + settings.confidence_behind * behind
    )


def _measures(
    context: Context,
    settings: IllegalFundraising,
    scheme: Scheme,
    raised: Raised,
    promise: Promise,
) -> dict[str, Measure]:
    persons_line, amount_line = legal_lines(context, scheme)
    least = promise.least_share(settings)
    measures = {
        "lot_payers": Measure(raised.payers, persons_line, "persons"),
        "raised_fen": Measure(raised.taken_fen, amount_line, "fen"),
        "plan_receivers": Measure(promise.persons, settings.minimum_receivers, "persons"),
        "plan_share": Measure(round(promise.share, 4), least, "share"),
        "returns_fen": Measure(promise.paid_fen(scheme), None, "fen"),
        "lot_share": Measure(round(raised.lot_share, 4), settings.minimum_lot_share, "share"),
    }
    if promise.plans:
        regular, yearly = promise.plans.regular_share, promise.plans.yearly_rate
        measures |= {
            "regular_share": Measure(round(regular, 4), settings.minimum_regular_share, "share"),
            "interval_days": Measure(promise.plans.interval_days, None, "days"),
            "yearly_rate": Measure(round(yearly, 4), settings.lowest_yearly_rate, "share"),
        }
    return measures


def _lookalikes(
    settings: IllegalFundraising, raised: Raised, promise: Promise, lines: tuple[int, int]
) -> tuple[Lookalike, ...]:
    persons_line, amount_line = lines
    return (
        Lookalike(
            "rents_and_deposits",
            promise.persons >= settings.sure_receivers_share * raised.payers,
            f"整额付款人 {raised.payers} 名，{promise.persons} 人按固定比例收到返还",
            f"{raised.payers} persons pay round lots, {promise.persons} get a fixed part back",
        ),
        Lookalike(
            "pensions_and_wages",
            raised.covered_share >= settings.sure_covered_share,
            f"收到付款的自然人中 {raised.covered_share:.0%} 此前付过整额款项",
            f"{raised.covered_share:.0%} of the persons who are paid had paid round lots in",
        ),
        Lookalike(
            "savings_circle",
            raised.payers > settings.circle_persons,
            f"付款人共 {raised.payers} 名（标会一般不超过 {settings.circle_persons} 人）",
            f"there are {raised.payers} payers (savings circles seldom exceed "
            f"{settings.circle_persons})",
        ),
        Lookalike(
            "franchise_and_goods",
            raised.lot_share >= settings.sure_lot_share,
            f"这些付款人所付款项中 {raised.lot_share:.0%} 为整额",
            f"{raised.lot_share:.0%} of what these payers paid came in round lots",
        ),
        Lookalike(
            "private_borrowing",
            raised.payers >= persons_line or raised.taken_fen >= amount_line,
            f"付款 {raised.payers} 人、{yuan(raised.taken_fen)} 元（非法吸收公众存款的标准为 "
            f"{persons_line} 人或 {yuan(amount_line)} 元）",
            f"{raised.payers} persons paid {yuan(raised.taken_fen)} yuan (illegal deposit-taking "
            f"begins at {persons_line} persons or {yuan(amount_line)} yuan)",
        ),
        Lookalike(
            "lawful_lending",
            raised.matched_share <= settings.sure_matched_share,
            f"进账中 {raised.matched_share:.0%} 能与借款标的对应，{raised.public_share:.0%} "
            "为已登记公募产品募集款",
            f"loans account for {raised.matched_share:.0%} of the credits, registered public "
            f"products for {raised.public_share:.0%}",
        ),
    )


def _unknown_holders(context: Context, scheme: Scheme, raised: Raised) -> CannotConclude:
    numbers = [-2 - holder for holder in scheme.holders]
    accounts = tuple(
        f"account:{bank}:{account}"
        for bank, account in context.db.rows(
            "unknown holders",
            "select bank_no, account_no from account_dim where list_contains($numbers, account_id) "
            "order by bank_no, account_no",
            {"numbers": numbers},
        )
    )
    return CannotConclude(
        NAME,
        None,
        None,
        accounts,
        (f"{raised.payers} 名自然人以整额付款并按固定比例收到返还，但账户户主不明，应向开户行查询",
         f"{raised.payers} natural persons paid round lots and get fixed parts back, but nobody "
         "knows whose the accounts are: ask their banks"),
    )  # fmt: skip
