"""P6: fixed short terms paid with new lenders' money fire; claims sold by lenders do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import maturity_mismatch
from detectors.finding import CannotConclude, Finding


def platform(
    *, exits: int = 10, held: tuple[int, ...] = (30,), extra: tuple[float, ...] = (0.01,)
) -> World:
    """Loans of 90 days, one lender of 10,000 yuan each, who leaves after so many days with so much
    more, on the money of a new lender of the morning."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    for number in range(exits):
        borrower, loan = f"Borrower{number}", f"L{number}"
        world.party(borrower)
        world.party(f"Lender{number}", f"Taker{number}", kind="person")
        world.loan("Platform", loan, borrower, 10_000, number)
        world.pay(f"Lender{number}", "custody", 10_000, at(number, 9), loan)
        world.pay("custody", borrower, 9_800, at(number, 15), loan)
        days, more = held[number % len(held)], extra[number % len(extra)]
        price = round(10_000 * (1 + more))
        world.pay(f"Taker{number}", "custody", price, at(number + days, 9), loan)
        world.pay("custody", f"Lender{number}", price, at(number + days, 14), loan)
    return world


def said(world: World) -> list[Finding | CannotConclude]:
    return list(maturity_mismatch.detect(world.context(80)))


def assigned(world: World) -> World:
    """Register who sold to whom."""
    for number in range(10):
        world._add("loan_event", institution_id="Platform", event_no=f"A{number}",
                   loan_id=f"L{number}", kind="assign", party_id=f"Lender{number}",
                   counterparty_id=f"Taker{number}", amount_fen=1_000_000,
                   happened_at=at(number + 30))  # fmt: skip
    return world


def test_short_terms_paid_with_new_money_fire() -> None:
    [finding] = said(platform())
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "P6", 4)
    assert (finding.amount_fen, len(finding.transfers)) == (10_100_000, 20 + 10)
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "exits": (10, 10),
        "lenders": (10, 5),
        "funded_share": (1.0, 0.5),
        "fixed_share": (1.0, 0.5),
        "redeemed_share": (0.0, 0.5),
        "registered_share": (0.0, 0.5),
        "held_days": (30, None),
        "term_days": (90, None),
    }
    assert finding.confidence == 0.825
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "lender_initiated",
            True,
            "assignments that name both sides exist for 0% of the exits; 100% have one of a few "
            "fixed terms, or one rate; 0% are booked as repayment with interest",
        ),
        (
            "early_repayment",
            True,
            "exits that the borrower's repayments cover (50% or more) are left out",
        ),
    ]
    assert finding.text == (
        "10 名出借人在借款到期前收回 101,000.00 元（10 笔，持有约 30 日，借款期限约 90 日），其时"
        "借款人"
        "尚未还款；其中 100% 由当日或次日的新出借人资金支付",
        "10 lender(s) got 101,000.00 yuan back before their loans fell due (10 payments, held for "
        "about 30 days, of loans of about 90 days), while the borrowers had not repaid; new "
        "lenders' money of the same or next day pays 100% of it",
    )


def test_automatic_assignments_of_fixed_terms_fire_though_registered() -> None:
    [finding] = said(assigned(platform()))
    assert isinstance(finding, Finding)
    assert finding.measures["registered_share"].value == 1.0


def test_claims_that_lenders_sell_at_prices_of_their_own_are_none() -> None:
    terms = tuple(range(17, 37, 2))
    prices = (0.002, 0.011, -0.004, 0.006, 0.0, 0.013, -0.008, 0.009, 0.003, 0.016)
    world = platform(held=terms, extra=prices)
    [open_finding] = said(world)
    assert isinstance(open_finding, Finding)
    assert [test.passed for test in open_finding.lookalikes] == [False, True]
    assert said(assigned(world)) == []


def test_stakes_paid_back_on_demand_at_one_rate_fire_though_registered() -> None:
    terms = tuple(range(17, 37, 2))
    world = platform(held=terms, extra=tuple(days * 0.0003 for days in terms))
    [finding] = said(assigned(world))
    assert isinstance(finding, Finding) and finding.measures["fixed_share"].value == 1.0


def test_a_lender_who_stakes_again_and_again_leaves_each_time() -> None:
    world = platform()
    for number in range(10):
        loan = f"L{number}"
        world.pay(f"Lender{number}", "custody", 10_000, at(number + 31, 9), loan)
        world.pay("custody", f"Lender{number}", 10_050, at(number + 46, 14), loan)
        world.pay(f"Taker{number}", "custody", 10_050, at(number + 46, 9), loan)
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert (finding.measures["exits"].value, finding.measures["lenders"].value) == (20, 10)


def test_stakes_from_before_the_records_count_by_the_loans_events() -> None:
    world = platform()
    world.paid = [p for p in world.paid if not p[0].startswith("Lender")]
    for number, (payer, _, _, _, loan) in enumerate(world.paid):
        if payer == "custody" and loan and world.paid[number][1].startswith("Lender"):
            for kind, fen in (("repay_principal", 1_000_000), ("repay_interest", 10_000)):
                world.event("Platform", loan, kind, "Platform", f"M{number}", 40)
                world.rows["loan_event"][-1]["amount_fen"] = fen
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.lookalikes[0].en == (
        "assignments that name both sides exist for 0% of the exits; terms and rates of the exits "
        "are unknown; 100% are booked as repayment with interest"
    )
    assert "10 payments, of loans of about 90 days" in finding.text[1]
    assert len(said(assigned(world))) == 1


def test_borrowers_who_repay_early_are_none() -> None:
    world = platform()
    for number in range(10):
        world.pay(f"Borrower{number}", "custody", 10_200, at(number + 30, 8), f"L{number}")
    assert said(world) == []


def test_money_of_new_loans_that_are_not_paid_out_funds_exits_too() -> None:
    world = platform()
    world.paid = [p for p in world.paid if not p[0].startswith("Taker")]
    assert said(world) == []
    for number in range(10):
        world.loan("Platform", f"N{number}", "Borrower0", 10_000, number + 30)
        world.pay(f"Taker{number}", "custody", 10_000, at(number + 30, 9), f"N{number}")
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.measures["funded_share"].value == 0.999


def test_fewer_exits_or_nearly_whole_terms_or_failed_raisings_are_none() -> None:
    assert said(platform(exits=9)) == []
    assert said(platform(held=(74,))) == []
    world = platform(held=(12,))
    world.paid = [p for p in world.paid if not p[1].startswith("Borrower")]
    assert said(world) == []


def test_a_platform_whose_lenders_are_not_seen_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    assert said(world) == [
        CannotConclude(
            "maturity_mismatch",
            "Platform",
            "Platform",
            ("loan", "loan_event", "entry"),
            (
                "看不到该平台出借人的付入或收回，无法判断是否期限错配",
                "payments by or to this platform's lenders are not seen; maturity mismatch cannot "
                "be judged",
            ),
        )
    ]
