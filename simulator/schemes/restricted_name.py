"""N1 restricted names: a firm calls itself, or its business, what only the licensed may."""

from __future__ import annotations

from simulator.companies import found_companies, found_institution
from simulator.lookalikes import restricted_name as lookalikes
from simulator.naming import compose, scope_with
from simulator.stage import Stage, Typology
from simulator.world import World

VARIANTS = ("in_name", "in_scope", "homophone", "spaced")
# The sixteen words of the plan, part three, section one.
RESTRICTED = (
    "交易所",
    "交易中心",
    "金融",
    "资产管理",
    "理财",
    "基金",
    "基金管理",
    "投资管理",
    "财富管理",
    "股权投资基金",
    "网贷",
    "网络借贷",
    "P2P",
    "股权众筹",
    "互联网保险",
    "支付",
)
# Characters that sound alike, of those that make these words.
ALIKE = {
    "金": "今巾",
    "融": "溶蓉",
    "资": "咨姿",
    "产": "铲",
    "理": "里鲤",
    "财": "才材",
    "基": "机积",
    "投": "头",
    "富": "付复",
    "网": "罔",
    "贷": "代袋",
    "2": "二贰",
    "支": "枝芝",
    "付": "富",
    "筹": "愁",
    "易": "益",
    "险": "显",
}


def add_restricted_name(stage: Stage, variant: str) -> None:
    """Name a firm, or write its scope, with one of the words, plainly or in a disguise."""
    world, rng = stage.world, stage.world.rng
    party = draw_firm(stage)
    _, scheme = world.begin_scheme("restricted_name", variant, party)
    scheme.parties = [(party, "organiser")]
    scheme.records = [("party", party)]
    scheme.stake_fen = 0
    word = str(rng.choice(RESTRICTED))
    if variant == "homophone":
        word = sound_alike(world, word)
    elif variant == "spaced":
        word = str(rng.choice([" ", "·", "-", "　"])).join(word)
    if variant == "in_scope" or (variant != "in_name" and rng.random() < 0.3):
        world.business_scopes[party] = scope_with(world, word)
    else:
        world.names[party] = compose(world, party, word)


def draw_firm(stage: Stage) -> int:
    """An institution without a licence that some other story founded, or a firm of its own."""
    world, rng = stage.world, stage.world.rng
    rows = world.institutions.joined()
    bare = [party for party in rows["party"][~rows["licensed"]].tolist()
            if party not in world.names and party not in world.business_scopes]  # fmt: skip
    way = rng.random()
    if bare and way < 0.3:
        return int(rng.choice(bare))
    if way < 0.6:
        return found_institution(world, stage.banks, "other", licensed=False)[0]
    return int(world.owner(found_companies(world, stage.banks, 1))[0])


def sound_alike(world: World, word: str) -> str:
    """The word with one or two of its characters replaced by others of the same sound."""
    rng = world.rng
    places = [place for place, character in enumerate(word) if character in ALIKE]
    chosen = rng.choice(places, size=min(int(rng.integers(1, 3)), len(places)), replace=False)
    return "".join(
        str(rng.choice(list(ALIKE[character]))) if place in chosen else character
        for place, character in enumerate(word)
    )


TYPOLOGY = Typology("restricted_name", VARIANTS, add_restricted_name, lookalikes.KINDS)
