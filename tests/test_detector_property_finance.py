"""P12: loans that reach developers fire, over relatives too; renovation, rent and trade do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import property_finance
from detectors.finding import CannotConclude, Finding


def platform(loans: int = 3) -> World:
    """Loans of 60,000 yuan to persons, of which nobody has spent anything yet."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.institution("Developer", "property_developer")
    world.party("Builder", industry="K7010")
    world.party("Renovator", industry="E5010")
    world.party("Agent", industry="7030")
    world.account("escrow", "Developer", "client_custody")
    for number in range(loans):
        world.party(f"Borrower{number}", f"Aunt{number}", kind="person")
        world.loan("Platform", f"L{number}", f"Borrower{number}", 60_000, number)
        world.pay("custody", f"Borrower{number}", 60_000, at(number, 12), f"L{number}")
    return world


def spend(world: World, payee: str, *, yuan: int = 58_000, after: float = 10) -> World:
    for number in range(3):
        world.pay(f"Borrower{number}", payee, yuan, at(number + after, 15))
    return world


def said(world: World) -> list[Finding | CannotConclude]:
    return list(property_finance.detect(world.context(60)))


def test_loans_that_reach_a_developers_escrow_fire() -> None:
    [finding] = said(spend(platform(), "escrow"))
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "P12", 3)
    assert finding.amount_fen == 17_400_000
    assert finding.transfers == (
        *(f"M{n}" for n in range(6)),
        *(f"loan:Platform:L{n}" for n in range(3)),
    )
    assert finding.accomplices == (("Developer", "beneficiary"),)
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "loans": (3, 3),
        "share_of_loans": (1.0, 0.1),
        "spent_share": (0.9667, 0.5),
        "over_another": (0, None),
        "property_payees": (1, None),
        "escrow_share": (1.0, None),
    }
    assert finding.confidence == 0.785
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "rent",
            True,
            "100% of the money went to developers, the rest to agents, where it may be rent; 100% "
            "entered presale escrow accounts",
        ),
        (
            "lasting_trade",
            True,
            "0 further loan(s) are left out, as borrower and payee deal with each other otherwise "
            "too",
        ),
    ]
    assert finding.text == (
        "3 笔借款放款后 30 日内有 174,000.00 元（占放款的 97%）到达 1 家房地产开发企业或中介机构，"
        "其中 0 "
        "笔经他人账户",
        "Within 30 days of the payout 174,000.00 yuan of 3 loan(s) (97% of the proceeds) reached "
        "1 developer(s) or agent(s), 0 of the loans over another person's account",
    )


def test_over_a_relative_and_in_parts_fires() -> None:
    world = platform()
    for number in range(3):
        world.pay(f"Borrower{number}", f"Aunt{number}", 58_000, at(number + 1))
        world.pay(f"Aunt{number}", "Builder", 70_000, at(number + 9))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert (finding.amount_fen, len(finding.transfers)) == (17_400_000, 3 + 6 + 3)
    assert finding.measures["over_another"].value == 3
    world = spend(spend(platform(), "Builder", yuan=16_000), "Builder", yuan=16_000, after=20)
    assert [each.amount_fen for each in said(world) if isinstance(each, Finding)] == [9_600_000]


def test_payments_to_agents_stay_open() -> None:
    [finding] = said(spend(platform(), "Agent"))
    assert isinstance(finding, Finding)
    assert [test.passed for test in finding.lookalikes] == [False, True]


def test_too_few_too_little_or_too_late_is_none() -> None:
    assert said(spend(platform(), "Builder", yuan=29_000)) == []
    assert said(spend(platform(), "Builder", after=31)) == []
    assert said(spend(platform(loans=31), "Builder")) == []
    world = spend(platform(), "Builder")
    world.paid.pop()
    assert said(world) == []


def test_renovation_rent_and_trade_are_none() -> None:
    assert said(spend(platform(), "Renovator")) == []
    rent = spend(platform(), "Agent")
    for day in (41, 50):
        spend(rent, "Agent", yuan=5_000, after=day)
    assert said(rent) == []
    trade = spend(platform(), "Developer")
    for number in range(3):
        trade.pay("Developer", f"Borrower{number}", 6_000, at(number + 40))
    assert said(trade) == []


def test_what_cannot_be_judged_is_said() -> None:
    world = platform()
    world.institutions.pop("Developer")
    for name in ("Builder", "Agent"):
        world.facts[name].clear()
    assert said(world) == [
        CannotConclude(
            "property_finance",
            None,
            None,
            ("institution", "party"),
            (
                "没有登记任何房地产开发企业或中介机构，也没有行业代码，无法判断借款是否用于购房",
                "no developers or agents, nor industries, are registered; whether loans pay for "
                "homes cannot be judged",
            ),
        )
    ]
    [gap] = said(platform(loans=0))
    assert isinstance(gap, CannotConclude) and gap.party_id == "Platform"


def test_a_relative_who_pays_in_parts_fires_without_what_he_buys_himself() -> None:
    world = platform()
    for number in range(3):
        world.pay(f"Borrower{number}", f"Aunt{number}", 58_000, at(number + 1))
        for hour, part in ((9, 20_000), (11, 20_000), (13, 18_000), (15, 33_000)):
            world.pay(f"Aunt{number}", "Builder", part, at(number + 9, hour))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    cited = [world.paid[int(ref[1:])] for ref in finding.transfers if ref.startswith("M")]
    own = [row for row in cited if row[2] == 3_300_000]
    assert (finding.amount_fen, own) == (17_400_000, [])


def test_savings_beyond_the_loan_are_left_out() -> None:
    world = spend(platform(), "Builder", yuan=40_000)
    for number in range(3):
        world.pay(f"Borrower{number}", "Builder", 35_000, at(number + 12))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.amount_fen == 12_000_000
    assert len(finding.transfers) == 3 + 3 + 3


def test_a_loan_paid_to_an_account_whose_holder_nobody_submitted_is_followed() -> None:
    world = spend(platform(), "Builder")
    for number in range(3):
        world.account(f"away{number}", f"Borrower{number}", "ordinary")
        world.unregistered.add(f"away{number}")
        world.loan("Platform", f"U{number}", f"Borrower{number}", 50_000, number)
        paid = world.pay("custody", f"away{number}", 50_000, at(number, 13), f"U{number}")
        world.event("Platform", f"U{number}", "disburse", f"Borrower{number}", paid, number)
        world.pay(f"away{number}", "Builder", 45_000, at(number + 5))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.amount_fen == 17_400_000 + 13_500_000


def test_an_earnest_before_the_deposit_takes_nothing_away() -> None:
    world = platform()
    for number in range(3):
        world.pay(f"Borrower{number}", "Builder", 2_000, at(number + 3))
        world.pay(f"Borrower{number}", "Builder", 60_000, at(number + 9))
    [finding] = said(world)
    assert isinstance(finding, Finding)
    assert finding.amount_fen == 18_000_000


def test_an_account_of_nobody_known_where_several_were_paid_is_no_borrowers() -> None:
    world = platform(0)
    world.account("away", "Agent", "ordinary")
    world.unregistered.add("away")
    for number in range(8):
        world.party(f"Borrower{number}", kind="person")
        world.loan("Platform", f"L{number}", f"Borrower{number}", 50_000, number)
        paid = world.pay("custody", "away", 50_000, at(number, 13), f"L{number}")
        world.event("Platform", f"L{number}", "disburse", f"Borrower{number}", paid, number)
    world.pay("away", "Builder", 45_000, at(9))
    assert [each for each in said(world) if isinstance(each, Finding)] == []
