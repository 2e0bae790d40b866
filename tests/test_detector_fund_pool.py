"""P1: a pool fires; one payer fewer, refunds, agents, borrowers and custody do not."""

from __future__ import annotations

import pytest
from detector_world import World, at

from detectors import fund_pool
from detectors.finding import Finding


def crowd(payers: int = 50, back: int = 25, *, role: str = "ordinary", loan: str | None = None
          ) -> World:  # fmt: skip
    """Persons pay a firm 1,000 yuan each; some get 1,050 yuan back, its owner the rest."""
    world = World()
    world.bystanders(3000)
    world.institution("Firm", "investment_firm", licensed=False)
    world.party("trader")
    world.party("Owner", kind="person")
    world.tie("Owner", "Firm", "shareholder", 0.6)
    world.account("pool", "Firm", role)
    persons = world.persons("investor", payers)
    for number, person in enumerate(persons):
        world.pay(person, "pool", 1000, at(2 + number % 10, 10 + number % 7), loan)
    for number, person in enumerate(persons[:back]):
        world.pay("pool", person, 1050, at(15 + number % 10))
    world.pay("pool", "Owner", 20_000, at(26))
    return world


def found(world: World, **changes: float) -> list[Finding]:
    said = list(fund_pool.detect(world.context(30, fund_pool=changes)))
    return [each for each in said if isinstance(each, Finding)]


def test_fifty_payers_some_paid_back_make_a_pool() -> None:
    [finding] = found(crowd())
    assert (finding.party_id, finding.institution_id) == ("Firm", "Firm")
    assert (finding.code, finding.clause, finding.severity) == ("P1", "二(一)1", 5)
    assert finding.amount_fen == 5_000_000
    assert finding.accomplices == (("Owner", "beneficiary"),)
    assert len(finding.transfers) == 50 + 25 + 1
    assert (finding.first_at, finding.last_at) == (at(2, 10), at(26))
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "payers": 50,
        "payees": 26,
        "out_in_ratio": 0.925,
        "paid_back": 25,
        "returned_share": 0.525,
        "principal_back": 1.05,
        "matched_share": 0,
        "paid_first_share": 1,
        "fixed_ratio_share": 0,
        "others_principal_share": 0.9295,
        "reached_circle_share": 0.4324,
        "accounts": 1,
    }
    assert finding.text == (
        "最近 30 日内，1 个未登记存管的账户从 50 名自然人处归集 50,000.00 元，向 26 个对手方付出 "
        "46,250.00 元；其中 25 名付款人又从中收到 26,250.00 元，且进账未与借款一一对应；全部记录"
        "中付回先前付款人的 26,250.00 元里，至少 24,400.00 元（93.0%）出自他人投入的本金",
        "Within the last 30 days 1 account(s) not registered for custody took 50,000.00 yuan from "
        "50 natural persons and paid 46,250.00 yuan to 26 counterparties; 25 of the payers were "
        "paid 26,250.00 yuan out of it again, and the credits match no loans one to one; of "
        "26,250.00 yuan paid back to earlier payers in all records at least 24,400.00 yuan (93.0%) "
        "came out of what others had paid in",
    )


def test_what_the_text_counts_is_the_evidence() -> None:
    world = crowd(payers=100, back=40)
    world.party("Landlord")
    rent = world.pay("pool", "Landlord", 3_000, at(27))
    for number in range(3000):
        world.pay(f"bystander{number:04d}", "shop", 10, at(20))
    said = fund_pool.detect(world.context(35))
    [finding] = [each for each in said if isinstance(each, Finding)]
    assert rent in finding.transfers
    assert len(finding.transfers) == 100 + 40 + 1 + 1
    assert "Landlord" not in dict(finding.accomplices)
    assert finding.amount_fen == 10_000_000
    assert (
        "; in all records since 2016-06-03 they took 100,000.00 yuan from 100 natural persons and "
        "paid 65,000.00 yuan; of 42,000.00 yuan paid back"
    ) in finding.text[1]


def test_payers_whom_no_bank_reports_count_with_the_others_but_make_no_pool() -> None:
    world = crowd()
    for number in range(5):
        world.party(f"elsewhere{number}")
        world.unregistered.add(f"elsewhere{number}")
        world.pay(f"elsewhere{number}", "pool", 2000, at(12))
    [finding] = found(world)
    assert finding.amount_fen == 5_000_000 + 1_000_000
    assert len(finding.transfers) == 50 + 25 + 1 + 5
    assert finding.measures["payers"].value == 50
    assert "10,000.00 yuan more came from accounts of unknown holders" in finding.text[1]
    world = crowd(payers=49, back=25)
    for number in range(5):
        world.party(f"elsewhere{number}")
        world.unregistered.add(f"elsewhere{number}")
        world.pay(f"elsewhere{number}", "pool", 2000, at(12))
    assert found(world) == []


def test_where_firms_pay_in_too_nobody_knows_who_the_unknown_payers_are() -> None:
    world = crowd()
    world.party("Customer", "elsewhere")
    world.unregistered.add("elsewhere")
    world.pay("Customer", "pool", 8_000, at(12))
    world.pay("elsewhere", "pool", 2_000, at(12))
    [finding] = found(world)
    assert finding.amount_fen == 5_000_000
    assert "unknown holders" not in finding.text[1]


def strangers(reached_on: int) -> World:
    """A stranger's company is the pool; its money reaches the firm's owner over two others."""
    world = crowd(payers=0, back=0)
    world.party("Stranger", "Shell", "Front")
    persons = world.persons("investor", 60)
    for number, person in enumerate(persons):
        world.pay(person, "Stranger", 1000, at(2 + number % 10))
    for number, person in enumerate(persons[:25]):
        world.pay("Stranger", person, 1050, at(15 + number % 5))
    world.pay("Stranger", "Shell", 20_000, at(13))
    world.pay("Shell", "Front", 20_000, at(14))
    world.pay("Front", "Owner", 19_900, at(reached_on))
    return world


def test_the_institution_behind_is_whose_circle_the_money_reached_over_others() -> None:
    [finding] = found(strangers(23))
    assert (finding.party_id, finding.institution_id) == ("Firm", "Firm")
    assert finding.accomplices == (
        ("Stranger", "pool"),
        ("Owner", "beneficiary"),
        ("Front", "shell"),
        ("Shell", "shell"),
    )
    assert len(finding.transfers) == 60 + 25 + 3
    assert finding.measures["reached_circle_share"].value == round(19_900 / 46_250, 4)
    assert finding.text[0].endswith("；另有 19,900.00 元经 2 个其他主体到达关联圈")
    assert finding.text[1].endswith("; 19,900.00 yuan reached the circle over 2 other(s)")


def test_money_that_left_the_pool_too_long_ago_says_nothing_of_a_circle() -> None:
    [finding] = found(strangers(24))
    assert (finding.party_id, finding.institution_id) == ("Stranger", None)
    assert finding.accomplices == ()
    assert len(finding.transfers) == 60 + 25 + 1


def few_paid_back(back: int) -> World:
    """Fifty persons pay in; so many of them are paid back richly, and ten others are paid too."""
    world = crowd(back=0)
    for number in range(back):
        world.pay("pool", f"investor{number:04d}", 4000, at(15 + number))
    for number, person in enumerate(world.persons("friend", 10)):
        world.pay("pool", person, 500, at(15 + number))
    return world


def with_loan(principal: int) -> World:
    """Every credit names a loan of so many yuan."""
    world = crowd(loan="L1")
    world.party("Borrower")
    world.loan("Firm", "L1", "Borrower", principal, 1)
    return world


@pytest.mark.parametrize(
    ("quiet", "fires", "relaxed"),
    [
        pytest.param(crowd(payers=49), crowd(), {"minimum_payers": 49}, id="49 payers"),
        pytest.param(
            few_paid_back(4), few_paid_back(5), {"minimum_paid_back": 4}, id="4 paid back"
        ),
        pytest.param(
            with_loan(50_000),
            with_loan(49_999),
            {"maximum_matched_share": 1.0},
            id="every credit belongs to a loan",
        ),
    ],
)
def test_below_a_threshold_is_no_pool(
    quiet: World, fires: World, relaxed: dict[str, float]
) -> None:
    assert found(quiet) == []
    assert len(found(fires)) == 1
    assert len(found(quiet, **relaxed)) == 1


def test_registered_custody_is_no_pool() -> None:
    assert found(crowd(role="client_custody")) == []


def test_the_number_of_a_loan_that_nobody_registered_matches_nothing() -> None:
    [finding] = found(crowd(loan="L1"))
    assert finding.measures["matched_share"].value == 0


def test_a_look_alike_left_open_lowers_the_confidence() -> None:
    [plain] = found(crowd())
    world = crowd()
    world.pay("trader", "pool", 60_000, at(3))
    world.pay("pool", "Owner", 60_000, at(20))
    [mixed] = found(world)
    tests = {test.name: (test.passed, test.en) for test in mixed.lookalikes}
    assert tests["payroll_and_treasury"] == (
        False,
        "45% of the money comes from natural persons, the rest from firms",
    )
    assert [test.passed for test in plain.lookalikes] == [True] * 4
    assert mixed.confidence == round(0.85 * plain.confidence, 4)


def test_cards_of_staff_and_kin_are_one_pool_with_its_holders() -> None:
    world = crowd(payers=0, back=0)
    world.party("Clerk", "Sister", kind="person")
    world.tie("Clerk", "Firm", "same_device")
    world.tie("Owner", "Sister", "kin")
    persons = world.persons("investor", 60)
    cards = "Clerk", "Sister"
    for number, person in enumerate(persons):
        world.pay(person, cards[number % 2], 1000, at(2 + number % 10))
    for number, person in enumerate(persons[:40]):
        world.pay(cards[(number + 1) % 2], person, 1080, at(15 + number % 5))
    [finding] = found(world)
    assert finding.party_id == "Firm"
    assert finding.accomplices == (("Clerk", "pool"), ("Sister", "pool"))
    assert len(finding.transfers) == 100


def test_a_relay_that_gathers_from_cards_and_pays_back_belongs_to_the_pool() -> None:
    world = crowd(payers=0, back=0)
    world.party("A", "B", kind="person")
    world.party("Centre")
    world.tie("A", "Firm", "same_address")
    world.tie("B", "Firm", "same_address")
    world.tie("Owner", "Centre", "controls")
    persons = world.persons("investor", 60)
    for number, person in enumerate(persons):
        world.pay(person, "AB"[number % 2], 1000, at(2 + number % 10))
    for day in range(2, 12):
        world.pay("A", "Centre", 3000, at(day, 23))
        world.pay("B", "Centre", 3000, at(day, 23))
    for number, person in enumerate(persons[:40]):
        world.pay("Centre", person, 1080, at(15 + number % 5))
    [finding] = found(world)
    assert finding.accomplices == (("A", "pool"), ("B", "pool"), ("Centre", "pool"))
    assert len(finding.transfers) == 60 + 20 + 40


def test_a_shop_that_refunds_and_buys_goods_is_no_pool() -> None:
    world = World()
    world.bystanders(3000)
    world.party("Shop", "Maker", *(f"maker{number}" for number in range(12)))
    customers = world.persons("customer", 80)
    for number, person in enumerate(customers):
        world.pay(person, "Shop", 500 + number, at(2 + number % 10))
    for number, person in enumerate(customers[:20]):
        world.pay("Shop", person, 500 + number, at(4 + number % 10))
    for number in range(12):
        world.pay("Shop", f"maker{number}", 2500, at(20))
    assert found(world) == []


def test_a_marketplace_passes_receipts_on_at_a_fixed_ratio() -> None:
    world = World()
    world.bystanders(3000)
    world.party("Market")
    members = world.persons("member", 80)
    for number, person in enumerate(members):
        price = 300 + 37 * number
        world.pay(person, "Market", price, at(2 + number % 10))
        seller = members[(number * 7 + 3) % 80]
        world.pay("Market", seller, price * 0.97, at(4 + number % 10))
    assert found(world) == []


def test_a_lender_whose_borrowers_are_paid_first_is_no_pool() -> None:
    world = World()
    world.bystanders(3000)
    world.institution("Lender", "small_loan_company")
    for number, person in enumerate(world.persons("borrower", 60)):
        world.pay("Lender", person, 1000 + number, at(2 + number % 5))
        world.pay(person, "Lender", 1050 + number, at(15 + number % 5))
    assert found(world) == []


def test_a_payroll_agent_and_a_landlord_are_no_pools() -> None:
    world = World()
    world.bystanders(3000)
    world.party("Agent", "Client", "Landlord", *(f"owner{number}" for number in range(12)))
    for number, person in enumerate(world.persons("worker", 60)):
        world.pay("Client", "Agent", 3000, at(10, 9))
        world.pay("Agent", person, 2950, at(10, 14))
        world.pay(person, "Landlord", 900 + number, at(12))
    for number in range(12):
        world.pay("Landlord", f"owner{number}", 4000, at(15))
    assert found(world) == []
