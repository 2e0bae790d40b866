"""G1: unlicensed firms that pay media fire; licences, few and small payments do not."""

from __future__ import annotations

import pytest
from detector_world import World, at

from detectors import paid_promotion
from detectors.finding import CannotConclude, Finding


def promoting(
    payments: int = 3,
    each: float = 10_000,
    *,
    industry: str | None = "L7240",
    licensed: bool = False,
    agency: bool = False,
    kind: str = "investment_firm",
) -> World:
    """A firm pays one advertiser so many times, straight or by an agency."""
    world = World()
    world.institution("Firm", kind, licensed=licensed)
    world.party("Media", industry=industry)
    world.party("Agency", "Landlord", industry="L7299")
    for number in range(payments):
        if agency:
            world.pay("Firm", "Agency", each, at(number * 5))
            world.pay("Agency", "Media", each * 0.8, at(number * 5 + 3))
        else:
            world.pay("Firm", "Media", each, at(number * 5))
    return world


def found(world: World) -> list[Finding]:
    return [e for e in paid_promotion.detect(world.context(40)) if isinstance(e, Finding)]


def test_an_unlicensed_firm_that_pays_an_advertiser_fires() -> None:
    [finding] = found(promoting())
    assert (finding.party_id, finding.code, finding.severity) == ("Firm", "G1", 1)
    assert (finding.amount_fen, finding.confidence) == (3_000_000, 0.75)
    assert finding.transfers == ("M0", "M1", "M2")
    assert finding.text == (
        "登记的金融机构无牌照，3 次向 1 家广告、媒体或互联网平台付款共 30,000.00 元",
        "A registered financial firm without a licence paid 1 advertiser(s), media or internet "
        "platform(s) 3 times, 30,000.00 yuan",
    )


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param(promoting(2, 20_000), id="two payments"),
        pytest.param(promoting(3, 9_999), id="small sums"),
        pytest.param(promoting(licensed=True), id="a licence"),
        pytest.param(promoting(industry="F5272"), id="a shop"),
        pytest.param(promoting(kind="other"), id="no financial firm"),
    ],
)
def test_below_a_line_or_lawful_is_none(quiet: World) -> None:
    assert found(quiet) == []


@pytest.mark.parametrize("industry", ["7240", "L7251", "I6420", "6432", "R8610", "85"])
def test_advertising_press_broadcast_and_internet_are_media(industry: str) -> None:
    assert len(found(promoting(industry=industry))) == 1


def test_an_agency_that_passes_the_money_on_is_followed() -> None:
    [finding] = found(promoting(agency=True))
    assert len(finding.transfers) == 6
    assert finding.amount_fen == 3_000_000
    assert finding.accomplices == (("Agency", "shell"),)
    assert finding.text[1].endswith("30,000.00 yuan, 30,000.00 of it by agencies")


def test_an_agency_that_spends_too_little_or_too_late_on_media_is_none() -> None:
    little, late = promoting(agency=True), promoting(agency=True)
    little.pay("Firm", "Agency", 10_000, at(12))
    late.paid = [
        (payer, payee, fen, at(30) if payer == "Agency" else when, loan)
        for payer, payee, fen, when, loan in late.paid
    ]
    assert found(little) == found(late) == []


def by_the_piece(promoters: int = 20, *, spread: int = 0) -> World:
    """A firm pays so many persons for one to three pieces of 15 yuan each."""
    world = promoting(0)
    for number, person in enumerate(world.persons("promoter", promoters)):
        world.pay("Firm", person, 15 * (1 + number % 3) + spread * number, at(5))
    return world


def test_promoters_paid_by_the_piece_fire() -> None:
    [finding] = found(by_the_piece())
    assert len(finding.transfers) == 20
    assert finding.measures["promoters"].value == 20
    assert finding.text == (
        "登记的金融机构无牌照，按每件 15.00 元向 20 名推广者付款共 585.00 元",
        "A registered financial firm without a licence paid 20 promoters 585.00 yuan at 15.00 "
        "yuan a piece",
    )


def test_fewer_promoters_wages_presents_and_clients_are_none() -> None:
    clients, present = by_the_piece(), promoting(0)
    for number in range(20):
        clients.pay(f"promoter{number:04d}", "Firm", 100, at(1))
    for person in present.persons("winner", 20):
        present.pay("Firm", person, 15, at(5))
    assert found(by_the_piece(19)) == found(by_the_piece(spread=7)) == []
    assert found(clients) == found(present) == []


def test_few_promoters_paid_often_fire_but_not_staff() -> None:
    def allowances(*, wage: float) -> World:
        world = promoting(0)
        for number, person in enumerate(world.persons("promoter", 8)):
            for week in range(3):
                world.pay("Firm", person, 15 * (1 + (number + week) % 3), at(5 + 7 * week))
            if wage:
                world.pay("Firm", person, wage, at(28))
        return world

    [finding] = found(allowances(wage=0))
    assert (len(finding.transfers), finding.measures["promoters"].value) == (24, 8)
    assert found(allowances(wage=5_000)) == []


def test_pieces_paid_to_accounts_of_unknown_holders_count_with_the_others() -> None:
    world = by_the_piece()
    world.party("elsewhere")
    world.unregistered.add("elsewhere")
    piece, other = (world.pay("Firm", "elsewhere", yuan, at(6)) for yuan in (45, 40))
    [finding] = found(world)
    assert piece in finding.transfers and other not in finding.transfers
    assert finding.amount_fen == 58_500 + 4_500


def test_two_large_payments_to_media_are_no_notice() -> None:
    assert len(found(promoting(2, 100_000))) == 1
    assert found(promoting(1, 400_000)) == []


def test_a_restricted_name_counts_like_a_register() -> None:
    world = promoting(kind="other")
    world.party("Dream", name="南京恒信财富管理有限公司")
    for number in range(3):
        world.pay("Dream", "Media", 10_000, at(number))
    [finding] = found(world)
    assert finding.party_id == "Dream"
    assert finding.text[0].startswith("名称含限制字样且无牌照，3 次向")
    assert finding.confidence == 0.55


def test_media_as_customers_and_a_small_part_stay_open() -> None:
    world = promoting()
    world.pay("Media", "Firm", 15_000, at(2))
    world.pay("Firm", "Landlord", 2_000_000, at(2))
    [finding] = found(world)
    assert [(each.name, each.passed) for each in finding.lookalikes] == [
        ("job_offers", False),
        ("media_as_customers", False),
    ]


def test_without_industries_media_are_unknown() -> None:
    world = promoting(industry=None)
    world.facts["Agency"] = world.facts["Landlord"] = {}
    [said] = paid_promotion.detect(world.context(40))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("party:industry",)
