"""P2: loans paid out by the circle and sold to lenders fire; licensed lenders do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import own_lending
from detectors.finding import CannotConclude, Finding


def platform(payer: str = "Sister", *, loans: int = 3, lenders: int = 2, after: float = 5) -> World:
    """Loans of 20,000 yuan that somebody pays out at noon; lenders pay so many days later through
    custody, which pays him."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.account("own", "Platform", "own_funds", "Platform")
    world.party("Boss", "Professional", kind="person")
    world.party("Sister")
    world.institution("Small loans", "small_loan_company")
    world.tie("Boss", "Platform", "shareholder", 0.6)
    world.tie("Boss", "Sister", "shareholder", 0.9)
    for number in range(loans):
        loan = f"L{number}"
        world.party(f"Borrower{number}")
        world.loan("Platform", loan, f"Borrower{number}", 20_000, number)
        world.pay(payer, f"Borrower{number}", 20_000, at(number, 12), loan)
        for name in world.persons(f"lender{number}-", lenders):
            world.pay(name, "custody", 20_000 // lenders, at(number + after, 13), loan)
        world.pay("custody", payer, 20_000, at(number + after, 16), loan)
    return world


def said(world: World) -> list[Finding | CannotConclude]:
    return list(own_lending.detect(world.context(60)))


def test_loans_that_a_sister_firm_pays_out_and_lenders_buy_fire() -> None:
    [finding] = said(platform())
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "P2", 3)
    assert (finding.amount_fen, len(finding.transfers)) == (6_000_000, 12 + 3)
    assert finding.accomplices == (("Sister", "shell"),)
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "loans": (3, 2),
        "sold_share": (1.0, 0.3),
        "fewest_lenders": (2, 2),
        "by_circle_fen": (6_000_000, None),
        "returned_to_payer": (1.0, None),
    }
    assert finding.confidence == 0.83
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "licensed_lender",
            True,
            "0 loan(s) that licensed small-loan firms or banks paid out and sold are left out",
        ),
        (
            "raised_before",
            True,
            "loans for which lenders had paid 50% or more before are left out",
        ),
    ]
    assert finding.text == (
        "1 个付款人在出借人付款之前向借款人放款 60,000.00 元（3 笔借款），其中平台或其关联方 "
        "60,000.00 元"
        "；30 日内这些债权又由各至少 2 名出借人付款受让",
        "1 payer(s) paid 60,000.00 yuan out on 3 loan(s) before lenders had paid, the platform or "
        "its circle 60,000.00 yuan of it; within 30 days 2 lenders or more paid for each claim",
    )


def test_the_platforms_own_account_and_payments_without_a_number_fire() -> None:
    assert [type(each) for each in said(platform("own"))] == [Finding]
    world = platform()
    world.paid = [
        (payer, payee, fen, when, None if payer == "Sister" else loan)
        for payer, payee, fen, when, loan in world.paid
    ]
    [finding] = said(world)
    assert isinstance(finding, Finding) and finding.amount_fen == 6_000_000


def test_a_professional_lender_outside_fires_from_three_loans() -> None:
    [finding] = said(platform("Professional"))
    assert isinstance(finding, Finding)
    assert finding.accomplices == (("Professional", "nominee"),)
    assert finding.measures["by_circle_fen"].value == 0
    world = platform("Professional")
    world.rows["loan"].pop()
    assert said(world) == []


def test_claims_that_lenders_buy_straight_from_who_paid_out_fire() -> None:
    world = platform("Professional", lenders=4)
    world.paid = [
        (payer, "Professional" if payer.startswith("lender") else payee, fen, when, loan)
        for payer, payee, fen, when, loan in world.paid
        if payer != "custody"
    ]
    [finding] = said(world)
    assert isinstance(finding, Finding) and len(finding.transfers) == 15 + 3


def test_licensed_lenders_or_money_raised_before_are_none() -> None:
    assert said(platform("Small loans")) == []
    assert said(platform(after=-1)) == []


def test_one_lender_a_late_sale_or_custody_itself_are_none() -> None:
    assert said(platform(lenders=1)) == []
    assert said(platform(after=31)) == []
    assert said(platform("custody")) == []
    assert len(said(platform(after=30))) == 1


def test_a_platform_without_loans_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    assert said(world) == [
        CannotConclude(
            "own_lending",
            "Platform",
            "Platform",
            ("loan", "loan_event"),
            (
                "没有该平台的标的数据，无法判断其是否自行放贷",
                "no loans of this platform were submitted; whether it lends itself cannot be "
                "judged",
            ),
        )
    ]
