"""P5: lenders paid by the circle on the due date fire; licensed guarantors and borrowers do not."""

from __future__ import annotations

import pytest
from detector_world import World, at

from detectors import self_guarantee
from detectors.finding import CannotConclude, Finding


def platform(*, loans: int = 3, payer: str | None = "Reserve", into: str = "custody") -> World:
    """Loans of 20,000 yuan that fall due after 90 days, of whose lenders somebody else takes care.

    A fourth loan is repaid by its borrower, so that this is seen too.
    """
    world = World()
    world.institution("Platform", "p2p_platform")
    world.institution("Guarantor", "guarantor")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.account("own", "Platform", "own_funds", "Platform")
    world.party("Boss", "Friend", kind="person")
    world.party("Reserve")
    world.tie("Boss", "Platform", "shareholder", 0.6)
    world.tie("Boss", "Reserve", "shareholder", 0.9)
    for number in range(loans + 1):
        borrower, loan = f"Borrower{number}", f"L{number}"
        world.party(borrower)
        world.party(f"Lender{number}", kind="person")
        world.loan("Platform", loan, borrower, 20_000, number)
        world.pay(f"Lender{number}", "custody", 20_000, at(number, 9), loan)
        world.pay("custody", borrower, 20_000, at(number, 15), loan)
        due = number + 90
        if number == loans:
            world.pay(borrower, "custody", 20_500, at(due - 1), loan)
        elif payer and into == "custody":
            world.pay(payer, "custody", 20_500, at(due, 9), loan)
        if payer and into != "custody" and number < loans:
            world.pay(payer, f"Lender{number}", 20_500, at(due, 14), loan)
        else:
            world.pay("custody", f"Lender{number}", 20_500, at(due, 14), loan)
    return world


def said(world: World) -> list[Finding | CannotConclude]:
    return list(self_guarantee.detect(world.context(120)))


def test_a_sister_firm_that_pays_for_the_borrowers_fires() -> None:
    [finding] = said(platform())
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "P5", 4)
    assert (finding.amount_fen, len(finding.transfers)) == (6_150_000, 6 + 3)
    assert finding.accomplices == (("Reserve", "shell"),)
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "loans": (3, 3),
        "compensated_fen": (6_150_000, 1_000_000),
        "payers_in_place": (1, None),
        "nominal_fen": (0, None),
        "recovered_share": (0.0, 0.5),
    }
    assert finding.confidence == 0.8225
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "licensed_guarantor",
            True,
            "0.00 yuan paid by others than the circle are left out; 0% of what is counted was "
            "recovered from the borrowers",
        ),
        (
            "borrower_paid_ahead",
            True,
            "payments for which the borrower had paid in the days before, or ahead, are left out",
        ),
    ]
    assert finding.text == (
        "3 笔借款到期或付息时借款人未付款，由平台或其关联圈的 1 个付款人代付 61,500.00 元（3 笔转"
        "账）",
        "When 3 loan(s) or their interest fell due the borrowers had not paid, and 1 payer(s) of "
        "the platform's circle paid 61,500.00 yuan in their place (3 transfer(s))",
    )


@pytest.mark.parametrize(
    ("payer", "into"), [("own", "custody"), ("own", "lenders"), ("Boss", "lenders")]
)
def test_own_money_by_any_way_fires(payer: str, into: str) -> None:
    assert [type(each) for each in said(platform(payer=payer, into=into))] == [Finding]


def test_a_guarantor_in_name_whom_the_circle_pays_fires() -> None:
    world = platform(payer="Friend")
    for number in range(3):
        world.rows["loan"][number]["guarantor_party_id"] = "Friend"
    assert said(world) == []
    world.pay("Boss", "Friend", 61_500, at(88))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.accomplices == (("Friend", "nominee"),)
    assert finding.text[0].endswith("；其中 61,500.00 元由刚从关联圈收到资金的名义担保人支付")
    assert finding.text[1].endswith(
        "; 61,500.00 yuan of it by guarantors in name, whom the circle had just paid"
    )


def test_a_reserve_put_into_custody_under_no_loans_number_fires() -> None:
    world = platform(payer=None)
    assert said(world) == []
    for number in range(3):
        world.pay("Reserve", "custody", 20_500, at(number + 89))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert (finding.amount_fen, len(finding.transfers)) == (6_150_000, 3)


def guaranteed(*, owner: str | None = None) -> World:
    world = platform(payer="Guarantor")
    for number in range(3):
        world.rows["loan"][number]["guarantor_party_id"] = "Guarantor"
        world.pay(f"Borrower{number}", "Guarantor", 20_500, at(number + 105))
    world.tie("Guarantor", "Platform", "guarantees")
    if owner:
        world.tie(owner, "Guarantor", "shareholder", 0.8)
    return world


def test_a_licensed_guarantor_of_others_is_none_and_one_of_the_circle_stays_open() -> None:
    assert said(guaranteed()) == []
    [finding] = said(guaranteed(owner="Boss"))
    assert isinstance(finding, Finding)
    assert [test.passed for test in finding.lookalikes] == [False, True]
    assert finding.measures["recovered_share"].value == 1.0


def test_two_loans_or_borrowers_who_paid_are_none() -> None:
    assert said(platform(loans=2)) == []
    world = platform()
    for number in range(3):
        world.pay(f"Borrower{number}", "custody", 20_500, at(number + 80), f"L{number}")
    assert said(world) == []


def test_a_platform_whose_repayments_are_not_seen_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    assert said(world) == [
        CannotConclude(
            "self_guarantee",
            "Platform",
            "Platform",
            ("loan", "loan_event", "entry"),
            (
                "看不到该平台向出借人的付款或借款人的还款，无法判断是否自保",
                "payments to this platform's lenders, or by its borrowers, are not seen; "
                "self-guarantee cannot be judged",
            ),
        )
    ]


def test_money_that_comes_in_and_goes_on_to_lenders_counts_once() -> None:
    world = platform(into="own")
    world.paid = [row for row in world.paid if row[0] != "Reserve"]
    for number in range(3):
        world.pay("Reserve", "own", 20_500, at(number + 90, 9), f"L{number}")
        world.pay("own", f"Lender{number}", 20_500, at(number + 90, 14), f"L{number}")
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.amount_fen == 6_150_000
