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

from data.legal_rules import legal_rules
from data.settings import UnlicensedPayment
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import fen, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.payment_sides import account_name
from detectors.settlement_flow import read_centres
from detectors.settlement_measures import Settled, least_acquired_share, settles

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


def _finding(context: Context, settings: UnlicensedPayment, party: str, found: Settled) -> Finding:
    evidence = read_evidence(found.shown)
    amount = found.taken_fen
    line = legal_rules().whole("unlicensed_payment", "turnover", context.business_date)
    lookalikes = _lookalikes(settings, found)
    size = min(found.merchants / settings.sure_merchants, 1.0)
    fee = settings.least_fee_share <= found.passing.kept_share <= settings.usual_fee_share
    institution = context.institution_of(party)
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
                round(found.acquired_share, 4),
                least_acquired_share(settings, beside=found.beside),
                "share",
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
    taken, paid = yuan(found.taken_fen), yuan(fen(found.to_merchants))
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
    if found.beside:
        zh += "；另有自营业务，其收款不计在内"
        en += "; what it takes in a business of its own is left out"
    if found.feeders:
        zh += f"；结算款另经 {len(found.feeders)} 个主体的账户汇入"
        en += f"; settlements came in through {len(found.feeders)} feeder(s)"
    if found.hands:
        zh += f"；款项另经 {len(found.hands)} 个主体的账户付给商户"
        en += f"; {len(found.hands)} other part(ies) paid merchants for it"
    return zh, en


def _unknown(context: Context, centre: int, found: Settled) -> CannotConclude:
    account = account_name(context, centre)
    taken = yuan(found.taken_fen)
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
