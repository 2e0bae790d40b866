"""P9: loans, clients' and strangers' money in securities accounts fire; one's own does not."""

from __future__ import annotations

from detector_world import World, at

from detectors import margin_finance
from detectors.finding import CannotConclude, Finding


def platform(loans: int = 3) -> World:
    """Loans of 60,000 yuan to persons who have securities accounts, and a stranger who has one."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.party("Boss", "Stranger", kind="person")
    world.tie("Boss", "Platform", "shareholder", 0.6)
    world.account("securities of Stranger", "Stranger", "securities_transfer")
    for number in range(loans):
        world.party(f"Borrower{number}", f"Friend{number}", kind="person")
        world.account(f"securities{number}", f"Borrower{number}", "securities_transfer")
        world.loan("Platform", f"L{number}", f"Borrower{number}", 60_000, number)
        world.pay("custody", f"Borrower{number}", 60_000, at(number, 12), f"L{number}")
    return world


def said(world: World) -> list[Finding | CannotConclude]:
    return list(margin_finance.detect(world.context(60)))


def found(world: World) -> list[Finding]:
    return [each for each in said(world) if isinstance(each, Finding)]


def invest(world: World, *, yuan: int = 50_000, after: float = 2, friend: bool = False) -> World:
    for number in range(3):
        payer = f"Borrower{number}"
        if friend:
            world.pay(payer, f"Friend{number}", yuan, at(number + after / 2, 14))
            payer = f"Friend{number}"
        world.pay(payer, f"securities{number}", yuan, at(number + after, 15))
    return world


def test_loans_that_buy_securities_fire_and_stay_open() -> None:
    [finding] = found(invest(platform()))
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "P9", 4)
    assert finding.amount_fen == 15_000_000
    assert finding.transfers == (
        *(f"M{n}" for n in range(6)),
        *(f"loan:Platform:L{n}" for n in range(3)),
    )
    assert finding.lead_office == "JR+YJ"
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "proceeds_fen": (15_000_000, 1_000_000),
        "client_money_fen": (0, 1_000_000),
        "umbrella_payers": (0, 5),
        "financed_holders": (0, 5),
        "bundled_claims": (0, 10),
    }
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "same_name",
            True,
            "0.00 yuan of holders who are payers or clients themselves are left out",
        ),
        (
            "occasional_investor",
            False,
            "3 loan(s) went into securities accounts; fewer than 10 without a further sign may be "
            "borrowers' own investing",
        ),
    ]
    assert finding.text == (
        "3 笔借款的 150,000.00 元放款后进入银证转账账户",
        "150,000.00 yuan of 3 loan(s) went into securities accounts after the payout",
    )


def test_over_a_friend_fires_and_too_late_or_too_few_does_not() -> None:
    [finding] = found(invest(platform(), friend=True))
    assert len(finding.transfers) == 3 + 6 + 3
    assert found(invest(platform(), after=11)) == []
    assert found(invest(platform(), yuan=29_000)) == []
    assert found(invest(platform(loans=31))) == []


def test_clients_money_that_the_institution_moves_fires_but_not_to_the_client_himself() -> None:
    world = platform()
    world.pay("custody", "securities of Stranger", 70_000, at(9))
    [finding] = found(world)
    assert (finding.amount_fen, finding.transfers) == (7_000_000, ("M3",))
    assert finding.accomplices == (("Stranger", "nominee"),)
    assert finding.text == (
        "客户资金 70,000.00 元（1 笔）转入他人的银证转账账户",
        "70,000.00 yuan of clients' money (1 transfer(s)) was moved into others' securities "
        "accounts",
    )
    world.pay("Stranger", "custody", 70_000, at(3))
    assert found(world) == []


def test_clients_money_over_a_front_fires_and_what_the_front_earned_elsewhere_does_not() -> None:
    [finding] = found(over("Front"))
    assert (finding.party_id, finding.amount_fen) == ("Platform", 7_000_000)
    assert finding.accomplices == (("Front", "pool"), ("Stranger", "nominee"))
    honest = platform()
    honest.party("Front", "Customer")
    for number, lender in enumerate(honest.persons("lender", 6)):
        honest.pay(lender, "custody", 20_000, at(number, 9))
    honest.pay("custody", "Front", 3_000, at(9))
    honest.pay("Customer", "Front", 70_000, at(10))
    honest.pay("Front", "securities of Stranger", 70_000, at(11))
    assert found(honest) == []


def over(between: str) -> World:
    """Lenders' money goes to a front, and from there to a stranger's securities account."""
    world = platform()
    world.party(between)
    for number, lender in enumerate(world.persons("lender", 6)):
        world.pay(lender, "custody", 20_000, at(number, 9))
    world.pay("custody", between, 70_000, at(9))
    world.pay(between, "securities of Stranger", 70_000, at(10))
    return world


def test_an_account_of_unknown_holder_may_be_the_holder_s_own() -> None:
    assert len(found(over("Elsewhere"))) == 1
    world = over("Elsewhere")
    world.unregistered.add("Elsewhere")
    assert found(world) == []


def test_over_a_front_the_client_s_own_account_is_left_out() -> None:
    world = over("Front")
    world.pay("Stranger", "custody", 5_000, at(1, 9))
    assert found(world) == []


def test_a_sister_that_custody_pays_holds_clients_money() -> None:
    world = platform()
    world.party("Sister")
    world.tie("Boss", "Sister", "shareholder", 0.6)
    for number, lender in enumerate(world.persons("lender", 6)):
        world.pay(lender, "custody", 20_000, at(number, 9))
    world.pay("custody", "Sister", 70_000, at(9))
    world.pay("Sister", "securities of Stranger", 70_000, at(10))
    [finding] = found(world)
    assert (finding.party_id, finding.amount_fen) == ("Platform", 7_000_000)


def test_a_card_of_the_circle_that_takes_money_of_many_counts_as_clients_money() -> None:
    world = platform()
    for number, name in enumerate(world.persons("client", 5)):
        world.pay(name, "Boss", 20_000, at(number))
    world.pay("Boss", "securities of Stranger", 90_000, at(9))
    [finding] = found(world)
    assert (finding.party_id, finding.amount_fen) == ("Platform", 9_000_000)


def test_an_umbrella_account_fires_at_its_holder_and_a_family_does_not() -> None:
    world = platform(loans=0)
    for number, name in enumerate(world.persons("payer", 4)):
        world.pay(name, "securities of Stranger", 20_000, at(number))
    world.pay("Stranger", "securities of Stranger", 90_000, at(3))
    assert found(world) == []
    world.party("fifth", kind="person")
    world.pay("fifth", "securities of Stranger", 20_000, at(6))
    [finding] = found(world)
    assert (finding.party_id, finding.institution_id) == ("Stranger", None)
    assert (finding.amount_fen, finding.lead_office) == (10_000_000, "ZJ+JR")
    assert finding.text[0] == "户主以外的 5 个付款人向同一银证转账账户付入 100,000.00 元"


def test_a_financier_of_several_accounts_fires_unless_licensed() -> None:
    for licensed in (False, True):
        world = platform(loans=5)
        world.institution("Broker", "securities_firm", licensed=licensed)
        for number in range(5):
            world.pay("Broker", f"securities{number}", 20_000, at(number + 20))
        accused = found(world)
        assert len(accused) == (not licensed)
    world = platform(loans=5)
    world.party("Money lender")
    for number in range(5):
        world.pay("Money lender", f"securities{number}", 20_000, at(number + 20))
    [finding] = found(world)
    assert (finding.party_id, len(finding.accomplices)) == ("Money lender", 5)
    assert {role for _, role in finding.accomplices} == {"nominee"}


def bundled(claims: int) -> World:
    world = platform(loans=0)
    world.party("Seller", "Buyer")
    world._add("product", product_id="P", issuer_party_id="Buyer", offering="private")
    for number in range(claims):
        world._add("loan_event", institution_id="Platform", event_no=f"A{number}",
                   loan_id=f"L{number}", kind="assign", party_id="Seller",
                   counterparty_id="Buyer", amount_fen=1_000_000, happened_at=at(20))  # fmt: skip
    return world


def test_claims_sold_in_bulk_to_an_issuer_fire() -> None:
    [finding] = found(bundled(10))
    assert finding.amount_fen == 10_000_000
    assert finding.transfers == tuple(f"loan_event:Platform:A{n}" for n in range(10))
    assert finding.accomplices == (("Buyer", "pool"), ("Seller", "organiser"))
    assert found(bundled(9)) == []


def test_without_securities_accounts_it_cannot_be_judged() -> None:
    world = platform()
    world.accounts = {
        name: held for name, held in world.accounts.items() if held[1] != "securities_transfer"
    }
    assert said(world) == [
        CannotConclude(
            "margin_finance",
            None,
            None,
            ("account",),
            (
                "各行均未报送银证转账账户，无法判断资金是否用于买卖证券",
                "no bank submitted securities transfer accounts; whether money buys securities "
                "cannot be judged",
            ),
        )
    ]


def deposited(yuan: int = 10_000, *, after: int = 2) -> tuple[World, set[str]]:
    """Clients' money goes to six strangers' securities accounts, so many days after a deposit."""
    world = platform(0)
    world.account("own", "Platform", "own_funds")
    deposits = set()
    for number, trader in enumerate(world.persons("trader", 6)):
        world.party(f"Front{number}", kind="person")
        world.account(f"shares{number}", f"Front{number}", "securities_transfer")
        deposits.add(world.pay(trader, "own", yuan + number * 100, at(number, 10)))
        world.pay("custody", f"shares{number}", 40_000, at(number + after, 15))
    return world, deposits


def test_deposits_of_traders_are_shown_where_they_pair_off_with_what_was_funded() -> None:
    world, deposits = deposited()
    [finding] = found(world)
    assert deposits < set(finding.transfers)
    assert dict(finding.accomplices)["trader0000"] == "beneficiary"
    assert finding.amount_fen == 6 * 4_000_000
    for person in world.persons("customer", 30):  # a shop's takings among which they may be chance
        world.pay(person, "own", 5_000, at(30))
    assert deposits.isdisjoint(found(world)[0].transfers)
    for late, unlike in (deposited(after=9), deposited(yuan=3_000)), (deposited(50_000),) * 2:
        for world, paid in (late, unlike):
            assert paid.isdisjoint(found(world)[0].transfers)
