"""I1: premiums that stay fire, and surrenders at a fixed surplus; cycles and claims do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from detector_world import World, at

from detectors import premium_misuse
from detectors.finding import CannotConclude, Finding


def agency(remitted: float = 0.4, *, every: int = 10, lag: int = 0, days: int = 60) -> World:
    """Persons pay an agency premiums each day; it passes a part on to the insurer."""
    world = World()
    world.institution("Insurer", "insurer")
    world.party("Agency", "Friend", "Landlord")
    world.party("Boss", kind="person")
    world.tie("Boss", "Agency", "legal_representative")
    world.account("collecting", "Agency", "ordinary", "Insurer")
    persons = world.persons("holder", 60)
    for day in range(days):
        world.pay(persons[day % 60], "Agency", 5_000 + 10 * day, at(day, 9))
    for day in range(every, days, every):
        came = sum(5_000 + 10 * d for d in range(max(day - every - lag, 0), day - lag))
        if came:
            world.pay("Agency", "Insurer", came * remitted, at(day, 16))
    return world


def found(world: World, days: int = 60, **changes: float) -> list[Finding | CannotConclude]:
    return list(premium_misuse.detect(world.context(days, premium_misuse=changes)))


def test_premiums_that_go_to_the_agencys_circle_fire() -> None:
    world = agency(0.3)
    world.pay("Agency", "Boss", 170_000, at(50))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.institution_id) == ("Agency", None)
    assert (finding.code, finding.clause, finding.severity) == ("I1", "二(六)", 3)
    # All that was due, or spent, and reached no insurer, commission among it.
    assert finding.amount_fen == 20_010_500
    assert finding.accomplices == (("Boss", "beneficiary"),)
    assert len(finding.transfers) == 60 + 5 + 1
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "premium_payers": 60,
        "overdue_fen": 5_880_500,
        "overdue_share": 0.1851,
        "aged_premium_fen": 0,
        "premium_fen": 31_770_000,
    }
    assert finding.text == (
        "从 60 名自然人处代收保费 317,700.00 元，扣除佣金后仍有 58,805.00 元到期未交保险公司；连同"
        "佣金，到期或已付作他用的保费中共有 200,105.00 元未到保险公司；其间向关联方付"
        "出 170,000.00 元",
        "Collected premiums of 317,700.00 yuan from 60 natural persons; less commission, 58,805.00 "
        "yuan of them were due and did not reach an insurer; with commission, 200,105.00 yuan of "
        "the premiums that were due or spent reached none; meanwhile 170,000.00 yuan went to its "
        "circle",
    )


def hoard(days: int) -> World:
    """An agency that passes nothing on after its first settlement."""
    world = agency(days=days)
    world.paid = [row for row in world.paid if row[1] != "Insurer" or row[3] < at(11)]
    world.pay("Agency", "Insurer", 60_000, at(9))
    return world


def test_premiums_older_than_a_cycle_fire_though_nothing_was_spent() -> None:
    assert found(hoard(69), 69) == []
    [finding] = found(hoard(110), 110)
    assert isinstance(finding, Finding)
    assert finding.measures["aged_premium_fen"].value == 14_459_000
    assert finding.amount_fen == 48_735_000


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(agency(0.65), id="all but the commission is passed on"),
        pytest.param(agency(0.65, every=30, lag=15, days=100), id="paid half a month late"),
        pytest.param(agency(0.4), id="kept, not spent, and younger than a cycle"),
    ],
)
def test_settlement_cycles_and_commissions_are_none(world: World) -> None:
    assert found(world, 100 if len(world.paid) > 80 else 60) == []


def test_a_firm_that_passes_persons_money_on_is_a_collector_unregistered() -> None:
    world = agency(0.4)
    del world.accounts["collecting"]
    world.pay("Agency", "Boss", 190_000, at(50))
    assert found(world) == []
    [finding] = found(world, collector_share=0.3, minimum_fen=4_000_000)
    assert isinstance(finding, Finding)
    assert finding.party_id == "Agency"


def test_a_firm_that_insures_itself_is_no_collector() -> None:
    world = World()
    world.institution("Insurer", "insurer")
    world.party("School")
    for number, person in enumerate(world.persons("pupil", 60)):
        world.pay(person, "School", 6_000, at(number % 20))
    world.pay("School", "Insurer", 20_000, at(30))
    world.pay("School", "Insurer", 20_000, at(40))
    assert found(world) == []


def surrenders(count: int, ratio: float = 1.04) -> World:
    """An insurer gives policyholders the premium back after eighty days."""
    world = World()
    world.institution("Insurer", "insurer")
    for number, person in enumerate(world.persons("holder", 40)):
        premium = 10_000 + 5_000 * (number % 4)
        world.pay(person, "Insurer", premium, at(number % 6))
        if number < count:
            world.pay("Insurer", person, premium * ratio, at(85 + number % 6))
        elif number % 5 == 0:
            world.pay("Insurer", person, 3_000 + 777 * number, at(40 + number))
    return world


def test_surrenders_at_a_fixed_surplus_fire() -> None:
    assert found(surrenders(9), 100) == []
    [finding] = found(surrenders(20), 100)
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.institution_id) == ("Insurer", "Insurer")
    assert finding.measures["surrenders"].value == 20
    assert finding.text == (
        "数月内以固定溢价向 20 名投保人退回 364,000.00 元；如此出售的保费共 700,000.00 元",
        "20 policyholders got 364,000.00 yuan back within months, with a fixed surplus; premiums "
        "of 700,000.00 yuan were sold so",
    )


def test_where_few_of_all_premiums_were_given_back_only_these_are_at_stake() -> None:
    world = surrenders(20)
    for number, person in enumerate(world.persons("other", 400)):
        world.pay(person, "Insurer", 20_000, at(number % 90))
    [finding] = found(world, 100)
    assert isinstance(finding, Finding)
    assert finding.amount_fen == 35_000_000
    assert len(finding.transfers) == 20 + 20


def test_policyholders_whom_no_bank_reports_count_with_the_others() -> None:
    world = surrenders(20)
    world.party("elsewhere")
    world.unregistered.add("elsewhere")
    paid = world.pay("elsewhere", "Insurer", 9_000, at(3))
    [finding] = found(world, 100)
    assert isinstance(finding, Finding)
    assert paid in finding.transfers and finding.amount_fen == 70_900_000
    assert "9,000.00 yuan of it came from accounts of unknown holders" in finding.text[1]
    world.party("Factory")
    world.pay("Factory", "Insurer", 200_000, at(3))
    [finding] = found(world, 100)
    assert isinstance(finding, Finding) and paid not in finding.transfers


def test_policies_withdrawn_without_surplus_are_none() -> None:
    assert found(surrenders(20, 1.0), 100) == []


def test_an_insurers_money_in_its_circle_fires() -> None:
    world = surrenders(0)
    world.party("Subsidiary")
    world.tie("Insurer", "Subsidiary", "shareholder", 0.9)
    assert found(world, 100) == []
    for month in range(3):
        world.pay("Insurer", "Subsidiary", 200_000 + 5_000 * month, at(30 * month + 5))
    assert found(world, 100) == []
    world.pay("Insurer", "Subsidiary", 600_000, at(50))
    [finding] = found(world, 100)
    assert isinstance(finding, Finding)
    assert finding.accomplices == (("Subsidiary", "beneficiary"),)
    assert finding.text[1] == (
        "600,000.00 yuan net, 86% of what came in, went to firms of the circle that are no insurers"
    )
    world.pay("Subsidiary", "Insurer", 560_000, at(60))
    assert found(world, 100) == []


def test_a_bill_of_a_sister_is_none_unless_many_persons_premiums_pay_it() -> None:
    world = World()
    world.institution("Insurer", "insurer")
    world.party("Subsidiary")
    world.tie("Insurer", "Subsidiary", "shareholder", 0.9)
    world.pay("Insurer", "Subsidiary", 150_000, at(50))
    assert found(world, 100) == []
    for number, holder in enumerate(world.persons("holder", 20)):
        world.pay(holder, "Insurer", 10_000, at(number))
    [finding] = found(world, 100)
    assert (finding.party_id, finding.amount_fen) == ("Insurer", 15_000_000)


def test_a_years_dividend_of_an_insurer_without_premiums_is_none() -> None:
    world = World()
    world.trade(100)
    world.institution("Insurer", "insurer")
    world.party("Owner")
    world.tie("Owner", "Insurer", "shareholder", 1.0)
    world.pay("Insurer", "Owner", 900_000, at(50))
    assert [each for each in found(world, 100) if isinstance(each, Finding)] == []
    world.pay("Insurer", "Owner", 700_000, at(60))
    [finding] = [each for each in found(world, 100) if isinstance(each, Finding)]
    assert finding.amount_fen == 160_000_000


def test_an_agency_that_passes_hardly_anything_on_is_one_by_its_scope() -> None:
    def agency(scope: str) -> World:
        world = World()
        world.institution("Insurer", "insurer")
        world.party("Agency", business_scope=scope)
        world.party("Owner", kind="person")
        for number, holder in enumerate(world.persons("holder", 30)):
            world.pay(holder, "Agency", 10_000, at(number))
        world.pay("Agency", "Insurer", 20_000, at(31))
        world.pay("Agency", "Owner", 270_000, at(40))
        return world

    [finding] = found(agency("保险代理；代理收取保险费"), 100)
    assert finding.party_id == "Agency"
    assert found(agency("商务服务（不得从事保险代理）"), 100) == []


def test_an_insurer_without_statements_cannot_be_judged() -> None:
    world = World()
    world.institution("Insurer", "insurer")
    [said] = found(world)
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Insurer", ("account", "entry"))
    assert said.text == (
        "未报送该保险公司的账户流水，无法判断保费是否到账",
        "no statement of this insurer's accounts was submitted; whether premiums reach it cannot "
        "be judged",
    )


def insurer(back: float) -> World:
    """An insurer that takes premiums and pays each policyholder a part of his own a week later."""
    world = World()
    world.institution("Insurer", "insurer")
    for number, person in enumerate(world.persons("holder", 30)):
        premium = 5_000 + 130 * number
        world.pay(person, "Insurer", premium, at(number, 9))
        if number % 2:
            world.pay("Insurer", person, premium * (back + 0.001 * number), at(number + 7, 9))
    return world


def test_premiums_given_back_soon_and_nearly_whole_fire() -> None:
    [finding] = found(insurer(0.98))
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.code) == ("Insurer", "I1")
    assert finding.amount_fen == 100 * sum(5_000 + 130 * n for n in range(1, 30, 2))
    assert len(finding.transfers) == 2 * 15
    assert finding.measures["returned_premium_share"].value == 0.5047
    assert finding.text == (
        "15 名投保人的保费 104,250.00 元（占 50%）在 45 日内近乎原额退回",
        "Premiums of 104,250.00 yuan (50%) of 15 policyholders came back nearly whole within 45 "
        "days",
    )


def test_claims_refunds_of_the_very_premium_and_few_returns_are_none() -> None:
    assert found(insurer(0.3)) == []
    assert found(insurer(2.5)) == []
    assert found(insurer(0.98), minimum_returned_share=0.52) == []
    refunds = insurer(0.98)
    refunds.paid = [row for row in refunds.paid if row[0] != "Insurer"]
    for number in range(1, 30, 2):
        premium = 5_000 + 130 * number
        refunds.pay("Insurer", f"holder{number:04d}", premium, at(number + 7))
    assert found(refunds) == []


def test_an_agency_that_pays_a_fixed_surplus_is_held_to_the_same_line() -> None:
    world = agency(1.0)
    for number in range(12):
        world.pay("Agency", f"holder{number:04d}", (5_000 + 10 * number) * 1.01, at(number + 9, 15))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.measures["surrenders"].value) == ("Agency", 12)
    assert finding.amount_fen == 31_770_000
    assert len(finding.transfers) == 60 + 12


def test_premiums_given_back_and_paid_to_a_sister_are_followed_there() -> None:
    world = insurer(0.99)
    world.party("Fund")
    world.tie("Insurer", "Fund", "shareholder", 1.0)
    before = next(each for each in found(world) if isinstance(each, Finding))
    back = [(payee, fen, when) for payer, payee, fen, when, _ in world.paid if payer == "Insurer"]
    moved = [
        world.pay(payee, "Fund", fen / 100, when + timedelta(hours=9)) for payee, fen, when in back
    ]
    after = next(each for each in found(world) if isinstance(each, Finding))
    assert after.accomplices == (("Fund", "beneficiary"),)
    assert set(after.transfers) == {*before.transfers, *moved}
