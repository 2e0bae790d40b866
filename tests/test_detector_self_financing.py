"""P4: proceeds that reach the circle fire; fees, lasting trade and too small a share do not."""

from __future__ import annotations

import itertools

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
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "loans": (2, 2),
        "share": (0.6071, 0.3),
        "hours": (48.0, 240),
        "hops": (2, None),
        "borrowers": (2, None),
        "carried_fen": (11_900_000, None),
        "to_unknown_holders_fen": (0, None),
    }
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "platform_fee",
            True,
            "0.00 yuan are left out as the platform's fees (up to 5% of a loan); "
            "119,000.00 yuan remain",
        ),
        (
            "related_supplier",
            True,
            "0.00 yuan are left out as lasting trade; 0% of the rest came from borrowers that "
            "paid the same account outside of the loans' windows too",
        ),
    ]
    assert finding.text == (
        "2 名借款人的 2 笔借款（放款 196,000.00 元）在 48 小时内有 119,000.00 元到达平台关联方",
        "Of 2 loan(s) to 2 borrower(s), 196,000.00 yuan paid out, 119,000.00 yuan reached the "
        "platform's circle within 48 hours",
    )


def test_loans_that_no_entry_names_are_found_by_amount() -> None:
    world = platform()
    world.paid = [(*transfer[:4], None) for transfer in world.paid]
    world.pay("Borrower0", "Sister", 60_000, at(1))
    world.pay("Borrower1", "Sister", 60_000, at(2))
    assert [finding.amount_fen for finding in found(world)] == [12_000_000]


def test_an_account_of_unknown_holder_that_takes_hardly_anything_else_counts() -> None:
    def somewhere(loans: int = 4) -> World:
        world = platform(loans=loans)
        world.party("Somewhere")
        world.unregistered.add("Somewhere")
        for number in range(3):
            world.pay(f"Borrower{number}", "Somewhere", 60_000, at(number + 1))
        return world

    world = somewhere()
    world.pay("Borrower3", "Sister", 60_000, at(4))
    [finding] = found(world)
    assert finding.measures["to_unknown_holders_fen"].value == 18_000_000
    assert finding.amount_fen == 24_000_000
    assert [role for _, role in finding.accomplices] == ["nominee"] * 4 + ["beneficiary"]
    assert finding.text[1].endswith("ask their banks whose they are")
    world = somewhere()
    world.pay("Boss", "Somewhere", 90_000, at(2))
    assert found(world) == []
    # Where all of it came to such accounts nobody is accused; their holders are asked for.
    [said] = self_financing.detect(somewhere(3).context(60))
    assert isinstance(said, CannotConclude)
    assert said.party_id == "Platform"
    assert said.missing == ("account (holder of 102301000019:Somewhere)",)


def test_transfers_that_carry_other_money_too_are_named_with_their_whole_sum() -> None:
    world = platform()
    world.pay("Seller", "Borrower0", 40_000, at(0, 13))
    world.pay("Borrower0", "Sister", 138_000, at(1))
    world.pay("Borrower1", "Sister", 60_000, at(2))
    [finding] = found(world)
    assert finding.amount_fen == 15_800_000
    assert finding.measures["carried_fen"].value == 19_800_000
    assert finding.text[1].endswith(
        "158,000.00 yuan reached the platform's circle within 24 hours "
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


def test_lenders_who_pay_the_circle_straight_count() -> None:
    world = platform()
    world.paid = []
    tickets = []
    for number in range(2):
        for part in range(5):
            tickets.append(
                world.pay("Lender", "Sister", 20_000, at(number, 9 + part), f"L{number}")
            )
    [finding] = found(world)
    assert set(finding.transfers) == set(tickets)
    assert (finding.amount_fen, finding.measures["loans"].value) == (20_000_000, 2)
    assert dict(finding.accomplices)["Sister"] == "beneficiary"
    for number in range(2):  # an account that pays the borrowers collects for them
        world.pay("Sister", f"Borrower{number}", 98_000, at(number + 1), f"L{number}")
    assert found(world) == []


def test_what_lenders_of_the_circle_get_back_is_none() -> None:
    world = platform()
    world.paid = []
    for number in range(2):
        world.pay("Sister", "custody", 50_000, at(number, 9), f"L{number}")
        world.pay("custody", "Sister", 50_000, at(number, 15), f"L{number}")
    assert found(world) == []


def test_a_borrower_of_the_circle_is_an_end_itself() -> None:
    world = platform(loans=0)
    paid = set()
    for number in range(2):
        world.loan("Platform", f"S{number}", "Sister", 100_000, number)
        paid.add(world.pay("custody", "Sister", 98_000, at(number, 12), f"S{number}"))
    [finding] = found(world)
    assert (finding.amount_fen, set(finding.transfers)) == (19_600_000, paid)
    assert finding.accomplices == (("Sister", "beneficiary"),)


def long_chain(steps: int, *, business: int) -> World:
    """Each loan goes on over so many shells in two parts, a step a day; shells have business."""
    world = platform()
    shells = [f"Shell{step}" for step in range(steps)]
    world.party(*shells)
    for shell in shells if business else []:
        world.pay("Seller", shell, business, at(1))
    for number in range(2):
        places = [f"Borrower{number}", *shells, "Sister"]
        for part in range(2):
            for step, (payer, payee) in enumerate(itertools.pairwise(places)):
                world.pay(payer, payee, 40_000, at(number + 0.5 * part + step + 1))
    return world


def test_a_long_way_counts_as_long_as_its_days_do() -> None:
    [finding] = found(long_chain(5, business=0))
    assert finding.amount_fen == 16_000_000
    assert (finding.measures["hops"].value, finding.measures["hours"].value) == (6, 180.0)
    assert (finding.measures["hops"].threshold, finding.measures["hours"].threshold) == (None, 240)
    # Other business of the accounts between hides nothing; more than ten days of way do.
    assert len(found(long_chain(5, business=200_000))) == 1
    assert found(long_chain(11, business=0)) == []


def test_below_the_share_or_beyond_the_window_is_none() -> None:
    world = platform()
    for number in range(2):
        world.pay(f"Borrower{number}", "Sister", 29_000, at(number + 1))
        world.pay(f"Borrower{number}", "Sister", 60_000, at(number + 12))
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


def through_a_reserve() -> World:
    """Borrowers pay into a payment firm's reserve, which serves others every day."""
    world = platform()
    world.institution("Payer", "payment_institution")
    world.account("reserve", "Payer", "client_reserve", "Payer")
    world.party("Customer")
    for day in range(20):
        world.pay("Customer", "reserve", 500_000, at(day, 8))
        world.pay("reserve", "Seller", 450_000, at(day, 18))
    for number in range(2):
        world.pay(f"Borrower{number}", "reserve", 60_000, at(number + 1, 9))
    return world


def test_a_reserve_that_pays_the_circle_the_same_sums_hides_nothing() -> None:
    world = through_a_reserve()
    for number in range(2):
        world.pay("reserve", "Sister", 59_000, at(number + 1, 15))
    [finding] = found(world)
    assert (finding.amount_fen, len(finding.transfers)) == (11_800_000, 6)
    assert finding.accomplices[-1] == ("Sister", "beneficiary")


def test_a_reserve_that_settles_a_shop_of_the_circle_every_day_accuses_nobody() -> None:
    world = through_a_reserve()
    for day in range(1, 9):
        world.pay("reserve", "Sister", 200_000, at(day, 15))
    assert found(world) == []
