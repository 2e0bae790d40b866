"""E1: equity that pays like a loan fires, and a platform's own; dividends do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from detector_world import BANK, DAY, World, at

from detectors import disguised_debt
from detectors.finding import CannotConclude, Finding


def issue(
    investors: int = 12,
    rates: tuple[float, ...] = (0.01, 0.01, 0.01, 0.01),
    *,
    related: bool = False,
    source: str = "Maker",
    every: int = 30,
) -> World:
    """Persons buy a maker's equity on a platform, and get a part of it every so many days."""
    world = World()
    world.institution("Platform", "crowdfunding_platform")
    world.party("Maker", "Shell", "Supplier")
    world.account("raise", "Maker", "ordinary", "Platform")
    if related:
        world.tie("Platform", "Maker", "shareholder", 0.5)
    world.add("product", product_id="S1", issuer_party_id="Maker", manager_party_id="Platform",
              offering="equity", raise_bank_no=BANK, raise_account_no="raise")  # fmt: skip
    for number, person in enumerate(world.persons("investor", investors)):
        paid = 20_000 + 10_000 * (number % 4)
        world.pay(person, "raise", paid, at(number % 5))
        for turn, rate in enumerate(rates, start=1):
            world.pay(source, person, paid * rate, at(5 + every * turn))
    return world


def found(world: World, days: int = 150, **changes: float) -> list[Finding | CannotConclude]:
    return list(disguised_debt.detect(world.context(days, disguised_debt=changes)))


def test_equity_that_pays_a_fixed_fraction_each_month_is_debt() -> None:
    [finding] = found(issue())
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.institution_id) == ("Maker", "Platform")
    assert (finding.code, finding.clause, finding.severity) == ("E1", "二(五)1", 4)
    assert finding.amount_fen == 42_000_000
    assert finding.accomplices == ()
    assert len(finding.transfers) == 1 + 12 + 48
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "equity_investors": 12,
        "equity_raised_fen": 42_000_000,
        "plan_receivers": 12,
        "plan_share": 1.0,
        "regular_share": 1.0,
        "yearly_rate": 0.1217,
        "circle_share_of_raised": 0,
    }
    assert finding.text == (
        "以股权产品向 12 名投资人募集 420,000.00 元；每 30 日按固定比例向 12 人付出共 16,800.00 元"
        "（折合年 12.2%）",
        "Raised 420,000.00 yuan from 12 investors as equity; 12 of them get a fixed fraction every "
        "30 days, 16,800.00 yuan in all (12.2% a year)",
    )


def test_dividends_that_vary_with_profit_are_none() -> None:
    assert found(issue(rates=(0.01, 0.025, 0.004, 0.017))) == []


def test_one_dividend_alike_for_all_is_none() -> None:
    assert found(issue(40, rates=(0.01,))) == []
    assert len(found(issue(40, rates=(0.01,)), minimum_repeated_share=0.0)) == 1


@pytest.mark.parametrize(
    ("quiet", "relaxed"),
    [
        pytest.param(issue(9), {"minimum_investors": 9}, id="9 investors"),
        pytest.param(issue(10, rates=(0.002,) * 4), {"lowest_yearly_rate": 0.02}, id="2.4 %"),
    ],
)
def test_below_a_threshold_is_none(quiet: World, relaxed: dict[str, float]) -> None:
    assert found(quiet) == []
    assert len(found(quiet, **relaxed)) == 1


def test_a_buyout_at_a_fixed_surplus_by_a_shell_is_debt() -> None:
    [finding] = found(issue(rates=(1.06,), every=100, source="Shell"))
    assert isinstance(finding, Finding)
    assert finding.accomplices == (("Shell", "shell"),)
    assert finding.text[1].split("; ")[1] == (
        "12 of them were bought out at a fixed surplus after 104 days, for 445,200.00 yuan "
        "(21.1% a year)"
    )


def test_half_yearly_equal_payments_may_be_dividends() -> None:
    [monthly] = found(issue())
    [finding] = found(issue(rates=(0.05, 0.05), every=70))
    assert isinstance(finding, Finding) and isinstance(monthly, Finding)
    assert [(test.name, test.passed) for test in finding.lookalikes] == [("true_dividend", False)]
    assert finding.confidence < monthly.confidence


def test_a_platform_that_raises_for_its_own_circle_is_the_subject() -> None:
    [finding] = found(issue(rates=(), related=True))
    assert isinstance(finding, Finding)
    assert finding.party_id == "Platform"
    assert finding.accomplices == (("Maker", "organiser"),)
    assert finding.text[1] == (
        "Raised 420,000.00 yuan from 12 investors as equity; the issuer belongs to the circle of "
        "the platform that sells it"
    )


def test_a_nominee_issuer_that_passes_the_money_to_the_platform_is_found() -> None:
    world = issue(rates=())
    world.party("Boss", kind="person")
    world.tie("Boss", "Platform", "controls")
    world.pay("raise", "Boss", 200_000, at(20))
    world.pay("raise", "Supplier", 200_000, at(21))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.party_id == "Platform"
    assert finding.accomplices == (("Boss", "beneficiary"), ("Maker", "organiser"))
    assert finding.text[1].endswith("; 48% of the money reached the platform's circle")


def test_a_commission_of_the_platform_is_none() -> None:
    world = issue(rates=())
    world.pay("raise", "Platform", 20_000, at(20))
    world.pay("raise", "Supplier", 300_000, at(21))
    assert found(world) == []


def test_holdings_stand_in_for_payments_that_no_bank_reported() -> None:
    world = issue()
    world.paid = [row for row in world.paid if row[1] != "raise"]
    for number in range(12):
        world.add("holding", holder_kind="party", holder_id=f"investor{number:04d}",
                  product_id="S1", as_of=DAY + timedelta(days=1),
                  cost_fen=2_000_000 + 1_000_000 * (number % 4))  # fmt: skip
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.transfers[0] == "holding:investor0000:S1:2016-06-02"


def test_customers_of_the_issuer_invest_nothing_and_unknown_payers_count_with_investors() -> None:
    def trading(turnover: float) -> World:
        world = issue()
        for number in range(12):
            world.add("holding", holder_kind="party", holder_id=f"investor{number:04d}",
                      product_id="S1", as_of=DAY + timedelta(days=6),
                      cost_fen=2_000_000 + 1_000_000 * (number % 4))  # fmt: skip
        world.party("Buyer", "elsewhere")
        world.unregistered.add("elsewhere")
        world.pay("Buyer", "raise", turnover, at(4))
        world.pay("elsewhere", "raise", 30_000, at(4))
        return world

    [finding] = found(trading(10_000))
    assert isinstance(finding, Finding)
    assert finding.amount_fen == 42_000_000 + 3_000_000
    assert "; the raising account took 30,000.00 yuan from accounts of unknown" in finding.text[1]
    [finding] = found(trading(400_000))
    assert isinstance(finding, Finding)
    assert finding.amount_fen == 42_000_000


def test_equity_without_statement_and_holders_cannot_be_judged() -> None:
    [said] = found(issue(0))
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Maker", (f"account:{BANK}:raise", "holding of S1"))
    assert said.text == (
        "股权产品的募集账户流水和持有人均未报送，无法判断是否明股实债",
        "neither statements of the raising account nor holders of the equity were submitted; "
        "whether it is debt cannot be judged",
    )


def test_a_crowdfunding_platform_without_equity_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "crowdfunding_platform")
    [said] = found(world)
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Platform", ("product",))
    assert said.text[1] == (
        "no equity product was submitted; whether this platform's equity is debt cannot be judged"
    )
