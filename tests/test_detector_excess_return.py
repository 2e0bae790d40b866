"""Y1: old lenders paid with new money fire; claims handed over, bonuses and investments do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import excess_return
from detectors.finding import CannotConclude, Finding


def platform(*, repaid: bool) -> World:
    """Twelve lenders of 5,000 yuan each get 5,100 back after a month on six loans of 10,000, which
    borrowers repay or not; new lenders pay into three further loans meanwhile."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.account("own", "Platform", "own_funds", "Platform")
    lenders = world.persons("lender", 18)
    for number in range(9):
        borrower, loan = f"Borrower{number}", f"L{number}"
        world.party(borrower)
        day = 0 if number < 6 else 20
        world.loan("Platform", loan, borrower, 10_000, day)
        mine = lenders[2 * number : 2 * number + 2]
        for lender in mine:
            world.pay(lender, "custody", 5_000, at(day, 9), loan)
        if number < 6:
            world.pay("custody", borrower, 9_900, at(1), loan)
            if repaid:
                world.pay(borrower, "custody", 10_250, at(29), loan)
            for lender in mine:
                world.pay("custody", lender, 5_100, at(30), loan)
    return world


def said(world: World) -> list[Finding | CannotConclude]:
    return list(excess_return.detect(world.context(60)))


def found(world: World) -> list[Finding]:
    return [each for each in said(world) if isinstance(each, Finding)]


def test_lenders_paid_without_a_repayment_fire() -> None:
    world = platform(repaid=False)
    [finding] = found(world)
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "Y1", 5)
    assert finding.amount_fen == 6_060_000
    assert {world.paid[int(ref[1:])][2] for ref in finding.transfers} == {510_000}
    assert len(finding.transfers) == 12
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "uncovered_fen": (6_060_000, 5_000_000),
        "uncovered_share": (0.9902, 0.3),
        "lenders": (12, 10),
        "realised_rate": (0.2724, None),
        "positions": (12, None),
        "protected_rate": (0.2724, 0.24),
    }
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "marketing_cash",
            True,
            "0% of the payments came from own accounts, and small bonuses make 0% of what is not "
            "covered",
        ),
        (
            "claims_handed_over",
            True,
            "600.00 yuan that borrowers, takers of claims or others paid in are counted in full "
            "as what lenders were paid from",
        ),
    ]
    assert finding.text == (
        "出借人就标的共收到 61,200.00 元，借款人和受让人等付入的只覆盖 600.00 元；6 笔标的的 "
        "60,600.00 元（99%）没有对应的还款，付给 12 名出借人",
        "Lenders were paid 61,200.00 yuan on loans, of which borrowers and takers of claims cover "
        "600.00 yuan; 60,600.00 yuan (99%) on 6 loan(s) with 12 lender(s) have no repayment "
        "behind them",
    )


def test_what_borrowers_or_guarantors_repay_is_no_excess() -> None:
    assert found(platform(repaid=True)) == []
    world = platform(repaid=False)
    world.party("Guarantor")
    for number in range(6):
        world.rows["loan"][number]["guarantor_party_id"] = "Guarantor"
        world.pay("Guarantor", "custody", 10_200, at(29), f"L{number}")
    assert found(world) == []


def test_claims_handed_to_new_lenders_are_no_excess() -> None:
    world = platform(repaid=False)
    for number, taker in enumerate(world.persons("taker", 6)):
        world.pay(taker, "custody", 10_200, at(29), f"L{number}")
    assert found(world) == []


def test_just_below_the_share_is_none() -> None:
    world = platform(repaid=False)
    for number in range(6):
        world.pay(f"Borrower{number}", "custody", 7_200, at(29), f"L{number}")
    assert found(world) == []
    assert [f.severity for f in found_with(world, minimum_share=0.2, minimum_fen=1)] == [5]


def found_with(world: World, **changes: float) -> list[Finding]:
    context = world.context(60, excess_return=changes)
    return [f for f in excess_return.detect(context) if isinstance(f, Finding)]


def test_interest_beyond_the_borrowers_fires_where_it_is_more_than_elsewhere() -> None:
    world = platform(repaid=True)
    world.paid = [
        (payer, payee, 620_000 if fen == 510_000 else fen, when, loan)
        for payer, payee, fen, when, loan in world.paid
    ]
    world.institution("Second", "p2p_platform")
    world.account("second", "Second", "client_custody", "Second")
    world.party("Taker")
    world.loan("Second", "S", "Taker", 6_000, 0)
    for number, lender in enumerate(world.persons("peer", 60)):
        world.pay(lender, "second", 100, at(0, 9 + number / 60), "S")
        world.pay("second", lender, 101, at(30), "S")
    world.pay("Taker", "second", 6_060, at(29), "S")
    [finding] = found_with(world, minimum_fen=1)
    assert (finding.party_id, finding.severity) == ("Platform", 3)
    assert finding.measures["realised_rate"].threshold == 0.1287
    assert finding.text[1].endswith(
        "; the median realised return is 1269.7% a year, where nearly all positions elsewhere lie "
        "below 12.9%"
    )


def bonus(world: World, payer: str, *, yuan: int = 5_100, lenders: int = 12) -> World:
    """Pay lenders something under no loan's number, each another sum."""
    for number in range(lenders):
        world.pay(payer, f"lender{number:04d}", yuan + 7 * number, at(40, 8 + number / 9))
    return world


def test_bonuses_out_of_clients_money_fire() -> None:
    [finding] = found(bonus(platform(repaid=True), "custody"))
    assert (finding.severity, finding.amount_fen, len(finding.transfers)) == (5, 6_166_200, 12)
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "bonus_fen": (6_166_200, 1_000_000),
        "lenders": (12, 10),
        "bonus_share": (1.0277, 0.01),
        "clients_share": (1.0, 0.3),
    }
    assert finding.text == (
        "12 名出借人在标的本息之外收到 61,662.00 元（占其出借额的 102.8%），其中 61,662.00 元出自"
        "存放"
        "客户资金的账户",
        "12 lender(s) were paid 61,662.00 yuan beyond principal and interest of any loan (102.8% "
        "of what they had lent), 61,662.00 yuan of it out of accounts that hold clients' money",
    )
    assert found(bonus(platform(repaid=True), "custody", lenders=9, yuan=9_000)) == []


def test_bonuses_of_an_outsider_count_when_the_platform_feeds_it() -> None:
    world = platform(repaid=True)
    world.party("Points shop")
    bonus(world, "Points shop")
    assert found(world) == []
    world.pay("own", "Points shop", 40_000, at(35))
    [finding] = found(world)
    assert (finding.severity, finding.accomplices) == (3, (("Points shop", "shell"),))


def test_withdrawals_and_a_price_list_of_own_money_are_no_bonus() -> None:
    world = platform(repaid=True)
    for number in range(12):
        world.pay(f"lender{number:04d}", "custody", 5_200, at(10, 8 + number / 9))
    assert found(bonus(world, "custody")) == []
    listed = platform(repaid=True)
    for number in range(12):
        listed.pay("own", f"lender{number:04d}", 5_100, at(40, 8 + number / 9))
    assert found(listed) == []


def test_small_bonuses_from_the_own_account_are_marketing() -> None:
    world = platform(repaid=True)
    world.paid = [p for p in world.paid if p[2] != 510_000]
    for number in range(12):
        world.pay("custody", f"lender{number:04d}", 5_000, at(30), f"L{number // 2}")
        for part in range(12):
            bonus = world.pay("own", f"lender{number:04d}", 480, at(31 + part), f"L{number // 2}")
            world.event("Platform", f"L{number // 2}", "subsidy", "Platform", bonus, 31 + part)
    assert found(world) == []


def firm(*, sold: int = 0, handed: bool = True) -> World:
    """An unlicensed firm whose owner's card takes 10,000 yuan from each of 20 persons and pays the
    first 12 of them 11,000 back; a sale may bring the firm money, which it hands to the card."""
    world = World()
    world.institution("Firm", "investment_firm", licensed=False)
    world.party("Boss", kind="person")
    world.party("Buyer")
    world.tie("Boss", "Firm", "legal_representative")
    for number, name in enumerate(world.persons("investor", 20)):
        world.pay(name, "Boss", 10_000, at(number, 9))
        if number < 12:
            world.pay("Boss", name, 11_000, at(number + 30))
    if sold:
        world.pay("Buyer", "Firm", sold, at(25))
        if handed:
            world.pay("Firm", "Boss", sold, at(26))
    return world


def test_old_investors_paid_with_new_money_fire_without_any_loan() -> None:
    [finding] = found(firm())
    assert (finding.party_id, finding.institution_id) == ("Firm", "Firm")
    assert (finding.amount_fen, len(finding.transfers)) == (20_000_000, 20 + 12)
    assert finding.text == (
        "12 名先付款的自然人连本带息得到付款；付给投资人的 132,000.00 元中，其他来源只覆盖 0.00 "
        "元，其余 132,000.00 元（100%）出自其他投资人的本金",
        "12 persons who had paid in were paid with a return; of 132,000.00 yuan paid to investors "
        "other sources cover 0.00 yuan, and 132,000.00 yuan (100%) came from other investors' "
        "principal",
    )


def test_a_firm_whose_sales_cover_what_it_pays_is_none() -> None:
    assert found(firm(sold=83_000)) == []
    assert len(found(firm(sold=82_000))) == 1
    assert len(found(firm(sold=83_000, handed=False))) == 1


def test_deposits_that_come_back_without_a_return_are_none() -> None:
    world = firm()
    world.paid = [(*p[:2], 1_000_000, *p[3:]) for p in world.paid]
    assert found(world) == []


def test_a_platform_without_payouts_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    assert said(world) == [
        CannotConclude(
            "excess_return",
            "Platform",
            "Platform",
            ("loan_event", "entry"),
            (
                "没有付给该平台出借人的可辨认付款，无法判断回报由何而来",
                "no payments to this platform's lenders can be told; where returns come from "
                "cannot be judged",
            ),
        )
    ]


def coupons(each: float, *, loans: int = 6) -> World:
    """Running loans whose borrowers pay 1 %; the firm adds so much for each lender, twice."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.account("own", "Platform", "own_funds", "Platform")
    lenders = world.persons("lender", 2 * loans)
    for number in range(loans):
        borrower, loan = f"Borrower{number}", f"L{number}"
        world.party(borrower)
        world.loan("Platform", loan, borrower, 10_000, -10)
        mine = lenders[2 * number : 2 * number + 2]
        for day in (5, 35):
            world.pay(borrower, "custody", 100, at(day, 9), loan)
            for lender in mine:
                world.pay("custody", lender, 50, at(day, 12), loan)
                added = world.pay("own", lender, each, at(day, 13), loan)
                world.event("Platform", loan, "subsidy", "Platform", added, day)
    return world


def test_coupons_far_beyond_the_borrowers_interest_fire_and_marketing_cash_does_not() -> None:
    [finding] = found(coupons(420))
    assert (finding.amount_fen, len(finding.transfers)) == (2 * 12 * 42_000, 24)
    assert finding.measures["lenders"].value == 12
    assert found(coupons(400)) == []  # below 10,000 yuan in all
    assert found(coupons(600, loans=4)) == []
    assert found(coupons(7)) == []


def subsidised(each: float, payer: str = "own") -> World:
    """Loans that have repaid nothing; the platform adds so much once for each of 300 lenders."""
    world = World()
    world.institution("Platform", "p2p_platform")
    world.account("custody", "Platform", "client_custody", "Platform")
    world.account("own", "Platform", "own_funds", "Platform")
    for number, lender in enumerate(world.persons("lender", 300)):
        borrower, loan = f"Borrower{number // 10}", f"L{number // 10}"
        if number % 10 == 0:
            world.party(borrower)
            world.loan("Platform", loan, borrower, 50_000, 1)
        world.pay(lender, "custody", 5_000, at(2), loan)
        added = world.pay(payer, lender, each, at(3), loan)
        world.event("Platform", loan, "subsidy", "Platform", added, 3)
    for number in range(30):
        world.pay("custody", f"Borrower{number}", 50_000, at(2, 16), f"L{number}")
    return world


def test_small_subsidies_of_own_money_are_marketing_and_of_clients_money_are_not() -> None:
    assert found(subsidised(50)) == []
    [finding] = found(subsidised(60, "custody"))
    assert (finding.amount_fen, len(finding.transfers)) == (300 * 6_000, 300)
    assert finding.measures["uncovered_fen"].threshold == 1_000_000


def at_rates(*, repaid: int = 0, kind: str = "p2p_platform", spread: int = 0) -> World:
    """Clients pay round sums into custody; others, who paid in long ago, get round sums and one of
    two rates on them; borrowers may have repaid something."""
    world = World()
    world.institution("Platform", kind)
    world.account("custody", "Platform", "client_custody", "Platform")
    for number, name in enumerate(world.persons("new", 40)):
        world.pay(name, "custody", 10_000, at(number % 20))
    for number, name in enumerate(world.persons("old", 30)):
        lot = 3_000 + 700 * number
        rate = (1.0083, 1.0125)[number % 2]
        world.pay("custody", name, lot * rate + spread * number * 0.37, at(10 + number % 20))
    if repaid:
        world.party("Borrower")
        world.pay("Borrower", "custody", repaid, at(9))
    return world


def test_round_lots_with_one_rate_paid_out_of_what_new_clients_bring_fire() -> None:
    [finding] = found(at_rates())
    assert (finding.party_id, finding.amount_fen) == ("Platform", 40_000_000)
    assert len(finding.transfers) == 40 + 30
    assert finding.measures["lenders"].value >= 20
    assert "round sums with one of few rates on them; other sources cover 0.00" in finding.text[1]
    assert found(at_rates(spread=1)) == []
    assert found(at_rates(repaid=400_000)) == []
    assert found(at_rates(kind="asset_manager")) == []


def ahead(sold: int = 0, held: int = 0) -> World:
    """Thirty persons pay 10,000 yuan in and the first ten get 17,000, in sums that follow no plan;
    a sale may pay for it, or what the account held before."""
    world = World()
    world.institution("Firm", "other", licensed=False)
    world.account("desk", "Firm", "own_funds")
    world.party("Buyer")
    if held:
        world.add("balance", bank_no="102301000019", account_no="desk", balance_date=at(0).date(),
                  opening_fen=held * 100, credit_fen=0, debit_fen=0, closing_fen=0)  # fmt: skip
    for number, name in enumerate(world.persons("investor", 30)):
        world.pay(name, "desk", 10_000, at(number % 10, 9))
        if number < 10:
            world.pay("desk", name, 9_137 + 211 * number, at(12 + number))
            world.pay("desk", name, 7_863 - 211 * number, at(22 + number))
    if sold:
        world.pay("Buyer", "desk", sold, at(11))
    return world


def test_who_gets_more_than_he_paid_in_is_paid_by_the_others_where_nothing_else_came() -> None:
    [finding] = found(ahead())
    assert (finding.party_id, finding.amount_fen) == ("Firm", 30_000_000)
    assert finding.measures["uncovered_fen"].value == 7_000_000
    assert len(finding.transfers) == 30 + 20
    assert found(ahead(sold=30_000)) == []
    assert found(ahead(held=30_000)) == []


def test_who_is_paid_from_another_account_than_he_paid_into_got_no_more_for_that() -> None:
    world = World()
    world.institution("Firm", "other", licensed=False)
    for name in ("first", "second"):
        world.account(name, "Firm", "own_funds")
    people = world.persons("client", 60)
    for number, name in enumerate(people):
        world.pay(name, "first", 10_000, at(number % 10))
        world.pay(name, "second", 100, at(11))
    world.pay("first", "second", 600_000, at(12))
    for name in people:
        world.pay("second", name, 10_000, at(13))
    assert found(world) == []


def test_another_account_that_pays_wages_is_no_source_of_what_investors_get() -> None:
    """A shop of the circle sells much and pays staff; investors have nothing to do with it."""
    world = firm()
    world.party("Shop")
    world.tie("Firm", "Shop", "controls")
    world.pay("Buyer", "Shop", 500_000, at(3))
    for name in world.persons("worker", 5):
        world.pay("Shop", name, 4_000, at(20))
    [finding] = found(world)
    assert finding.measures["uncovered_fen"].value == 13_200_000


def test_what_lay_in_a_platforms_custody_is_other_clients_money() -> None:
    """Persons pay in under no loan's number and get it back with a return within days."""

    def short(kind: str, role: str) -> World:
        world = World()
        world.institution("Firm", kind, licensed=False)
        world.account("till", "Firm", role, "Firm" if role == "client_custody" else None)
        world.add("balance", bank_no="102301000019", account_no="till", balance_date=at(0).date(),
                  opening_fen=90_000_000, credit_fen=0, debit_fen=0, closing_fen=0)  # fmt: skip
        for number, name in enumerate(world.persons("client", 20)):
            world.pay(name, "till", 10_000, at(number, 9))
            world.pay("till", name, 10_050 + 3.17 * number, at(number + 7))
        return world

    assert len(found(short("p2p_platform", "client_custody"))) == 1
    assert found(short("p2p_platform", "own_funds")) == []
    assert found(short("investment_firm", "client_custody")) == []


def test_another_institution_of_the_circle_answers_for_its_own_clients() -> None:
    world = World()
    for name in ("Parent", "Child"):
        world.institution(name, "investment_firm", licensed=False)
    world.tie("Parent", "Child", "shareholder", 0.8)
    world.account("desk", "Child", "own_funds")
    for number, name in enumerate(world.persons("client", 20)):
        world.pay(name, "desk", 10_000, at(number, 9))
        world.pay("desk", name, 10_500, at(number + 30))
    assert [each.party_id for each in found(world)] == ["Child"]
