"""V1: an unlicensed investment firm behind fixed returns fires; consultants and licences do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import private_investment
from detectors.finding import CannotConclude, Finding


def scheme(kind: str | None = "investment_firm", *, payers: int = 40, licensed: bool = False
           ) -> World:  # fmt: skip
    """Persons pay a firm 30,000 yuan each and get 1 % of it every 15 days."""
    world = World()
    world.bystanders(300)
    world.party("Owner", kind="person")
    if kind:
        world.institution("Firm", kind, licensed=licensed)
    else:
        world.party("Firm")
    world.tie("Owner", "Firm", "controls")
    for number, person in enumerate(world.persons("investor", payers)):
        world.pay(person, "Owner" if number < 10 else "Firm", 30_000, at(number % 5))
        for turn in range(1, 4):
            world.pay("Firm", person, 300, at(number % 5 + 15 * turn))
    return world


def found(world: World) -> list[Finding | CannotConclude]:
    return list(private_investment.detect(world.context(60)))


def test_an_unlicensed_firm_that_raises_money_fires() -> None:
    [finding] = found(scheme())
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.institution_id) == ("Firm", "Firm")
    assert (finding.code, finding.clause, finding.severity) == ("V1", "二(八)", 4)
    assert finding.amount_fen == 120_000_000
    assert finding.accomplices == (("Owner", "organiser"),)
    assert len(finding.transfers) == 40 + 120
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "public_payers": (40, 150),
        "public_fen": (120_000_000, 100_000_000),
        "agreeing_findings": (1, 1),
    }
    assert finding.text == (
        "按登记类别属投资、担保、理财一类的无牌机构，符合 P3：向 40 名自然人收取 1,200,000.00 元",
        "By its registration an investment, guarantee or wealth firm without a licence, it shows "
        "P3: 1,200,000.00 yuan taken from 40 natural persons",
    )


def test_below_the_lines_of_the_law_it_may_be_private_borrowing() -> None:
    [small], [large] = found(scheme(payers=33)), found(scheme(payers=34))
    assert isinstance(small, Finding) and isinstance(large, Finding)
    assert [test.name for test in small.lookalikes if not test.passed] == [
        "grounds_in_doubt",
        "private_borrowing",
    ]
    assert all(test.passed for test in large.lookalikes)


def test_a_licensed_firm_and_another_kind_of_institution_are_none() -> None:
    assert found(scheme("guarantor", licensed=True)) == []
    assert found(scheme("p2p_platform")) == []


def named(name: str) -> World:
    """The same scheme, of a firm of which only the name tells its trade."""
    world = scheme(None)
    world.party("Firm", name=name)
    return world


def test_a_name_that_tells_the_trade_is_a_weaker_ground() -> None:
    [sure], [weak] = found(scheme()), found(named("某某财富管理有限公司"))
    assert isinstance(sure, Finding) and isinstance(weak, Finding)
    assert [test.name for test in weak.lookalikes if not test.passed] == ["namesake"]
    assert weak.confidence < 0.8 * sure.confidence


def test_a_firm_of_another_name_is_one_by_what_it_lives_on() -> None:
    food = named("某某食品有限公司")
    [finding] = found(food)
    assert isinstance(finding, Finding)
    assert finding.text[1].startswith("By what it does an investment, guarantee or wealth firm")
    [sure] = found(scheme())
    assert isinstance(sure, Finding) and finding.confidence < sure.confidence
    food.party("Grocer")
    food.pay("Grocer", "Firm", 1_300_000, at(3))
    assert found(food) == []  # it has a trade of like size
    assert found(scheme(None, payers=33)) == []  # below the lines of the law


def test_who_only_holds_the_accounts_is_none_by_conduct() -> None:
    world = scheme("p2p_platform")
    world.party("Sister")
    world.tie("Firm", "Sister", "controls")
    for person in world.persons("other", 40):
        world.pay(person, "Sister", 30_000, at(2))
        world.pay("Sister", person, 300, at(17))
        world.pay("Sister", person, 300, at(32))
    assert found(world) == []


def test_a_firm_that_organisations_pay_may_be_a_consultant() -> None:
    world = scheme()
    world.party("Client")
    world.pay("Client", "Firm", 2_000_000, at(3))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert [test.en for test in finding.lookalikes if not test.passed] == [
        "69% of what the firm takes comes from organisations, which pay consultants"
    ]


def test_a_firm_without_any_account_cannot_be_judged() -> None:
    world = World()
    world.institution("Firm", "guarantor", licensed=False)
    del world.accounts["Firm"]
    [said] = found(world)
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Firm", ("account", "entry"))
    assert said.text == (
        "未报送该公司的任何账户，无法判断其是否向公众集资",
        "no account of this firm was submitted; whether it raises money cannot be judged",
    )
