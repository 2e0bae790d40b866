"""G1 paid promotion: a firm without a licence pays media and promoters to bring it the public."""

from __future__ import annotations

import numpy as np

from simulator.advertisers import AD_TEXTS, advertise, pay_promoters
from simulator.companies import found_companies, found_institution, persons
from simulator.lookalikes import paid_promotion as lookalikes
from simulator.people import send_later
from simulator.stage import Stage, Typology
from simulator.world import YUAN, Scheme

VARIANTS = ("direct", "over_agency", "promoters", "renamed")
KINDS = ("investment_firm", "p2p_platform", "asset_manager", "exchange", "crowdfunding_platform")


def add_paid_promotion(stage: Stage, variant: str) -> None:
    """Advertise a business that needs a licence and has none."""
    world, rng = stage.world, stage.world.rng
    kind = str(rng.choice(KINDS))
    party, own = found_institution(world, stage.banks, kind, licensed=False)
    number, scheme = world.begin_scheme("paid_promotion", variant, party)
    scheme.parties = [(party, "organiser")]
    scheme.accounts = [own]
    total = int(world.lots(40_000, 5_000_000)) * YUAN
    media = world.pick(np.array(stage.media), int(rng.integers(2, 9)))
    if variant == "promoters":
        pay_promoters(world, own, persons(world, int(world.lots(8, 80))), scheme=number)
    elif variant == "over_agency":
        pay_over_agency(stage, own, total, scheme, number)
    else:
        texts = AD_TEXTS if variant == "direct" else AD_TEXTS[2:]
        advertise(world, own, media, total, world.draw_purposes(texts), scheme=number)


def pay_over_agency(stage: Stage, own: int, total: int, scheme: Scheme, number: int) -> None:
    """An agency of any trade takes the money in lumps, and pays the media."""
    world, rng, period = stage.world, stage.world.rng, stage.world.period
    agency = int(found_companies(world, stage.banks, 1)[0])
    scheme.parties.append((int(world.owner(np.array([agency]))[0]), "shell"))
    scheme.accounts.append(agency)
    lumps = int(rng.integers(2, 9))
    amount = (rng.dirichlet(np.full(lumps, 2.0)) * total).astype(np.int64)
    day = rng.integers(0, max(period.days * 3 // 4, 1), lumps)
    at = period.at(rng, day, "business")
    texts = world.draw_purposes(AD_TEXTS)
    sent = world.pay(own, agency, amount, at, rng.choice(texts, lumps), scheme=number)
    scheme.stake_fen = int(amount[sent >= 0].sum())
    media = world.pick(np.array(stage.media), int(rng.integers(2, 9)))
    place = np.repeat(np.arange(lumps), len(media))
    part = (amount[place] * rng.uniform(0.7, 0.97) / len(media)).astype(np.int64)
    later = send_later(world, at[place], 2, 150)
    payee = np.tile(media, lumps)
    world.pay(agency, payee, part, later, rng.choice(texts, len(place)), scheme=number)


TYPOLOGY = Typology("paid_promotion", VARIANTS, add_paid_promotion, lookalikes.KINDS)
