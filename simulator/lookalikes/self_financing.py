"""Innocent firms that resemble self-financing: suppliers whom borrowers pay for goods."""

from __future__ import annotations

import numpy as np

from simulator.firms import shell_accounts
from simulator.lending import (
    draw_borrowers,
    draw_lenders,
    lend,
    use_proceeds,
)
from simulator.people import send_later
from simulator.platforms import found_platform
from simulator.stage import Stage
from simulator.world import RELATION, YUAN


def run_supply_chain(stage: Stage) -> None:
    """A lawful platform whose borrowers order at once, and whose orders run up a supply chain.

    The wholesaler passes most of each payment on to a maker within days, and the maker to its own
    suppliers; none of them is of the circle.
    """
    world, banks, rng = stage.world, stage.banks, stage.world.rng
    platform = found_platform(world, banks)
    lenders = draw_lenders(world, 110 * world.sizes.crowd)
    borrowers = draw_borrowers(world, max(int(len(lenders) * 0.1), 6))
    median = world.lots(40_000, 300_000)
    loans = lend(world, platform, lenders, borrowers, median_yuan=median).paid_out()
    chain = shell_accounts(world, banks, int(rng.integers(2, 5)))
    payer, at = loans.account, loans.disbursed_at
    amount = (loans.principal * rng.uniform(0.5, 0.95, len(loans.row))).astype(np.int64)
    texts = world.draw_purposes(("货款", "材料款", "服务费", ""))
    for firm in [*chain.tolist(), -1]:
        last = firm < 0
        payee = world.pick(world.pools["buyers"], len(payer)) if last else np.full(len(payer), firm)
        at = send_later(world, at, 1, 40)
        world.pay(payer, payee, amount, at, rng.choice(texts, len(payer)))
        amount = (amount * rng.uniform(0.7, 0.97, len(payer))).astype(np.int64)
        payer = payee
    world.resembles("self_financing", "supply_chain", int(chain[0]))


def run_related_supplier(stage: Stage) -> None:
    """A lawful platform some of whose borrowers buy goods from a firm of its circle.

    The borrowers bought there before the loan and after it; the supplier buys
    from others and pays staff.
    """
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    platform = found_platform(world, stage.banks)
    lenders = draw_lenders(world, 110 * world.sizes.crowd)
    median = world.lots(40_000, 300_000)
    borrowers = draw_borrowers(world, max(int(len(lenders) * 0.1), 6))
    loans = lend(world, platform, lenders, borrowers, median_yuan=median)
    use_proceeds(world, loans)
    supplier = int(platform.circle.sisters[0])
    world.relations.add(
        1,
        from_party=platform.party,
        to_party=world.owner(np.array([supplier]))[0],
        kind=RELATION["shareholder"],
        share=round(rng.uniform(0.25, 0.6), 2),
        valid_from=period.epoch_day - int(rng.integers(300, 1500)),
    )
    customers = np.concatenate(
        [borrowers[: int(rng.integers(2, 5))], world.pick(world.pools["buyers"], 12)]
    )
    count = len(customers) * int(rng.integers(4, 9))
    day = rng.choice(period.days, size=count, p=period.business_weight)
    level = median * rng.uniform(0.05, 0.2)
    sold = (rng.lognormal(0, 0.4, count) * level * YUAN).astype(np.int64)
    world.pay(rng.choice(customers, count), supplier, sold, period.at(rng, day, "business"), "货款")
    world.pay(
        supplier,
        world.pick(world.pools["buyers"][:9], count),
        (sold * 0.8).astype(np.int64),
        send_later(world, period.at(rng, day, "business"), 1, 60),
        "材料款",
    )
    world.resembles("self_financing", "related_supplier", supplier, institution=platform.party)


KINDS = (run_related_supplier, run_supply_chain)
