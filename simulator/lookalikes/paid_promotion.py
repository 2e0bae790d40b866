"""Innocent advertisers: institutions with a licence, and shops that need none."""

from __future__ import annotations

import numpy as np

from simulator.advertisers import AD_TEXTS, advertise, pay_promoters
from simulator.companies import found_companies, found_institution, persons
from simulator.stage import Stage
from simulator.world import YUAN

ADVERTISING_KINDS = ("asset_manager", "p2p_platform", "insurer", "exchange", "securities_firm")


def promote(stage: Stage, own: int) -> None:
    """Pay media, and sometimes promoters, as much as the unlicensed do."""
    world, rng = stage.world, stage.world.rng
    media = world.pick(np.array(stage.media), int(rng.integers(2, 9)))
    total = int(world.lots(40_000, 5_000_000)) * YUAN
    advertise(world, own, media, total, world.draw_purposes(AD_TEXTS))
    if rng.random() < 0.4:
        pay_promoters(world, own, persons(world, int(world.lots(8, 80))))


def run_licensed_advertiser(stage: Stage) -> None:
    """A licensed institution advertises what it may sell."""
    world = stage.world
    kind = str(world.rng.choice(ADVERTISING_KINDS))
    party, own = found_institution(world, stage.banks, kind)
    promote(stage, own)
    world.resembles("paid_promotion", "licensed_advertiser", own, institution=party)


def run_retail_advertiser(stage: Stage) -> None:
    """A shop or a maker advertises its goods; no licence is needed for them."""
    own = int(found_companies(stage.world, stage.banks, 1)[0])
    promote(stage, own)
    stage.world.resembles("paid_promotion", "retail_advertiser", own)


KINDS = (run_licensed_advertiser, run_retail_advertiser)
