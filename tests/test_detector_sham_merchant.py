"""R5: payments that come back within a day fire; refunds, wholesale and wages do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import sham_merchant
from detectors.finding import CannotConclude, Finding


def cashing(
    persons: int = 5,
    rounds: int = 2,
    *,
    sum_yuan: float = 10_000,
    share: float = 0.98,
    hours: float = 3,
    merchants: int = 1,
    back: str | None = None,
    parts: int = 1,
) -> World:
    """Persons pay a merchant and get most of it back, from it or from someone else."""
    world = World()
    world.party("Owner", kind="person")
    shops = [f"Shop{number}" for number in range(merchants)]
    world.party(*shops)
    count = 0
    for person in world.persons("card", persons):
        for turn in range(rounds):
            day, shop = 1 + turn * 3, shops[count % merchants]
            count += 1
            world.pay(person, shop, sum_yuan, at(day, 11))
            if back:
                world.pay(shop, back, sum_yuan * share, at(day, 12))
            for part in range(parts):
                world.pay(
                    back or shop, person, sum_yuan * share / parts, at(day, 11 + hours + part)
                )
    return world


def through_acquirer(world: World) -> None:
    """Let payments to the shop reach it by way of an acquirer's reserve."""
    world.institution("Acquirer", "payment_institution")
    world.account("reserve", "Acquirer", "client_reserve", "Acquirer")
    for number, (payer, payee, fen, when, loan) in enumerate(list(world.paid)):
        if payee == "Shop0":
            world.paid[number] = (payer, "reserve", fen, when, loan)
            world.pay("reserve", "Shop0", fen / 100, when)


def found(world: World, **changes: float) -> list[Finding]:
    said = list(sham_merchant.detect(world.context(30, sham_merchant=changes)))
    return [each for each in said if isinstance(each, Finding)]


def test_payments_that_come_back_less_a_fee_fire() -> None:
    [finding] = found(cashing())
    assert (finding.party_id, finding.code, finding.lead_office) == ("Shop0", "R5", "PBC")
    assert finding.amount_fen == 10_000_000
    assert len(finding.transfers) == 20
    assert finding.accomplices == ()
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "cashing_persons": 5,
        "returns": 10,
        "taken_back_share": 1,
        "matched_back_share": 1,
        "fee_share": 0.02,
        "round_share": 1,
        "night_share": 0,
    }
    assert [(test.name, test.passed) for test in finding.lookalikes] == [
        ("refunds", True),
        ("wholesale", True),
        ("wages_and_rents", True),
    ]
    assert finding.text == (
        "5 名持卡人 10 笔共 100,000.00 元付给 1 家商户后，24 小时内收回 98,000.00 元，"
        "留存 2.00%，占商户收款的 100%",
        "Of 10 payments of 100,000.00 yuan by 5 persons to 1 merchant(s) 98,000.00 yuan came back "
        "to them within 24 hours, 2.00% was kept; that is 100% of what the merchants took",
    )


def test_below_each_threshold_is_none() -> None:
    assert found(cashing(persons=4, rounds=3)) == []
    assert len(found(cashing(persons=4, rounds=3), minimum_persons=4)) == 1
    assert found(cashing(persons=9, rounds=1, sum_yuan=20_000)) == []
    assert found(cashing(sum_yuan=999)) == []
    assert found(cashing(hours=25)) == []
    assert found(cashing(share=0.89)) == []


def test_who_takes_the_merchant_s_money_may_pay_back_for_it() -> None:
    [finding] = found(cashing(back="Owner"))
    assert finding.party_id == "Shop0"
    assert finding.accomplices == (("Owner", "nominee"),)


def test_rotating_merchants_with_one_payer_back_are_one_case() -> None:
    [finding] = found(cashing(merchants=5, back="Owner"))
    assert finding.party_id == "Owner"
    assert finding.accomplices == tuple((f"Shop{number}", "shell") for number in range(5))
    assert finding.amount_fen == 10_000_000


def test_shops_that_take_turns_with_the_same_persons_are_one_case() -> None:
    [finding] = found(cashing(rounds=5, merchants=5))
    assert finding.amount_fen == 25_000_000
    assert len(finding.accomplices) == 4
    assert found(cashing(rounds=5, merchants=5), minimum_shared_persons=6) == []


def test_of_shops_that_take_turns_the_one_with_most_of_it_is_the_subject() -> None:
    world = cashing(5, 5, merchants=2)
    for number, guest in enumerate(world.persons("guest", 10)):
        world.pay(guest, "Shop1", 2_000, at(20 + number % 5, 18))
    [finding] = found(world)
    assert (finding.party_id, finding.accomplices) == ("Shop0", (("Shop1", "shell"),))


def test_what_unknown_cards_paid_counts_for_the_shop_too() -> None:
    world = cashing(5, 5, merchants=2)
    world.party("Stranger")
    world.unregistered.add("Stranger")
    world.pay("Stranger", "Shop1", 30_000, at(20, 18))
    [finding] = found(world)
    assert (finding.party_id, finding.accomplices) == ("Shop1", (("Shop0", "shell"),))


def test_parts_that_add_up_come_back_too() -> None:
    [finding] = found(cashing(parts=3))
    assert len(finding.transfers) == 40


def test_through_an_acquirer_that_settles_the_merchant() -> None:
    world = cashing()
    through_acquirer(world)
    [finding] = found(world)
    assert finding.party_id == "Shop0"
    assert len(finding.transfers) == 20


def test_a_shop_s_refunds_are_none() -> None:
    world = cashing(share=1.0)
    for number, person in enumerate(world.persons("buyer", 30)):
        world.pay(person, "Shop0", 3_000, at(2 + number % 20))
    assert found(world) == []


def test_nothing_but_exact_returns_stays_open_as_refunds() -> None:
    [finding] = found(cashing(share=1.0))
    assert [test.passed for test in finding.lookalikes] == [False, True, True]
    assert finding.confidence < found(cashing())[0].confidence


def test_a_shop_with_other_sales_and_staff_is_none() -> None:
    sales = cashing()
    for number, person in enumerate(sales.persons("buyer", 24)):
        sales.pay(person, "Shop0", 10_000, at(2 + number % 20))
    wages = cashing()
    for person in wages.persons("staff", 11):
        wages.pay("Shop0", person, 9_000, at(20))
    assert found(sales) == found(wages) == []


def test_accounts_of_unknown_holders_are_asked_for() -> None:
    world = cashing()
    world.account("Shop0", "Shop0", "merchant")
    world.unregistered.add("Shop0")
    through_acquirer(world)
    [said] = sham_merchant.detect(world.context(30))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("account (holder of 102301000019:Shop0)",)


def test_bills_paid_first_and_in_parts_are_the_same_case() -> None:
    world = World()
    world.party("Shop")
    cards = world.persons("card", 2)
    refs = []
    for number, person in enumerate(world.persons("holder", 6)):
        for round_no in range(2):
            day = 3 * round_no + number
            refs.append(world.pay(cards[0], person, 3_000, at(day, 9)))
            refs.append(world.pay(cards[1], person, 1_900, at(day, 10)))
            refs.append(world.pay(person, "Shop", 2_500, at(day, 12)))
            refs.append(world.pay(person, "Shop", 2_500, at(day, 20)))
    for card, part in zip(cards, (36_000, 22_800), strict=True):
        refs.append(world.pay("Shop", card, part, at(10)))
    [finding] = found(world)
    assert finding.party_id == "Shop"
    assert (finding.amount_fen, set(finding.transfers)) == (6_000_000, set(refs))
    assert finding.measures["fee_share"].value == 0.02
    late = World()
    late.party("Shop")
    for number, person in enumerate(late.persons("holder", 6)):
        for round_no in range(2):
            late.pay("Shop", person, 4_900, at(9 * round_no + number, 9))
            late.pay(person, "Shop", 5_000, at(9 * round_no + number + 1, 10))
    assert found(late) == []
