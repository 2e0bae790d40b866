"""M2 product splitting: a private product in truth sold to more, smaller or unfit investors.

Pattern: looked through the products that hold it, and through nominees who pooled others' money,
a private product (or products of one issuer on the same terms, offered as one) has more holders
than the law allows; or many holders have less in it than the smallest lawful ticket; or many bear
less risk than the product has.

Innocent look-alikes: a fund of an independent licensed manager (it counts as one holder); the
manager's own staff, who may invest less; a family that buys together.

Blind spots: tickets pooled in cash or long before; holders that were not reported; series on other
terms and accounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

import polars as pl

from data.legal_rules import legal_rules
from data.settings import ProductSplitting
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.holdings import managers_without_products, unreported_products
from detectors.product_holders import read_holders
from detectors.product_sold import Sold, read_sold

NAME = "product_splitting"
CODE = "M2"
CLAUSE = "二(二)2"
SEVERITY = 4
LEAD_OFFICE = "JR"
TITLE = ("打包拆分、不适当销售", "product splitting")
CHINESE = Description(
    pattern=(
        "穿透持有该产品的其他产品，并穿透以他人资金拼单的名义持有人之后，一个私募产品（或同一发行人以"
        "相同条款、作为一体发售的几个产品）的持有人超过法定人数；或众多持有人的投入低于法定起点；或众"
        "多持有人的风险承受能力低于产品风险。"
    ),
    lookalikes=(
        "独立持牌管理人的基金（按一名持有人计）；管理人自己的员工（可低于起点跟投）；家庭成员共同购买。"
    ),
    blind_spots=("以现金或很早之前拼单；未报送的持有人；条款和账户都不同的系列产品。"),
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per manager whose private products went to more or other holders."""
    settings = context.settings.detectors.product_splitting
    rules, day = legal_rules(), context.business_date
    most = rules.whole("private_fund", "maximum_holders", day)
    ticket = rules.whole("private_fund", "minimum_ticket", day)
    yield from (_no_products(firm) for firm in managers_without_products(context))
    if most is not None and ticket is not None:
        held = read_holders(context, settings)
        known = set(context.party_ids.values())
        for (manager,), rows in held.holders.group_by("manager", maintain_order=True):
            sold = [
                each
                for _, mine in rows.group_by("series", maintain_order=True)
                if (each := read_sold(settings, mine, held, most, ticket)) is not None
            ]
            if sold and str(manager) in known:
                yield _finding(context, settings, str(manager), sold, most, ticket)
    missing = unreported_products(context)
    if missing:
        yield _unreported(missing)


def _finding(
    context: Context,
    settings: ProductSplitting,
    manager: str,
    sold: list[Sold],
    most: int,
    ticket: int,
) -> Finding:
    evidence = read_evidence(pl.concat([_shown(each) for each in sold]))
    amount = sum(each.amount_fen for each in sold)
    counted = max(each.counted for each in sold)
    small = set().union(*(each.small for each in sold))
    unfit = set().union(*(each.unfit for each in sold))
    nominees = sorted(set().union(*(each.nominees for each in sold)))
    lookalikes = _lookalikes(context, settings, manager, sold, most)
    signs = [any(each.too_many for each in sold), bool(small), bool(unfit), bool(nominees)]
    beyond = min(max(counted / most - 1, 0.0), 1.0)
    institution = context.institution_of(manager)
    known = set(context.party_ids.values())
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=manager,
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_sign * (sum(signs) - 1)
            + settings.confidence_beyond * beyond,
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "holders_looked_through": Measure(counted, most, "holders"),
            "holders_shown": Measure(max(each.most_direct for each in sold), most, "holders"),
            "products_sold": Measure(sum(each.products for each in sold), None, "products"),
            "small_tickets": Measure(len(small), settings.minimum_small, "holders"),
            "unfit_holders": Measure(len(unfit), settings.minimum_unfit, "holders"),
            "pooled_givers": Measure(
                sum(each.givers for each in sold), settings.minimum_small, "persons"
            ),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明管理人知道拼单或代持，也未证明投资者不符合其他合格条件",
            "it is not established that the manager knew of pooled tickets or nominees, nor that "
            "the investors fail the other conditions of qualification",
        ),
        text=_texts(sold, small, unfit, nominees, counted, most, ticket, amount),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (party, "nominee") for party in nominees if party in known and party != manager
        ),
    )


def _shown(sold: Sold) -> pl.DataFrame:
    """The products and the positions concerned, payments for them, and what nominees were given."""
    rows = sold.rows.filter(~pl.col("passed_through"))
    day = [datetime.combine(day, time()) for day in rows["as_of"]]
    products = [record_key("product", each) for each in rows["product_id"]]
    positions = pl.DataFrame(
        {"ref": [*rows["ref"], *products], "booked_at": [*day, *day]},
        schema={"ref": pl.String, "booked_at": pl.Datetime("us")},
    )
    moved = [each.select("ref", "booked_at") for each in (sold.paid, sold.pooled)]
    return pl.concat([positions, *moved])


def _lookalikes(
    context: Context, settings: ProductSplitting, manager: str, sold: list[Sold], most: int
) -> tuple[Lookalike, ...]:
    others = max(each.through_others for each in sold)
    without = max(each.counted - each.through_others for each in sold)
    depends = any(each.too_many for each in sold) and without <= most
    small = set().union(*(each.small for each in sold))
    near = small & _staff(context, manager)
    share = len(near) / max(len(small), 1)
    givers = sum(each.givers for each in sold)
    nominees = sum(len(each.nominees) for each in sold)
    return (
        Lookalike(
            "fund_of_funds",
            not depends,
            f"{others} 名持有人经其他管理人的产品持有；不计这些，持有人为 {without} 名",
            f"{others} holder(s) come through products of other managers; without them there are "
            f"{without}",
        ),
        Lookalike(
            "staff",
            share < settings.staff_share,
            f"低于起点的 {len(small)} 名持有人中有 {len(near)} 名是管理人的关联人员",
            f"{len(near)} of {len(small)} holders below the smallest ticket belong to the "
            "manager's circle",
        ),
        Lookalike(
            "family",
            givers >= settings.family_givers * nominees,
            f"{nominees} 名名义持有人背后有 {givers} 名出资人（家庭一般不足 "
            f"{settings.family_givers} 人）",
            f"{givers} givers stand behind {nominees} nominee(s); families are fewer than "
            f"{settings.family_givers} each",
        ),
    )


def _staff(context: Context, manager: str) -> set[str]:
    """The parties tied to a manager."""
    for institution in context.institutions:
        if institution.party_id == manager:
            return {context.party_ids[number] for number in context.closure(institution)}
    number = next(n for n, party in context.party_ids.items() if party == manager)
    tied = [*context.relations.into(number), *context.relations.out_of(number)]
    return {context.party_ids[other] for other, _, _ in tied}


def _texts(
    sold: list[Sold],
    small: set[str],
    unfit: set[str],
    nominees: list[str],
    counted: int,
    most: int,
    ticket: int,
    amount: int,
) -> tuple[str, str]:
    products = sum(each.products for each in sold)
    zh = [f"{products} 个私募产品涉及 {yuan(amount)} 元"]
    en = [f"{products} private product(s), {yuan(amount)} yuan"]
    if any(each.too_many for each in sold):
        shown = max(each.most_direct for each in sold)
        zh.append(f"穿透后持有人 {counted} 名（上限 {most} 名），单个产品账面最多 {shown} 名")
        en.append(
            f"looked through there are {counted} holders (at most {most} are allowed), while a "
            f"single product shows {shown} at most"
        )
    if small:
        zh.append(f"{len(small)} 名持有人投入低于 {yuan(ticket)} 元")
        en.append(f"{len(small)} holder(s) have less than {yuan(ticket)} yuan in it")
    if unfit:
        zh.append(f"{len(unfit)} 名持有人的风险承受能力低于产品风险")
        en.append(f"{len(unfit)} holder(s) bear less risk than the product has")
    if nominees:
        givers = sum(each.givers for each in sold)
        zh.append(f"{len(nominees)} 名名义持有人以 {givers} 人的资金拼单")
        en.append(f"{len(nominees)} nominee(s) bought with money pooled by {givers} persons")
    return "；".join(zh), "; ".join(en)


def _unreported(products: list[str]) -> CannotConclude:
    return CannotConclude(
        NAME,
        None,
        None,
        tuple(f"holding of {name}" for name in products),
        (f"{len(products)} 个私募产品没有报送持有人，无法判断持有人数和起点",
         f"no holders of {len(products)} private product(s) were submitted; how many they are and "
         "what they hold cannot be judged"),
    )  # fmt: skip


def _no_products(manager: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        manager.party_id,
        manager.institution_id,
        ("product", "holding"),
        ("没有报送任何产品，无法判断是否打包拆分",
         "no product was submitted; product splitting cannot be judged"),
    )  # fmt: skip
