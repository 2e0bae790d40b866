"""M3 product nesting: products hold products that hold products, some of them in a ring."""

from __future__ import annotations

import itertools

import numpy as np

from simulator.companies import found_companies, persons
from simulator.lookalikes import product_nesting as lookalikes
from simulator.private_products import SUBSCRIBE_TEXTS, found_manager, set_up, subscribe
from simulator.products import held_records, hold, issue
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, HOUR
from simulator.world import YUAN, Scheme

VARIANTS = ("layers", "ring", "partnership", "across_managers")


def add_product_nesting(stage: Stage, variant: str) -> None:
    """Stack three to six products on one another, and send the holders' money down the layers."""
    world, rng = stage.world, stage.world.rng
    manager = found_manager(stage, licensed=bool(rng.random() < 0.8))
    number, scheme = world.begin_scheme("product_nesting", variant, manager)
    scheme.parties = [(manager, "organiser")]
    size = int(rng.integers(3, 7))
    layers: list[tuple[int, int]] = []
    for _ in range(size):
        issuer = manager
        if variant == "across_managers" and layers:
            issuer = found_manager(stage)
            scheme.parties.append((issuer, "shell"))
        layers.append(set_up(stage, issuer))
    top, entrance = layers[0]
    people = persons(world, int(world.lots(10, 150)))
    paid, _ = subscribe(world, top, entrance, people, (50_000, 2_000_000))
    scheme.records = [("product", product) for product, _ in layers]
    scheme.accounts = [account for _, account in layers]
    cost = int(paid.amount.sum()) or int(world.lots(500_000, 20_000_000)) * YUAN
    at = int(np.median(paid.at)) if len(paid.at) else DAY
    steps = list(itertools.pairwise(layers))
    middle = len(steps) // 2 if variant == "partnership" else -1
    for place, ((outer, payer), (inner, payee)) in enumerate(steps):
        cost = int(cost * rng.uniform(0.6, 1.0))
        if place == 0:
            # What is nested is what the outermost product put into the next one.
            scheme.stake_fen = cost
        at += int(rng.integers(1, 60)) * HOUR
        if place == middle:
            put_partnership(stage, (outer, payer), (inner, payee), cost, at, scheme, number)
            continue
        scheme.records += held_records(hold(world, inner, of_product=outer, cost=cost))
        send(stage, payer, payee, cost, at, number)
    if variant == "ring":
        last, payer = layers[-1]
        back = layers[int(rng.integers(0, len(layers) - 1))]
        part = int(cost * rng.uniform(0.3, 1.0))
        scheme.records += held_records(hold(world, back[0], of_product=last, cost=part))
        send(stage, payer, back[1], part, at + int(rng.integers(1, 60)) * HOUR, number)


def put_partnership(
    stage: Stage,
    outer: tuple[int, int],
    inner: tuple[int, int],
    cost: int,
    at: int,
    scheme: Scheme,
    number: int,
) -> None:
    """A partnership stands between two products: the one holds its equity, and it the other."""
    world = stage.world
    account = int(found_companies(world, stage.banks, 1, busy=0.2, young=0.6)[0])
    partner = int(world.owner(np.array([account]))[0])
    share = issue(world, partner, "equity", account=account)
    rows = np.concatenate(
        [
            hold(world, share, of_product=outer[0], cost=cost),
            hold(world, inner[0], party=partner, cost=cost),
        ]
    )
    scheme.parties.append((partner, "shell"))
    scheme.records += [("product", share), *held_records(rows)]
    scheme.accounts.append(account)
    send(stage, outer[1], account, cost, at, number)
    send(stage, account, inner[1], cost, at + int(world.rng.integers(1, 30)) * HOUR, number)


def send(stage: Stage, payer: int, payee: int, amount: int, at: int, number: int) -> None:
    """One product's account pays another's for its share, in one to four parts."""
    world, rng = stage.world, stage.world.rng
    parts = int(rng.integers(1, 5))
    weight = rng.dirichlet(np.full(parts, 3.0))
    when = at + rng.integers(0, 20 * HOUR, parts)
    texts = rng.choice(world.draw_purposes((*SUBSCRIBE_TEXTS, "往来款")), parts)
    world.pay(payer, payee, (weight * amount).astype(np.int64), when, texts, scheme=number)


TYPOLOGY = Typology("product_nesting", VARIANTS, add_product_nesting, lookalikes.KINDS)
