"""What follows from findings: classes with grounds, offices, places, money, and tips."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from test_publish import FINDING, SETTINGS, home, key, outcome

from data.codes import CITIES, is_division
from data.divisions import COUNTIES, city_and_county
from data.settings import load_settings
from data.store import Database
from pipelines.consequences import Consequence, consequence
from pipelines.disposal import Licence, Proposal, lead_office, proposed_disposal
from pipelines.publish import publish
from pipelines.report import render_suspect, suspects
from pipelines.tips import NO_TIPS, linked_tips

DAY = date(2016, 6, 13)
RATES = load_settings(None).consequences
LICENSED = {"I1": Licence("苏0001", date(2015, 1, 1), None, "active")}
FIRM = replace(FINDING, institution_id="I1")


@pytest.mark.parametrize(
    ("finding", "licences", "expected"),
    [
        (
            FIRM,
            LICENSED,
            Proposal(
                "stop_and_rectify",
                "持有效牌照 苏0001；P1 二(一)1，严重程度 5/5，置信度 0.90："
                "严重程度不低于 3，属持牌违规",
                "licence 苏0001 is valid on 2016-06-13; P1 二(一)1, severity 5/5, confidence 0.90: "
                "at severity 3 or more a licensed firm is in violation",
            ),
        ),
        (
            FIRM,
            {},
            Proposal(
                "police",
                "无有效牌照；P1 二(一)1，严重程度 5/5，置信度 0.90：严重程度 5 且置信度不低于 0.80",
                "no licence is valid on 2016-06-13; P1 二(一)1, severity 5/5, confidence 0.90: "
                "severity 5 at a confidence of 0.80 or more",
            ),
        ),
        (
            replace(FIRM, confidence=0.79),
            {},
            Proposal(
                "ban",
                "无有效牌照；P1 二(一)1，严重程度 5/5，置信度 0.79："
                "严重程度高于 2，但不满足严重程度 5 且置信度不低于 0.80",
                "no licence is valid on 2016-06-13; P1 二(一)1, severity 5/5, confidence 0.79: "
                "above severity 2, though not severity 5 at a confidence of 0.80 or more",
            ),
        ),
    ],
)
def test_a_class_comes_with_its_grounds(
    finding: object, licences: dict[str, Licence], expected: Proposal
) -> None:
    assert proposed_disposal([finding], "p1", licences, DAY, SETTINGS) == expected  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("changes", "licences", "disposal"),
    [
        ({"typology": "own_lending", "severity": 3}, LICENSED, "suspend_and_return"),
        ({"severity": 2}, LICENSED, "rectify"),
        ({"severity": 2}, {}, "dissolve"),
        ({"severity": 3}, {}, "ban"),
        ({}, {"I1": Licence("苏0001", None, date(2016, 6, 12), "active")}, "police"),
    ],
)
def test_the_six_classes(
    changes: dict[str, object], licences: dict[str, Licence], disposal: str
) -> None:
    finding = replace(FIRM, **changes)  # type: ignore[arg-type]
    proposed = proposed_disposal([finding], "p1", licences, DAY, SETTINGS)
    assert proposed is not None and proposed.disposal == disposal


def test_the_gravest_finding_rules_and_who_is_only_named_gets_none() -> None:
    mild = replace(FIRM, typology="borrower_cap", code="P11", severity=2)
    proposed = proposed_disposal([mild, FIRM], "p1", {}, DAY, SETTINGS)
    assert proposed is not None and proposed.disposal == "police" and "P1 " in proposed.en
    assert proposed_disposal([FIRM], "p2", {}, DAY, SETTINGS) is None


def test_crossing_fields_go_to_the_leading_group() -> None:
    assert lead_office([FIRM, replace(FIRM, lead_office="JR")]) == "JR"
    assert lead_office([FIRM, replace(FIRM, lead_office="PBC")]) == "LG"
    assert lead_office([]) is None


def test_places_by_their_code_96_counties_and_three_that_gave_way_in_2016() -> None:
    assert city_and_county("320312") == ("徐州市", "铜山区")
    assert city_and_county("320300") == ("徐州市", None)
    assert city_and_county("110101") == (None, None)
    assert city_and_county(None) == (None, None)
    assert all(is_division(code) and f"{code[:4]}00" in CITIES for code in COUNTIES)
    assert len({code[:4] for code in COUNTIES}) == 13 and len(COUNTIES) == 96 + 3


def test_the_base_its_penalty_and_a_tips_reward_to_the_fen() -> None:
    assert consequence("320106", 1_003, 1, RATES) == Consequence("南京市", "鼓楼区", 1_003, 201, 10)
    assert consequence("320106", 1_003, 0, RATES).reward_fen is None
    assert consequence(None, None, 2, RATES) == Consequence(None, None, None, None, None)


def test_tips_name_a_party_by_identifier_or_a_firm_by_its_whole_name() -> None:
    parties = [
        ("p1", "organisation", "恒信投资有限公司"),
        ("p2", "person", "王伟"),
        ("p3", "organisation", "同名科技有限公司"),
        ("p4", "organisation", "同名科技有限公司"),
        ("p5", "organisation", "恒信"),
    ]
    tips = [
        ("T1", "p1", "恒信投资有限公司不还钱"),
        ("T2", None, "举报恒信投资有限公司"),
        ("T3", None, "王伟、恒信骗钱"),
        ("T4", "p2", "收钱的人"),
        ("T5", None, "同名科技有限公司"),
        ("T6", "p9", "别人"),
    ]
    names = ("party_id", "kind", "name")
    with Database.open(None) as db:
        db.register(
            "party_dim", pa.table(dict(zip(names, zip(*parties, strict=True), strict=True)))
        )
        columns = dict(
            zip(("tip_id", "party_id", "subject_text"), zip(*tips, strict=True), strict=True)
        )
        frame = pl.DataFrame(columns).with_columns(
            pl.lit(datetime(2016, 6, 1)).alias("received_at"),
            pl.lit(None, pl.String).alias("typology"),
            pl.lit(None, pl.Int64).alias("amount_fen"),
        )
        db.register("tip", frame.to_arrow())
        linked = linked_tips(db, ["p1", "p2", "p3", "p4", "p5"])
    assert linked.schema == NO_TIPS.schema
    assert linked.select("party_id", "tip_id", "named_by").rows() == [
        ("p1", "T1", "party_id"),
        ("p1", "T2", "name"),
        ("p2", "T4", "party_id"),
    ]


def test_a_suspect_shows_what_follows(tmp_path: Path) -> None:
    tip = ("p1", "T7", "party_id", datetime(2016, 6, 1, 9), "fund_pool", None, "恒信骗钱")
    drawn = replace(
        outcome(key()),
        tips=pl.DataFrame([tip], schema=NO_TIPS.schema, orient="row"),
        consequences={"p1": consequence("320106", 123_456, 1, RATES)},
    )
    place = home(tmp_path)
    path = publish(place, drawn, SETTINGS).path
    text = render_suspect(place, None, "p1", "text", "en").splitlines()
    assert text[-4:] == [
        "  proposed, an officer decides: unlicensed, fraud or grave violations: strike hard, hand "
        "to the police",
        "  grounds: no licence is valid on 2016-06-13; P1 二(一)1, severity 5/5, confidence 0.90: "
        "severity 5 at a confidence of 0.80 or more",
        "  base 1,234.56 yuan, penalty 246.91 yuan, reward for the tip 12.35 yuan",
        "  tip: T7  2016-06-01 09:00:00  恒信骗钱",
    ]
    chinese = render_suspect(place, None, "p1", "text", "zh").splitlines()
    assert chinese[-2:] == [
        "  处罚基数 1,234.56 元，按比例 246.91 元，举报奖励 12.35 元",
        "  线索：T7  2016-06-01 09:00:00  恒信骗钱",
    ]
    with Database.open(path, read_only=True) as db:
        [first, second, _] = suspects(db, 3)
    assert second["consequences"] is None
    assert {name: first["consequences"][name] for name in ("city", "county", "penalty_fen")} == {
        "city": "南京市",
        "county": "鼓楼区",
        "penalty_fen": 24_691,
    }
    assert [tip["tip_id"] for tip in first["consequences"]["tips"]] == ["T7"]
