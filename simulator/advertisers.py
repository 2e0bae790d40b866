"""Media and promoters, and those who pay them to be talked about."""

from __future__ import annotations

import numpy as np

from simulator.banks import Banks
from simulator.companies import found_companies
from simulator.names import TRADES
from simulator.rows import Array, Ints
from simulator.world import World

AD_TEXTS = ("广告费", "推广费", "服务费", "咨询费", "技术服务费", "合作款", "")
HEAD_TEXTS = ("推广费", "佣金", "奖励金", "劳务费", "返利", "转账", "")
# Places in the register's industries: advertising, online information, broadcasting.
MEDIA_INDUSTRIES = (40, 41, 34)
MEDIA_SCOPES = (
    "设计、制作、代理、发布国内各类广告",
    "互联网信息服务；广告发布",
    "广播电视节目制作；广告代理",
)


def found_media(world: World, banks: Banks, count: int) -> list[int]:
    """Found firms that advertise for others; returns their accounts."""
    rng = world.rng
    trade = int(rng.choice([TRADES.index("广告"), TRADES.index("文化")]))
    accounts = found_companies(world, banks, count, trade=trade)
    for party in world.owner(accounts).tolist():
        way = int(rng.integers(len(MEDIA_INDUSTRIES)))
        world.parties.change("industry", party, MEDIA_INDUSTRIES[way])
        world.business_scopes[party] = MEDIA_SCOPES[way]
    return [int(account) for account in accounts]


def advertise(
    world: World, payer: int, media: Array, total: int, texts: Ints, *, scheme: int = -1
) -> None:
    """Pay media a total over the period, each of them once or several times."""
    rng, period = world.rng, world.period
    count = int(len(media) * rng.uniform(1.0, 5.0))
    payee = np.concatenate([media, rng.choice(media, size=count - len(media))])
    weight = rng.dirichlet(np.full(count, 1.5))
    at = period.at(rng, rng.choice(period.days, count, p=period.business_weight), "business")
    amount = (weight * total).astype(np.int64) // 10_000 * 10_000
    world.pay(payer, payee, amount, at, rng.choice(texts, count), scheme=scheme)


def pay_promoters(world: World, payer: int, people: Ints, *, scheme: int = -1) -> None:
    """Pay promoters a fixed sum for each person they bring, every few days."""
    rng, period = world.rng, world.period
    head = int(world.lots(20, 800)) * 100
    every = int(rng.integers(1, 8))
    texts = world.draw_purposes(HEAD_TEXTS)
    for day in range(int(rng.integers(0, 3)), period.days, every):
        brought = rng.poisson(rng.uniform(0.3, 4.0), len(people))
        at = period.at(rng, np.full(len(people), day), "retail")
        world.pay(payer, people, brought * head, at, rng.choice(texts, len(people)), scheme=scheme)
