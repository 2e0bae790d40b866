"""R4 unlicensed payment: a firm without a licence takes card money and settles merchants itself."""

from __future__ import annotations

import numpy as np

from simulator.acquirers import Takings, sell_by_card, settle
from simulator.collectors import TEXTS, arrived, collect, draw_merchants, found_collector
from simulator.companies import found_companies, hands
from simulator.lookalikes import unlicensed_payment as lookalikes
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.world import Scheme

VARIANTS = ("acquirer_settlement", "sham_shops", "direct_collection", "personal_cards", "float")


def add_unlicensed_payment(stage: Stage, variant: str) -> None:
    """Collect what consumers paid at many merchants of others, and pay it to them less a cut."""
    world, rng = stage.world, stage.world.rng
    party, account = found_collector(stage)
    number, scheme = world.begin_scheme("unlicensed_payment", variant, party)
    scheme.parties = [(party, "organiser")]
    scheme.accounts = [account]
    merchants = draw_merchants(stage)
    texts = world.draw_purposes(TEXTS)
    takings = take_card_money(stage, variant, account, merchants, number, scheme)
    payer: int | Ints = account
    if variant == "personal_cards":
        cards = hands(world, int(rng.integers(2, 8)))
        scheme.parties += [(int(owner), "nominee") for owner in world.owner(cards)]
        scheme.accounts += cards.tolist()
        card = rng.integers(0, len(cards), len(takings.shop))
        inner = Takings(card, takings.day, takings.amount, takings.last_at)
        settle(
            world, account, cards, inner, 0.0, lag=(0, 1), texts=texts, channel=-1, scheme=number
        )
        payer = cards[card]
    cut = float(world.lots(0.0004, 0.015))
    latest = int(rng.integers(1, 4))
    lag = (int(rng.integers(0, 2)), latest + 1) if variant != "float" else (1, latest + 4)
    settle(world, payer, merchants, takings, cut, lag=lag, texts=texts, channel=-1, scheme=number)


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
    shops = found_companies(
        world, stage.banks, int(rng.integers(2, 9)), role="merchant", busy=0.3, young=0.6
    )
    scheme.parties += [(int(owner), "shell") for owner in world.owner(shops)]
    scheme.accounts += shops.tolist()
    sold = sell_by_card(world, acquirer.reserve, len(merchants), count)
    front = rng.integers(0, len(shops), len(merchants))[sold.shop]
    shown = Takings(front, sold.day, sold.amount, sold.last_at)
    paid = settle(world, acquirer.reserve, shops, shown, acquirer.fee_rate, scheme=number)
    settle(
        world,
        shops[paid.shop],
        np.full(len(shops), account),
        paid,
        0.0,
        lag=(0, 1),
        texts=world.draw_purposes(("往来款", "货款", "")),
        channel=-1,
        scheme=number,
    )
    return arrived(world, sold)


TYPOLOGY = Typology("unlicensed_payment", VARIANTS, add_unlicensed_payment, lookalikes.KINDS)
