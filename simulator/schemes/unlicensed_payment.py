"""R4 unlicensed payment: a firm without a licence takes card money and settles merchants itself."""

from __future__ import annotations

import numpy as np

from simulator.acquirers import Takings, as_one, sell_by_card, settle
from simulator.companies import found_companies, found_institution, open_account, persons
from simulator.rows import Ints
from simulator.stage import Stage
from simulator.world import Scheme, World

VARIANTS = ("acquirer_settlement", "sham_shops", "direct_collection", "personal_cards", "float")
TEXTS = ("结算款", "货款结算", "代付", "货款", "往来款", "服务费", "")


def add_unlicensed_payment(stage: Stage, variant: str) -> None:
    """Collect what consumers paid at many merchants of others, and pay it to them less a cut."""
    world, rng = stage.world, stage.world.rng
    party, account = found_collector(stage)
    number, scheme = world.begin_scheme("unlicensed_payment", variant, party)
    scheme.parties = [(party, "organiser")]
    scheme.accounts = [account]
    merchants = draw_merchants(stage)
    texts = draw_texts(world, TEXTS)
    takings = take_card_money(stage, variant, account, merchants, number, scheme)
    payer: int | Ints = account
    if variant == "personal_cards":
        cards = persons(world, int(rng.integers(2, 8)))
        scheme.parties += [(int(owner), "nominee") for owner in world.owner(cards)]
        scheme.accounts += cards.tolist()
        card = rng.integers(0, len(cards), len(takings.shop))
        inner = Takings(card, takings.day, takings.amount, takings.last_at)
        settle(world, account, cards, inner, 0.0, lag=(0, 1), texts=texts, channel=-1,
               scheme=number)  # fmt: skip
        payer = cards[card]
    cut = float(world.lots(0.0004, 0.015))
    latest = int(rng.integers(1, 4))
    lag = (int(rng.integers(0, 2)), latest + 1) if variant != "float" else (1, latest + 4)
    settle(world, payer, merchants, takings, cut, lag=lag, texts=texts, channel=-1, scheme=number)


def found_collector(stage: Stage) -> tuple[int, int]:
    """The collecting firm: known to no register, or as an institution of another business."""
    world, rng = stage.world, stage.world.rng
    if rng.random() < 0.35:
        party, own = found_institution(world, stage.banks, "other", licensed=False)
    else:
        own = int(found_companies(world, stage.banks, 1)[0])
        party = int(world.owner(np.array([own]))[0])
    if rng.random() < 0.5:
        return party, own
    return party, open_account(world, stage.banks, party)


def draw_merchants(stage: Stage, most: float = 160) -> Ints:
    """Merchants of the population, between about two dozen and `most`."""
    size = min(int(stage.world.lots(24, most)), len(stage.firms.merchants))
    return stage.world.rng.choice(stage.firms.merchants, size=size, replace=False)


def draw_texts(world: World, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Some of the texts that one story's people write."""
    size = int(world.rng.integers(1, min(4, len(texts)) + 1))
    return tuple(str(text) for text in world.rng.choice(texts, size=size, replace=False))


def take_card_money(
    stage: Stage, variant: str, account: int, merchants: Ints, number: int, scheme: Scheme
) -> Takings:
    """Bring the consumers' money to the collecting account; returns what it owes each merchant."""
    world, rng = stage.world, stage.world.rng
    count = int(len(merchants) * world.lots(6, 25))
    if variant == "direct_collection":
        return sell_by_card(world, account, len(merchants), count, scheme=number)
    acquirer = stage.draw_acquirer()
    if variant != "sham_shops":
        sold = sell_by_card(world, acquirer.reserve, len(merchants), count)
        return collect(world, acquirer.reserve, account, sold, acquirer.fee_rate, number)
    shops = found_companies(world, stage.banks, int(rng.integers(2, 9)), role="merchant", busy=0.3,
                            young=0.6)  # fmt: skip
    scheme.parties += [(int(owner), "shell") for owner in world.owner(shops)]
    scheme.accounts += shops.tolist()
    sold = sell_by_card(world, acquirer.reserve, len(merchants), count)
    front = rng.integers(0, len(shops), len(merchants))[sold.shop]
    shown = Takings(front, sold.day, sold.amount, sold.last_at)
    paid = settle(world, acquirer.reserve, shops, shown, acquirer.fee_rate, scheme=number)
    settle(world, shops[paid.shop], np.full(len(shops), account), paid, 0.0, lag=(0, 1),
           texts=("往来款", "货款", ""), channel=-1, scheme=number)  # fmt: skip
    return arrived(world, sold)


def collect(
    world: World, reserve: int, account: int, sold: Takings, rate: float, number: int
) -> Takings:
    """The acquirer settles all in one sum a day; the merchants' parts of it are owed from then."""
    settle(world, reserve, np.array([account]), as_one(world, sold), rate, scheme=number)
    return arrived(world, sold)


def arrived(world: World, sold: Takings) -> Takings:
    """Takings as of the noon of the working day on which the acquirer's settlement has come."""
    period = world.period
    kept = sold.day + 1 < period.days
    day = period.working_day(sold.day[kept] + 1)
    noon = period.at(world.rng, day, "morning") + 7 * 3_600_000_000
    return Takings(sold.shop[kept], day, sold.amount[kept], noon)
