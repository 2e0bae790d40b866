"""How numbers, measures and long lines are shown: in words, in two languages, never cut."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from data.store import Database
from pipelines.features import FEATURES
from pipelines.measure_words import MEASURES, UNITS, held_against, quantity
from pipelines.unjudged import unjudged
from pipelines.wrapping import wrap


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (1, "transfers", "1 笔", "1 transfer"),
        (1093.7, "ratio", "1,094", "1,094"),
        (0.871, "ratio", "0.87", "0.87"),
        (0.0012, "ratio", "0.0012", "0.0012"),
        (22, "working days", "22 个工作日", "22 working days"),
        (0.2077, "share", "20.8 %", "20.8 %"),
        (12_345_678, "fen", "12.35 万元", "123,456.78 yuan"),
        (123_456_789_000, "fen", "12.35 亿元", "1,234,567,890.00 yuan"),
        (None, "fen", "-", "-"),
    ],
)
def test_a_quantity_has_its_unit_and_no_odd_digits(
    value: float | None, unit: str, zh: str, en: str
) -> None:
    assert (quantity(value, unit, True), quantity(value, unit, False)) == (zh, en)


def test_a_line_of_nothing_says_that_any_counts() -> None:
    assert [held_against(0, "fen", zh) for zh in (True, False)] == ["凡有即计", "any counts"]
    assert held_against(5_000_000, "fen", False) == "line 50,000.00 yuan"


def test_every_measure_and_unit_of_the_detectors_has_words() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path("detectors").glob("*.py"))
    assert set(re.findall(r'"(\w+)": Measure\(', sources)) <= MEASURES.keys()
    units = {feature.unit for feature in FEATURES} - {"", "fen", "share"}
    assert units <= UNITS.keys()


def test_lines_break_at_words_and_between_chinese_characters() -> None:
    assert wrap("R1 二(三)1: What is owed to clients", 16) == [
        "R1 二(三)1: What",
        "is owed to",
        "clients",
    ]
    assert wrap("备付金账户付出 39,833,812.93 元；十一日", 18) == [
        "备付金账户付出",
        "39,833,812.93 元；",
        "十一日",
    ]
    assert wrap("one\n\ntwo", 5) == ["one", "", "two"]
    assert wrap("P00104032P00104032", 9) == ["P00104032", "P00104032"]


@given(st.text(st.sampled_from("ab 1,.备付金，。（"), max_size=40), st.integers(8, 20))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_without_institutions_what_needs_them_cannot_be_judged(database: Database) -> None:
    database.execute("accounts", "create table account_dim (registered boolean)")
    assert [(gap.typology, gap.party_id, gap.missing) for gap in unjudged(database)] == [
        ("unapproved_exchange", None, ("institution", "account")),
        ("premium_misuse", None, ("institution", "account")),
        ("offline_sales", None, ("institution", "account")),
        ("disguised_debt", None, ("institution", "product")),
        ("product_splitting", None, ("product", "holding")),
        ("product_nesting", None, ("product", "holding")),
        ("excess_return", None, ("institution", "loan_event")),
        ("maturity_mismatch", None, ("institution", "loan", "loan_event")),
        ("self_guarantee", None, ("institution", "loan", "loan_event")),
        ("own_lending", None, ("institution", "loan")),
        ("borrower_cap", None, ("institution", "loan")),
        ("property_finance", None, ("institution", "loan")),
        ("margin_finance", None, ("institution", "account")),
        ("self_financing", None, ("institution", "loan")),
        ("commingling", None, ("institution", "loan", "balance")),
        ("reserve_misuse", None, ("institution", "reserve_day")),
        ("paid_promotion", None, ("institution", "party")),
        ("restricted_name", None, ("institution", "party")),
        ("related_party", None, ("institution", "relation")),
        ("unlicensed_business", None, ("institution",)),
        ("reserve_placement", None, ("institution", "reserve_day")),
        ("fictitious_loan", None, ("institution", "loan", "loan_event")),
        ("unlicensed_payment", None, ("institution",)),
    ]
