"""V1 private investment firms: unlicensed, and raising funds as pools or for returns."""

from __future__ import annotations

import numpy as np

from simulator.circles import draw_circle
from simulator.companies import found_companies
from simulator.lookalikes import private_investment as lookalikes
from simulator.platforms import Platform, found_platform
from simulator.schemes import fund_pool, illegal_fundraising
from simulator.stage import Stage, Typology

VARIANTS = ("fixed_returns", "pool_of_money", "guarantee_in_name", "renamed_firm", "staff_cards")
KINDS = ("investment_firm", "asset_manager", "guarantor")
SCOPES = (
    "投资咨询；理财信息咨询；投资管理",
    "民间资本投资；受托资产管理；企业投资咨询",
    "财富管理咨询；非融资性担保；商务信息咨询",
    "项目投资；投资管理；资产管理",
)
RENAMED = (
    "健康管理咨询；企业管理咨询；商务服务",
    "文化艺术交流策划；会议服务；商务信息咨询",
    "农业开发；生态旅游；企业管理咨询",
    "电子商务；供应链管理；经济信息咨询",
)


def add_private_investment(stage: Stage, variant: str) -> None:
    """Let one such firm take the public's money, as a pool or against fixed returns."""
    world, rng = stage.world, stage.world.rng
    firm = found_renamed(stage) if variant == "renamed_firm" else found_firm_of_kind(stage, variant)
    number, scheme = world.begin_scheme("private_investment", variant, firm.party)
    if variant == "pool_of_money" or (variant == "renamed_firm" and rng.random() < 0.5):
        way = str(rng.choice(fund_pool.VARIANTS))
        fund_pool.run_pool(stage, firm, way, number, scheme)
        return
    way = "changing_collectors" if variant == "staff_cards" else "fixed_interest"
    if variant in ("guarantee_in_name", "renamed_firm"):
        way = str(rng.choice(illegal_fundraising.VARIANTS))
    illegal_fundraising.raise_funds(stage, firm, way, number, scheme)


def found_firm_of_kind(stage: Stage, variant: str) -> Platform:
    """A firm that calls itself what it does, and has no licence for it."""
    world, rng = stage.world, stage.world.rng
    kind = "guarantor" if variant == "guarantee_in_name" else str(rng.choice(KINDS))
    firm = found_platform(world, stage.banks, custody=False, kind=kind, licensed=False)
    if rng.random() < 0.7:
        world.business_scopes[firm.party] = str(rng.choice(SCOPES))
    return firm


def found_renamed(stage: Stage) -> Platform:
    """A firm whose name and scope say something else; some are on the list of institutions."""
    world, rng = stage.world, stage.world.rng
    if rng.random() < 0.5:
        firm = found_platform(world, stage.banks, custody=False, kind="other", licensed=False)
    else:
        own = int(found_companies(world, stage.banks, 1)[0])
        party = int(world.owner(np.array([own]))[0])
        circle = draw_circle(world, party, int(rng.integers(2, 7)))
        firm = Platform(party, circle, own, own, 0.0, False)
    scopes = RENAMED if rng.random() < 0.6 else SCOPES
    world.business_scopes[firm.party] = str(rng.choice(scopes))
    return firm


TYPOLOGY = Typology("private_investment", VARIANTS, add_private_investment, lookalikes.KINDS)
