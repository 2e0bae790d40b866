"""R3: equal sums in at one bank and out at another fire; chance, own positions and few do not."""

from __future__ import annotations

from datetime import date

import pytest
from detector_world import BANK, World, at

from detectors import disguised_clearing
from detectors.finding import CannotConclude, Finding

OTHER_BANK = "103301000011"


def clearing(pairs: int = 20, *, yuan: float = 25_000, kept: float = 0.0, days: int = 0,
             holder: str = "Firm", step: float = 137) -> World:  # fmt: skip
    """Clients pay a firm at one bank; it pays others at another bank, some days later if told."""
    world = World()
    world.party("Firm")
    world.account("here", "Firm", "ordinary")
    if holder != "Firm":
        world.party(holder)
        world.tie("Firm", holder, "shareholder", 1.0)
    world.account("there", holder, "ordinary", bank=OTHER_BANK)
    payers, payees = world.persons("payer", pairs), world.persons("payee", pairs)
    for number, (payer, payee) in enumerate(zip(payers, payees, strict=True)):
        world.account(payee, payee, "ordinary", bank=OTHER_BANK)
        day, sum_yuan = number % 15, yuan + step * number
        world.pay(payer, "here", sum_yuan, at(day, 10))
        world.pay("there", payee, sum_yuan * (1 - kept), at(day + days, 11))
    return world


def found(world: World, days: int = 30, **changes: float) -> list[Finding]:
    said = disguised_clearing.detect(world.context(days, disguised_clearing=changes))
    return [each for each in said if isinstance(each, Finding)]


def test_equal_sums_at_two_banks_fire() -> None:
    [finding] = found(clearing())
    assert (finding.party_id, finding.code, finding.clause) == ("Firm", "R3", "二(三)2")
    assert finding.amount_fen == 52_603_000
    assert len(finding.transfers) == 40
    assert finding.accomplices == ()
    assert finding.measures["equal_share"].value == 1
    assert finding.measures["chance_share"].value == 0
    assert [test.passed for test in finding.lookalikes] == [True, True]
    assert finding.text == (
        "20 笔共 526,030.00 元在一家银行收取，当日在另一家银行付出同额款项；"
        "共涉及 526,030.00 元，两行之间无清算划转",
        "20 sums of 526,030.00 yuan were taken at one bank and the same sum paid at another that "
        "day; 526,030.00 yuan in all, with no clearing between the banks",
    )


@pytest.mark.parametrize(
    ("quiet", "relaxed"),
    [
        pytest.param(clearing(19, yuan=27_000), {"minimum_pairs": 19}, id="19 pairs"),
        pytest.param(clearing(kept=0.011), {"maximum_fee_share": 0.012}, id="a margin is kept"),
        pytest.param(clearing(yuan=1_000, step=20), {"minimum_fen": 2_300_000}, id="less money"),
    ],
)
def test_below_a_threshold_is_none(quiet: World, relaxed: dict[str, float]) -> None:
    assert found(quiet) == []
    assert len(found(quiet, **relaxed)) == 1


def test_a_bridge_account_of_a_tied_party_is_named() -> None:
    [finding] = found(clearing(holder="Bridge"))
    assert (finding.party_id, finding.accomplices) == ("Firm", (("Bridge", "shell"),))
    world = clearing(holder="Bridge")
    filled = world.pay("Firm", "Bridge", 200_000, at(3, 1))
    assert filled in found(world)[0].transfers


def test_a_fee_by_the_piece_and_a_direct_link_are_seen() -> None:
    world = clearing(yuan=1_500, step=9)
    for number, (_, payee, fen, when, loan) in enumerate(world.paid):
        if payee.startswith("payee"):
            world.paid[number] = ("there", payee, fen - 990, when, loan)
    [finding] = found(world)
    assert finding.amount_fen == 3_171_000
    linked = clearing()
    for number in range(len(linked.paid)):
        linked.marks[number] = {"channel": "direct_link"}
    for number in range(20):
        linked.banks[f"payer{number:04d}"] = OTHER_BANK
    [direct] = found(linked)
    assert direct.measures["direct_link_share"].value == 1


def test_payments_of_another_day_and_cleared_ones_are_none() -> None:
    assert found(clearing(days=2)) == []
    cleared = clearing()
    for number, (_, payee, *_) in enumerate(cleared.paid):
        if payee == "here":
            cleared.marks[number] = {"channel": "cnaps_hvps"}
    assert found(cleared) == []


def test_the_same_sum_every_day_is_chance() -> None:
    world = clearing(40, step=0)
    assert found(world, minimum_netted_days=16) == []
    assert len(found(world, minimum_netted_days=16, minimum_lift=1)) == 1


def test_own_position_and_tied_clients_are_none() -> None:
    world = clearing()
    for number in range(20):
        world.tie("Firm", f"payee{number:04d}", "controls")
    assert found(world) == []


def test_days_that_net_out_fire_though_no_sums_are_equal() -> None:
    world = World()
    world.party("Firm")
    world.account("here", "Firm", "ordinary")
    world.account("there", "Firm", "ordinary", bank=OTHER_BANK)
    payers, payees = world.persons("payer", 3), world.persons("payee", 2)
    for payee in payees:
        world.account(payee, payee, "ordinary", bank=OTHER_BANK)
    for day in range(12):
        for number, payer in enumerate(payers):
            world.pay(payer, "here", 20_000 + 1_000 * number + day, at(day, 10))
        world.pay("there", payees[0], 50_000 + 3 * day, at(day, 15))
        world.pay("there", payees[1], 13_000, at(day, 16))
    [finding] = found(world)
    assert finding.measures["netted_days"].value == 12
    assert finding.text[1].startswith("On 12 days all that came in at one bank equalled all paid")


def test_what_a_tied_party_does_beside_it_does_not_hide_days_that_net_out() -> None:
    world = World()
    world.party("Firm", "Sister", "Shop")
    world.account("here", "Firm", "ordinary")
    world.account("there", "Firm", "ordinary", bank=OTHER_BANK)
    world.account("till", "Sister", "ordinary")
    world.account("desk", "Sister", "ordinary", bank=OTHER_BANK)
    world.tie("Firm", "Sister", "shareholder", 0.8)
    payers, payees = world.persons("payer", 3), world.persons("payee", 2)
    for payee in payees:
        world.account(payee, payee, "ordinary", bank=OTHER_BANK)
    for day in range(12):
        for number, payer in enumerate(payers):
            world.pay(payer, "here", 20_000 + 1_000 * number + day, at(day, 10))
        world.pay("there", payees[0], 50_000 + 3 * day, at(day, 15))
        world.pay("there", payees[1], 13_000, at(day, 16))
        world.pay(payers[day % 3], "till", 700 + day, at(day, 12))
        world.pay("desk", payees[day % 2], 410 + day, at(day, 13))
    [finding] = found(world)
    assert (finding.party_id, finding.measures["netted_days"].value) == ("Firm", 12)
    assert len(finding.transfers) == 12 * 5
    assert finding.lookalikes[0].passed


def test_before_the_plan_nothing_is_judged() -> None:
    context = clearing().context(30)
    context.business_date = date(2016, 5, 17)
    assert list(disguised_clearing.detect(context)) == []


def test_a_firm_s_account_without_statements_is_asked_for() -> None:
    world = World()
    world.institution("Firm", "payment_institution")
    world.account("here", "Firm", "client_reserve", "Firm")
    world.account("there", "Firm", "client_reserve", "Firm", bank=OTHER_BANK)
    world.account("Firm", "Firm", "own_funds")
    world.persons("payer", 1)
    world.pay("payer0000", "here", 10, at(1))
    world.pay("here", "Firm", 1, at(1))
    [said] = disguised_clearing.detect(world.context(30))
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Firm", (f"entry (bank {OTHER_BANK})",))


def bridged(handed: float = 1.0, given: float = 0.8) -> World:
    """Strangers take and pay the same sums at two banks; each day an institution gets so much of
    what was taken, and gives so much of what is paid."""
    world = World()
    world.institution("Payer", "payment_institution")
    for name, bank in (("taker", BANK), ("giver", OTHER_BANK)):
        world.party(name, kind="person")
        world.account(name, name, "ordinary", bank=bank)
        world.account(f"own-{name}", "Payer", "own_funds", "Payer", bank=bank)
    payers, payees = world.persons("payer", 24), world.persons("payee", 24)
    for number, (payer, payee) in enumerate(zip(payers, payees, strict=True)):
        world.account(payee, payee, "ordinary", bank=OTHER_BANK)
        day, yuan = number % 12, 25_000 + 137 * number
        world.pay(payer, "taker", yuan, at(day, 10))
        world.pay("taker", "own-taker", yuan * handed, at(day, 20))
        world.pay("own-giver", "giver", yuan * given, at(day, 8))
        world.pay("giver", payee, yuan, at(day, 11))
    return world


def test_strangers_who_stand_in_for_an_institution_clear_for_it() -> None:
    [finding] = found(bridged())
    assert finding.party_id == "Payer"
    assert finding.measures["equal_pairs"].value == 24
    assert dict(finding.accomplices) == {"giver": "shell", "taker": "shell"}
    assert [each for each in found(bridged(0.4, 0.3)) if each.party_id == "Payer"] == []
