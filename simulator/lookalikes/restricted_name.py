"""Innocent firms in whose name or scope a restricted word stands: licensed, or in another sense."""

from __future__ import annotations

import numpy as np

from simulator.companies import found_companies, found_institution
from simulator.naming import compose, scope_with
from simulator.stage import Stage

FOUNDATIONS = ("教育基金会", "慈善基金会", "助学基金会", "医疗救助基金会", "环保基金会")
PLACES_NAMED = ("金融街物业管理", "金融城酒店管理", "理财广场物业服务", "交易中心大厦物业")
EXCLUSIONS = (
    "（不得从事金融、类金融业务）",
    "（不含金融、证券、保险、基金等需经许可的业务）",
    "（除吸收存款、理财、支付业务外）",
)


def run_foundation(stage: Stage) -> None:
    """A charitable foundation: the word is there, and means something else."""
    world = stage.world
    account = int(found_companies(world, stage.banks, 1)[0])
    party = int(world.owner(np.array([account]))[0])
    word = str(world.rng.choice(FOUNDATIONS))
    world.names[party] = compose(world, party, word).split(word)[0] + word
    world.business_scopes[party] = "资助教育、医疗与救灾等公益项目"
    world.resembles("restricted_name", "foundation", account)


def run_licensed_holder(stage: Stage) -> None:
    """An asset manager with a licence bears the word in its name."""
    world = stage.world
    party, own = found_institution(world, stage.banks, "asset_manager")
    world.names[party] = compose(world, party, str(world.rng.choice(["资产管理", "基金管理"])))
    world.resembles("restricted_name", "licensed", own, institution=party)


def run_excluded(stage: Stage) -> None:
    """A firm whose scope names the word to say that it does no such thing."""
    world = stage.world
    account = int(found_companies(world, stage.banks, 1)[0])
    party = int(world.owner(np.array([account]))[0])
    body = scope_with(world, "投资咨询")
    world.business_scopes[party] = body + str(world.rng.choice(EXCLUSIONS))
    world.resembles("restricted_name", "excluded_in_scope", account)


def run_named_place(stage: Stage) -> None:
    """A firm that keeps the houses of a place whose name holds the word."""
    world = stage.world
    account = int(found_companies(world, stage.banks, 1)[0])
    party = int(world.owner(np.array([account]))[0])
    word = str(world.rng.choice(PLACES_NAMED))
    world.names[party] = compose(world, party, word, "有限公司")
    world.resembles("restricted_name", "named_place", account)


KINDS = (run_foundation, run_licensed_holder, run_excluded, run_named_place)
