"""M1: business without a licence and cooperation fire; groups, scopes and suppliers do not."""

from __future__ import annotations

from datetime import date

from detector_world import World, at

from detectors import unlicensed_business
from detectors.finding import CannotConclude, Finding


def guaranteeing(borrowers: int = 5, yuan: int = 100_000) -> World:
    """A firm guarantees the loans of so many borrowers on a platform."""
    world = World()
    world.institution("Platform", "p2p_platform", licensed=False)
    world.party("Backer")
    for number, borrower in enumerate(world.persons("borrower", borrowers)):
        world.loan("Platform", f"L{number}", borrower, yuan, -20 + number)
        world.rows["loan"][-1]["guarantor_party_id"] = "Backer"
    return world


def found(world: World, days: int = 80) -> list[Finding]:
    return [e for e in unlicensed_business.detect(world.context(days)) if isinstance(e, Finding)]


def test_guarantees_for_strangers_without_a_licence_fire() -> None:
    [finding] = found(guaranteeing())
    assert (finding.party_id, finding.code, finding.clause) == ("Backer", "M1", "二(二)1")
    assert finding.amount_fen == 50_000_000
    assert finding.transfers == tuple(f"loan:Platform:L{number}" for number in range(5))
    assert finding.first_at == at(-20, 0)
    assert [test.passed for test in finding.lookalikes] == [True, True]
    assert finding.text == (
        "没有牌照而从事融资担保，涉及 5 名无关联客户 500,000.00 元",
        "Without a licence it does financing guarantees for 5 unrelated clients, 500,000.00 yuan",
    )


def test_fewer_smaller_or_tied_are_none() -> None:
    assert found(guaranteeing(4, 200_000)) == []
    assert found(guaranteeing(5, 5_999)) == []
    tied = guaranteeing(8)
    for number in range(4):
        tied.tie("Backer", f"borrower{number:04d}", "kin")
    assert found(tied) == []


def test_a_licence_covers_what_its_scope_names() -> None:
    def backed(kind: str, scope: str | None) -> World:
        world = guaranteeing()
        world.institution("Backer", kind, scope=scope)
        return world

    assert found(backed("guarantor", None)) == []
    assert found(backed("other", "融资担保;咨询")) == []
    assert found(backed("guarantor", "something else")) == []
    [finding] = found(backed("guarantor", "资产管理"))
    assert finding.text[1].startswith("Outside of its licence it does financing guarantees")


def managing(holders: int = 5, offering: str = "private") -> World:
    world = World()
    world.institution("Platform", "p2p_platform", licensed=False)
    world.party("Manager")
    world._add("product", product_id="F1", issuer_party_id="Manager", offering=offering)
    for holder in world.persons("holder", holders):
        for day in (1, 2):
            world._add("holding", holder_kind="party", holder_id=holder, product_id="F1",
                       as_of=date(2016, 6, day), cost_fen=10_000_000)  # fmt: skip
    return world


def test_products_held_by_many_count_once_at_their_last_day() -> None:
    [finding] = found(managing())
    assert finding.amount_fen == 50_000_000
    assert finding.transfers[0] == "holding:party:holder0000:F1:2016-06-02"
    assert len(finding.transfers) == 5
    assert found(managing(4)) == found(managing(offering="equity")) == []


def test_reserves_of_an_unlicensed_firm_fire() -> None:
    def holding(licensed: bool) -> World:
        world = World()
        world.institution("Payer", "payment_institution", licensed=licensed)
        for day in range(3):
            world.reserve("Payer", "reserve", day, owed=600_000, held=600_000)
        return world

    [finding] = found(holding(licensed=False))
    assert finding.amount_fen == 60_000_000
    assert finding.text[0] == "没有牌照而持有客户备付金，最多 600,000.00 元"
    assert found(holding(licensed=True)) == []


def cooperating(sums: tuple[float, ...], *, step: int = 20) -> World:
    world = World()
    world.institution("Bold", "investment_firm", licensed=False)
    world.institution("Proper", "insurer")
    for number, yuan in enumerate(sums):
        world.pay("Bold", "Proper", yuan, at(number * step))
    return world


def test_settlements_that_follow_the_business_fire() -> None:
    [finding] = found(cooperating((100_000, 150_000, 210_000, 90_000)))
    assert finding.party_id == "Bold"
    assert finding.text == (
        "与持牌机构 Proper 反复结算 4 笔共 550,000.00 元",
        "It settled 4 times with the licensed Proper, 550,000.00 yuan",
    )
    assert [test.passed for test in finding.lookalikes] == [True, False]


def test_flat_fees_one_way_few_or_quick_ones_are_none() -> None:
    assert found(cooperating((150_000, 150_000, 150_000, 150_000))) == []
    assert found(cooperating((200_000, 250_000, 310_000))) == []
    assert found(cooperating((100_000, 150_000, 210_000, 90_000), step=4)) == []
    back = cooperating((150_000, 150_000, 150_000, 150_000))
    back.pay("Proper", "Bold", 150_000, at(50))
    assert len(found(back)) == 1


def test_products_of_unknown_holders_are_asked_for() -> None:
    world = managing()
    del world.rows["holding"]
    [said] = unlicensed_business.detect(world.context(30))
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Manager", ("holding:F1",))


def lending(borrowers: int = 5, *, back_first: bool = False, kind: str = "crowdfunding_platform"
            ) -> World:  # fmt: skip
    """A platform pays so many parties, who pay it some of that back, before or after."""
    world = World()
    world.institution("Platform", kind)
    for number, borrower in enumerate(world.persons("borrower", borrowers)):
        world.pay("Platform", borrower, 100_000, at(3 + number))
        world.pay(borrower, "Platform", 2_000, at(1 if back_first else 20 + number))
    return world


def test_loans_that_nobody_published_are_seen_by_what_comes_back() -> None:
    [finding] = found(lending())
    assert (finding.amount_fen, len(finding.transfers)) == (50_000_000, 10)
    assert finding.text[1] == (
        "Outside of its licence it does lending for 5 unrelated clients, 500,000.00 yuan"
    )
    assert found(lending(4)) == found(lending(back_first=True)) == []
    assert found(lending(kind="small_loan_company")) == []


def test_a_firm_of_no_kind_lends_where_its_sums_are_round_and_few_others_are_paid() -> None:
    def plain(yuan: float, suppliers: int) -> World:
        world = World()
        world.institution("Platform", "p2p_platform", licensed=False)
        world.party("Firm")
        for number, borrower in enumerate(world.persons("borrower", 5)):
            world.pay("Firm", borrower, yuan, at(3 + number))
            world.pay(borrower, "Firm", 812.5, at(20 + number))
        for number, supplier in enumerate(world.persons("supplier", suppliers)):
            world.pay("Firm", supplier, 9_876.54, at(number))
        return world

    [finding] = found(plain(8_000, 11))
    assert (finding.party_id, finding.amount_fen) == ("Firm", 4_000_000)
    assert found(plain(8_000, 12)) == found(plain(8_001, 0)) == found(plain(1_900, 0)) == []


def test_beside_those_who_pay_back_who_has_not_begun_to_is_a_borrower_too() -> None:
    world = lending()
    later = [world.pay("Platform", name, 50_000, at(30)) for name in world.persons("debtor", 2)]
    world.party("Maker")
    bill = world.pay("Platform", "Maker", 50_000, at(31))
    [finding] = found(world)
    assert finding.amount_fen == 60_000_000
    assert set(later) < set(finding.transfers) and bill not in finding.transfers
    # Alone they are nobody's borrowers.
    few = lending(4)
    for name in few.persons("debtor", 9):
        few.pay("Platform", name, 50_000, at(30))
    assert found(few) == []


def channel(persons: int = 12, handed: float = 0.97, *, partner: str = "asset_manager") -> World:
    """Persons pay a firm on no register, which hands it to a licensed one and gets some back."""
    world = World()
    world.party("Front")
    world.institution("Proper", partner)
    for number, name in enumerate(world.persons("client", persons)):
        world.pay(name, "Front", 10_000 + 500 * number, at(2 * number, 10))
        world.pay("Front", "Proper", (10_000 + 500 * number) * handed, at(2 * number, 12))
    world.pay("Proper", "Front", 9_000, at(30))
    return world


def test_a_firm_on_no_register_that_hands_persons_money_to_a_licensed_one_fires() -> None:
    [finding] = found(channel())
    assert (finding.party_id, finding.amount_fen) == ("Front", 15_300_000)
    assert len(finding.transfers) == 12 + 12 + 1
    assert found(channel(4)) == []
    assert found(channel(handed=0.4)) == []
    assert found(channel(partner="insurer")) == []  # it may collect premiums
    world = channel(partner="payment_institution")
    back = world.pay("Front", "client0003", 9_000, at(31))
    [finding] = found(world)
    assert back in finding.transfers
    assert finding.amount_fen == 15_300_000


def sharing(
    rate: float | None = 0.02, *, count: int = 10, every: int = 3, lag: int = 2, flat: float = 0.0
) -> World:
    """An insurer pays a firm on no register a rate on what customers paid it, period by period."""
    world = World()
    world.institution("Insurer", "insurer")
    world.party("Helper")
    customers = world.persons("customer", 12)
    for day in range(count * every):
        for turn in range(1 + day * day % 4):
            yuan = 1_100 + 731 * ((day * 7 + turn * 3) % 11)
            world.pay(customers[(day + turn) % 12], "Insurer", yuan, at(day, 9 + turn))
    for number in range(count):
        first = number * every
        taken = sum(
            fen / 100 for _, payee, fen, when, _ in world.paid
            if payee == "Insurer" and at(first) <= when < at(first + every)
        )  # fmt: skip
        own = 300 + 211 * (number * 5 % 7) if rate is None else taken * rate
        world.pay("Insurer", "Helper", flat or own, at(first + every - 1 + lag, 16))
    return world


def test_a_rate_on_what_a_licensed_firm_takes_is_a_share_in_its_business() -> None:
    [finding] = found(sharing())
    assert finding.party_id == "Helper"
    assert len(finding.transfers) == 10
    assert finding.measures["commission_rate"].value == 0.02
    assert finding.text[1].endswith("; period by period it is paid 2.00% of what that firm took")
    assert all(test.passed for test in finding.lookalikes)
    assert len(found(sharing(count=6, lag=6))) == 1


def test_what_does_not_follow_the_takings_is_a_supplier_s() -> None:
    for quiet in (
        sharing(flat=900.0), sharing(rate=None), sharing(count=3, every=8), sharing(rate=0.31),
        sharing(count=4, every=3),
    ):  # fmt: skip
        assert found(quiet) == []


def test_beside_firms_that_pay_back_others_and_accounts_of_nobody_known_borrow_too() -> None:
    world = lending()
    world.party(*(f"Maker{number}" for number in range(5)))
    for number in range(5):
        world.pay("Platform", f"Maker{number}", 50_000, at(number, 9))
    pending = {f"M{len(world.paid) - 1}"}
    for number in range(2):
        world.pay(f"Maker{number}", "Platform", 2_000, at(25))
    [finding] = found(world)
    assert pending.isdisjoint(finding.transfers)  # two may be suppliers
    world.pay("Maker2", "Platform", 2_000, at(25))
    world.account("away", "Maker0", "ordinary")
    world.unregistered.add("away")
    pending.add(world.pay("Platform", "away", 40_000, at(8)))
    [finding] = found(world)
    assert pending < set(finding.transfers)


def test_a_loan_and_its_instalments_are_no_cooperation() -> None:
    def lent(back: int) -> World:
        world = World()
        world.institution("Lender", "small_loan_company")
        world.institution("Shop", "property_agent", licensed=False)
        world.pay("Lender", "Shop", 50_000, at(1))
        for day in (15, 30, 45, 60)[:back]:
            world.pay("Shop", "Lender", 12_900, at(day))
        return world

    assert found(lent(4)) == []
    again = lent(4)
    again.pay("Lender", "Shop", 40_000, at(50))
    assert len(found(again)) == 1
