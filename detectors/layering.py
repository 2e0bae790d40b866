"""L1 layering: money goes through parties that do nothing else but pass it on.

Pattern: parties take large sums and pay nearly all of them on within hours, again and again, and
have hardly any other business; several follow each other in a chain, lie side by side between one
payer and one payee, are paid by one payer, or bring the money back to where it began. Or one sum is
handed on between strangers within days, a little less each time, more often than trade does, or
back to where it began, whatever else those parties do. Or the money of one party goes to another in
parts, through several strangers. Or several strangers each pay the same many others within days. Or
one person takes large sums from many strangers within days or pays them, or a party does both in
turn. Or a natural person pays nearly all that many strangers paid on to others within days. Or
persons and firms that have next to no other such sums pay one party within days, or are paid by it,
and that is nearly all it moves. Or one party moves money in bursts of sums just below the line from
which banks report, and hardly any above it.

Innocent look-alikes: payroll and rents (whoever is paid keeps the money); treasury sweeps and
families (the parties are tied to each other); marketplaces and agents (they deal with many);
trade on short terms (the same parties have dealt with each other before).

Blind spots: cash between the layers; pauses of days between taking and paying; layers that have a
real business of the same size; sums below the least that is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import Layering
from detectors import (
    fund_pool,
    illegal_fundraising,
    layer_case,
    self_financing,
    sham_merchant,
)
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure
from detectors.layer_bundles import bundle_finding, read_bundles
from detectors.layer_bursts import burst_finding, read_bursts
from detectors.layer_crowds import crowd_finding, read_crowds
from detectors.layer_go_betweens import go_between_finding, read_go_betweens
from detectors.layer_networks import Network, read_networks
from detectors.layer_stars import read_stars, star_finding
from detectors.layer_sums import read_large_sums
from detectors.layer_ways import read_ways, way_finding
from detectors.payment_sides import account_name
from detectors.structuring import read_structuring, structuring_finding

NAME = layer_case.NAME
CODE = layer_case.CODE
CLAUSE = layer_case.CLAUSE
SEVERITY = layer_case.SEVERITY
LEAD_OFFICE = layer_case.LEAD_OFFICE
TITLE = ("分层转移资金", "layering")
CHINESE = Description(
    pattern="多个主体收到大额款项后，数小时内几乎全部付出，且几乎没有其他业务；它们前后相接成链，"
    "或并列于同一付款人与收款人之间，或由同一付款人付款，或使资金回到起点。或者一笔款项数日内在无关联主体之间逐笔转手、逐手略减，手数多于正常贸易，或回到起点。或者一方资金分成多笔，经多个无关联主体转给同一收款方。或者多个无关联主体数日内各自向同样的众多主体付款。或者一人数日内收取或付给众多无关联主体大额款项，或某一主体先收后付。或者自然人将众多无关联主体的付款在数日内几乎全部付给其他主体。或者几乎没有其他大额收付的众多自然人和单位"
    "数日内向同一主体付款或由其收款，且几乎占其全部。或者某一主体在数日内密集收付略低于"
    "大额报告标准的款项，而几乎没有高于标准的款项。",
    lookalikes="工资、租金（收款人留存资金）；集团资金归集、亲属往来（各主体相互关联）；"
    "电商平台、代理机构（对手众多）；短账期贸易（此前即有往来）。",
    blind_spots="各层之间的现金；收付间隔数日的；自身业务规模相当的中间主体；低于起点金额的款项。",
)

# Typologies whose money moves in the same shapes; they say more of it.
PLAINER = (fund_pool, self_financing, illegal_fundraising, sham_merchant)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per network of layers, and per party that keeps below the report line."""
    settings = context.settings.detectors.layering
    elsewhere = _shown_elsewhere(context)
    shown: set[str] = set()
    for network in read_networks(context, settings):
        if fires(settings, network) and not _is_said(settings, elsewhere, network.hops):
            shown.update(network.hops["ref"])
            subject = subject_of(settings, network)
            if subject is None:
                yield _unknown(context, network)
            else:
                yield _finding(context, settings, network, subject)
    sums = read_large_sums(context, settings)
    for way in read_ways(settings, sums):
        # A part of a network is not said twice.
        said = _is_said(settings, elsewhere, way.rows) or shown.issuperset(way.rows["ref"])
        if way.subject >= 0 and not said:
            yield way_finding(context, settings, way)
    for bundle in read_bundles(context, settings):
        said = _is_said(settings, elsewhere, bundle.rows) or shown.issuperset(bundle.rows["ref"])
        if max(bundle.source, bundle.sink) >= 0 and not said:
            yield bundle_finding(context, settings, bundle)
    for crowd in read_crowds(context, settings):
        if crowd.subject >= 0 and not _is_said(settings, elsewhere, crowd.rows):
            yield crowd_finding(context, settings, crowd)
    stars = read_stars(settings, sums)
    for star in stars:
        if not _is_said(settings, elsewhere, star.rows):
            yield star_finding(context, settings, star)
    hubs = {star.hub for star in stars}
    for burst in read_bursts(settings, sums):
        if burst.hub not in hubs and not _is_said(settings, elsewhere | shown, burst.rows):
            yield burst_finding(context, settings, burst)
    for between in read_go_betweens(context, settings):
        if not _is_said(settings, elsewhere | shown, between.rows):
            yield go_between_finding(context, settings, between)
    for case in read_structuring(context, settings):
        yield structuring_finding(context, settings, case)


def _shown_elsewhere(context: Context) -> set[str]:
    """What findings show that say whose money it is and why it moves so."""
    said = (each for detector in PLAINER for each in context.said(detector))
    return {ref for each in said if isinstance(each, Finding) for ref in each.transfers}


def _is_said(settings: Layering, shown: set[str], rows: pl.DataFrame) -> bool:
    """Whether most transfers of a shape are shown already; they are not said twice."""
    known = sum(ref in shown for ref in rows["ref"])
    return known >= settings.said_share * rows.height


def fires(settings: Layering, network: Network) -> bool:
    """Hold one network against the thresholds and its look-alikes.

    As few layers as may be that pay each other again and again are a chain of supply.
    """
    few = network.hops.height <= settings.most_hops_each * len(network.layers)
    deep = network.depth >= settings.minimum_layers + (not few)
    wide = (
        network.parallel >= settings.minimum_parallel or network.spread >= settings.minimum_spread
    )
    closed = network.cycles > 0 and len(network.layers) >= settings.minimum_cycle_layers
    return (
        (deep or wide or closed)
        and network.entered_fen >= settings.minimum_fen
        and network.related_share <= settings.maximum_related_share
        and network.traded_share <= settings.maximum_traded_share
    )


def subject_of(settings: Layering, network: Network) -> int | None:
    """Whose money it seems to be: the main source, else the main sink, else the first layer.

    An end is the main one with `main_end_share` of the money; only known parties count, and none
    that holds others' money.
    """
    holds = {
        *network.hops.filter("payer_holds")["payer"],
        *network.hops.filter("payee_holds")["payee"],
    }
    for ends, whole in (
        (network.sources, network.entered_fen),
        (network.sinks, network.left_fen),
    ):
        known = {party: fen for party, fen in ends.items() if party >= 0 and party not in holds}
        main = max(known, key=lambda party: (known[party], -party), default=None)
        if main is not None and known[main] >= settings.main_end_share * whole:
            return main
    first = network.hops.filter(pl.col("payee").is_in(list(network.layers)), pl.col("payee") >= 0)
    return int(first["payee"][0]) if first.height else None


def _finding(context: Context, settings: Layering, network: Network, subject: int) -> Finding:
    named = [(number, context.front(number)) for number in network.layers if number != subject]
    holds = set(network.hops.filter("payee_holds")["payee"])
    named += [
        (number, "beneficiary")
        for number, fen in network.sinks.items()
        if number != subject
        and number not in holds
        and fen >= settings.beneficiary_share * network.left_fen
    ]
    shapes = (
        (network.depth >= settings.minimum_layers)
        + (
            network.parallel >= settings.minimum_parallel
            or network.spread >= settings.minimum_spread
        )
        + (network.cycles > 0)
    )
    layers = min(len(network.layers) / settings.sure_layers, 1.0)
    return layer_case.layering_finding(
        context,
        subject,
        network.hops,
        certainty=settings.confidence_least
        + settings.confidence_layers * layers
        + settings.confidence_shapes * min(shapes - 1, 1),
        amount_fen=network.entered_fen,
        measures={
            "layers": Measure(len(network.layers), None, "parties"),
            "depth": Measure(network.depth, settings.minimum_layers, "parties"),
            "parallel": Measure(network.parallel, settings.minimum_parallel, "parties"),
            "spread": Measure(network.spread, settings.minimum_spread, "parties"),
            "cycles": Measure(network.cycles, None, "chains"),
            "out_of_network_ratio": Measure(
                round(network.left_fen / max(network.entered_fen, 1), 4), None, "ratio"
            ),
            "related_layer_share": Measure(
                round(network.related_share, 4), settings.maximum_related_share, "share"
            ),
            "traded_share": Measure(
                round(network.traded_share, 4), settings.maximum_traded_share, "share"
            ),
        },
        lookalikes=_lookalikes(settings, network),
        not_established=(
            "未证明资金来自违法犯罪，也未证明各主体知情",
            "it is not established that the money is of criminal origin, nor that those it passed "
            "knew",
        ),
        text=_texts(settings, network),
        roles=named,
    )


def _lookalikes(settings: Layering, network: Network) -> tuple[Lookalike, ...]:
    related, traded = network.related_share, network.traded_share
    return (
        Lookalike(
            "treasury_and_family",
            related <= settings.doubtful_share,
            f"{len(network.layers)} 个中间主体中 {related:.0%} 与其他各方有关联",
            f"{related:.0%} of the {len(network.layers)} layers are tied to another of the parties",
        ),
        Lookalike(
            "lasting_trade",
            traded <= settings.doubtful_share,
            f"{traded:.0%} 的资金发生在 {settings.trade_days} 日前即有往来的双方之间",
            f"{traded:.0%} of the money moved between parties that had dealt with each other "
            f"{settings.trade_days} days before",
        ),
    )


def _texts(settings: Layering, network: Network) -> tuple[str, str]:
    moved, hours = yuan(network.entered_fen), settings.held_hours
    zh, en = [], []
    if network.depth >= settings.minimum_layers:
        zh.append(f"最多 {network.depth} 个前后相接")
        en.append(f"up to {network.depth} follow each other")
    if network.parallel >= settings.minimum_parallel:
        zh.append(f"{network.parallel} 个并列于同一付款人与收款人之间")
        en.append(f"{network.parallel} lie side by side between one payer and one payee")
    elif network.spread >= settings.minimum_spread:
        zh.append(f"{network.spread} 个由同一付款人付款")
        en.append(f"{network.spread} are paid by one payer")
    if network.cycles:
        zh.append("资金回到起点")
        en.append("money returns to where it began")
    cut = ("（搜索达到上限）", " (the search was cut at its limit)") if network.cut else ("", "")
    return (
        f"{moved} 元经过 {len(network.layers)} 个几乎只作转手的主体，各自平均停留不超过 {hours} "
        f"小时：{'，'.join(zh)}{cut[0]}",
        f"{moved} yuan went through {len(network.layers)} parties that do hardly anything but pass "
        f"it on, each within {hours} hours on average: {', '.join(en)}{cut[1]}",
    )


def _unknown(context: Context, network: Network) -> CannotConclude:
    names = sorted(account_name(context, number) for number in network.layers if number < -1)
    moved = yuan(network.entered_fen)
    return CannotConclude(
        NAME,
        None,
        None,
        tuple(f"account (holder of {name})" for name in names),
        (
            f"{moved} 元经过 {len(names)} 个只作转手的账户，但户主未报送",
            f"{moved} yuan went through {len(names)} accounts that only pass it on, but nobody "
            "submitted who holds them",
        ),
    )
