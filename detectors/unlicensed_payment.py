"""R4 unlicensed payment: someone without a licence settles card takings on to others' merchants.

Pattern: a party takes settlements of acquirers, or consumers' payments, and pays nearly all on
within three working days, or seven where it uses the money meanwhile, to many unrelated merchants,
each of them again and again, keeping a small fee. The takings may come in through feeders, accounts
of other parties that live on settlements and hand them to one centre, and go out by hands, cards
that live on the centre and pay the merchants. What is paid rises and falls with what came in the
days before. A party is judged as a whole, and each of its accounts by itself; beside a business of
its own, its settlements alone are held against what merchants get.

Innocent look-alikes: licensed payment firms, banks, and accounts registered to hold clients' money,
such as a marketplace's split settlement (left out by licence and role); a chain's head office (its
stores are tied to it); a shop that pays suppliers (it keeps its margin, pays late, and orders when
it needs goods); refunds and pools (those paid are those who pay).

Blind spots: cash; merchants paid through more than one further party; parties that settle on an
account on which their other business is much larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from data.legal_rules import legal_rules
from data.settings import UnlicensedPayment
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.passing_on import PassedOn, followed, passed_on
from detectors.payment_sides import account_name
from detectors.settlement_flow import read_centres

NAME = "unlicensed_payment"
CODE = "R4"
CLAUSE = "二(三)3"
SEVERITY = 4
LEAD_OFFICE = "PBC"
TITLE = ("无证支付、二清", "unlicensed payment")
CHINESE = Description(
    pattern="某主体收取收单机构的结算款或消费者的付款，三个工作日内（占用资金的，七个工作日内）"
    "几乎全部转付给众多无关联商户，"
    "每家商户反复收款，自身只留少量手续费。结算款也可能先进入其他主体的账户，再汇到同一中心，"
    "或经依附于该主体的银行卡付给商户。付出的款项随此前数日的收款涨落。既看主体整体，也逐一看其账户；"
    "兼营其他业务的，只以其结算款与付给商户的款项相比。",
    lookalikes="持牌支付机构、银行以及登记为客户资金的账户（如电商平台的银行分账），"
    "按牌照和账户性质排除；连锁总部（门店与其有关联）；向供应商付款的商户（留有毛利，"
    "付款较迟，按需订货）；退款和资金池（收款人就是付款人）。",
    blind_spots="现金；再经一个以上主体转付商户的；在其他业务大得多的账户上结算的主体。",
)


@dataclass(frozen=True)
class Settled:
    """What one centre takes and pays: rows of its flow, and the measures of them.

    `feeders` and `hands` are the parties through which money came in and went out; `passing` holds
    what was paid to merchants against what was taken, within `days_allowed` working days.
    """

    taken: pl.DataFrame
    to_merchants: pl.DataFrame
    shown: pl.DataFrame
    feeders: tuple[int, ...]
    hands: tuple[int, ...]
    merchants: int
    acquired_share: float
    related_share: float
    two_way_share: float
    passing: PassedOn
    days_allowed: int


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per party that settles for merchants, or what is missing to name it.

    Parties are judged as a whole, then each account by itself; the first that fires speaks.
    """
    settings = context.settings.detectors.unlicensed_payment
    said: set[int] = set()
    for by_account in (False, True):
        for party, flow in read_centres(context, settings, by_account=by_account):
            if party in said:
                continue
            found = settles(settings, flow, context.business_date)
            if found is None:
                continue
            said.add(party)
            named = context.party_ids.get(party)
            yield (
                _unknown(context, party, found)
                if named is None
                else _finding(context, settings, named, found)
            )


def settles(settings: UnlicensedPayment, flow: pl.DataFrame, last: date) -> Settled | None:
    """Hold one centre against the thresholds; None when it does not settle for merchants.

    Its takings are due within the usual days, or within those in which it uses the money meanwhile;
    then it may keep no more than a fee. If all its money does not fit, its settlements may, beside
    a business of its own.
    """
    usual, later = settings.settlement_days, settings.float_days
    for beside in (False, True):
        found = measure(settings, flow, last, usual, beside=beside)
        if found is not None:
            return found
        found = measure(settings, flow, last, later, beside=beside)
        if found and (beside or found.passing.kept_share <= settings.maximum_kept_share):
            return found
    return None


def measure(
    settings: UnlicensedPayment, flow: pl.DataFrame, last: date, days_allowed: int, *, beside: bool
) -> Settled | None:
    """Hold one centre against the thresholds, its takings being due within so many working days.

    `beside` a business of its own only what it took of settlements is held against its payments.
    """
    handed, flow = flow.filter("inner_leg"), flow.filter(~pl.col("inner_leg"))
    incoming, outgoing = flow.filter("incoming"), flow.filter(~pl.col("incoming"))
    taken = incoming.filter("taken")
    came = incoming.filter(pl.col("taken") | ~pl.col("fed"))
    owed = _by_day(taken if beside else came)
    days = outgoing.group_by("other").agg(pl.col("business_date").n_unique().alias("days"))
    often = days.filter(pl.col("days") >= settings.merchant_days)["other"]
    regular = outgoing.filter(pl.col("other").is_in(often.implode()))
    to_merchants = regular.filter(~pl.col("related"))
    by_hands = to_merchants.filter(pl.col("hand") != -1)
    if beside and by_hands["other"].n_unique() >= settings.minimum_merchants:
        to_merchants = by_hands
    merchants = to_merchants["other"].n_unique()
    payers = came["other"].unique()
    two_way = to_merchants.filter(pl.col("other").is_in(payers.implode()))["other"].n_unique()
    # Wages and rents come out of other money; a shop's show in what its suppliers do not get.
    passing = passed_on(owed, _by_day(to_merchants), last, days_allowed)
    if passing is None:
        return None
    if passing.least_kept_share > settings.maximum_kept_share and not beside:
        once = _paid_once(settings, outgoing, to_merchants)
        added = pl.concat([to_merchants, once])
        with_once = passed_on(owed, _by_day(added), last, days_allowed)
        # So many payments fit by chance in some way: what fits best must leave little.
        least, most = -settings.irregular_share, settings.maximum_kept_share + settings.once_share
        if with_once and least <= with_once.kept_share <= most:
            to_merchants, passing = added, with_once
            merchants = to_merchants["other"].n_unique()
    found = Settled(
        taken=taken,
        to_merchants=to_merchants,
        shown=pl.concat([incoming.filter(pl.col("taken") | pl.col("fed")), to_merchants, handed]),
        feeders=tuple(taken.filter("fed")["other"].unique().sort()),
        hands=tuple(to_merchants.filter(pl.col("hand") != -1)["hand"].unique().sort()),
        merchants=merchants,
        acquired_share=_fen(taken) / max(_fen(came), 1),
        related_share=_fen(regular.filter("related")) / max(_fen(regular), 1),
        two_way_share=two_way / max(merchants, 1),
        passing=passing,
        days_allowed=days_allowed,
    )
    least_acquired = settings.minimum_beside_share if beside else settings.minimum_acquired_share
    most_kept = settings.maximum_kept_share + settings.irregular_share
    if (
        merchants < settings.minimum_merchants
        or _fen(taken) < settings.minimum_fen
        or found.acquired_share < least_acquired
        or passing.on_time_share < settings.minimum_on_time_share
        or passing.kept_share < -settings.maximum_overpaid_share
        or (passing.least_kept_share > most_kept and not beside)
        or found.related_share > settings.maximum_related_share
        or found.two_way_share > settings.maximum_two_way_share
        or not _follows(settings, found, owed, last, beside=beside)
    ):
        return None
    return found


def _follows(
    settings: UnlicensedPayment, found: Settled, owed: dict[date, int], last: date, *, beside: bool
) -> bool:
    """Whether the payments rise and fall with the takings of the days before, as settlements do.

    Beside a business of its own they must also come to all of them, less a fee. A shop orders when
    it needs goods. Where that cannot be told, the sums decide.
    """
    paid, taken = _by_day(found.to_merchants), _by_day(found.taken)
    told = False
    for most_days, line in (
        (settings.settlement_days, settings.minimum_follow_share),
        (settings.float_days, settings.minimum_float_follow_share),
    ):
        for came in (taken,) if beside else (owed, taken):
            fit = followed(came, paid, last, most_days)
            if fit is None:
                continue
            told = True
            whole = (
                -settings.maximum_overpaid_share
                <= fit.kept_share
                <= settings.maximum_kept_share + settings.irregular_share
            )
            if fit.explained_share >= line and (whole or not beside):
                return True
    return not told and not beside


def _paid_once(
    settings: UnlicensedPayment, outgoing: pl.DataFrame, to_merchants: pl.DataFrame
) -> pl.DataFrame:
    """Payments to merchants that sold on one day only: many, each no more than the others get.

    None where they are few: then it is a rent, or another cost. What persons get are wages.
    """
    sums = to_merchants.group_by("other").agg(pl.col("amount_fen").sum())["amount_fen"]
    usual = sums.median() if len(sums) else 0
    rest = outgoing.filter(~pl.col("related"), ~pl.col("to_person")).join(
        to_merchants.select("other").unique(), on="other", how="anti"
    )
    rest = rest.filter(pl.col("amount_fen").sum().over("other") <= usual)
    return rest if rest["other"].n_unique() >= settings.minimum_once else rest.clear()


def _finding(context: Context, settings: UnlicensedPayment, party: str, found: Settled) -> Finding:
    evidence = read_evidence(found.shown)
    amount = _fen(found.taken)
    line = legal_rules().whole("unlicensed_payment", "turnover", context.business_date)
    lookalikes = _lookalikes(settings, found)
    size = min(found.merchants / settings.sure_merchants, 1.0)
    fee = settings.least_fee_share <= found.passing.kept_share <= settings.usual_fee_share
    institution = next((i for i in context.institutions if i.party_id == party), None)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=party,
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_size * size
            + settings.confidence_fee * fee
            + settings.confidence_on_time * found.passing.on_time_share,
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "merchants": Measure(found.merchants, settings.minimum_merchants, "parties"),
            "acquired_share": Measure(
                round(found.acquired_share, 4), settings.minimum_acquired_share, "share"
            ),
            "on_time_share": Measure(
                round(found.passing.on_time_share, 4), settings.minimum_on_time_share, "share"
            ),
            "kept_share": Measure(
                round(found.passing.kept_share, 4), settings.maximum_kept_share, "share"
            ),
            "turnover_fen": Measure(amount, line, "fen"),
            "feeders": Measure(len(found.feeders), None, "parties"),
            "hands": Measure(len(found.hands), None, "parties"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明商户与持卡人之间的交易是否真实，也未证明留存款项即为手续费",
            "it is not established that the merchants' sales are real, nor that what was kept is "
            "a fee",
        ),
        text=_texts(settings, found),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], "shell") for number in found.feeders if number >= 0
        )
        + tuple((context.party_ids[number], "nominee") for number in found.hands if number >= 0),
    )


def _lookalikes(settings: UnlicensedPayment, found: Settled) -> tuple[Lookalike, ...]:
    related, two_way = found.related_share, found.two_way_share
    kept, late = found.passing.kept_share, 1 - found.passing.on_time_share
    return (
        Lookalike(
            "chain_head_office",
            related <= settings.doubtful_related_share,
            f"经常性付款中 {related:.0%} 付给与其有关联的主体",
            f"{related:.0%} of what it regularly pays goes to parties tied to it",
        ),
        Lookalike(
            "shop_with_suppliers",
            late <= settings.doubtful_late_share,
            f"所收款项留存 {kept:.2%}，{late:.0%} 未在期限内转付",
            f"it keeps {kept:.2%} of what it takes; {late:.0%} is not paid on in time",
        ),
        Lookalike(
            "refunds",
            two_way <= settings.doubtful_two_way_share,
            f"收款商户中 {two_way:.0%} 也向其付款",
            f"{two_way:.0%} of those paid also pay it",
        ),
    )


def _texts(settings: UnlicensedPayment, found: Settled) -> tuple[str, str]:
    taken, paid = yuan(_fen(found.taken)), yuan(_fen(found.to_merchants))
    days, on_time = found.days_allowed, found.passing.on_time_share
    zh = (
        f"无支付业务许可，收取结算款和消费者付款 {taken} 元，其中 {on_time:.0%} 在 {days} 个工作"
        f"日内转付，共向 {found.merchants} 家无关联商户付出 {paid} 元，"
        f"留存 {found.passing.kept_share:.2%}"
    )
    en = (
        f"Without a licence for payment it took {taken} yuan of settlements and consumers' "
        f"payments, passed {on_time:.0%} of them on within {days} working days, "
        f"{paid} yuan to {found.merchants} unrelated merchants, and kept "
        f"{found.passing.kept_share:.2%}"
    )
    if found.feeders:
        zh += f"；结算款另经 {len(found.feeders)} 个主体的账户汇入"
        en += f"; settlements came in through {len(found.feeders)} feeder(s)"
    if found.hands:
        zh += f"；款项另经 {len(found.hands)} 个主体的账户付给商户"
        en += f"; {len(found.hands)} other part(ies) paid merchants for it"
    return zh, en


def _unknown(context: Context, centre: int, found: Settled) -> CannotConclude:
    account = account_name(context, centre)
    taken = yuan(_fen(found.taken))
    return CannotConclude(
        NAME,
        None,
        None,
        (f"account (holder of {account})",),
        (
            f"账户 {account} 收取结算款和消费者付款 {taken} 元并转付 {found.merchants} 家商户，"
            "但其户主未报送",
            f"the account {account} took {taken} yuan of settlements and consumers' payments and "
            f"passed them on to {found.merchants} merchants, but nobody submitted who holds it",
        ),
    )


def _by_day(rows: pl.DataFrame) -> dict[date, int]:
    return dict(rows.group_by("business_date").agg(pl.col("amount_fen").sum()).iter_rows())


def _fen(rows: pl.DataFrame) -> int:
    return int(rows["amount_fen"].sum())
