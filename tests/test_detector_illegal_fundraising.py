"""P3: fixed fractions at fixed intervals fire; few payers, rents, wages and lending do not."""

from __future__ import annotations

import numpy as np
import pytest
from detector_world import World, at
from hypothesis import given, settings
from hypothesis import strategies as st

from data.settings import load_settings
from detectors import illegal_fundraising
from detectors.finding import CannotConclude, Finding
from detectors.grid_returns import grid_returns

LOTS = (10_000, 20_000, 50_000)


def scheme(
    payers: int = 40,
    *,
    collectors: tuple[str, ...] = ("desk",),
    source: str = "desk",
    loan: str | None = None,
    every: int = 30,
    part: float = 0.012,
) -> World:
    """Persons pay an unlicensed firm round lots and get a part of them every so many days."""
    world = World()
    world.bystanders(300)
    world.institution("Firm", "investment_firm", licensed=False)
    world.party("Owner", kind="person")
    world.tie("Owner", "Firm", "shareholder", 0.6)
    world.account("desk", "Firm", "own_funds")
    for number, person in enumerate(world.persons("investor", payers)):
        lot = LOTS[number % 3]
        day = number % 7
        world.pay(person, collectors[number % len(collectors)], lot, at(day, 10), loan)
        for turn in (1, 2, 3):
            world.pay(source, person, lot * part, at(day + turn * every, 15))
    return world


def found(world: World, days: int = 110, **changes: float) -> list[Finding]:
    said = list(illegal_fundraising.detect(world.context(days, illegal_fundraising=changes)))
    return [each for each in said if isinstance(each, Finding)]


def test_monthly_returns_on_round_lots_are_fundraising() -> None:
    [finding] = found(scheme())
    assert (finding.party_id, finding.institution_id) == ("Firm", "Firm")
    assert (finding.code, finding.clause, finding.severity) == ("P3", "二(一)1, 二(八)", 5)
    assert finding.amount_fen == 105_000_000
    assert finding.accomplices == ()
    assert len(finding.transfers) == 40 + 120
    assert (finding.first_at, finding.last_at) == (at(0, 10), at(96, 15))
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "lot_payers": 40,
        "raised_fen": 105_000_000,
        "plan_receivers": 40,
        "plan_share": 1.0,
        "regular_share": 1.0,
        "interval_days": 30,
        "yearly_rate": 0.146,
        "returns_fen": 3_780_000,
        "lot_share": 1.0,
    }
    assert finding.measures["raised_fen"].threshold == 100_000_000
    assert finding.text == (
        "从 40 名以整额付款的自然人处收取 1,050,000.00 元，并按固定比例向其中 40 人付还 37,800.00 "
        "元，最常见为每 30 日付本金的 1.20%（折合年 14.6%）",
        "Took 1,050,000.00 yuan from 40 natural persons who paid in round lots, and paid 40 of "
        "them 37,800.00 yuan in fixed parts of what they had paid, most often 1.20% of the "
        "principal every 30 days (14.6% a year)",
    )
    assert [test.passed for test in finding.lookalikes] == [True] * 6


def test_below_both_lines_of_the_law_it_may_be_private_borrowing() -> None:
    [small], [large] = found(scheme(38)), found(scheme(39))
    assert [test.name for test in small.lookalikes if not test.passed] == ["private_borrowing"]
    assert all(test.passed for test in large.lookalikes)
    assert small.confidence < large.confidence - 0.1


def test_lots_of_whole_hundreds_and_returns_rounded_to_ten_yuan_are_a_plan() -> None:
    world = scheme()
    world.paid = []
    for number in range(40):
        lot, person = 5_300 + 1_700 * number, f"investor{number:04d}"
        world.pay(person, "desk", lot, at(number % 7, 10))
        world.pay("desk", person, 10 * round(lot * 0.012 / 10), at(number % 7 + 15, 15))
    [finding] = found(world)
    assert finding.measures["plan_receivers"].value >= 38
    assert finding.measures["interval_days"].value == 15


def ahead(part: float = 0.04, more: float = 0.0) -> World:
    """Persons get a part of their lots back the day after; the same again after a month, maybe."""
    world = World()
    world.bystanders(300)
    world.party("Firm")
    for number, person in enumerate(world.persons("investor", 40)):
        lot, day = LOTS[number % 3], number % 7
        world.pay(person, "Firm", lot, at(day, 10))
        for late in (1, 31) if more else (1,):
            world.pay("Firm", person, lot * (part if late == 1 else more), at(day + late, 15))
    return world


def test_what_is_paid_ahead_is_for_the_time_until_the_next() -> None:
    once, again = found(ahead()), found(ahead(0.012, 0.012))
    assert [round(f.measures["yearly_rate"].value, 4) for f in (*once, *again)] == [0.4867, 0.146]
    assert found(ahead(0.4)) == []  # more than any scheme pays for a month


def test_a_firm_that_takes_and_pays_alone_is_behind_it_itself() -> None:
    def tied() -> World:
        world = ahead()
        world.institution("Guarantor", "guarantor")
        world.tie("Guarantor", "Firm", "controls")
        return world

    [finding] = found(tied())
    assert (finding.party_id, finding.institution_id) == ("Firm", None)
    fed = tied()
    fed.pay("Firm", "Guarantor", 300_000, at(9))
    [other] = found(fed)
    assert (other.party_id, other.institution_id) == ("Guarantor", "Guarantor")


def test_rebates_of_no_common_part_are_no_plan() -> None:
    world = scheme()
    world.paid = []
    for number in range(40):
        lot, person = 5_300 + 1_700 * number, f"investor{number:04d}"
        world.pay(person, "desk", lot, at(number % 7, 10))
        world.pay("desk", person, round(lot * 0.005 * 1.09**number), at(number % 7 + 15, 15))
    assert found(world) == []


def test_returns_on_stakes_from_before_the_records_speak_neither_way() -> None:
    world = scheme()
    for number in range(40):
        world.pay("desk", f"investor{number:04d}", 377 + 7 * number, at(number % 7, 9))
        world.pay("desk", f"investor{number:04d}", 391 + 9 * number, at(number % 7 + 40, 9))
    [finding] = found(world)
    assert finding.measures["plan_share"].value == 1


def test_too_few_payers_are_no_public() -> None:
    assert found(scheme(40), minimum_payers=41) == []


def test_principal_with_a_surplus_after_a_term_is_a_plan_too() -> None:
    world = scheme(part=1.03, every=28)
    world.paid = [row for row in world.paid if row[0] != "desk" or row[3] < at(40)]
    [finding] = found(world)
    assert finding.text[1].endswith(
        "most often the principal with 3.00% on top after 28 days (39.1% a year)"
    )


def test_return_and_principal_in_two_payments_of_one_day_are_a_plan_too() -> None:
    world = scheme(part=0.04, every=60)
    world.paid = [row for row in world.paid if row[0] != "desk" or row[3] < at(70)]
    for number in range(40):
        world.pay("desk", f"investor{number:04d}", LOTS[number % 3], at(number % 7 + 60, 16))
    [finding] = found(world)
    assert finding.measures["plan_share"].value == 1
    assert finding.text[1].endswith(
        "most often the principal with 4.00% on top after 60 days (24.3% a year)"
    )


def test_collectors_that_change_and_another_source_are_one_scheme() -> None:
    world = scheme(source="Payer", collectors=("Aunt", "Clerk", "desk"))
    world.party("Aunt", "Clerk", kind="person")
    world.party("Payer")
    [finding] = found(world)
    assert finding.party_id == "Firm"
    assert finding.accomplices == (("Aunt", "pool"), ("Clerk", "pool"), ("Payer", "shell"))
    assert finding.amount_fen == 105_000_000


def test_weekly_parts_on_the_days_between_weekends_are_regular() -> None:
    world = scheme(every=7, part=0.02)
    [finding] = found(world)
    assert finding.measures["interval_days"].value == 7
    assert finding.measures["yearly_rate"].value == pytest.approx(1.0429)


def test_credits_that_loans_account_for_are_lending() -> None:
    world = scheme(loan="L1")
    world.party("Borrower")
    world.loan("Firm", "L1", "Borrower", 1_050_000, 0)
    assert found(world) == []
    assert len(found(scheme(loan="L1"))) == 1


def test_a_licensed_bank_pays_interest() -> None:
    world = scheme()
    world.institution("Firm", "bank")
    assert found(world) == []


def test_a_landlord_who_returns_deposits_is_none() -> None:
    world = World()
    world.bystanders(300)
    world.party("Landlord")
    for number, person in enumerate(world.persons("tenant", 60)):
        for month in range(4):
            world.pay(person, "Landlord", 2_000 + 1_000 * (number % 4), at(30 * month + number % 5))
        if number % 2:
            world.pay("Landlord", person, 2_000 + 1_000 * (number % 4), at(100 + number % 5))
    assert found(world) == []


def test_an_employer_whose_workers_buy_flats_of_it_is_none() -> None:
    world = World()
    world.bystanders(300)
    world.party("Works")
    for number, person in enumerate(world.persons("worker", 200)):
        if number < 30:
            world.pay(person, "Works", 100_000 + 10_000 * (number % 7), at(1))
        for month in (1, 2, 3):
            world.pay("Works", person, 4_000 + 37 * number, at(30 * month))
    assert found(world) == []


def test_a_savings_circle_takes_turns_and_is_none() -> None:
    world = World()
    world.bystanders(300)
    world.party("Head", kind="person")
    members = world.persons("member", 24)
    for turn in range(15):
        for person in members:
            world.pay(person, "Head", 2_000, at(7 * turn, 9))
        world.pay("Head", members[turn], 46_000 + 100 * turn, at(7 * turn, 20))
    assert found(world) == []


def test_an_account_of_unknown_holder_is_asked_for() -> None:
    world = scheme(collectors=("ghost",), source="ghost")
    world.party("Ghost")
    world.account("ghost", "Ghost", "ordinary")
    world.unregistered.add("ghost")
    [said] = illegal_fundraising.detect(world.context(110))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("account:102301000019:ghost",)
    assert said.text == (
        "40 名自然人以整额付款并按固定比例收到返还，但账户户主不明，应向开户行查询",
        "40 natural persons paid round lots and get fixed parts back, but nobody knows whose the "
        "accounts are: ask their banks",
    )


def test_cash_drawn_and_paid_in_within_a_day_is_its_drawer_s() -> None:
    def handed(hours: float) -> World:
        world = scheme(payers=0)
        world.account("cash", "Firm", "ordinary")
        world.unregistered.add("cash")
        for number, person in enumerate(world.persons("saver", 40)):
            lot = 10_000 + 100 * number
            day = number % 7
            marks = {"cash": True, "payee_account": -1}
            world.pay(person, "cash", lot, at(day, 10), **marks)
            marks = {"cash": True, "payer_account": -1}
            world.pay("cash", "desk", lot, at(day, 10 + hours), **marks)
            for turn in (1, 2, 3):
                world.pay("desk", person, lot * 0.012, at(day + turn * 30, 15))
        return world

    [finding] = found(handed(5))
    assert (finding.party_id, finding.measures["lot_payers"].value) == ("Firm", 40)
    assert found(handed(25)) == []


def cards(to_owner: float) -> World:
    """Cards of strangers take the lots in turn and pay the returns; so much goes to the owner."""
    world = scheme(collectors=("card0000", "card0001"), source="card0000")
    world.persons("card", 2)
    for day in range(0, 90, 10):
        world.pay("card0001", "card0000", 40_000, at(day, 20))
        world.pay("card0000", "Owner", to_owner, at(day, 21))
    return world


def test_strangers_cards_are_of_the_institution_whose_circle_the_money_reached() -> None:
    [finding] = found(cards(20_000))
    assert finding.party_id == "Firm"
    assert dict(finding.accomplices) == {
        "card0000": "pool", "card0001": "pool", "Owner": "beneficiary"
    }  # fmt: skip
    # Without it, the card that the others pay is the centre.
    [finding] = found(cards(100))
    assert (finding.party_id, finding.institution_id) == ("card0000", None)


def older(
    *, payers: int = 40, receivers: int = 30, both: int = 4, rates: tuple[float, ...] = (0.0123,)
) -> World:
    """Persons pay a firm round lots; others, whose lots came before the records, get returns."""
    world = World()
    world.bystanders(1_000)
    world.institution("Firm", "investment_firm", licensed=False)
    world.account("desk", "Firm", "own_funds")
    investors, others = world.persons("investor", payers), world.persons("older", receivers - both)
    for number, person in enumerate(investors):
        world.pay(person, "desk", LOTS[number % 3], at(number % 20, 10))
    for number, person in enumerate([*others, *investors[:both]]):
        rate = rates[number // 3 % len(rates)]
        world.pay("desk", person, LOTS[number % 3] * rate, at(21 + number % 6, 15))
    return world


def test_returns_to_those_whose_lots_are_older_than_the_records_are_fundraising() -> None:
    [finding] = found(older(), rated_lift=3.0)
    assert (finding.party_id, finding.amount_fen) == ("Firm", 105_000_000)
    assert len(finding.transfers) == 40 + 30
    values = {name: measure.value for name, measure in finding.measures.items()}
    assert (values["plan_receivers"], values["plan_share"]) == (30, 1.0)
    assert "yearly_rate" not in values
    assert finding.text[1] == (
        "Took 1,050,000.00 yuan from 40 natural persons who paid in round lots, and paid 30 "
        "persons 9,840.00 yuan in sums that are one of a few rates on such lots (1.23%); most of "
        "their own lots are older than the records"
    )
    assert [test.name for test in finding.lookalikes if not test.passed] == ["pensions_and_wages"]


def test_wages_refunds_and_payers_nobody_paid_are_no_returns() -> None:
    # One sum for all, round sums, sums of no common rate, and none of the payers among the paid.
    flat = older(receivers=30)
    flat.paid = [
        (payer, payee, 391_700 if payer == "desk" else fen, *rest)
        for payer, payee, fen, *rest in flat.paid
    ]  # type: ignore[misc]
    odd = older(rates=tuple(0.004 * 1.07**step for step in range(30)))
    for quiet in (flat, older(rates=(0.02,)), odd, older(both=1)):
        assert found(quiet, rated_lift=3.0) == []
    assert found(older(), rated_lift=5.0) == []
    assert len(found(older(rates=(0.0123, 0.0117, 0.0141)), rated_lift=3.0)) == 1


def test_a_source_that_is_handed_the_lots_pays_the_returns() -> None:
    world = older()
    world.party("Runner", kind="person")
    world.tie("Runner", "Firm", "director")
    world.paid = [
        (payer, "Runner" if payee == "desk" else payee, *rest) for payer, payee, *rest in world.paid
    ]  # type: ignore[misc]
    assert found(world, rated_lift=3.0) == []
    for day in (5, 12, 20):
        world.pay("Runner", "desk", 330_000, at(day, 20))
    [finding] = found(world, rated_lift=3.0)
    assert len(finding.transfers) >= 40 + 30


def test_payers_of_unknown_holders_count_beside_natural_persons_but_not_beside_firms() -> None:
    world = scheme()
    for number, person in enumerate(world.persons("stranger", 5)):
        world.unregistered.add(person)
        world.pay(person, "desk", 30_000, at(8, number))
    [finding] = found(world)
    assert finding.amount_fen == 105_000_000 + 15_000_000
    assert finding.text[1].endswith(
        "; 150,000.00 yuan of it came from accounts of unknown holders, counted with the rest as "
        "nearly all known payers are natural persons"
    )
    for number in range(4):
        world.party(f"Customer{number}")
        world.pay(f"Customer{number}", "desk", 50_000, at(9, number))
    [finding] = found(world)
    assert finding.amount_fen == 105_000_000


def gridded(rate: float, *, seed: int = 5, receivers: int = 40) -> World:
    """Persons pay many different thousands; others get a rate on such sums, or wages (rate 0)."""
    rng = np.random.default_rng(seed)
    world = World()
    world.bystanders(1_000)
    world.institution("Firm", "investment_firm", licensed=False)
    world.account("desk", "Firm", "own_funds")
    lots = rng.integers(11, 150, 100) * 1_000
    investors = world.persons("investor", 60)
    for number, person in enumerate(investors):
        world.pay(person, "desk", int(lots[number]), at(number % 20, 10))
    for number, person in enumerate([*world.persons("older", receivers - 9), *investors[:9]]):
        lot = int(lots[60 + number % 40])
        yuan = int(lot * rate) if rate else int(rng.integers(600, 9_000))
        world.pay("desk", person, yuan, at(21 + number % 6, 15))
    return world


def test_a_rate_shows_on_a_grid_of_lots_where_no_lot_is_usual() -> None:
    [finding] = found(gridded(0.06204), rated_lift=3.0)
    assert finding.measures["plan_share"].value > 0.8
    assert "6.20%" in finding.text[1]
    assert found(gridded(0.0), rated_lift=3.0) == []


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_wages_of_any_sums_show_no_rate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lots = rng.integers(11, 150, 60) * 100_000
    wages = rng.integers(600, 9_000, 60) * 100
    found = grid_returns(load_settings(None).fixed_returns, lots, wages, np.arange(60))
    assert found.share < 0.4


def test_lots_in_cash_and_what_collectors_hand_on_are_shown() -> None:
    world = scheme(collectors=("Runner",))
    world.party("Runner", "Drawer", kind="person")
    world.tie("Runner", "Firm", "director")
    taken = found(world)[0].amount_fen
    marks = {"cash": True, "payer_account": -1}
    cash = {world.pay("Drawer", "Runner", 20_000, at(day, 15), **marks) for day in (3, 4)}
    handed = world.pay("Runner", "desk", 500_000, at(6))
    [finding] = found(world)
    assert {*cash, handed} < set(finding.transfers)
    assert finding.amount_fen == taken + 4_000_000
    assert finding.text[1].endswith(
        "; 40,000.00 yuan more were lots in cash that nobody known paid in on the collectors' cards"
    )


def test_another_collector_joins_the_scheme_that_it_hands_its_lots_to() -> None:
    world = scheme()
    world.party("Runner", kind="person")
    lots = {world.pay(who, "Runner", 20_000, at(80)) for who in world.persons("late", 10)}
    handed = world.pay("Runner", "desk", 190_000, at(81))
    [finding] = found(world)
    assert {*lots, handed} < set(finding.transfers)
    assert finding.accomplices == (("Runner", "pool"),)


def test_a_shop_that_pays_a_scheme_a_little_of_its_takings_does_not_join_it() -> None:
    world = scheme()
    world.party("Shop")
    for person in world.persons("customer", 12):
        world.pay(person, "Shop", 1_000, at(80))
        world.pay(person, "Shop", 153_217, at(81))
    paid = world.pay("Shop", "desk", 8_000, at(82))
    [finding] = found(world)
    assert paid not in finding.transfers
