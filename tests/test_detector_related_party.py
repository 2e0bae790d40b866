"""M4: money outstanding within a group fires; dividends, services, repayments and limits do not."""

from __future__ import annotations

import pytest
from detector_world import World, at

from detectors import related_party
from detectors.finding import CannotConclude, Finding


def group(*, capital: int | None = 10_000_000, kinds: tuple[str, str] = (
    "asset_manager", "insurer")) -> World:  # fmt: skip
    """Two licensed firms of one owner."""
    world = World()
    for name, kind in zip(("Payer", "Payee"), kinds, strict=True):
        world.institution(name, kind)
        world.tie("Head", name, "shareholder", 0.8)
    world.party("Head", "Third")
    if capital is not None:
        world.facts["Payer"]["registered_capital_fen"] = capital * 100
    return world


def found(world: World, **changes: float) -> list[Finding]:
    said = related_party.detect(world.context(60, related_party=changes))
    return [each for each in said if isinstance(each, Finding)]


def test_a_tenth_of_the_capital_outstanding_fires() -> None:
    world = group()
    refs = (
        world.pay("Payer", "Payee", 700_000, at(3)),
        world.pay("Payer", "Payee", 500_000, at(9)),
    )
    [finding] = found(world)
    assert (finding.party_id, finding.code, finding.clause) == ("Payer", "M4", "二(二)4, 二(六)")
    assert (finding.amount_fen, finding.lead_office) == (120_000_000, "BJ")
    assert finding.transfers == refs
    assert finding.accomplices == (("Payee", "beneficiary"),)
    assert finding.text == (
        "向同一集团的持牌机构 Payee 付出 1,200,000.00 元，未偿余额最高 1,200,000.00 元，"
        "相当于注册资本的 12%",
        "It paid 1,200,000.00 yuan to Payee, a licensed firm of its group; up to 1,200,000.00 yuan "
        "was outstanding, 12% of its registered capital",
    )


def test_what_is_paid_back_between_does_not_add_up() -> None:
    world = group()
    for day in (3, 13, 23):
        world.pay("Payer", "Payee", 900_000, at(day))
        world.pay("Payee", "Payer", 900_000, at(day + 5))
    assert found(world) == []


@pytest.mark.parametrize(
    ("yuan", "capital", "kinds"),
    [
        pytest.param(19_999, 100_000, ("asset_manager", "insurer"), id="too little"),
        pytest.param(1_100_000, 11_000_100, ("asset_manager", "insurer"), id="within the limit"),
        pytest.param(2_000_000, 10_000_000, ("asset_manager", "bank"), id="a bank"),
    ],
)
def test_below_a_line_is_none(yuan: int, capital: int, kinds: tuple[str, str]) -> None:
    world = group(capital=capital, kinds=kinds)
    world.pay("Payer", "Payee", yuan, at(3))
    assert found(world) == []


def test_a_detour_over_a_third_party_is_followed() -> None:
    world = group(kinds=("asset_manager", "investment_firm"))
    world.pay("Payer", "Third", 1_300_000, at(3))
    world.pay("Third", "Payee", 1_250_000, at(5))
    [finding] = found(world)
    assert (finding.amount_fen, finding.lead_office) == (125_000_000, "JR")
    assert finding.accomplices == (("Payee", "beneficiary"), ("Third", "shell"))
    assert len(finding.transfers) == 2
    late = group()
    late.pay("Payer", "Third", 1_300_000, at(3))
    late.pay("Third", "Payee", 1_250_000, at(7))
    assert found(late) == []


def test_a_detour_over_two_third_parties_is_followed() -> None:
    def detour(hours: float = 30, kept: float = 0.02) -> World:
        world = group()
        world.party("Fourth")
        for turn in (0, 8):
            world.pay("Payer", "Third", 800_000, at(3 + turn, 10))
            world.pay("Third", "Fourth", 800_000 * (1 - kept), at(3 + turn, 10 + hours))
            world.pay("Fourth", "Payee", 800_000 * (1 - kept) ** 2, at(3 + turn, 10 + 2 * hours))
        return world

    [finding] = found(detour())
    assert finding.amount_fen == 2 * 76_832_000
    assert len(finding.transfers) == 6
    assert dict(finding.accomplices) == {
        "Payee": "beneficiary",
        "Third": "shell",
        "Fourth": "shell",
    }
    assert found(detour(hours=73)) == found(detour(kept=0.11)) == []


def test_dividends_to_an_owner_and_flat_services_are_none() -> None:
    dividends = group()
    dividends.tie("Payee", "Payer", "shareholder", 0.5)
    dividends.pay("Payer", "Payee", 2_000_000, at(3))
    services = group()
    for day in (1, 21, 41):
        services.pay("Payer", "Payee", 600_000, at(day))
    assert found(dividends) == found(services) == []
    varied = group()
    for day, yuan in ((1, 200_000), (21, 600_000), (41, 1_000_000)):
        varied.pay("Payer", "Payee", yuan, at(day))
    assert len(found(varied)) == 1


def test_strangers_are_no_group() -> None:
    world = group()
    del world.rows["relation"]
    world.pay("Payer", "Payee", 2_000_000, at(3))
    assert found(world) == []


def test_without_the_capital_it_is_asked_for() -> None:
    world = group(capital=None)
    world.pay("Payer", "Payee", 2_000_000, at(3))
    [said] = related_party.detect(world.context(60))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("party:Payer (registered_capital_fen)",)
