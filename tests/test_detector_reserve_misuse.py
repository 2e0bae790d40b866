"""R1: a lasting shortfall, aged items and payments to the circle fire; timing and fees do not."""

from __future__ import annotations

from detector_world import World, at

from detectors import reserve_misuse
from detectors.finding import CannotConclude, Finding


def firm(days: int = 30) -> World:
    """A payment firm with a level ledger whose reserve takes and pays 20,000 yuan a day."""
    world = World()
    world.trade(days)
    world.institution("Payer", "payment_institution")
    world.account("reserve", "Payer", "client_reserve", "Payer")
    world.account("own", "Payer", "own_funds", "Payer")
    world.party("Boss", "Customer", kind="person")
    world.party("Shop", "Sister")
    world.tie("Boss", "Payer", "shareholder", 0.6)
    world.tie("Boss", "Sister", "controls")
    for day in range(days):
        world.pay("Customer", "reserve", 20_000, at(day))
        world.pay("reserve", "Shop", 19_900, at(day, 15))
        world.reserve("Payer", "reserve", day, owed=1_000_000, held=1_000_000)
    return world


def short(world: World, days: range, yuan: int) -> None:
    for day in days:
        world.rows["reserve_day"][day]["bank_closing_fen"] -= yuan * 100


def found(world: World, **changes: float) -> list[Finding]:
    said = list(reserve_misuse.detect(world.context(30, reserve_misuse=changes)))
    return [each for each in said if isinstance(each, Finding)]


def test_a_shortfall_with_money_to_the_circle_fires() -> None:
    world = firm()
    taken = world.pay("reserve", "Sister", 300_000, at(5))
    short(world, range(5, 30), 300_000)
    [finding] = found(world)
    assert (finding.party_id, finding.code, finding.lead_office) == ("Payer", "R1", "PBC")
    assert finding.amount_fen == 30_000_000
    assert finding.transfers == (taken,)
    assert finding.accomplices == (("Sister", "beneficiary"),)
    assert finding.text == (
        "对客户负债连续 18 个工作日高于调节后备付金余额，最多 300,000.00 元；"
        "备付金账户向关联方付出 300,000.00 元",
        "What is owed to clients exceeded the reconciled reserve for 18 working days in a row, by "
        "up to 300,000.00 yuan; the reserve account paid 300,000.00 yuan to the firm's circle",
    )


def test_a_month_end_top_up_is_part_of_the_evidence() -> None:
    world = firm()
    evidence = {
        world.pay("reserve", "Boss", 300_000, at(5)),
        world.pay("Boss", "reserve", 300_000, at(29)),
    }
    [finding] = found(world)
    assert set(finding.transfers) == evidence
    assert finding.measures["returned_fen"].value == 30_000_000


def test_the_payment_that_made_the_hole_is_evidence_whoever_got_it() -> None:
    world = firm()
    world.party("Stranger")
    taken = world.pay("reserve", "Stranger", 300_000, at(5))
    short(world, range(5, 30), 300_000)
    [finding] = found(world)
    assert finding.transfers == (taken,)
    assert finding.accomplices == (("Stranger", "beneficiary"),)


def test_text_amount_and_evidence_are_one_set_where_a_merchant_of_the_circle_made_the_hole() -> (
    None
):
    world = firm()
    world.party("Stranger")
    for day in range(30):
        world.pay("reserve", "Sister", 5_000, at(day, 16))
    evidence = {
        world.pay("reserve", "Boss", 200_000, at(5)),
        world.pay("reserve", "Sister", 100_000, at(5)),
        world.pay("reserve", "Stranger", 50_000, at(7)),
        world.pay("Boss", "reserve", 20_000, at(8)),
    }
    short(world, range(5, 30), 300_000)
    short(world, range(7, 30), 50_000)
    [finding] = found(world)
    assert set(finding.transfers) == evidence
    assert finding.accomplices == (
        ("Boss", "beneficiary"),
        ("Sister", "beneficiary"),
        ("Stranger", "beneficiary"),
    )
    assert finding.text[1].endswith(
        "the reserve account paid 300,000.00 yuan to the firm's circle; the circle paid 20,000.00 "
        "yuan back; 50,000.00 yuan went to parties outside the circle that fit what the shortfall "
        "grew by"
    )
    assert finding.measures["to_circle_fen"].value == 30_000_000


def test_a_hole_half_hidden_is_explained_by_a_larger_payment_to_an_unknown_holder() -> None:
    world = firm()
    world.party("Stranger", "Far")
    world.unregistered.add("Far")
    taken = world.pay("reserve", "Far", 300_000, at(5))
    world.pay("reserve", "Stranger", 250_000, at(5))
    short(world, range(5, 30), 120_000)
    [finding] = found(world)
    assert (finding.transfers, finding.accomplices) == ((taken,), ())
    assert finding.amount_fen == 12_000_000
    assert [(test.name, test.passed) for test in finding.lookalikes] == [
        ("holiday_items", True),
        ("related_merchant", True),
        ("fee_carry_over", True),
    ]


def test_who_is_paid_whenever_the_hole_grows_is_no_merchant() -> None:
    world = firm()
    days = range(1, 21)
    taken = {world.pay("reserve", "Sister", 20_000, at(day, 11)) for day in days}
    for day in days:
        short(world, range(day, 30), 20_000)
    world.pay("reserve", "Boss", 250_000, at(1))
    [finding] = found(world)
    assert taken <= set(finding.transfers)
    assert found(world, growth_days_share=1.0, growth_lift=1.6)[0].transfers != finding.transfers


def test_items_aged_eleven_days_fire() -> None:
    world = firm()
    world.rows["reserve_day"][20]["unexplained_ge11_fen"] = 500
    world.pay("reserve", "Sister", 10, at(5))
    assert [finding.measures["aged_fen"].value for finding in found(world)] == [500]


def test_one_working_day_and_free_days_are_timing() -> None:
    world = firm()
    short(world, range(9, 12), 50_000)  # Friday to Sunday
    short(world, range(20, 21), 50_000)
    assert found(world) == []


def test_fees_and_small_sums_are_none() -> None:
    world = firm()
    world.pay("reserve", "own", 12_000, at(20))
    world.pay("reserve", "Sister", 49_999, at(21))
    assert found(world) == []


def test_a_merchant_of_the_circle_settled_daily_is_none() -> None:
    world = firm()
    for day in range(30):
        world.pay("reserve", "Sister", 5_000, at(day, 16))
    assert found(world) == []


def test_a_missing_ledger_cannot_be_judged() -> None:
    world = firm()
    del world.rows["reserve_day"]
    said = list(reserve_misuse.detect(world.context(30)))
    assert [each.missing for each in said if isinstance(each, CannotConclude)] == [("reserve_day",)]


def test_a_reserve_whose_payments_reach_the_circle_over_others_fires() -> None:
    world = firm()
    world.party("Friend")
    world.pay("Customer", "reserve", 100_000, at(4))
    evidence = {
        world.pay("reserve", "Friend", 100_000, at(5)),
        world.pay("Friend", "Sister", 95_000, at(6)),
    }
    [finding] = found(world)
    assert (finding.amount_fen, set(finding.transfers)) == (9_500_000, evidence)
    assert finding.accomplices == (("Friend", "shell"), ("Sister", "beneficiary"))
    assert finding.text[0] == (
        "备付金账户向关联方付出 95,000.00 元；其中 95,000.00 元经他人账户到达关联方"
    )
