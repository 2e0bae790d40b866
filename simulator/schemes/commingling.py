"""P10 commingling: clients' money and own money in one account, or moved between the two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.amounts import heavy, rounded, split
from simulator.banks import Banks, open_accounts
from simulator.circles import receivers
from simulator.lending import run_honest
from simulator.lookalikes import commingling as lookalikes
from simulator.platforms import Platform, found_platform
from simulator.rows import Ints
from simulator.stage import Stage, Typology
from simulator.workdays import DAY
from simulator.world import YUAN, Scheme, World

VARIANTS = ("no_custody", "custody_to_own", "ledger_gap", "borrowed_back", "affiliate_account")


def add_commingling(stage: Stage, variant: str) -> None:
    """Run a platform with real loans that does not keep its clients' money apart."""
    world, banks = stage.world, stage.banks
    custody = bool(world.rng.random() < 0.5) if variant == "affiliate_account" else True
    platform = found_platform(world, banks, custody=custody and variant != "no_custody")
    if variant == "affiliate_account":
        platform = replace(platform, collect=affiliate_account(world, banks, platform))
    number, scheme = world.begin_scheme("commingling", variant, platform.party)
    first = world.transfers.count
    run_honest(world, platform)
    scheme.parties = [(platform.party, "organiser")]
    scheme.accounts = (
        [platform.collect] if variant == "no_custody" else [platform.collect, platform.own]
    )
    moved = client_inflow(world, platform, first)
    if variant in ("no_custody", "affiliate_account"):
        mark_clients(world, platform, first, number)
        holder = int(world.owner(np.array([platform.collect]))[0])
        if holder != platform.party:
            scheme.parties.append((holder, "pool"))
            scheme.accounts = [platform.collect]
    elif variant == "ledger_gap":
        open_gap(world, platform, number, moved, scheme)
    else:
        scheme.stake_fen = move_to_own(
            world, platform, number, moved, back=variant == "borrowed_back"
        )


def client_inflow(world: World, platform: Platform, first: int) -> Ints:
    """What clients paid in on each day."""
    payee = world.transfers.column("payee")[first:]
    own = world.transfers.column("payer")[first:] == platform.own
    mine = (payee == platform.collect) & ~own
    day = world.transfers.column("time")[first:][mine] // DAY
    amount = world.transfers.column("amount")[first:][mine]
    return np.bincount(day, amount, minlength=world.period.days).astype(np.int64)


def affiliate_account(world: World, banks: Banks, platform: Platform) -> int:
    """An account of a sister firm or of the holding: its ordinary one, or one opened for this."""
    holder = receivers(world, platform.circle, 1)
    if world.rng.random() < 0.4:
        return int(holder[0])
    return int(open_accounts(world, banks, world.owner(holder), inside=True, young=0.5)[0])


def mark_clients(world: World, platform: Platform, first: int, number: int) -> None:
    """Clients' transfers through the platform's own account, or the affiliate's, are the evidence.

    What the two pay each other is not, nor what an affiliate does beside.
    """
    columns = {name: world.transfers.column(name) for name in ("payer", "payee", "loan", "scheme")}
    rows = np.arange(world.transfers.count) >= first
    pays = np.isin(columns["payer"], [platform.own, platform.collect])
    touches = pays ^ np.isin(columns["payee"], [platform.own, platform.collect])
    if platform.own != platform.collect:
        events = world.events.column("transfer")
        touches &= (columns["loan"] >= 0) | np.isin(np.arange(len(touches)), events)
    circle = np.isin(columns["payee"], world.pools["buyers"]) & (columns["loan"] < 0)
    columns["scheme"][rows & touches & ~circle] = number


def move_to_own(world: World, platform: Platform, number: int, inflow: Ints, *, back: bool) -> int:
    """Custody pays own funds far beyond fees; some of it comes back before anyone counts.

    Returns what custody paid.
    """
    rng, period = world.rng, world.period
    total = int(inflow.sum() * rng.uniform(0.12, 0.6))
    count = int(world.lots(3, 28))
    _, amount = split(rng, np.array([total]), np.array([count]))
    day = rng.choice(period.days, size=count, p=inflow / inflow.sum())
    at = period.at(rng, day, str(rng.choice(["business", "evening", "retail"])))
    texts = world.draw_purposes(("手续费", "往来款", "服务费", "借款", "资金归集", ""))
    amount = rounded(rng, amount, float(rng.uniform(0, 0.8)))
    taken = world.pay(
        platform.collect, platform.own, amount, at, rng.choice(texts, count), scheme=number
    )
    gap = np.bincount(day, amount, minlength=period.days).astype(np.int64)
    if back:
        days = np.minimum(day + rng.integers(1, 9, count), period.days - 1)
        returned = (amount * rng.uniform(0.4, 1.0, count)).astype(np.int64)
        late = np.maximum(period.at(rng, days, "evening"), at + DAY // 3)
        sent = world.pay(
            platform.own, platform.collect, returned, late, rng.choice(texts, count), scheme=number
        )
        days = np.minimum(late // DAY, period.days - 1)
        gap -= np.bincount(days[sent >= 0], returned[sent >= 0], minlength=period.days).astype(
            np.int64
        )
    else:
        spent = (amount * rng.uniform(0.3, 1.0, count)).astype(np.int64)
        late = at + rng.integers(1, 60, count) * (DAY // 24)
        to = receivers(world, platform.circle, 3)
        world.pay(platform.own, rng.choice(to, count), spent, late, rng.choice(texts, count))
    if rng.random() < 0.6:
        world.subledger_gap[platform.collect] += np.cumsum(gap)
    return int(amount[taken >= 0].sum())


def open_gap(world: World, platform: Platform, number: int, inflow: Ints, scheme: Scheme) -> None:
    """Custody pays the circle as if it were borrowers; the sub-accounts still show the money."""
    rng, period = world.rng, world.period
    count = int(world.lots(2, 15))
    _, amount = split(
        rng, np.array([int(inflow.sum() * rng.uniform(0.08, 0.45))]), np.array([count])
    )
    day = rng.choice(max(period.days * 4 // 5, 1), size=count)
    to = receivers(world, platform.circle, int(rng.integers(1, 4)))
    world.pay(
        platform.collect,
        rng.choice(to, count),
        amount,
        period.at(rng, day, "business"),
        rng.choice(world.draw_purposes(("放款", "提现", "往来款", "")), count),
        scheme=number,
    )
    old = int(heavy(rng, 1, 100_000, 1.0)[0]) if rng.random() < 0.4 else 0
    gap = np.cumsum(np.bincount(day, amount, minlength=period.days).astype(np.int64))
    world.subledger_gap[platform.collect] += gap + old // YUAN * YUAN
    scheme.accounts = [platform.collect]
    scheme.parties += [(int(party), "beneficiary") for party in np.unique(world.owner(to))]


TYPOLOGY = Typology("commingling", VARIANTS, add_commingling, lookalikes.KINDS)
