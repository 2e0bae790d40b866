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
    since = world.period.epoch_day - rng.integers(150, 2500, sisters + 8)
    kin_count = int(rng.integers(1, 5))

    def tie(start: int, end: int, kind: str, share: float = -1.0, age: int = 0) -> None:
        world.relations.add(
            1,
            from_party=start,
            to_party=end,
            kind=RELATION[kind],
            share=share,
            valid_from=since[age],
        )

    layered = rng.random() < 0.6
    if layered:
        tie(boss, holding, "shareholder", round(rng.uniform(0.6, 0.98), 2))
        tie(holding, institution, "shareholder", round(rng.uniform(0.4, 0.95), 2), 1)
    else:
        tie(boss, institution, "shareholder", round(rng.uniform(0.35, 0.95), 2))
        tie(boss, holding, "controls", age=1)
    tie(boss if rng.random() < 0.6 else owners[1], institution, "legal_representative", age=2)
    tie(owners[2], institution, "director", age=3)
    for number, sister in enumerate(companies[1:]):
        way = rng.integers(5)
        if way == 0:
            tie(holding, sister, "shareholder", round(rng.uniform(0.4, 1.0), 2), number)
        elif way == 1:
            tie(boss, sister, "shareholder", round(rng.uniform(0.3, 1.0), 2), number)
        elif way == 2:
            tie(boss, sister, "controls", age=number)
        elif way == 3:
            tie(institution, sister, "shareholder", round(rng.uniform(0.25, 0.9), 2), number)
        else:
            tie(boss, sister, "legal_representative", age=number)
            world.same_contact.append((int(sister), int(institution), bool(rng.random() < 0.5)))
    for relative in owners[3 : 3 + kin_count]:
        tie(boss, relative, "kin", age=4)
    # A minority stake and an ended tie: neither makes its firm part of the circle.
    stranger = world.owner(world.pick(world.pools["buyers"], 2))
    tie(boss, stranger[0], "shareholder", round(rng.uniform(0.01, 0.12), 2), 5)
    world.relations.add(
        1,
        from_party=boss,
        to_party=stranger[1],
        kind=RELATION["shareholder"],
        share=0.6,
        valid_from=since[6],
        valid_to=world.period.epoch_day - int(rng.integers(30, 140)),
    )
    return Circle(
        int(persons[0]),
        int(firms[0]),
        firms[1:],
        persons[3 : 3 + kin_count],
        persons[3 + kin_count :],
    )


def receivers(world: World, circle: Circle, count: int) -> Ints:
    """Draw accounts of the circle that take money: sisters, the holding, the controller, kin."""
    pool = np.concatenate([circle.sisters, [circle.holding, circle.controller], circle.kin])
    return world.rng.choice(pool, size=min(count, len(pool)), replace=False)
