"""M2 product splitting: a private product is cut up for too many, too small or unfit holders."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_companies, hands, persons
from simulator.crowds import draw_people
from simulator.lookalikes import product_splitting as lookalikes
from simulator.people import devices, send_later, to_whole_yuan
from simulator.private_products import SUBSCRIBE_TEXTS, found_manager, set_up, subscribe
from simulator.products import held_records, hold
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import HOUR
from simulator.world import YUAN, Scheme, World

VARIANTS = ("many_holders", "small_tickets", "pooled_tickets", "vehicles", "unfit_holders")


def add_product_splitting(stage: Stage, variant: str) -> None:
    """Sell one private product to those whom it may not be sold to, openly or by a detour."""
    world, rng = stage.world, stage.world.rng
    manager = found_manager(stage, licensed=bool(rng.random() < 0.7))
    number, scheme = world.begin_scheme("product_splitting", variant, manager)
    scheme.parties = [(manager, "organiser")]
    risk = int(rng.integers(3, 6)) if variant == "unfit_holders" else 0
    product, account = set_up(stage, manager, risk=risk)
    scheme.accounts = [account]
    scheme.records = [("product", product)]
    if variant == "pooled_tickets":
        pool_tickets(stage, product, account, scheme, number)
    elif variant == "vehicles":
        sell_over_vehicles(stage, manager, product, account, scheme, number)
    else:
        people, tickets = buyers(world, variant)
        unfit = float(rng.uniform(0.2, 0.9)) if variant == "unfit_holders" else 0.05
        _, rows = subscribe(
            world, product, account, people, tickets, unsuitable=unfit, scheme=number
        )
        scheme.records += held_records(rows)
    held = [row for table, row in scheme.records if table == "holding"]
    if variant == "unfit_holders":
        level = int(world.products.column("risk")[product])
        held = [row for row in held if world.holdings.column("risk")[row] < level]
    scheme.stake_fen = int(world.holdings.column("cost", np.array(held)).sum())


def buyers(world: World, variant: str) -> tuple[Ints, tuple[float, float]]:
    """Who buys directly, and the range of the tickets in yuan."""
    if variant == "many_holders":
        return persons(world, int(world.lots(210, 800))), (300_000.0, 2_000_000.0)
    if variant == "small_tickets":
        return persons(world, int(world.lots(30, 190))), (1_000.0, 250_000.0)
    return persons(world, int(world.lots(12, 150))), (1_000_000.0, 3_000_000.0)


def pool_tickets(stage: Stage, product: int, account: int, scheme: Scheme, number: int) -> None:
    """Nominees hold tickets of the lawful size, each with the money of many behind it."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    nominees = hands(world, int(rng.integers(3, 22)))
    scheme.parties += [(int(owner), "nominee") for owner in world.owner(nominees)]
    scheme.accounts += nominees.tolist()
    behind = rng.integers(4, 40, len(nominees))
    owner = np.repeat(np.arange(len(nominees)), behind)
    people = world.pick(world.pools["people"], len(owner))
    ticket = np.maximum(
        (rng.lognormal(0, 0.3, len(nominees)) * world.lots(1_000_000, 3_000_000)), 1_000_000
    )
    part = to_whole_yuan((ticket[owner] / behind[owner] * 100).astype(np.int64), 100)
    start = rng.integers(0, max(period.days - 6, 1), len(nominees))
    day = np.minimum(start[owner] + rng.integers(0, 3, len(owner)), period.days - 1)
    at = period.at(rng, day, "retail")
    texts = rng.choice(world.draw_purposes((*SUBSCRIBE_TEXTS, "借款", "往来款")), len(owner))
    world.pay(
        people, nominees[owner], part, at, texts, device=devices(world, people), scheme=number
    )
    total = np.bincount(owner, part, minlength=len(nominees)).astype(np.int64)
    last = np.zeros(len(nominees), dtype=np.int64)
    np.maximum.at(last, owner, at)
    text = rng.choice(world.draw_purposes(SUBSCRIBE_TEXTS), len(nominees))
    later = send_later(world, last, 0.2, 40)
    world.pay(nominees, account, total, later, text, scheme=number)
    rows = hold(
        world,
        product,
        party=world.owner(nominees),
        cost=total,
        risk=rng.integers(3, 6, len(nominees)),
    )
    scheme.records += held_records(rows)


def sell_over_vehicles(
    stage: Stage, manager: int, product: int, account: int, scheme: Scheme, number: int
) -> None:
    """Products and partnerships hold the product, each with few enough holders of its own."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    size = int(rng.integers(2, 7))
    each = max(int(world.lots(210, 700)) // size, 30)
    for _ in range(size):
        vehicle, entrance = set_up(stage, manager)
        if rng.random() < 0.4:
            entrance = int(found_companies(world, stage.banks, 1, busy=0.2, young=0.7)[0])
            world.products.change("account", vehicle, entrance)
            partner = int(world.owner(np.array([entrance]))[0])
            world.products.change("issuer", vehicle, partner)
            scheme.parties.append((partner, "shell"))
        people = draw_people(world, each * 0.8, each * 1.2)
        tickets = (20_000.0, 400_000.0)
        paid, rows = subscribe(world, vehicle, entrance, people, tickets, scheme=number)
        cost = int(world.holdings.column("cost", rows).sum())
        inner = hold(world, product, of_product=vehicle, cost=cost)
        scheme.records += [("product", vehicle), *held_records(rows), *held_records(inner)]
        scheme.accounts.append(entrance)
        at = min(int(paid.at.max()) + int(rng.integers(1, 40)) * HOUR, period.end - YUAN)
        text = rng.choice(world.draw_purposes(SUBSCRIBE_TEXTS), 1)
        world.pay(entrance, account, paid.total, np.array([at]), text, scheme=number)


TYPOLOGY = Typology("product_splitting", VARIANTS, add_product_splitting, lookalikes.KINDS)
