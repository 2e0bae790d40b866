"""Loans' transfers: which side each runs between, and what of a transfer belongs to which loan."""

from __future__ import annotations

from detector_world import World, at

from detectors.loan_money import lay_loan_money

FLOWS = "select loan_id, ref, flow, amount_fen, interest_fen from loan_money order by booked_at, 1"


def platform() -> World:
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.account("own", "Platform", "own_funds", "Platform")
    world.party("Boss", "Lender", "Other", kind="person")
    world.party("Borrower")
    world.tie("Boss", "Platform", "shareholder", 0.6)
    world.loan("Platform", "L", "Borrower", 1_000, 0)
    return world


def flows(world: World) -> list[tuple[object, ...]]:
    context = world.context(120)
    lay_loan_money(context)
    return context.db.rows("flows", FLOWS)


def test_sides_tell_what_a_transfer_that_names_its_loan_is() -> None:
    world = platform()
    world.pay("Lender", "custody", 1_000, at(0), "L")
    world.pay("custody", "Borrower", 990, at(1), "L")
    world.pay("Borrower", "own", 10, at(2), "L")
    world.pay("Other", "Lender", 500, at(3), "L")
    world.pay("own", "custody", 1, at(4), "L")
    world.pay("Borrower", "custody", 300, at(88), "L")
    world.pay("Boss", "custody", 700, at(89), "L")
    world.pay("custody", "Lender", 1_000, at(90), "L")
    world.pay("Lender", "Other", 5, at(91))
    assert [(ref, flow) for _, ref, flow, _, _ in flows(world)] == [
        ("M0", "invest"),
        ("M1", "disburse"),
        ("M2", "repay"),
        ("M3", "assign"),
        ("M4", "inner"),
        ("M5", "repay"),
        ("M6", "compensate"),
        ("M7", "payout"),
    ]


def test_events_share_a_transfer_among_loans_and_interest() -> None:
    world = platform()
    world.loan("Platform", "K", "Borrower", 1_000, 0)
    paid = world.pay("Borrower", "custody", 310, at(30))
    world.event("Platform", "K", "repay_principal", "Borrower", paid, 30)
    world.rows["loan_event"][0]["amount_fen"] = 20_000
    world.event("Platform", "K", "repay_interest", "Borrower", paid, 30)
    world.rows["loan_event"][1]["amount_fen"] = 1_000
    world.event("Platform", "L", "fee", "Borrower", paid, 30)
    world.rows["loan_event"][2]["amount_fen"] = 10_000
    assert flows(world) == [
        ("K", "M0", "repay", 21_000, 1_000),
        ("L", "M0", "fee", 10_000, 0),
    ]


def test_an_account_that_several_lenders_of_a_loan_pay_collects() -> None:
    world = platform()
    world.party("Card", kind="person")
    for number, name in enumerate(world.persons("lender", 3)):
        world.pay(name, "Card", 300, at(0, 9 + number), "L")
    world.pay("Card", "lender0000", 310, at(30), "L")
    assert [flow for _, _, flow, _, _ in flows(world)] == ["invest"] * 3 + ["payout"]


def test_a_number_of_two_platforms_means_the_loan_whose_parties_move() -> None:
    world = platform()
    world.institution("Second", "p2p_platform")
    world.account("second", "Second", "client_custody", "Second")
    world.party("Stranger")
    world.loan("Second", "L", "Stranger", 2_000, 0)
    world.pay("second", "Stranger", 2_000, at(1), "L")
    world.pay("custody", "Borrower", 1_000, at(2), "L")
    world.pay("Lender", "Other", 7, at(3), "L")
    assert [(ref, flow) for _, ref, flow, _, _ in flows(world)] == [
        ("M0", "disburse"),
        ("M1", "disburse"),
    ]


def test_payments_near_the_principal_pay_out_loans_in_their_order() -> None:
    world = platform()
    world.loan("Platform", "M", "Borrower", 1_000, 1)
    world.pay("custody", "Borrower", 960, at(2))
    world.pay("custody", "Borrower", 1_000, at(3))
    world.pay("custody", "Borrower", 840, at(4))
    assert flows(world) == [
        ("L", "M0", "disburse", 96_000, 0),
        ("M", "M1", "disburse", 100_000, 0),
    ]
