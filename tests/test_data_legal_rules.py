"""The rule table: what is in force on which day, and what is refused."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ContractError
from data.legal_rules import COLUMNS, FILE, LegalRule, LegalRules, legal_rules, read_legal_rules


@pytest.mark.parametrize(
    ("rule", "parameter", "before", "on", "change"),
    [
        ("borrower_cap", "person_one_platform", None, 20_000_000, date(2016, 8, 24)),
        ("borrower_cap", "organisation_all_platforms", None, 500_000_000, date(2016, 8, 24)),
        ("own_lending", "ban", None, 1, date(2016, 5, 18)),
        ("large_transaction", "cash", 20_000_000, 5_000_000, date(2017, 7, 1)),
        ("reserve", "least_transferred_share", None, Decimal("0.12"), date(2017, 4, 17)),
        ("reserve", "least_transferred_share", Decimal("0.12"), Decimal(1), date(2019, 1, 14)),
        ("direct_clearing", "link_ban", None, 1, date(2018, 6, 30)),
        ("product_nesting", "maximum_layers", None, 1, date(2018, 4, 27)),
        ("unlicensed_payment", "turnover", None, 500_000_000, date(2019, 2, 1)),
        ("private_lending", "protected_rate", None, Decimal("0.24"), date(2015, 9, 1)),
        ("private_lending", "void_rate", Decimal("0.36"), None, date(2020, 8, 20)),
        ("illegal_deposit", "person_persons", 30, 150, date(2022, 3, 1)),
        ("private_fund", "minimum_ticket", None, 100_000_000, date(2014, 8, 21)),
    ],
)
def test_a_figure_changes_on_its_day(
    rule: str, parameter: str, before: object, on: object, change: date
) -> None:
    rules = legal_rules()
    assert rules.value(rule, parameter, change - timedelta(days=1)) == before
    assert rules.value(rule, parameter, change) == on
    assert (rules.source(rule, parameter, change) is None) == (on is None)


def test_the_source_is_that_of_the_day() -> None:
    rules = legal_rules()
    assert rules.source("own_lending", "ban", date(2016, 8, 23)) == (
        "江苏省互联网金融风险专项整治工作实施方案二(一)1"
    )
    assert rules.source("own_lending", "ban", date(2016, 8, 24)) == (
        "网络借贷信息中介机构业务活动管理暂行办法第十条第五项"
    )
    assert rules.first_day("own_lending", "ban") == date(2016, 5, 18)


def test_shares_are_decimals_and_all_else_whole_numbers() -> None:
    for row in legal_rules():
        assert isinstance(row.value, Decimal if row.unit == "share" else int), row
    with pytest.raises(ContractError, match="void_rate is a share, not a whole number"):
        legal_rules().whole("private_lending", "void_rate", date(2016, 1, 1))
    assert legal_rules().whole("private_fund", "maximum_holders", date(2016, 1, 1)) == 200


def test_unknown_names_are_errors_that_list_the_known_ones() -> None:
    with pytest.raises(ContractError, match=r"unknown rule 'caps'; known are borrower_cap, "):
        legal_rules().value("caps", "person", date(2016, 1, 1))
    known = "unknown parameter 'person' of exchange; known are least_trading_days, maximum_holders"
    with pytest.raises(ContractError, match=known):
        legal_rules().value("exchange", "person", date(2016, 1, 1))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a,b,1,fen,2016-01-01,2016-02-01,s", "a,b,2,fen,2016-02-01,,s"], "overlap; end the"),
        (["a,b,1,fen,2016-01-01,,s", "a,b,2,fen,2017-01-01,,s"], "2016-01-01 and from 2017-01-01"),
        (["a,b,1.5,fen,2016-01-01,,s"], "line 2: invalid literal for int"),
        (["a,b,x,share,2016-01-01,,s"], "line 2: "),
        (["a,b,1,yuan,2016-01-01,,s"], "line 2: unknown unit 'yuan'; known: fen"),
        (["a,b,1,fen,2016-01-01,2015-01-01,s"], "line 2: ends 2015-01-01, before it begins"),
        (["a,b,1,fen,2016-01-01,,"], "line 2: source empty"),
        (["a,b,1,fen,2016-01-01"], "line 2: has not 7 cells"),
        (["a,b,1,fen,1 May,,s"], "line 2: Invalid isoformat"),
    ],
)
def test_what_is_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    path = tmp_path / "rules.csv"
    path.write_text("\n".join([",".join(COLUMNS), *lines]), encoding="utf-8")
    with pytest.raises(ContractError, match=re.escape(message)):
        read_legal_rules(path)


def test_a_file_that_is_missing_or_has_other_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="cannot be read"):
        read_legal_rules(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("rule,value\n")
    with pytest.raises(ContractError, match="columns must be rule, parameter, value"):
        read_legal_rules(tmp_path / "other.csv")


def test_every_line_of_the_file_is_a_row() -> None:
    rows = list(read_legal_rules(FILE))
    assert len(rows) == len(FILE.read_text(encoding="utf-8").splitlines()) - 1


@given(st.lists(st.dates(date(2010, 1, 1), date(2020, 1, 1)), unique=True, min_size=1, max_size=6))
def test_successive_rows_leave_no_gap_and_answer_for_their_days(firsts: list[date]) -> None:
    firsts = sorted(firsts)
    ends = [*(each - timedelta(days=1) for each in firsts[1:]), None]
    rows = [
        LegalRule("r", "p", number, "fen", first, last, "s")
        for number, (first, last) in enumerate(zip(firsts, ends, strict=True))
    ]
    rules = LegalRules(rows[::-1])
    assert rules.value("r", "p", firsts[0] - timedelta(days=1)) is None
    for number, first in enumerate(firsts):
        assert rules.value("r", "p", first) == number
        assert rules.value("r", "p", first - timedelta(days=1)) == (number - 1 if number else None)
