"""X1: an exchange without approval fires; few clients, spot markets and licensed ones do not."""

from __future__ import annotations

import pytest
from detector_world import World, at

from detectors import unapproved_exchange
from detectors.finding import CannotConclude, Finding


def venue(
    clients: int = 40,
    *,
    licensed: bool = False,
    kind: str = "exchange",
    into: str = "deposit",
    withdrawn: int = 10,
) -> World:
    """Persons deposit 5,000 yuan each with a venue; some withdraw, its owner takes a part."""
    world = World()
    world.institution("Venue", kind, licensed=licensed)
    world.party("Boss", kind="person")
    world.party("Relay", "Seller")
    world.tie("Boss", "Venue", "controls")
    world.account("deposit", "Venue", "exchange_deposit", "Venue")
    persons = world.persons("client", clients)
    for number, person in enumerate(persons):
        world.pay(person, into, 5_000, at(number % 8, 10))
    for number, person in enumerate(persons[:withdrawn]):
        world.pay("deposit", person, 4_000 + 10 * number, at(20 + number % 5))
    world.pay("deposit", "Boss", 60_000, at(26))
    return world


def found(world: World, **changes: float) -> list[Finding | CannotConclude]:
    return list(unapproved_exchange.detect(world.context(30, unapproved_exchange=changes)))


def test_an_unapproved_venue_with_few_withdrawals_fires() -> None:
    [finding] = found(venue())
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.institution_id) == ("Venue", "Venue")
    assert (finding.code, finding.clause, finding.severity) == ("X1", "二(七)", 5)
    assert finding.amount_fen == 20_000_000
    assert finding.accomplices == (("Boss", "beneficiary"),)
    assert len(finding.transfers) == 40 + 10 + 1
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "venue_clients": 40,
        "venue_taken_fen": 20_000_000,
        "withdrawn_share": 0.2023,
        "goods_share": 0,
        "circle_share": 0.3,
        "quick_share": 0,
        "fixed_yield_share": 0,
        "relay_accounts": 0,
    }
    assert finding.text == (
        "未经批准的交易场所向 40 名自然人收取 200,000.00 元；向关联方以外单位支付的货款占 0%；客户"
        "仅取回 20%；30% 流向关联方",
        "A trading venue without approval took 200,000.00 yuan from 40 natural persons; 0% of it "
        "paid for goods of others; clients withdrew only 20%; 30% went to the circle",
    )
    assert [test.passed for test in finding.lookalikes] == [True] * 3


def spot() -> World:
    """A venue whose clients' money pays a seller outside."""
    world = venue(licensed=False)
    world.pay("deposit", "Seller", 90_000, at(21))
    return world


@pytest.mark.parametrize(
    ("quiet", "relaxed"),
    [
        pytest.param(venue(29), {"minimum_clients": 29}, id="29 clients"),
        pytest.param(spot(), {"maximum_goods_share": 0.45}, id="goods are paid for"),
    ],
)
def test_below_a_threshold_is_none(quiet: World, relaxed: dict[str, float]) -> None:
    assert found(quiet) == []
    assert len(found(quiet, **relaxed)) == 1


def test_an_approved_exchange_is_none() -> None:
    assert found(venue(licensed=True)) == []


def test_members_that_relay_are_pools_of_the_venue() -> None:
    world = venue(into="Relay")
    for day in range(8):
        world.pay("Relay", "deposit", 24_000, at(day, 18))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.party_id == "Venue"
    assert finding.accomplices == (("Boss", "beneficiary"), ("Relay", "pool"))
    assert finding.measures["relay_accounts"].value == 1


def test_a_registered_member_with_other_business_relays_too() -> None:
    world = venue(into="Relay")
    world.institution("Relay", "exchange_member", licensed=False)
    world.pay("Seller", "Relay", 500_000, at(2))
    for day in range(8):
        world.pay("Relay", "deposit", 24_000, at(day, 18))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.accomplices == (("Boss", "beneficiary"), ("Relay", "pool"))


def test_a_member_of_an_exchange_elsewhere_is_judged_itself() -> None:
    [finding] = found(venue(kind="exchange_member"))
    assert finding.party_id == "Venue"


def test_members_that_hand_to_one_account_elsewhere_are_one_case() -> None:
    def members(same: bool) -> list[Finding | CannotConclude]:
        world = World()
        for number in (0, 1):
            world.institution(f"Member{number}", "exchange_member", licensed=False)
            world.account(f"till{number}", f"Member{number}", "exchange_deposit", f"Member{number}")
            outside = f"Outside{number * (not same)}"
            world.party(outside)
            world.unregistered.add(outside)
            for turn, person in enumerate(world.persons(f"client{number}-", 40 - 5 * number)):
                world.pay(person, f"till{number}", 9_000, at(turn % 12, 10))
            for day in (4, 8, 12):
                world.pay(f"till{number}", outside, 90_000, at(day, 20))
        return found(world)

    [finding] = members(same=True)
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.amount_fen) == ("Member0", 67_500_000)
    assert dict(finding.accomplices)["Member1"] == "organiser"
    assert len(finding.transfers) == 40 + 35 + 6
    assert finding.text[1].startswith("2 members of one venue elsewhere without approval took")
    assert [each.amount_fen for each in members(same=False) if isinstance(each, Finding)] == [
        36_000_000, 31_500_000,
    ]  # fmt: skip


def test_money_in_and_out_within_five_trading_days_and_a_fixed_yield_are_signs() -> None:
    world = venue(withdrawn=0)
    for number in range(40):
        for turn in (1, 2, 3, 4):
            world.pay("deposit", f"client{number:04d}", 60, at(number % 8 + turn, 16))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.text[1].split("; ")[2:] == [
        "clients withdrew only 5%",
        "40 persons get a fixed yield",
        "100% of the clients went in and out within the days barred",
        "30% went to the circle",
    ]
    [plain] = found(venue())
    assert isinstance(plain, Finding)
    assert finding.confidence > plain.confidence


def test_a_venue_without_accounts_cannot_be_judged() -> None:
    world = World()
    world.institution("Venue", "exchange", licensed=False)
    del world.accounts["Venue"]
    [said] = found(world)
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Venue", ("account", "entry"))
    assert said.text == (
        "未报送该交易场所的账户或流水，无法判断其是否收取公众资金",
        "no account or statement of this venue was submitted; whether it takes the public's money "
        "cannot be judged",
    )
