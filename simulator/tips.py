"""Tips from the public: about the guilty, about the innocent, and about nobody who can be found."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator.names import DIVISIONS
from simulator.rows import Ints
from simulator.workdays import DAY, SECOND
from simulator.world import YUAN, World

TEXTS = (
    "收益高，资金去向不明",
    "到期不能兑付",
    "销售人员承诺保本",
    "账户频繁更换",
    "宣传夸大",
    "要求把钱打到个人卡上",
    "提现一直在审核中",
    "没有牌照却在收钱",
    "拉人头有奖励",
    "客服电话打不通",
    "平台借款人像是自己人",
    "刷卡后当天返现",
)
VAGUE = (
    "小区门口发传单的理财公司",
    "微信群里介绍的投资项目",
    "一个叫什么贷的平台",
    "电话推销高收益产品的人",
    "亲戚推荐的互助计划",
    "某商场一楼的投资公司",
)
# Shares of tips that give the party's number, a typology, an amount and a division.
STATED = (0.7, 0.4, 0.6, 0.5)


def tip_rows(world: World, ids: list[str], names: pl.Series) -> pl.DataFrame:
    """All tips, in no order that says what they are worth.

    A tip gives the party's number or only its name; what it says of typology and amount may be
    wrong, of the guilty as well.
    """
    rng = world.rng
    about, typology = draw_subjects(world)
    order = rng.permutation(len(about))
    about, typology = about[order], [typology[place] for place in order.tolist()]
    count = len(about)
    at = (world.period.epoch_day - rng.integers(1, 60, count)) * DAY + rng.integers(0, DAY, count)
    words = rng.choice(np.array(TEXTS), count).tolist()
    vague = rng.choice(np.array(VAGUE), count).tolist()
    subjects = [
        names[party] if party >= 0 else text
        for party, text in zip(about.tolist(), vague, strict=True)
    ]
    numbered, typed, priced, placed = (rng.random(count) < share for share in STATED)
    division = np.array(DIVISIONS)[rng.integers(0, 13, count)].tolist()
    return pl.DataFrame(
        {
            "tip_id": [f"T{number:06d}" for number in range(1, count + 1)],
            "received_at": pl.Series(at // SECOND * SECOND).cast(pl.Datetime("us")),
            "subject_text": [
                f"{subject}：{text}" for subject, text in zip(subjects, words, strict=True)
            ],
            "party_id": [
                ids[party] if party >= 0 and known else None
                for party, known in zip(about.tolist(), numbered.tolist(), strict=True)
            ],
            "typology": [
                name if stated else None
                for name, stated in zip(typology, typed.tolist(), strict=True)
            ],
            "amount_fen": [
                tens * 10_000 * YUAN if stated else None
                for tens, stated in zip(
                    rng.integers(1, 300, count).tolist(), priced.tolist(), strict=True
                )
            ],
            "division": [
                code if stated else None
                for code, stated in zip(division, placed.tolist(), strict=True)
            ],
        },
        schema_overrides={
            "party_id": pl.String,
            "typology": pl.String,
            "amount_fen": pl.Int64,
            "division": pl.String,
        },
    )


def draw_subjects(world: World) -> tuple[Ints, list[str]]:
    """Whom each tip is about (-1: nobody), and the typology it would name."""
    rng = world.rng
    known = sorted({scheme.typology for scheme in world.schemes}) or ["fund_pool"]
    about: list[int] = []
    named: list[str] = []
    for scheme in world.schemes:
        if rng.random() < 0.3:
            tied = [party for party, role in scheme.parties if role == "organiser"]
            about.append(int(rng.choice(tied)) if tied else scheme.institution)
            right = rng.random() < 0.6
            named.append(scheme.typology if right else str(rng.choice(known)))
    guilty = len(about)
    innocent = [each.party for each in world.lookalikes if rng.random() < 0.12]
    institutions = world.institutions.column("party")
    innocent += rng.choice(institutions, size=guilty // 3 + 1).tolist()
    innocent += rng.integers(0, world.parties.count, guilty // 4 + 1).tolist()
    nobody = [-1] * (guilty // 3 + 2)
    others = [*innocent, *nobody]
    named += rng.choice(known, size=len(others)).tolist()
    return np.array([*about, *others], dtype=np.int64), named
