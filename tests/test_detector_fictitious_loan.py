"""P7: loans nobody was paid, or that names only passed on, fire; working capital does not."""

from __future__ import annotations

from datetime import timedelta

from detector_world import BANK, DAY, World, at

from detectors import fictitious_loan
from detectors.finding import CannotConclude, Finding


def platform(loans: int = 6, *, paid: int = 6) -> World:
    """A platform with custody, and loans of 50,000 yuan, of which so many are paid out at noon."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.party("Boss", "Lender", kind="person")
    world.party("Seller", "Centre", *(f"Borrower{number}" for number in range(loans)))
    world.tie("Boss", "Platform", "shareholder", 0.6)
    world.trade(60)
    for number in range(loans):
        borrower = f"Borrower{number}"
        world.loan("Platform", f"L{number}", borrower, 50_000, number)
        world.pay("Lender", "custody", 50_000, at(number, 9), f"L{number}")
        if number < paid:
            world.pay("custody", borrower, 49_000, at(number, 12), f"L{number}")
    return world


def said(world: World) -> list[Finding | CannotConclude]:
    return list(fictitious_loan.detect(world.context(60)))


def passed_on(world: World, numbers: range, *, yuan: int = 48_000, hours: float = 8) -> set[str]:
    """Let borrowers pay it on into one account so many hours later."""
    return {
        world.pay(f"Borrower{number}", "Centre", yuan, at(number, 12 + hours)) for number in numbers
    }


def test_loans_that_no_borrower_is_paid_fire() -> None:
    world = platform(paid=3)
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.code, finding.amount_fen) == ("Platform", "P7", 15_000_000)
    shown = finding.transfers[:3]
    assert {world.paid[int(ref[1:])][:3] for ref in shown} == {("Lender", "custody", 5_000_000)}
    assert finding.transfers[3:] == tuple(f"loan:Platform:L{n}" for n in (3, 4, 5))
    assert finding.accomplices == tuple((f"Borrower{n}", "nominee") for n in (3, 4, 5))
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "loans": (3, 3),
        "share_of_loans": (0.5, 0.05),
        "unpaid_loans": (3, None),
        "passed_on_share": (0.0, 0.1),
        "young_accounts": (0, None),
        "shared_contacts": (0, None),
        "meeting_loans": (0, None),
        "borrowers": (3, None),
    }
    assert finding.confidence == 0.79
    assert finding.text == (
        "3 笔标的收取出借资金 150,000.00 元，未见向借款人放款",
        "3 loan(s) took 150,000.00 yuan from lenders and no borrower was paid",
    )


def test_two_unpaid_loans_or_a_bank_that_was_silent_do_not() -> None:
    assert said(platform(paid=4)) == []
    world = platform(paid=2)
    world.banks = {"trader-a": "103301000017", "trader-b": "103301000017"}
    assert said(world) == [
        CannotConclude(
            "fictitious_loan",
            "Platform",
            "Platform",
            (f"entry:{BANK}:custody",),
            (
                "6 笔标的中仅 2 笔能看到是否放款，其余须调取收款账户和存管账户流水",
                "of 6 loans only 2 show whether they were paid out; the statements of the "
                "receiving and the custody accounts are needed",
            ),
        )
    ]


def test_entrusted_payments_and_failed_raisings_are_left_out() -> None:
    world = platform(paid=3)
    world.pay("custody", "Seller", 49_000, at(4, 15), "L3")
    world.pay("Borrower4", "custody", 1_000, at(40), "L4")
    world.pay("custody", "Lender", 50_000, at(8), "L5")
    assert said(world) == []
    world = platform(paid=3)  # to the circle is no entrusted payment
    for number in (3, 4, 5):
        world.pay("custody", "Boss", 49_000, at(number, 15), f"L{number}")
    assert [each.amount_fen for each in said(world) if isinstance(each, Finding)] == [15_000_000]


def test_new_accounts_whose_money_meets_fire() -> None:
    world = platform()
    evidence = passed_on(world, range(3))
    for number in range(3):
        world.opened[f"Borrower{number}"] = DAY - timedelta(days=9)
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert evidence < set(finding.transfers) and len(finding.transfers) == 6 + 3
    assert finding.amount_fen == 14_700_000
    assert dict(finding.accomplices)["Centre"] == "beneficiary"
    assert finding.measures["passed_on_share"].value == 0.9796
    assert finding.text == (
        "3 笔借款放款 147,000.00 元后被转出，其中 3 笔的收款账户刚开立，0 笔的借款人与他人共用"
        "联系方式、设备或抵押物，3 笔的资金汇入同一账户",
        "3 loan(s) of 147,000.00 yuan were passed on: 3 to accounts just opened, 0 by "
        "borrowers that share contacts, devices or collateral, 3 into accounts where several "
        "borrowers' money meets",
    )


def test_borrowers_with_takings_of_their_own_are_left_out_and_said() -> None:
    world = platform()
    passed_on(world, range(4))
    for number in range(4):
        world.opened[f"Borrower{number}"] = DAY - timedelta(days=9)
    for day in (20, 25, 30):
        world.pay("Seller", "Borrower3", 10_000, at(day))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.measures["loans"].value == 3
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "working_capital",
            True,
            "1 further loan(s) were passed on alike by borrowers with takings of their own (on 3 "
            "days or more, 20% of the loan) and are left out",
        ),
        (
            "entrusted_payment",
            True,
            "0 further loan(s) without a payment to the borrower are left out: the borrower "
            "repays, a third party was paid, or lenders were refunded",
        ),
    ]


def test_slower_and_in_part_counts_where_two_signs_agree() -> None:
    world = platform()
    passed_on(world, range(3), yuan=42_000, hours=60)
    for number in range(3):
        world.facts[f"Borrower{number}"]["phone_hash"] = "telephone"
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.measures["shared_contacts"].value == 3
    world = platform()
    passed_on(world, range(3), yuan=42_000, hours=60)
    assert said(world) == []
    world = platform()
    passed_on(world, range(3), yuan=42_000, hours=73)
    for number in range(3):
        world.facts[f"Borrower{number}"]["phone_hash"] = "telephone"
    assert said(world) == []


def test_sharers_who_pay_part_of_it_into_one_account_fire() -> None:
    for yuan, fires in ((4_900, True), (4_800, False)):
        world = platform()
        passed_on(world, range(3), yuan=yuan, hours=60)
        for number in range(3):
            world.facts[f"Borrower{number}"]["address"] = "house"
        assert len(said(world)) == fires


def test_a_little_business_of_their_own_speaks_against_weak_signs() -> None:
    world = platform()
    passed_on(world, range(3))
    for number in range(3):
        world.opened[f"Borrower{number}"] = DAY - timedelta(days=9)
        for day in (20, 25, 30):
            world.pay("Seller", f"Borrower{number}", 900, at(day))
    assert said(world) == []


def test_meeting_in_one_account_alone_takes_more_loans() -> None:
    for loans in (5, 6):
        world = platform()
        passed_on(world, range(loans))
        assert len(said(world)) == (loans == 6)


def test_an_office_building_is_no_shared_address() -> None:
    world = platform()
    for number in range(3):
        world.pay(f"Borrower{number}", f"Elsewhere{number}", 48_500, at(number, 15))
        world.party(f"Elsewhere{number}")
        world.facts[f"Borrower{number}"]["address"] = "Tower"
    assert [type(each) for each in said(world)] == [Finding]
    for number in range(4):
        world.party(f"Tenant{number}", address="Tower")
    assert said(world) == []


def test_one_device_or_one_collateral_is_shared() -> None:
    for kind in ("device", "collateral"):
        world = platform()
        for number in range(3):
            world.party(f"Elsewhere{number}")
            paid = world.pay(f"Borrower{number}", f"Elsewhere{number}", 48_500, at(number, 15))
            if kind == "device":
                world.marks[int(paid[1:])] = {"device": "telephone"}
            else:
                world.rows["loan"][number]["collateral_key"] = "house"
        assert [type(each) for each in said(world)] == [Finding], kind


def test_what_cannot_be_seen_is_said() -> None:
    world = platform()
    world.unregistered.update(f"Borrower{number}" for number in range(4))
    world.banks = {f"Borrower{number}": "103301000017" for number in range(4)}
    for row, loan in enumerate(world.rows["loan"]):
        bank = world.banks.get(f"Borrower{row}", BANK)
        loan.update(borrower_bank_no=bank, borrower_account_no=f"Borrower{row}")
    [gap] = said(world)
    assert gap == CannotConclude(
        "fictitious_loan",
        "Platform",
        "Platform",
        tuple(f"entry:103301000017:Borrower{number}" for number in range(4)),
        (
            "6 笔标的中仅 2 笔能看到是否放款，其余须调取收款账户和存管账户流水",
            "of 6 loans only 2 show whether they were paid out; the statements of the receiving "
            "and the custody accounts are needed",
        ),
    )
    world = World()
    world.institution("Platform", "p2p_platform")
    [gap] = said(world)
    assert isinstance(gap, CannotConclude) and gap.missing == ("loan", "loan_event")


def test_beside_sure_ones_those_count_whose_money_meets_theirs_despite_some_takings() -> None:
    world = platform()
    passed_on(world, range(5))
    for number in range(3):
        world.opened[f"Borrower{number}"] = DAY - timedelta(days=9)
    for day in (20, 25, 30):
        world.pay("Seller", "Borrower4", 5_000, at(day))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.measures["loans"].value == 5


def test_where_the_money_of_unpaid_loans_went_is_shown() -> None:
    world = platform(paid=3)
    world.party("Aunt", kind="person")
    gone = {world.pay("custody", "Aunt", yuan, at(6)) for yuan in (40_000, 35_000)}
    elsewhere = world.pay("custody", "Seller", 30_000, at(7))  # it lives on other customers
    world.pay("Centre", "Seller", 90_000, at(8))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert gone < set(finding.transfers) and elsewhere not in finding.transfers
    assert dict(finding.accomplices)["Aunt"] == "beneficiary"


def test_beside_loans_never_paid_out_younger_ones_count_once_others_would_be_paid() -> None:
    world = platform(loans=8, paid=3)
    for number, day in (("L8", 55), ("L9", 58)):
        world.loan("Platform", number, "Borrower0", 50_000, day)
        world.pay("Lender", "custody", 50_000, at(day, 9), number)
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.measures["unpaid_loans"].value == 6  # L9 waits no longer than usual


def test_beside_sure_ones_old_accounts_whose_money_meets_theirs_count() -> None:
    world = platform()
    passed_on(world, range(5))
    for number in range(3):
        world.opened[f"Borrower{number}"] = DAY - timedelta(days=9)
    fee = world.pay("Borrower0", "Boss", 200, at(0, 15))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert (finding.measures["loans"].value, finding.amount_fen) == (5, 5 * 4_900_000)
    assert fee not in finding.transfers  # what the circle gets is no sign of its own
    for number in (3, 4):
        for day in (20, 25, 30):
            world.pay("Seller", f"Borrower{number}", 10_000, at(day))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.measures["loans"].value == 3
