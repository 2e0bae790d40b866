"""P10: clients' money in own accounts, custody spent or short; fees and a day's timing are not."""

from __future__ import annotations

from detector_world import World, at

from detectors import commingling
from detectors.finding import CannotConclude, Finding


def platform(*, custody: bool = True) -> World:
    """A platform to which ten lenders pay 100,000 yuan each, for a loan each."""
    world = World()
    world.trade(30)
    world.institution("Platform", "p2p_platform")
    world.account("own", "Platform", "own_funds", "Platform")
    world.party("Boss", kind="person")
    world.tie("Boss", "Platform", "shareholder", 0.6)
    taking = "own"
    if custody:
        taking = "custody"
        world.account("custody", "Platform", "client_custody", "Platform")
        for day in range(30):
            world.balance("custody", day, 1_000_000, 1_000_000)
    for number, lender in enumerate(world.persons("lender", 10)):
        world.party(f"Borrower{number}")
        world.loan("Platform", f"L{number}", f"Borrower{number}", 100_000, number)
        world.pay(lender, taking, 100_000, at(number, 10), f"L{number}")
        world.pay(taking, f"Borrower{number}", 98_000, at(number, 15), f"L{number}")
    return world


def found(world: World) -> list[Finding]:
    said = list(commingling.detect(world.context(30)))
    return [each for each in said if isinstance(each, Finding)]


def test_clients_through_own_accounts_fire() -> None:
    [finding] = found(platform(custody=False))
    assert (finding.party_id, finding.code, finding.clause) == ("Platform", "P10", "二(一)2")
    assert finding.amount_fen == 100_000_000
    assert len(finding.transfers) == 20
    assert finding.text == (
        "未设客户资金存管账户，20 名客户的 1,000,000.00 元经机构自有账户收付",
        "There is no custody account: 1,000,000.00 yuan of 20 clients passed the institution's "
        "own accounts",
    )


def test_clients_through_an_account_of_the_circle_fire_and_name_its_holder() -> None:
    for custody in (True, False):
        world = platform(custody=custody)
        world.party("Sister")
        world.tie("Boss", "Sister", "controls")
        taking = "custody" if custody else "own"
        exchanged = [
            tuple("Sister" if name == taking else name for name in transfer[:2]) + transfer[2:]
            for transfer in world.paid
        ]
        world.paid = exchanged  # type: ignore[assignment]
        [finding] = found(world)
        assert finding.amount_fen == 100_000_000
        assert len(finding.transfers) == 20
        assert finding.accomplices == (("Sister", "pool"),)
        assert finding.text[1].endswith(
            "1,000,000.00 yuan of 20 clients passed accounts of the institution or its circle"
        )


def test_a_payment_undone_the_next_day_stays_open_as_timing() -> None:
    world = platform()
    world.pay("custody", "own", 90_000, at(5))
    world.pay("own", "custody", 90_000, at(6))
    [finding] = found(world)
    assert [(test.name, test.passed) for test in finding.lookalikes] == [
        ("fees", True),
        ("settlement_timing", False),
    ]
    assert finding.lookalikes[1].en == (
        "the difference lasted 0 working days; 90,000.00 yuan came back unchanged within 1 day(s)"
    )


def test_custody_that_pays_own_funds_beyond_fees_fires_with_what_came_back() -> None:
    world = platform()
    evidence = {
        world.pay("custody", "own", 60_000, at(5)),
        world.pay("custody", "own", 70_000, at(8)),
        world.pay("own", "custody", 30_000, at(12)),
    }
    [finding] = found(world)
    assert finding.amount_fen == 13_000_000
    assert set(finding.transfers) == evidence
    assert finding.measures["share_of_client_money"].value == 0.13


def test_custody_that_pays_the_circle_names_whom() -> None:
    world = platform()
    world.pay("custody", "Boss", 60_000, at(5))
    assert [finding.accomplices for finding in found(world)] == [(("Boss", "beneficiary"),)]


def test_fees_up_to_a_twentieth_are_lawful() -> None:
    world = platform()
    world.pay("custody", "own", 50_000, at(5))
    assert found(world) == []


def test_sub_accounts_above_the_balance_fire_from_the_second_working_day() -> None:
    world = platform()
    rows = world.rows["balance"]
    for day in (9, 10, 11):  # Friday to Sunday: one working day
        rows[day]["subledger_total_fen"] += 5_000_000
    world.pay("custody", "trader-b", 50_000, at(9))
    assert found(world) == []
    rows[12]["subledger_total_fen"] += 5_000_000
    [finding] = found(world)
    assert finding.measures["gap_days"].value == 2
    assert finding.transfers == ("M42",)


def test_without_balances_or_statements_nothing_can_be_said() -> None:
    world = platform()
    world.rows["balance"] = []
    del world.rows["balance"]
    said = list(commingling.detect(world.context(30)))
    assert [(each.missing, each.text[1]) for each in said if isinstance(each, CannotConclude)] == [
        (
            ("balance",),
            "no sub-ledger totals of the custody account; sub-accounts cannot be compared with it",
        )
    ]


def test_custody_whose_payments_reach_the_circle_over_others_fires() -> None:
    world = platform()
    world.party("Friend", "Sister")
    world.tie("Boss", "Sister", "controls")
    evidence = {
        world.pay("custody", "Friend", 80_000, at(5)),
        world.pay("Friend", "Sister", 60_000, at(6)),
    }
    [finding] = found(world)
    assert (finding.amount_fen, set(finding.transfers)) == (6_000_000, evidence)
    assert finding.measures["over_others_fen"].value == 6_000_000
    assert finding.accomplices == (("Friend", "shell"), ("Sister", "beneficiary"))
    assert finding.text[1] == (
        "Custody paid 60,000.00 yuan to own accounts and the circle beyond fees; 60,000.00 yuan of "
        "it reached the circle over the accounts of others; no lasting difference between "
        "sub-accounts and balance was reported"
    )


def test_a_small_part_that_comes_to_the_circle_over_others_is_chance() -> None:
    world = platform()
    world.party("Friend", "Sister")
    world.tie("Boss", "Sister", "controls")
    world.pay("custody", "Friend", 200_000, at(5))
    world.pay("Friend", "Sister", 90_000, at(6))
    assert found(world) == []
