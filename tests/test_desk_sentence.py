"""The sentence on top of a suspect's page, amounts in words, and the picture of its ties."""

import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from review.amounts import exact, short, shown, spoken
from review.drawing.ownership import Tie, ownership
from review.drawing.picture import Picture
from review.sentence import sentence


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (0, "0元", "0 yuan"),
        (5_000_00, "5,000元", "5.0 k"),
        (9_999_50, "1.0万", "10.0 k"),
        (1_234_567_00, "123.5万", "1.2 m"),
        (22_898_000_00, "2,290万", "22.9 m"),
        (-123_456_789_00, "−1.2亿", "−123.5 m"),
        (2_000_000_000_00, "20.0亿", "2.0 bn"),
    ],
)
def test_short_amounts(fen: int, zh: str, en: str) -> None:
    assert (short(fen, True), short(fen, False)) == (zh, en)


def test_amounts_in_sentences_name_the_currency_once_and_are_exact_on_hover() -> None:
    assert [spoken(fen, True) for fen in (5_000_00, 50_000_00)] == ["5,000元", "5.0万元"]
    assert [spoken(fen, False) for fen in (500_00, 50_000_00)] == ["500 yuan", "50.0 k yuan"]
    assert exact(1_234_567_89, True) == "1,234,567.89 元"
    assert str(shown(1_234_567_89, False)) == (
        '<data class="amount" value="123456789" title="1,234,567.89 yuan">1.2 m</data>'
    )


def facts(**changes: Any) -> dict[str, Any]:
    held = {
        "typology": "fund_pool", "clause": "二(一)1", "role": "subject", "amount_fen": 500_000_00,
        "first_at": "2016-06-01T09:00:00", "last_at": "2016-06-13T12:00:00",
        "subject_name": "南京恒信", "party_id": "P1",
        "own_part": {"received_fen": 20_000_00, "paid_fen": 0},
    }  # fmt: skip
    return {
        "name": "南京恒信", "party_id": "P1", "division": "320100", "findings": [held | changes],
    }  # fmt: skip


def test_who_what_how_much_when_and_which_clause() -> None:
    assert sentence(facts(), True) == (
        "南京恒信（南京市）涉嫌资金池：2016-06-01 至 2016-06-13 涉及 50.0万元，"
        "可能违反《实施方案》二(一)1。"
    )
    assert sentence(facts(), False) == (
        "南京恒信 (Nanjing) is suspected of fund pool: 500.0 k yuan between 2016-06-01 and "
        "2016-06-13, against clause 二(一)1 of the plan."
    )


def test_whom_a_finding_names_is_not_said_to_be_its_subject() -> None:
    named = {**facts(role="beneficiary"), "name": "王伟", "division": None}
    assert sentence(named, True) == (
        "王伟在南京恒信涉嫌资金池（二(一)1）的资金中是受益人：2016-06-01 至 2016-06-13 "
        "收到 2.0万元，付出 0元。"
    )


def test_ties_with_one_party_stand_in_one_box() -> None:
    ties = [
        Tie("P2", "P1", "shareholder", 0.42, date(2009, 11, 14), None),
        Tie("P2", "P1", "legal_representative", None, date(2011, 11, 20), None),
        Tie("P1", "P3", "shareholder", 0.45, None, None),
    ]
    names = {"P1": "南京恒信", "P2": "刘俊凯", "P3": "镇江鸿明"}
    drawn = ownership("P1", ties, names, True)
    assert drawn is not None
    assert re.findall(r">([^<>]+)</text>", drawn) == [
        "刘俊凯", "持股 42.0% 2009-11-14", "法定代表人 2011-11-20",
        "镇江鸿明", "持股 45.0%", "南京恒信",
    ]  # fmt: skip


def test_a_drawing_escapes_every_text_that_it_is_given() -> None:
    hostile = '"><script>alert(1)</script>&'
    picture = Picture(10, 10, hostile)
    picture.box(0, 0, 1, 1, "in", hostile)
    picture.ribbon((0, 0), (1, 1), 2, "ribbon", hostile)
    picture.text(0, 0, hostile)
    drawn = ElementTree.fromstring(picture.markup())
    assert drawn.attrib["aria-label"] == hostile
    texts = [each.text for each in drawn.iter() if each.text]
    assert texts == [hostile] * 3
