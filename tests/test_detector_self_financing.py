"""P4: proceeds that reach the circle fire; fees, lasting trade and too small a share do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import self_financing
from detectors.finding import CannotConclude, Finding


def platform(loans: int = 2) -> World:
    """A platform with custody whose owner holds a sister firm, and loans of 100,000 yuan paid out
    on successive days to borrowers of their own."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.account("own", "Platform", "own_funds", "Platform")
    world.party("Boss", "Lender", kind="person")
    world.party("Sister", "Seller", "Shell", *(f"Borrower{number}" for number in range(loans)))
    world.tie("Boss", "Platform", "shareholder", 0.6)
    world.tie("Boss", "Sister", "shareholder", 0.5)
    for number in range(loans):
        borrower = f"Borrower{number}"
        world.loan("Platform", f"L{number}", borrower, 100_000, number)
        world.pay("Lender", "custody", 100_000, at(number, 9), f"L{number}")
        world.pay("custody", borrower, 98_000, at(number, 12), f"L{number}")
    return world


def found(world: World) -> list[Finding]:
    said = list(self_financing.detect(world.context(30)))
    return [each for each in said if isinstance(each, Finding)]


def test_two_loans_that_end_with_a_sister_firm_fire() -> None:
    world = platform()
    evidence = {"M1", "M3"}
    evidence.add(world.pay("Borrower0", "Sister", 60_000, at(1)))
    evidence.add(world.pay("Borrower1", "Shell", 60_000, at(2)))
    evidence.add(world.pay("Shell", "Sister", 59_000, at(3)))
    [finding] = found(world)
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "P4", 5)
    assert finding.amount_fen == 11_900_000
    assert set(finding.transfers) == evidence
    assert finding.accomplices == (
        ("Borrower0", "nominee"),
        ("Borrower1", "nominee"),
        ("Shell", "shell"),
        ("Sister", "beneficiary"),
    )
    assert finding.measures["share"].value == 0.6071
    assert finding.text == (
        "2 名借款人的 2 笔借款（放款 196,000.00 元）在 72 小时内有 119,000.00 元到达平台关联方",
        "Of 2 loan(s) to 2 borrower(s), 196,000.00 yuan paid out, 119,000.00 yuan reached the "
        "platform's circle within 72 hours",
    )


def test_loans_that_no_entry_names_are_found_by_amount() -> None:
    world = platform()
    world.paid = [(*transfer[:4], None) for transfer in world.paid]
    world.pay("Borrower0", "Sister", 60_000, at(1))
    world.pay("Borrower1", "Sister", 60_000, at(2))
    assert [finding.amount_fen for finding in found(world)] == [12_000_000]


def test_an_account_of_unknown_holder_that_takes_hardly_anything_else_counts() -> None:
    world = platform(loans=3)
    world.party("Somewhere")
    world.unregistered.add("Somewhere")
    for number in range(3):
        world.pay(f"Borrower{number}", "Somewhere", 60_000, at(number + 1))
    [finding] = found(world)
    assert finding.measures["to_unknown_holders_fen"].value == 18_000_000
    assert [role for _, role in finding.accomplices] == ["nominee"] * 3
    assert finding.text[1].endswith("ask their banks whose they are")
    world.pay("Boss", "Somewhere", 90_000, at(2))
    assert found(world) == []


def test_transfers_that_carry_other_money_too_are_named_with_their_whole_sum() -> None:
    world = platform()
    world.pay("Seller", "Borrower0", 40_000, at(0, 13))
    world.pay("Borrower0", "Sister", 138_000, at(1))
    world.pay("Borrower1", "Sister", 60_000, at(2))
    [finding] = found(world)
    assert finding.amount_fen == 15_800_000
    assert finding.measures["carried_fen"].value == 19_800_000
    assert finding.text[1].endswith(
        "158,000.00 yuan reached the platform's circle within 72 hours "
        "(by transfers of 198,000.00 yuan, which carried other money too)"
    )


def test_a_transfer_that_pays_out_two_loans_counts_once() -> None:
    world = platform()
    world.loan("Platform", "L2", "Borrower0", 98_000, 0)
    world.rows["loan"][0]["principal_fen"] = 9_800_000
    world.paid = [(*transfer[:4], None) for transfer in world.paid]
    world.pay("Borrower0", "Sister", 60_000, at(1))
    world.pay("Borrower1", "Sister", 60_000, at(2))
    [finding] = found(world)
    assert finding.amount_fen == 12_000_000
    assert "196,000.00 yuan paid out" in finding.text[1]


def test_below_the_share_or_beyond_the_window_is_none() -> None:
    world = platform()
    for number in range(2):
        world.pay(f"Borrower{number}", "Sister", 29_000, at(number + 1))
        world.pay(f"Borrower{number}", "Sister", 60_000, at(number + 4))
    assert found(world) == []


def test_fees_and_purchases_elsewhere_are_none() -> None:
    world = platform()
    for number in range(2):
        world.pay(f"Borrower{number}", "own", 5_000, at(number + 1))
        world.pay(f"Borrower{number}", "Seller", 90_000, at(number + 1))
    assert found(world) == []


def test_a_related_supplier_of_old_is_none() -> None:
    world = platform()
    for number in range(2):
        world.pay(f"Borrower{number}", "Sister", 60_000, at(number + 1))
        for day in (8, 12, 16):
            world.pay(f"Borrower{number}", "Sister", 20_000, at(day))
    assert found(world) == []


def test_a_platform_without_loans_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    assert list(self_financing.detect(world.context(30))) == [
        CannotConclude(
            "self_financing",
            "Platform",
            "Platform",
            ("loan",),
            (
                "没有该平台的标的数据，无法判断是否自融",
                "no loans of this platform were submitted; self-financing cannot be judged",
            ),
        )
    ]
