"""R4: who settles card takings on to strangers fires; shops, head offices and licences do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from detector_world import World, at

from data.workdays import is_working_day
from detectors import unlicensed_payment
from detectors.finding import CannotConclude, Finding

WORKED = [day for day in range(60) if is_working_day(at(day).date())]


def settling(
    merchants: int = 20, *, kept: float = 0.005, lag: int = 1, intake: str = "Center"
) -> World:
    """An acquirer settles 50,000 yuan a day with a firm, which pays merchants in turn."""
    world = World()
    world.institution("Acquirer", "payment_institution")
    world.account("reserve", "Acquirer", "client_reserve", "Acquirer")
    world.party("Center", intake)
    shops = [f"Shop{number:02d}" for number in range(merchants)]
    world.party(*shops)
    for number, day in enumerate(WORKED):
        world.pay("reserve", intake, 50_000, at(day, 9))
        if intake != "Center":
            world.pay(intake, "Center", 50_000, at(day, 10))
        if number + lag >= len(WORKED):
            continue
        paid_at = WORKED[number + lag]
        for part in range(5):
            shop = shops[(5 * number + part) % merchants]
            world.pay("Center", shop, 10_000 * (1 - kept), at(paid_at, 15))
    return world


def found(world: World, **changes: float) -> list[Finding]:
    said = list(unlicensed_payment.detect(world.context(61, unlicensed_payment=changes)))
    return [each for each in said if isinstance(each, Finding)]


def test_settlements_passed_on_to_twenty_strangers_fire() -> None:
    world = settling()
    [finding] = found(world)
    assert (finding.party_id, finding.code, finding.clause) == ("Center", "R4", "二(三)3")
    days = len(WORKED)
    assert finding.amount_fen == days * 5_000_000
    assert len(finding.transfers) == days + 5 * (days - 1)
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "merchants": 20,
        "acquired_share": 1,
        "on_time_share": 1,
        "kept_share": 0.005,
        "turnover_fen": days * 5_000_000,
        "feeders": 0,
        "hands": 0,
    }
    assert finding.measures["turnover_fen"].threshold is None
    assert [test.passed for test in finding.lookalikes] == [True, True, True]
    assert finding.confidence == 0.85
    assert finding.text == (
        "无支付业务许可，收取结算款和消费者付款 2,100,000.00 元，其中 100% 在 3 个工作日内转付，"
        "共向 20 家无关联商户付出 2,039,750.00 元，留存 0.50%",
        "Without a licence for payment it took 2,100,000.00 yuan of settlements and consumers' "
        "payments, passed 100% of them on within 3 working days, 2,039,750.00 yuan to 20 unrelated "
        "merchants, and kept 0.50%",
    )


@pytest.mark.parametrize(
    ("quiet", "relaxed"),
    [
        pytest.param(settling(14), {"minimum_merchants": 14}, id="14 merchants"),
        pytest.param(settling(kept=0.16), {"maximum_kept_share": 0.16}, id="a margin is kept"),
        pytest.param(settling(lag=9), {"float_days": 10}, id="paid after two weeks"),
        pytest.param(
            settling(lag=6, kept=0.08), {"maximum_kept_share": 0.08}, id="late, with a margin"
        ),
    ],
)
def test_below_a_threshold_is_none(quiet: World, relaxed: dict[str, float]) -> None:
    assert found(quiet) == []
    assert len(found(quiet, **relaxed)) == 1


def test_takings_used_for_a_week_before_merchants_get_them_fire() -> None:
    [finding] = found(settling(lag=6))
    assert finding.text[1].startswith(
        "Without a licence for payment it took 2,100,000.00 yuan of settlements and consumers' "
        "payments, passed 100% of them on within 7 working days"
    )


def test_merchants_paid_on_one_day_only_count_where_they_are_many() -> None:
    def with_once(number: int) -> World:
        world = settling(kept=0.12)
        world.party(*(f"Stall{place}" for place in range(number)))
        for place in range(number):
            world.pay("Center", f"Stall{place}", 220_000 / number, at(WORKED[1 + 4 * place], 16))
        return world

    [finding] = found(with_once(8))
    assert finding.measures["merchants"].value == 28
    assert found(with_once(4)) == []


def test_a_shop_with_costs_of_its_own_is_none() -> None:
    world = settling(kept=0.16)
    for staff, day in zip(world.persons("staff", len(WORKED) - 1), WORKED[1:], strict=True):
        world.pay("Center", staff, 7_800, at(day, 16))
    assert found(world) == []
    assert len(found(world, irregular_share=0.2)) == 1


def varied(*, beside: float = 0.0, ordered: bool = False) -> World:
    """Settlements that rise and fall, paid on the next day; or as much, ordered when it may be.

    `beside` them the firm takes so many times as much for goods, and pays others for them.
    """
    world = World()
    world.institution("Acquirer", "payment_institution")
    world.account("reserve", "Acquirer", "client_reserve", "Acquirer")
    world.party(
        "Center",
        "Buyer",
        *(f"Maker{number}" for number in WORKED),
        *(f"Shop{number:02d}" for number in range(20)),
    )
    taken = [20_000 + 7_919 * number**3 % 61_001 for number in range(len(WORKED))]
    paid = taken[::-1] if ordered else taken
    for number, day in enumerate(WORKED):
        world.pay("reserve", "Center", taken[number], at(day, 9))
        if beside and number % 5 == 0:
            world.pay("Buyer", "Center", 5 * 50_000 * beside, at(day, 11))
            world.pay("Center", f"Maker{day}", 5 * 40_000 * beside, at(day, 12))
        for part in range(5 if number + 1 < len(WORKED) else 0):
            shop = f"Shop{(5 * number + part) % 20:02d}"
            world.pay("Center", shop, paid[number] / 5 * 0.995, at(WORKED[number + 1], 15))
    return world


def test_settlements_are_seen_beside_a_business_of_its_own() -> None:
    [finding] = found(varied(beside=0.5))
    assert finding.measures["acquired_share"].value == 0.6288
    assert finding.measures["kept_share"].value == 0.005
    assert finding.measures["acquired_share"].threshold == 0.3
    assert finding.text[1].endswith("what it takes in a business of its own is left out")
    assert found(varied())[0].measures["acquired_share"].threshold == 0.6
    assert found(varied(beside=3)) == []
    assert len(found(varied(beside=3), minimum_beside_share=0.2)) == 1


def test_who_pays_as_much_but_when_it_needs_goods_does_not_settle() -> None:
    assert len(found(varied())) == 1
    assert found(varied(ordered=True)) == []
    assert len(found(varied(ordered=True), minimum_follow_share=-9)) == 1


def test_a_head_office_that_owns_its_stores_is_none() -> None:
    world = settling(25)
    for number in range(25):
        world.tie("Center", f"Shop{number:02d}", "shareholder", 1.0)
    assert found(world) == []


def test_stores_of_one_owner_are_a_chain() -> None:
    world = settling(25)
    world.party("Owner", kind="person")
    for name in ("Center", *(f"Shop{number:02d}" for number in range(25))):
        world.tie("Owner", name, "legal_representative")
    assert found(world) == []


def test_a_licence_or_a_registered_split_account_is_none() -> None:
    licensed = settling()
    licensed.institution("Center", "payment_institution")
    split = settling()
    split.account("Center", "Center", "client_custody")
    assert found(licensed) == found(split) == []
    expired = settling()
    expired.institution("Center", "payment_institution", licensed=False)
    assert [each.institution_id for each in found(expired)] == ["Center"]


def test_a_feeder_in_front_of_the_centre_is_named() -> None:
    [finding] = found(settling(intake="Front"))
    assert finding.party_id == "Center"
    assert finding.accomplices == (("Front", "shell"),)
    assert len(finding.transfers) == 7 * len(WORKED) - 5
    assert finding.text[1].endswith("settlements came in through 1 feeder(s)")


def test_cards_that_pay_the_merchants_are_the_centre_s_hands() -> None:
    world = settling()
    cards = world.persons("card", 3)
    before, world.paid, world.marks = list(world.paid), [], {}
    for number, (payer, payee, fen, when, loan) in enumerate(before):
        if payer == "Center":
            card = cards[number // 7 % 3]
            world.pay("Center", card, fen / 100, when - timedelta(hours=2))
            world.pay(card, payee, fen / 100, when)
        else:
            world.pay(payer, payee, fen / 100, when, loan)
    [finding] = found(world)
    assert finding.party_id == "Center"
    assert finding.accomplices == tuple((card, "nominee") for card in cards)
    assert finding.measures["merchants"].value == 20
    assert finding.text[1].endswith("; 3 other part(ies) paid merchants for it")


def test_one_account_beside_another_business_is_judged_by_itself() -> None:
    world = settling()
    world.account("shop", "Center", "ordinary")
    for day in WORKED:
        for person in world.persons("guest", 3):
            world.pay(person, "shop", 40_000, at(day))
    [finding] = found(world)
    assert (finding.party_id, finding.amount_fen) == ("Center", len(WORKED) * 5_000_000)


def test_payments_of_consumers_count_as_takings_and_those_of_firms_do_not() -> None:
    def bought(by: str) -> World:
        world = settling()
        world.paid = [
            (f"{by}{number % 90:04d}" if payer == "reserve" else payer, *rest)
            for number, (payer, *rest) in enumerate(world.paid)
        ]  # type: ignore[misc]
        world.persons("buyer", 90)
        world.party(*(f"firm{number:04d}" for number in range(90)))
        return world

    assert [finding.party_id for finding in found(bought("buyer"))] == ["Center"]
    firms = bought("firm")
    assert found(firms) == []
    for number, (payer, *_) in enumerate(firms.paid):
        if payer.startswith("firm"):
            firms.marks[number] = {"channel": "pos"}
    assert [finding.party_id for finding in found(firms)] == ["Center"]


def test_payers_who_are_paid_again_are_no_merchants() -> None:
    world = settling()
    for number in range(7):
        world.pay(f"Shop{number:02d}", "Center", 10, at(40))
    assert found(world) == []


def test_an_account_of_unknown_holder_is_asked_for() -> None:
    world = settling()
    world.unregistered.add("Center")
    [said] = unlicensed_payment.detect(world.context(61))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("account (holder of 102301000019:Center)",)
    assert said.text == (
        "账户 102301000019:Center 收取结算款和消费者付款 2,100,000.00 元并转付 20 家商户，"
        "但其户主未报送",
        "the account 102301000019:Center took 2,100,000.00 yuan of settlements and consumers' "
        "payments and passed them on to 20 merchants, but nobody submitted who holds it",
    )


def test_the_line_of_turnover_is_the_day_s() -> None:
    context = settling(lag=0).context(61)
    context.business_date = context.business_date.replace(year=2019)
    settings = context.settings.detectors.unlicensed_payment
    detectors = context.settings.detectors.model_copy(
        update={"unlicensed_payment": settings.model_copy(update={"window_days": 1200})}
    )
    context.settings = context.settings.model_copy(update={"detectors": detectors})
    [finding] = unlicensed_payment.detect(context)
    assert isinstance(finding, Finding)
    assert finding.measures["turnover_fen"].threshold == 500_000_000


def test_merchants_paid_as_often_as_they_sell_need_follow_less_closely() -> None:
    ordered = varied(ordered=True)  # each of the shops is paid on every fourth day
    assert len(found(ordered, often_follow_share=-9)) == 1
    assert found(ordered, often_follow_share=-9, often_share=0.3) == []
