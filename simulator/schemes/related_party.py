"""M4 related parties: licensed members of one group fund one another past any firewall."""

from __future__ import annotations

import numpy as np

from simulator.amounts import split
from simulator.companies import found_companies, open_account
from simulator.groups import DUE_TEXTS, Group, capital, found_group, pay_dividend
from simulator.lookalikes import related_party as lookalikes
from simulator.people import send_later
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.world import Scheme, World

VARIANTS = ("lumps", "many_small", "outside_detour", "round_trip")


def add_related_party(stage: Stage, variant: str) -> None:
    """Move a good part of one member's capital, or several times it, to another member."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    group = found_group(stage)
    pay_dividend(world, group)
    giver, taker = rng.permutation(len(group.members))[:2].tolist()
    party = int(group.members[giver])
    number, scheme = world.begin_scheme("related_party", variant, party)
    other = int(group.members[taker])
    scheme.parties = [(party, "organiser"), (other, "beneficiary")]
    payer, payee = draw_accounts(stage, group, giver, taker)
    scheme.accounts = [payer, payee]
    total = int(capital(world, party) * world.lots(0.15, 2.0))
    size = int(world.lots(15, 70)) if variant == "many_small" else int(rng.integers(2, 10))
    _, amount = split(rng, np.array([total]), np.array([size]))
    day = np.sort(rng.integers(0, max(period.days * 4 // 5, 1), size))
    at = period.at(rng, period.working_day(day), str(rng.choice(["business", "evening"])))
    texts = world.draw_purposes(DUE_TEXTS)
    if variant == "outside_detour":
        detour(stage, payer, payee, amount, at, texts, scheme, number)
    else:
        sent = world.pay(payer, payee, amount, at, rng.choice(texts, size), scheme=number)
        scheme.stake_fen = int(amount[sent >= 0].sum())
    if variant == "round_trip":
        back = (amount * rng.uniform(0.7, 1.02, size)).astype(np.int64)
        later = send_later(world, at, 20, 200)
        came = world.pay(payee, payer, back, later, rng.choice(texts, size), scheme=number)
        scheme.stake_fen = outstanding(
            np.concatenate([at[sent >= 0], later[came >= 0]]),
            np.concatenate([amount[sent >= 0], -back[came >= 0]]),
        )


def outstanding(at: Ints, change: Ints) -> int:
    """The most that was owed at one time, in fen."""
    return int(np.cumsum(change[np.argsort(at, kind="stable")]).max(initial=0))


def draw_accounts(stage: Stage, group: Group, giver: int, taker: int) -> tuple[int, int]:
    """Each member's own account, or another one of it."""
    world, rng = stage.world, stage.world.rng
    drawn = [
        int(group.accounts[place])
        if rng.random() < 0.7
        else open_account(world, stage.banks, int(group.members[place]))
        for place in (giver, taker)
    ]
    return drawn[0], drawn[1]


def detour(
    stage: Stage,
    payer: int,
    payee: int,
    amount: Ints,
    at: Ints,
    texts: Ints,
    scheme: Scheme,
    number: int,
) -> None:
    """The money goes over one or two companies outside the group, within days."""
    world: World = stage.world
    rng = world.rng
    hops = found_companies(world, stage.banks, int(rng.integers(1, 4)))
    scheme.parties += [(int(owner), "shell") for owner in world.owner(hops)]
    chosen = hops[: int(rng.integers(1, min(len(hops), 2) + 1))]
    scheme.accounts += chosen.tolist()
    source = payer
    for hop in [*chosen.tolist(), payee]:
        sent = world.pay(source, hop, amount, at, rng.choice(texts, len(at)), scheme=number)
        if hop == payee:
            scheme.stake_fen = int(amount[sent >= 0].sum())
        amount = (amount * rng.uniform(0.96, 1.0, len(at))).astype(np.int64)
        at = send_later(world, at, 0.3, 60)
        source = hop


TYPOLOGY = Typology("related_party", VARIANTS, add_related_party, lookalikes.KINDS)
