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
    assert finding.text[1].endswith("30,000.00 yuan, 30,000.00 of it by agencies")


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
