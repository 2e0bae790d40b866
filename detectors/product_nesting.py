"""M3 product nesting: products hold products that hold products, or each other in a round.

Pattern: below a product lie more layers of products than the rule allows; a partnership that issues
one product and puts what it raised into another is a layer too; or holdings lead back to where they
began.

Innocent look-alikes: a public fund as what is held (no layer); a firm's own money in another
product (small beside what it raised); one layer of a fund of funds.

Blind spots: products that nobody registered; holdings that were not reported; claims and trusts
that are no products.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, time
from itertools import pairwise

import numpy as np
import polars as pl

from data.legal_rules import legal_rules
from data.settings import ProductNesting
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.holdings import (
    managers_without_products,
    read_edges,
    read_products,
    unreported_products,
)
from graph.nesting import ENDLESS, nesting

NAME = "product_nesting"
CODE = "M3"
CLAUSE = "二(二)3"
SEVERITY = 3
LEAD_OFFICE = "JR"
TITLE = ("产品嵌套", "product nesting")
CHINESE = Description(
    pattern=(
        "产品之下的产品层数超过规定；合伙企业发行一个产品、又把募集款投入另一个产品，也算一层；或者持"
        "有关系绕回起点。"
    ),
    lookalikes=(
        "所持为公募基金（不计层数）；公司以自有资金持有其他产品（与募集额相比很小）；只有一层的母基金。"
    ),
    blind_spots="未登记的产品；未报送的持有；不属于产品的债权和信托。",
)

# Money that went from one product's accounts, or its issuer's, into another product's.
MOVED = """
with edge as (
  select distinct holder, held from nested_edge
), paying as (
  select e.holder, e.held, a.account_id as account
  from edge e
  join product x on x.product_id = e.holder
  join account_dim a on a.bank_no = x.raise_bank_no and a.account_no = x.raise_account_no
  union
  select e.holder, e.held, a.account_id
  from edge e
  join product x on x.product_id = e.holder
  join account_dim a on a.party_id = x.issuer_party_id
), taking as (
  select e.holder, e.held, a.account_id as account
  from edge e
  join product y on y.product_id = e.held
  join account_dim a on a.bank_no = y.raise_bank_no and a.account_no = y.raise_account_no
)
select distinct p.holder, p.held, t.ref, t.booked_at
from taking k
join paying p on p.holder = k.holder and p.held = k.held
join transfer t on t.payee_account = k.account and t.payer_account = p.account
where t.status = 'settled' and t.business_date between $first and $last
order by p.holder, p.held, t.booked_at, t.ref
"""


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per manager whose products are nested too deep or in a round."""
    settings = context.settings.detectors.product_nesting
    yield from (_no_products(firm) for firm in managers_without_products(context))
    products = read_products(context)
    if products.is_empty():
        return
    edges = read_edges(context)
    offering = dict(products.select("product_id", "offering").iter_rows())
    layers = edges.filter(
        pl.col("held").replace_strict(offering, return_dtype=pl.String) != "public"
    )
    names = products["product_id"].to_list()
    number = {name: i for i, name in enumerate(names)}
    found = nesting(
        np.array([number[name] for name in layers["holder"]], dtype=np.int64),
        np.array([number[name] for name in layers["held"]], dtype=np.int64),
        len(names),
    )
    rules, day = legal_rules(), context.business_date
    law = rules.whole("product_nesting", "maximum_layers", day)
    most = settings.maximum_layers if law is None else law
    managers = dict(products.select("product_id", "manager").iter_rows())
    groups: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    tops = set(layers["holder"]) - set(layers["held"])
    for top in sorted(tops):
        if found.depth[number[top]] > most or found.depth[number[top]] == ENDLESS:
            groups[managers[top]].append(tuple(names[i] for i in found.chain(number[top])))
    rings = [tuple(names[i] for i in (*cycle, cycle[0])) for cycle in found.cycles]
    for ring in rings:
        groups[managers[ring[0]]].append(ring)
    known = set(context.party_ids.values())
    for manager in sorted(groups):
        if manager in known:
            yield _finding(context, settings, manager, groups[manager], rings, layers, most, law)
    missing = unreported_products(context)
    if missing:
        yield _unreported(missing)


def _finding(
    context: Context,
    settings: ProductNesting,
    manager: str,
    chains: list[tuple[str, ...]],
    all_rings: list[tuple[str, ...]],
    layers: pl.DataFrame,
    most: int,
    law: int | None,
) -> Finding:
    steps = sorted({step for chain in chains for step in pairwise(chain)})
    on_way = pl.DataFrame(steps, schema={"holder": pl.String, "held": pl.String}, orient="row")
    used = layers.join(on_way, on=["holder", "held"])
    rings = [chain for chain in chains if _is_ring(chain)]
    going_round = {product for ring in all_rings for product in ring}
    into = [each for each in chains if not _is_ring(each) and each[-1] in going_round]
    deep = [chain for chain in chains if chain not in rings and chain not in into]
    deepest = max((len(chain) - 1 for chain in deep), default=0)
    between = used.filter("between")
    amount = _entered_fen(used, chains)
    evidence = read_evidence(_shown(context, used))
    own = _own_money(context, used)
    lookalikes = (
        Lookalike(
            "public_fund",
            True,
            f"所持公募基金不计层数；计入的 {used.height} 笔持有均非公募",
            f"public funds are no layer; none of the {used.height} holding(s) counted is one",
        ),
        Lookalike(
            "own_money",
            own == 0,
            f"{between.height} 层由合伙企业或公司持有，其中 {own} 层为持牌机构，可能是自有资金",
            f"{between.height} layer(s) are a firm between; {own} of them a licensed institution, "
            "which may hold with its own money",
        ),
    )
    beyond = 1.0 if rings or into else min((deepest - most) / settings.sure_layers_beyond, 1.0)
    confidence = settings.confidence_least + settings.confidence_beyond * beyond
    confidence += settings.confidence_law * (law is not None)
    roles = _roles(context, manager, used)
    institution = context.institution_of(manager)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=manager,
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(confidence, lookalikes, context.settings.detectors.open_lookalike),
        amount_fen=amount,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "layers": Measure(deepest, most, "layers"),
            "nested_chains": Measure(len(deep) + len(into), None, "chains"),
            "rings": Measure(max(len(rings), bool(into)), 0, "rings"),
            "firms_between": Measure(between.height, None, "parties"),
            "nested_fen": Measure(amount, None, "fen"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明嵌套的目的是规避投资者人数、投资范围或杠杆的限制",
            "it is not established that the nesting serves to evade limits on investors, "
            "investments or leverage",
        ),
        text=_texts(deep, rings, into, most, amount),
        lead_office=LEAD_OFFICE,
        accomplices=roles,
    )


def _entered_fen(used: pl.DataFrame, chains: list[tuple[str, ...]]) -> int:
    """What entered the chains by their first holdings, and the largest holding of each ring into
    which no chain leads."""
    sums = used.group_by("holder", "held").agg(pl.col("cost_fen").sum())
    cost = {(holder, held): fen for holder, held, fen in sums.iter_rows()}
    entering: dict[tuple[str, str], int] = {}
    ends = {chain[-1] for chain in chains if not _is_ring(chain)}
    for chain in chains:
        if _is_ring(chain) and ends & set(chain):
            continue
        steps = list(pairwise(chain))
        first = max(steps, key=lambda step: (cost[step], step)) if _is_ring(chain) else steps[0]
        entering[first] = cost[first]
    return sum(entering.values())


def _is_ring(chain: tuple[str, ...]) -> bool:
    return chain[0] == chain[-1]


def _shown(context: Context, used: pl.DataFrame) -> pl.DataFrame:
    """The products and the holdings on the way, by their keys, and the transfers that paid."""
    days = context.settings.load.window_days
    context.db.register("nested_edge", used.select("holder", "held").unique().to_arrow())
    moved = context.db.frame(
        "money of nesting",
        MOVED,
        {"first": context.first_date(days), "last": context.business_date},
    )
    context.db.unregister("nested_edge")
    positions = used.select(
        "ref",
        pl.Series(
            "booked_at",
            [datetime.combine(day, time()) for day in used["as_of"]],
            dtype=pl.Datetime("us"),
        ),
    )
    products = pl.concat(
        [used.select(pl.col(side).alias("product"), "as_of") for side in ("holder", "held")]
    )
    registered = pl.DataFrame(
        {
            "ref": [record_key("product", each) for each in products["product"]],
            "booked_at": [datetime.combine(day, time()) for day in products["as_of"]],
        },
        schema={"ref": pl.String, "booked_at": pl.Datetime("us")},
    )
    paid = moved.select("ref", pl.col("booked_at").cast(pl.Datetime("us")))
    return pl.concat([positions, registered, paid])


def _own_money(context: Context, used: pl.DataFrame) -> int:
    """The layers between whose holder is a licensed institution."""
    licensed = {i.party_id for i in context.institutions if i.licensed}
    holders = [ref.split(":")[1] for ref in used.filter("between")["ref"]]
    return sum(holder in licensed for holder in holders)


def _roles(context: Context, manager: str, used: pl.DataFrame) -> tuple[tuple[str, str], ...]:
    """Firms that are a layer, and managers of the products held, are shells."""
    products = read_products(context)
    managers = dict(products.select("product_id", "manager").iter_rows())
    roles = dict.fromkeys((managers[held] for held in used["held"]), "shell")
    roles.update((ref.split(":")[1], "shell") for ref in used.filter("between")["ref"])
    known = set(context.party_ids.values())
    return tuple(
        (party, roles[party]) for party in sorted(roles) if party != manager and party in known
    )


def _texts(
    deep: list[tuple[str, ...]],
    rings: list[tuple[str, ...]],
    into: list[tuple[str, ...]],
    most: int,
    amount: int,
) -> tuple[str, str]:
    zh, en = [], []
    if deep:
        longest = max(deep, key=len)
        layers = len(longest) - 1
        way = " → ".join(longest)
        zh.append(f"{len(deep)} 条持有链超过 {most} 层，最深 {layers} 层（{way}）")
        en.append(
            f"{len(deep)} chain(s) of holdings have more than {most} layer(s), the deepest "
            f"{layers} ({way})"
        )
    if rings:
        way = " → ".join(rings[0])
        zh.append(f"{len(rings)} 处循环持有（{way}）")
        en.append(f"{len(rings)} ring(s) of holdings ({way})")
    if into:
        farthest = max(into, key=len)
        way = " → ".join(farthest)
        zh.append(f"{len(into)} 条持有链通向循环持有（{way}）")
        en.append(f"{len(into)} chain(s) of holdings lead into a ring ({way})")
    zh.append(f"嵌套金额 {yuan(amount)} 元")
    en.append(f"{yuan(amount)} yuan are nested")
    joined = "; ".join(en)
    return "；".join(zh), joined[:1].upper() + joined[1:]


def _unreported(products: list[str]) -> CannotConclude:
    return CannotConclude(
        NAME,
        None,
        None,
        tuple(f"holding of {name}" for name in products),
        (f"{len(products)} 个私募产品没有报送持有人，无法判断其嵌套层数",
         f"no holders of {len(products)} private product(s) were submitted; how deep they are "
         "nested cannot be judged"),
    )  # fmt: skip


def _no_products(manager: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        manager.party_id,
        manager.institution_id,
        ("product", "holding"),
        ("没有报送任何产品，无法判断产品嵌套",
         "no product was submitted; product nesting cannot be judged"),
    )  # fmt: skip
