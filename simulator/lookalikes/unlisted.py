"""Innocent firms and persons that resemble inventions of no listed kind."""

from __future__ import annotations

import numpy as np

from simulator.amounts import heavy, rounded, split
from simulator.companies import found_companies
from simulator.people import devices, send_later, to_whole_yuan
from simulator.stage import Stage
from simulator.workdays import DAY, HOUR
from simulator.world import YUAN


def give_cards(stage: Stage) -> None:
    """A firm buys gift cards for its staff at a holiday, who spend them; nobody buys them back."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    firm = int(found_companies(world, stage.banks, 1)[0])
    count = int(rng.integers(4, 22))
    face = to_whole_yuan(heavy(rng, count, world.lots(15_000, 200_000), 0.5), 1000)
    day = period.working_day(rng.integers(0, period.days, count))
    shop = rng.choice(stage.firms.merchants, count)
    text = rng.choice(world.draw_purposes(("购卡款", "礼品卡", "货款", "会费")), count)
    world.pay(np.full(count, firm), shop, face, period.at(rng, day, "business"), text)
    world.resembles("unlisted", "staff_gift_cards", firm)


def open_sale(stage: Stage) -> None:
    """A venue sells tickets; many of the public pay it in the minutes after the sale opens."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    venue = int(found_companies(world, stage.banks, 1)[0])
    for _ in range(int(rng.integers(1, 5))):
        opening = int(rng.integers(period.days)) * DAY + int(rng.integers(10, 20)) * HOUR
        fans = rng.choice(world.pools["people"], int(rng.integers(40, 250)))
        price = int(rng.choice([280, 380, 580, 680, 980, 1280])) * YUAN
        at = send_later(world, np.full(len(fans), opening), 0.002, 40)
        tickets = rng.integers(1, 5, len(fans)) * price
        world.pay(fans, venue, tickets, at, "票款", device=devices(world, fans))
    world.resembles("unlisted", "ticket_sale", venue)


def lend_to_friends(stage: Stage) -> None:
    """A person lends to friends and relatives, who bring it back in parts, without more on top."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    lender = world.claim("persons", 1)
    count = int(rng.integers(6, 30))
    friends = rng.choice(world.pools["people"], size=count, replace=False)
    lent = to_whole_yuan(heavy(rng, count, world.lots(2_000, 30_000), 0.5), 500)
    at = period.at(rng, rng.integers(-20, period.days, count), "retail")
    text = rng.choice(world.draw_purposes(("借款", "转账", "生活费", "")), count)
    payer = np.full(count, lender[0])
    world.pay(payer, friends, lent, at, text, device=devices(world, payer))
    owner, part = split(rng, lent, rng.integers(1, 5, count))
    later = send_later(world, at[owner], 24, 500)
    text = rng.choice(world.draw_purposes(("还款", "转账", "")), len(owner))
    world.pay(friends[owner], lender[0], rounded(rng, part, 0.3), later, text)
    world.resembles("unlisted", "friendly_lender", int(lender[0]))


KINDS = (give_cards, open_sale, lend_to_friends)
