"""P8: commissions that move with new money, branches and terminals fire; wages do not."""

from __future__ import annotations

import pytest
from detector_world import World, at

from detectors import offline_sales
from detectors.finding import CannotConclude, Finding

# New money of four months, in yuan per client, and repayments that move the other way.
MONTHS = (10_000, 30_000, 16_000, 24_000)


def platform(
    sellers: int = 12, *, payer: str = "Platform", share: float = 0.03, wages: bool = False
) -> World:
    """Forty clients pay a platform each month, and some persons get a part of it, or wages."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.party("Agency", "Landlord A", "Landlord B", "Landlord C", industry="K7040")
    clients = world.persons("client", 40)
    staff = world.persons("seller", sellers)
    for month, sum_yuan in enumerate(MONTHS):
        for number, client in enumerate(clients):
            world.pay(client, "Platform", sum_yuan, at(30 * month + number % 20, 10))
        for number, person in enumerate(staff):
            part = 40 * sum_yuan * share / sellers * (0.5 + ((number + month) % sellers) / sellers)
            pay = 4_000 + 100 * number if wages else part
            world.pay(payer, person, pay, at(30 * month + 25, 16))
    return world


def found(world: World, days: int = 120, **changes: float) -> list[Finding | CannotConclude]:
    return list(offline_sales.detect(world.context(days, offline_sales=changes)))


def test_commissions_that_move_with_new_money_fire() -> None:
    [finding] = found(platform())
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.institution_id) == ("Platform", "Platform")
    assert (finding.code, finding.clause, finding.severity) == ("P8", "二(一)1", 2)
    assert finding.amount_fen == 9_200_000
    assert finding.accomplices == ()
    assert len(finding.transfers) == 48
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "paid_persons": 12,
        "pay_runs": 4,
        "pay_share": 0.0288,
        "pay_swing": 2.3167,
        "landlords": 0,
        "spot_payers": 0,
        "spot_share": 0,
    }
    assert finding.text == (
        "分 4 批向 12 名自然人付出 92,000.00 元，为新增资金的 2.9%",
        "In 4 run(s) 12 persons were paid 92,000.00 yuan, 2.9% of the new money",
    )


@pytest.mark.parametrize(
    ("quiet", "relaxed"),
    [
        pytest.param(platform(3), {"minimum_persons": 3, "run_persons": 3}, id="3 persons"),
        pytest.param(platform(share=0.13), {"highest_share": 0.15}, id="13 % of the new money"),
        pytest.param(
            platform(wages=True),
            {"sure_swing": 0, "sure_spread": 1, "highest_share": 1},
            id="wages",
        ),
    ],
)
def test_below_a_threshold_is_none(quiet: World, relaxed: dict[str, float]) -> None:
    assert found(quiet) == []
    assert len(found(quiet, **relaxed)) == 1


def test_pay_is_held_against_what_came_before_it() -> None:
    world = platform()
    for month, sum_yuan in enumerate(MONTHS):  # on the days of the runs, another month's fervour
        for number in range(40):
            lent = MONTHS[(month + 2) % 4] / sum_yuan * 5_000
            world.pay(f"client{number:04d}", "Platform", lent, at(30 * month + 25, 18))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.measures["pay_runs"].value == len(MONTHS)


def test_pay_day_between_the_runs_is_left_out() -> None:
    world = platform()
    for number in range(12):
        world.pay("Platform", f"seller{number:04d}", 9_000, at(51, 16))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.measures["pay_runs"].value == len(MONTHS)
    assert len(finding.transfers) == 12 * len(MONTHS)


def test_a_pay_day_of_many_others_is_no_run() -> None:
    world = platform()
    clerks = world.persons("clerk", 30)
    for name in (*(f"seller{number:04d}" for number in range(12)), *clerks):
        world.pay("Platform", name, 9_000, at(51, 16))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert len(finding.transfers) == 12 * len(MONTHS)


def test_pay_that_is_steadier_by_new_money_than_by_itself_needs_little_swing() -> None:
    months = (10_000, 11_000, 10_300, 11_200)

    def paid(pay: tuple[float, ...]) -> World:
        world = World()
        world.institution("Platform", "p2p_platform")
        clients, clerks = world.persons("client", 40), world.persons("clerk", 8)
        for month, sum_yuan in enumerate(months):
            for number, client in enumerate(clients):
                world.pay(client, "Platform", sum_yuan, at(30 * month + number % 20, 10))
            for number, person in enumerate(clerks):
                each = pay[month] * (1 + number / 20)
                world.pay("Platform", person, each, at(30 * month + 25, 16))
        return world

    follows = paid(tuple(sum_yuan * 0.1 for sum_yuan in months))
    assert len(found(follows)) == 1
    assert found(follows, slight_swing=0.13) == []
    assert found(paid((1_120, 1_030, 1_100, 1_000))) == []


def test_two_institutions_of_one_circle_are_not_said_twice() -> None:
    world = platform()
    world.institution("Sister", "investment_firm", licensed=False)
    world.tie("Platform", "Sister", "controls")
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.party_id == "Platform"


def test_wages_paid_twice_between_two_gaps_are_no_success() -> None:
    world = platform(wages=True)
    for number in range(12):
        world.pay("Platform", f"seller{number:04d}", 4_000 + 100 * number, at(57, 16))
    assert found(world, sure_spread=1, highest_share=1) == []


def test_an_agency_that_lives_on_the_platform_sells_for_it() -> None:
    world = platform(payer="Agency")
    for month, sum_yuan in enumerate(MONTHS):
        world.pay("Platform", "Agency", 2 * sum_yuan, at(30 * month + 24))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.accomplices == (("Agency", "shell"),)


def test_branches_and_card_terminals_fire_without_commissions() -> None:
    world = platform(0)
    for number in range(30):
        world.pay(f"client{number:04d}", "Platform", 20_000, at(40, 11), channel="pos")
    assert found(world) == []
    for month in range(3):
        for name, rent in (("A", 8_000), ("B", 9_000), ("C", 7_500)):
            world.pay("Platform", f"Landlord {name}", rent, at(30 * month + 2))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.text[1] == (
        "Rents of fixed sums went to 3 landlords; 30 accounts paid in 600,000.00 yuan at card "
        "terminals or in cash"
    )
    assert len(finding.transfers) == 30


def test_beside_card_terminals_pay_that_moves_may_hold_wages_too() -> None:
    world = platform(share=0.13)
    assert found(world) == []
    for number in range(30):
        world.pay(f"client{number:04d}", "Platform", 20_000, at(40, 11), channel="pos")
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert len(finding.transfers) == 48


def test_who_is_paid_once_counts_on_the_days_of_the_runs_unless_it_is_pay_day() -> None:
    world = platform()
    world.party("elsewhere")
    world.unregistered.add("elsewhere")
    beside = [world.pay("Platform", "elsewhere", 900, at(55, 16))]
    wages = [world.pay("Platform", each, 5_500, at(40)) for each in world.persons("clerk", 30)]
    large = world.pay("Platform", world.persons("owner", 1)[0], 150_000, at(55, 17))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert set(beside) <= set(finding.transfers)
    assert not {*wages, large} & set(finding.transfers)


def test_an_agency_with_other_income_sells_for_whoever_pays_for_its_sellers() -> None:
    world = platform(payer="Agency")
    world.party("Customer")
    for month, sum_yuan in enumerate(MONTHS):
        world.pay("Platform", "Agency", sum_yuan, at(30 * month + 24))
        world.pay("Customer", "Agency", 300_000, at(30 * month + 10))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.accomplices == (("Agency", "shell"),)


def test_collectors_whose_pay_follows_repayments_are_none() -> None:
    world = platform(0)
    world.party("Borrower", kind="person")
    world.loan("Platform", "L1", "Borrower", 1_200_000, 0)
    staff = world.persons("collector", 12)
    for month, repaid in enumerate((200_000, 50_000, 120_000, 90_000)):
        world.pay("Borrower", "Platform", repaid, at(30 * month + 20), "L1")
        for number, person in enumerate(staff):
            part = repaid * 0.15 / 12 * (0.5 + ((number + month) % 12) / 12)
            world.pay("Platform", person, part, at(30 * month + 25))
    assert found(world) == []


def test_pay_that_stays_the_same_follows_nothing_unless_clients_are_met_at_terminals() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    world.party("Borrower", kind="person")
    world.loan("Platform", "L1", "Borrower", 1_200_000, 0)
    staff, clients = world.persons("seller", 12), world.persons("client", 40)
    repaid = (200_000, 50_000, 120_000, 90_000)
    for month, lent in enumerate((10_000, 14_000, 12_000, 13_000)):
        world.pay("Borrower", "Platform", repaid[month], at(30 * month + 20), "L1")
        for number, client in enumerate(clients):
            world.pay(client, "Platform", lent, at(30 * month + number % 20, 10))
        for number, person in enumerate(staff):
            part = 1_200 * (1 + month / 50) * (0.5 + ((number + month) % 12) / 12)
            world.pay("Platform", person, part, at(30 * month + 25, 16))
    assert found(world) == []
    assert len(found(world, steady_part=100.0)) == 1
    for number in range(30):
        world.pay(f"client{number:04d}", "Platform", 20_000, at(40, 11), channel="pos")
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert len(finding.transfers) == 48


def test_round_sums_beside_uneven_pay_are_rents() -> None:
    world = platform(share=0.0309)
    odd = world.pay("Platform", world.persons("helper", 1)[0], 333.37, at(55, 16))
    rent = world.pay("Platform", world.persons("owner", 1)[0], 700, at(55, 16))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert odd in finding.transfers and rent not in finding.transfers


def test_a_platform_whose_clients_are_not_seen_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    [said] = found(world)
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Platform", ("account", "entry"))
    assert said.text == (
        "未见客户向该机构付款的流水，无法判断其是否线下营销",
        "no statement shows clients paying this institution; whether it sells offline cannot be "
        "judged",
    )
