"""E1 disguised debt: what is sold as equity pays a fixed return, or is bought back at one."""

from __future__ import annotations

import numpy as np

from simulator.circles import tie
from simulator.companies import found_beneficiaries, found_companies, found_institution, hands
from simulator.crowds import Deposits, pay_back, pay_rounds, spend_lumps
from simulator.equity import BACK_TEXTS, YIELD_TEXTS, Offering, offer_equity, round_days
from simulator.lookalikes import disguised_debt as lookalikes
from simulator.people import send_later
from simulator.products import held_records
from simulator.stage import Stage, Typology
from simulator.world import Scheme, World

VARIANTS = ("self_raised", "fixed_dividend", "repurchase", "partnership")


def add_disguised_debt(stage: Stage, variant: str) -> None:
    """Raise money for a product called equity, and treat its holders as lenders."""
    world, rng = stage.world, stage.world.rng
    platform, _ = found_institution(
        world, stage.banks, "crowdfunding_platform", licensed=bool(rng.random() < 0.5)
    )
    issuer = int(found_companies(world, stage.banks, 1)[0])
    party = int(world.owner(np.array([issuer]))[0])
    related = variant == "self_raised" or rng.random() < 0.5
    number, scheme = world.begin_scheme("disguised_debt", variant, platform)
    scheme.parties = [(platform, "organiser"), (party, "organiser")]
    if related:
        relate(stage, platform, party)
    entrance = issuer
    if variant == "partnership":
        entrance = int(found_companies(world, stage.banks, 1, busy=0.2, young=0.7)[0])
        partner = int(world.owner(np.array([entrance]))[0])
        tie(world, party, partner, str(rng.choice(["controls", "director"])))
        scheme.parties.append((partner, "pool"))
    offering = offer_equity(world, party, platform, entrance, scheme=number)
    scheme.accounts = sorted({issuer, entrance})
    scheme.records = [("product", offering.product), *held_records(offering.rows)]
    if entrance != issuer:
        feed(world, entrance, issuer, offering.raised, number)
    pay_return(world, variant, entrance, offering, number)
    use(stage, issuer, platform, offering.raised, scheme, number, related=related)


def relate(stage: Stage, platform: int, party: int) -> None:
    """Put the issuer into the platform's circle: owned by it, or by one person with it."""
    world, rng = stage.world, stage.world.rng
    if rng.random() < 0.5:
        tie(world, platform, party, "shareholder", round(rng.uniform(0.25, 1.0), 2))
        return
    boss = int(world.owner(hands(world, 1))[0])
    tie(world, boss, platform, "shareholder", round(rng.uniform(0.3, 0.95), 2))
    tie(world, boss, party, str(rng.choice(["controls", "legal_representative"])))


def feed(world: World, entrance: int, issuer: int, raised: Deposits, number: int) -> None:
    """A partnership passes the holders' money on to the issuer."""
    at = send_later(world, raised.at, 0.5, 72)
    kept = (raised.amount * world.rng.uniform(0.9, 1.0)).astype(np.int64)
    texts = world.rng.choice(world.draw_purposes(("认购款", "投资款", "往来款", "")), len(at))
    world.pay(entrance, issuer, kept, at, texts, scheme=number)


def pay_return(world: World, variant: str, payer: int, offering: Offering, number: int) -> None:
    """Pay the holders of old the same rate time and again, or buy back at a fixed premium."""
    rng = world.rng
    if variant == "repurchase" or (variant == "self_raised" and rng.random() < 0.3):
        raised = offering.raised
        count = len(raised.payer)
        chosen = rng.permutation(count)[: max(int(count * rng.uniform(0.5, 1.0)), 1)]
        days, premium = int(rng.integers(5, 15)), float(rng.uniform(0.002, 0.03))
        amount = (raised.amount[chosen] * (1 + premium)).astype(np.int64)
        hours = days * 24 + rng.integers(-5, 6, len(chosen))
        pay_back(world, payer, raised, chosen, amount, hours, BACK_TEXTS, scheme=number)
        return
    dates = round_days(world, offering.every)
    rate = float(rng.uniform(0.08, 0.24)) * offering.every / 365
    rates = np.full(len(dates), rate)
    pay_rounds(
        world, payer, offering.holders, offering.cost, rates, dates, YIELD_TEXTS, scheme=number
    )


def use(
    stage: Stage,
    issuer: int,
    platform: int,
    raised: Deposits,
    scheme: Scheme,
    number: int,
    *,
    related: bool,
) -> None:
    """What was raised goes to the platform's circle, or into the issuer's own business."""
    world, rng = stage.world, stage.world.rng
    total = int(raised.total * rng.uniform(0.4, 0.9))
    if not related:
        suppliers = world.pick(world.pools["buyers"], int(rng.integers(3, 10)))
        spend_lumps(world, issuer, suppliers, total, ("货款", "材料款", "设备款", "房租", ""))
        return
    ends = found_beneficiaries(world, stage.banks, platform)
    scheme.parties += [(int(owner), "beneficiary") for owner in world.owner(ends)]
    texts = ("往来款", "借款", "货款", "服务费", "")
    spend_lumps(world, issuer, ends, total, texts, scheme=number)


TYPOLOGY = Typology("disguised_debt", VARIANTS, add_disguised_debt, lookalikes.KINDS)
