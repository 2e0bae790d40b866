"""Innocent parties that take card money and pay many: marketplaces, head offices, retailers."""

from __future__ import annotations

import numpy as np

from simulator.acquirers import Takings, sell_by_card, settle
from simulator.circles import tie
from simulator.collectors import TEXTS, arrived, collect, draw_merchants, found_collector
from simulator.companies import found_companies, found_institution, open_account
from simulator.stage import Stage


def run_marketplace(stage: Stage) -> None:
    """A marketplace whose bank splits each settlement, in an account that serves the bank."""
    world, rng = stage.world, stage.world.rng
    company = int(found_companies(world, stage.banks, 1)[0])
    party = int(world.owner(np.array([company]))[0])
    bank = int(stage.banks.party[rng.integers(world.sizes.banks)])
    account = open_account(world, stage.banks, party, "client_custody", institution=bank)
    world.subledger_gap[account] = np.zeros(world.period.days, dtype=np.int64)
    merchants, acquirer = draw_merchants(stage), stage.draw_acquirer()
    sold = sell_by_card(
        world, acquirer.reserve, len(merchants), int(len(merchants) * world.lots(6, 25))
    )
    owed = collect(world, acquirer.reserve, account, sold, acquirer.fee_rate, -1)
    cut = float(world.lots(0.0004, 0.05))
    lag = (0, int(rng.integers(2, 5)))
    settle(
        world, account, merchants, owed, cut, lag=lag, texts=world.draw_purposes(TEXTS), channel=-1
    )
    world.resembles("unlicensed_payment", "split_settlement", account)


def run_head_office(stage: Stage) -> None:
    """A chain's head office takes all shops' card money and passes it to the shops it owns."""
    world, rng = stage.world, stage.world.rng
    party, account = found_collector(stage)
    size = int(world.lots(24, 70))
    shops = found_companies(world, stage.banks, size, role="merchant", busy=0.4)
    for owner in world.owner(shops).tolist():
        tie(world, party, owner, "shareholder", round(rng.uniform(0.51, 1.0), 2))
    acquirer = stage.draw_acquirer()
    sold = sell_by_card(world, acquirer.reserve, size, int(size * world.lots(6, 25)))
    owed = collect(world, acquirer.reserve, account, sold, acquirer.fee_rate, -1)
    cut = float(world.lots(0.0004, 0.05))
    settle(
        world,
        account,
        shops,
        owed,
        cut,
        lag=(0, int(rng.integers(2, 5))),
        texts=world.draw_purposes(TEXTS),
        channel=-1,
    )
    world.resembles("unlicensed_payment", "chain_head_office", account)


def run_card_retailer(stage: Stage) -> None:
    """A retailer takes card money for goods of its own, and pays suppliers what they deliver."""
    world, rng = stage.world, stage.world.rng
    _, account = found_collector(stage)
    suppliers, acquirer = draw_merchants(stage), stage.draw_acquirer()
    sold = sell_by_card(world, acquirer.reserve, 1, int(len(suppliers) * world.lots(6, 25)))
    settle(world, acquirer.reserve, np.array([account]), sold, acquirer.fee_rate)
    orders = int(len(suppliers) * rng.uniform(1.0, 3.0))
    weight = rng.dirichlet(np.full(orders, 1.2))
    amount = (weight * sold.amount.sum() * rng.uniform(0.6, 0.92)).astype(np.int64)
    day = np.sort(rng.choice(world.period.days, size=orders, p=world.period.business_weight))
    at = world.period.at(rng, day, "business")
    bought = Takings(rng.integers(0, len(suppliers), orders), day, amount, at)
    settle(
        world,
        account,
        suppliers,
        bought,
        0.0,
        lag=(0, 4),
        texts=world.draw_purposes(("货款", "材料款", "货款结算")),
        channel=-1,
    )
    world.resembles("unlicensed_payment", "own_goods", account)


def run_licensed_aggregator(stage: Stage) -> None:
    """A payment institution with its licence does what the unlicensed do, out of a reserve."""
    world, rng = stage.world, stage.world.rng
    party, _ = found_institution(world, stage.banks, "payment_institution")
    account = open_account(world, stage.banks, party, "client_reserve", institution=party)
    merchants, acquirer = draw_merchants(stage), stage.draw_acquirer()
    count = int(len(merchants) * world.lots(6, 25))
    sold = sell_by_card(world, acquirer.reserve, len(merchants), count)
    settle(world, acquirer.reserve, np.full(len(merchants), account), sold, acquirer.fee_rate)
    settle(
        world,
        account,
        merchants,
        arrived(world, sold),
        float(world.lots(0.0004, 0.015)),
        lag=(0, int(rng.integers(2, 5))),
        channel=-1,
    )
    world.resembles("unlicensed_payment", "licensed_institution", account, institution=party)


KINDS = (run_marketplace, run_head_office, run_card_retailer, run_licensed_aggregator)
