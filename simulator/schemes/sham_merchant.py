"""R5 sham merchants: cards are swiped at a shop that sells nothing, and the money goes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.amounts import heavy, rounded, split
from simulator.banks import open_accounts
from simulator.companies import found_companies, hands, persons
from simulator.lookalikes import sham_merchant as lookalikes
from simulator.people import devices, send_later
from simulator.rows import Array, Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR
from simulator.world import CHANNEL, World

VARIANTS = ("card_back", "rotating_shops", "third_party", "bill_first")
CARD_TEXTS = ("消费", "刷卡消费", "信用卡消费", "货款", "")
BACK_TEXTS = ("转账", "往来款", "退款", "借款", "货款", "")


@dataclass(frozen=True)
class Swipes:
    """Card payments: the holder's place, the card, what was paid and when."""

    holder: Ints
    card: Ints
    amount: Ints
    at: Ints


def add_sham_merchant(stage: Stage, variant: str) -> None:
    """Swipe cards at one shop or several in turn, and pay the holders back less a cut."""
    world, rng = stage.world, stage.world.rng
    size = int(rng.integers(3, 10)) if variant == "rotating_shops" else int(rng.integers(1, 3))
    shops = found_companies(world, stage.banks, size, role="merchant", young=0.6, busy=0.3)
    owners = world.owner(shops)
    number, scheme = world.begin_scheme("sham_merchant", variant, int(owners[0]))
    holders = persons(world, int(world.lots(12, 110)))
    swipes = draw_swipes(stage, holders)
    shop = choose_shops(world, shops, swipes)
    swiped = [int(swipes.amount[shop == each].sum()) for each in shops]
    main = int(np.argmax(swiped))
    scheme.parties = [(int(owners[main]), "organiser")]
    scheme.parties += [(int(owner), "shell") for owner in np.delete(owners, main)]
    scheme.accounts = np.unique(shop).tolist()
    world.pay(
        swipes.card,
        shop,
        swipes.amount,
        swipes.at,
        rng.choice(world.draw_purposes(CARD_TEXTS), len(shop)),
        channel=CHANNEL["pos"],
        device=np.where(rng.random(len(shop)) < 0.5, devices(world, swipes.card), 0),
        scheme=number,
    )
    cut = float(rng.uniform(0.004, 0.03))
    back = (swipes.amount * (1 - cut)).astype(np.int64)
    if variant in ("card_back", "rotating_shops"):
        pay_back(world, shop, holders[swipes.holder], back, swipes.at, number)
        return
    cards = hands(world, int(rng.integers(1, 6)))
    scheme.parties += [(int(owner), "nominee") for owner in world.owner(cards)]
    scheme.accounts += cards.tolist()
    hand = rng.choice(cards, size=len(shop))
    empty_shops(world, shop, hand, swipes, number)
    if variant == "third_party":
        pay_back(world, hand, holders[swipes.holder], back, swipes.at, number)
        return
    before = swipes.at - (world.rng.uniform(0.2, 20, len(shop)) * HOUR).astype(np.int64)
    texts = world.draw_purposes(("信用卡还款", "还款", "转账", ""))
    world.pay(hand, swipes.card, back, before, rng.choice(texts, len(shop)), scheme=number)


def draw_swipes(stage: Stage, holders: Ints) -> Swipes:
    """When and how much the holders swipe; some with the account they live on, most with a card."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    cards = open_accounts(world, stage.banks, world.owner(holders), young=0.3)
    cards = np.where(rng.random(len(holders)) < rng.uniform(0.05, 0.4), holders, cards)
    count = int(len(holders) * world.lots(1.2, 6))
    holder = rng.integers(0, len(holders), count)
    day = rng.integers(0, period.days, count)
    night = rng.random(count) < rng.uniform(0.0, 0.9)
    at = np.where(
        night,
        period.at(rng, day, str(rng.choice(["evening", "batch"]))),
        period.at(rng, day, "retail"),
    )
    amount = heavy(rng, count, world.lots(2_500, 40_000), float(rng.uniform(0.2, 0.8)))
    amount = rounded(rng, amount, float(rng.uniform(0.2, 1.0)))
    return Swipes(holder, cards[holder], amount, at)


def choose_shops(world: World, shops: Ints, swipes: Swipes) -> Ints:
    """Which shop each swipe is at: any of them, or another every few days."""
    rng = world.rng
    if rng.random() < 0.5:
        return rng.choice(shops, size=len(swipes.at))
    turn = swipes.at // (int(rng.integers(1, 8)) * DAY)
    return np.asarray(shops[turn % len(shops)])


def pay_back(world: World, payer: Array, payee: Ints, amount: Ints, at: Ints, number: int) -> None:
    """Pay the holders within about a day, at once or in up to three parts."""
    rng = world.rng
    parts = rng.integers(1, int(rng.integers(2, 5)), len(amount))
    owner, part = split(rng, amount, parts)
    later = send_later(world, at[owner], 0.05, float(rng.uniform(2, 26)))
    texts = world.draw_purposes(BACK_TEXTS)
    world.pay(payer[owner], payee[owner], part, later, rng.choice(texts, len(part)), scheme=number)


def empty_shops(world: World, shop: Ints, hand: Ints, swipes: Swipes, number: int) -> None:
    """The shops pass what they took to the persons who pay the holders, soon after."""
    rng = world.rng
    kept = (swipes.amount * rng.uniform(0.97, 1.0)).astype(np.int64)
    later = send_later(world, swipes.at, 0.02, float(rng.uniform(1, 24)))
    texts = world.draw_purposes(("往来款", "货款", "备用金", ""))
    world.pay(shop, hand, kept, later, rng.choice(texts, len(shop)), scheme=number)


TYPOLOGY = Typology("sham_merchant", VARIANTS, add_sham_merchant, lookalikes.KINDS)
