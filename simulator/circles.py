"""The circle around an institution: its controller, holding company, relatives and sister firms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.rows import Ints
from simulator.world import RELATION, World


@dataclass(frozen=True)
class Circle:
    """Accounts of those tied to an institution on every day of the period."""

    controller: int
    holding: int
    sisters: Ints
    kin: Ints
    staff: Ints


def draw_circle(world: World, institution: int, sisters: int) -> Circle:
    """Tie persons and firms of the population to an institution, over one to three layers."""
    rng = world.rng
    persons = world.claim("persons", int(rng.integers(10, 30)))
    firms = world.claim("firms", sisters + 1)
    owners, companies = world.owner(persons), world.owner(firms)
    boss, holding = owners[0], companies[0]
    kin_count = int(rng.integers(1, 5))
    if rng.random() < 0.6:
        tie(world, boss, holding, "shareholder", round(rng.uniform(0.6, 0.98), 2))
        tie(world, holding, institution, "shareholder", round(rng.uniform(0.4, 0.95), 2))
    else:
        tie(world, boss, institution, "shareholder", round(rng.uniform(0.35, 0.95), 2))
        tie(world, boss, holding, "controls")
    head = boss if rng.random() < 0.6 else owners[1]
    tie(world, head, institution, "legal_representative")
    tie(world, owners[2], institution, "director")
    for sister in companies[1:]:
        tie_sister(world, institution, boss, holding, int(sister))
    for relative in owners[3 : 3 + kin_count]:
        tie(world, boss, relative, "kin")
    tie_strangers(world, boss)
    return Circle(
        int(persons[0]),
        int(firms[0]),
        firms[1:],
        persons[3 : 3 + kin_count],
        persons[3 + kin_count :],
    )


def tie(world: World, start: int, end: int, kind: str, share: float = -1.0) -> None:
    """Relate two parties since months or years before the period."""
    world.relations.add(
        1,
        from_party=start,
        to_party=end,
        kind=RELATION[kind],
        share=share,
        valid_from=world.period.epoch_day - int(world.rng.integers(150, 2500)),
    )


def tie_sister(world: World, institution: int, boss: int, holding: int, sister: int) -> None:
    """Tie a firm to the circle in one of five ways, the last of them without any ownership."""
    rng = world.rng
    way = rng.integers(5)
    if way == 0:
        tie(world, holding, sister, "shareholder", round(rng.uniform(0.4, 1.0), 2))
    elif way == 1:
        tie(world, boss, sister, "shareholder", round(rng.uniform(0.3, 1.0), 2))
    elif way == 2:
        tie(world, boss, sister, "controls")
    elif way == 3:
        tie(world, institution, sister, "shareholder", round(rng.uniform(0.25, 0.9), 2))
    else:
        tie(world, boss, sister, "legal_representative")
        world.same_contact.append((sister, institution, bool(rng.random() < 0.5)))


def tie_strangers(world: World, boss: int) -> None:
    """A minority stake and an ended tie: neither makes its firm part of the circle."""
    rng = world.rng
    stranger = world.owner(world.pick(world.pools["buyers"], 2))
    tie(world, boss, int(stranger[0]), "shareholder", round(rng.uniform(0.01, 0.12), 2))
    world.relations.add(
        1,
        from_party=boss,
        to_party=stranger[1],
        kind=RELATION["shareholder"],
        share=0.6,
        valid_from=world.period.epoch_day - int(rng.integers(150, 2500)),
        valid_to=world.period.epoch_day - int(rng.integers(30, 140)),
    )


def receivers(world: World, circle: Circle, count: int) -> Ints:
    """Draw accounts of the circle that take money: sisters, the holding, the controller, kin."""
    pool = np.concatenate([circle.sisters, [circle.holding, circle.controller], circle.kin])
    return world.rng.choice(pool, size=min(count, len(pool)), replace=False)
