"""L1: chains, bundles and cycles of parties that only pass money on fire; trade does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from detector_world import World, at

from detectors import layering, self_financing
from detectors.finding import CannotConclude, Finding


def chain(*, layers: int = 3, yuan: float = 500_000, hours: float = 5, kept: float = 0.01,
          parts: int = 1) -> World:  # fmt: skip
    """Money goes from a firm through so many shells to another firm."""
    world = World()
    world.trade(30)
    names = ["Source", *(f"Shell{number}" for number in range(layers)), "Sink"]
    world.party(*names)
    for hop, (payer, payee) in enumerate(pairwise(names)):
        for part in range(parts):
            sum_yuan = yuan * (1 - kept) ** hop / parts
            world.pay(payer, payee, sum_yuan, at(3, 9 + hop * hours + part * 0.5))
    return world


def bundle(width: int = 4, each: float = 130_000) -> World:
    """One person pays several, and all of them pay another one the same day."""
    world = World()
    world.trade(30)
    world.party("Source", "Sink", kind="person")
    for number, mule in enumerate(world.persons("mule", width)):
        world.pay("Source", mule, each, at(3, 9 + number / 4))
        world.pay(mule, "Sink", each * 0.98, at(3, 15 + number / 4))
    return world


def found(world: World, **changes: float) -> list[Finding]:
    said = list(layering.detect(world.context(60, layering=changes)))
    return [each for each in said if isinstance(each, Finding)]


def test_a_chain_of_three_layers_fires() -> None:
    [finding] = found(chain())
    assert (finding.party_id, finding.code, finding.clause) == ("Source", "L1", "三(二)")
    assert finding.amount_fen == 50_000_000
    assert len(finding.transfers) == 4
    assert finding.accomplices == (
        ("Shell0", "shell"),
        ("Shell1", "shell"),
        ("Shell2", "shell"),
        ("Sink", "beneficiary"),
    )
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "layers": 3,
        "depth": 3,
        "parallel": 1,
        "spread": 1,
        "cycles": 0,
        "out_of_network_ratio": 0.9703,
        "related_layer_share": 0,
        "traded_share": 0,
    }
    assert finding.text == (
        "500,000.00 元经过 3 个几乎只作转手的主体，各自平均停留不超过 72 小时：最多 3 个前后相接",
        "500,000.00 yuan went through 3 parties that do hardly anything but pass it on, each "
        "within 72 hours on average: up to 3 follow each other",
    )


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param(chain(layers=2), id="two layers"),
        pytest.param(chain(yuan=499_999), id="less money"),
        pytest.param(chain(hours=80), id="held for days"),
        pytest.param(chain(kept=0.21), id="more is kept"),
        pytest.param(bundle(width=3, each=200_000), id="three side by side"),
    ],
)
def test_below_a_threshold_is_none(quiet: World) -> None:
    assert found(quiet) == []


def test_split_sums_are_followed() -> None:
    [finding] = found(chain(parts=4))
    assert len(finding.transfers) == 16
    assert finding.measures["depth"].value == 3


def test_a_bundle_between_two_persons_fires() -> None:
    [finding] = found(bundle())
    assert finding.party_id == "Source"
    assert dict(finding.accomplices)["Sink"] == "beneficiary"
    assert list(dict(finding.accomplices).values()).count("nominee") == 4
    assert finding.measures["parallel"].value == 4


def test_money_that_returns_is_a_cycle() -> None:
    world = chain(layers=2)
    world.paid = [
        (payer, "Source" if payee == "Sink" else payee, *rest) for payer, payee, *rest in world.paid
    ]  # type: ignore[misc]
    [finding] = found(world)
    assert finding.measures["cycles"].value == 1
    assert finding.text[1].endswith("on average: money returns to where it began")


def test_a_group_s_treasury_is_none() -> None:
    world = chain()
    for name in ("Source", "Shell0", "Shell1", "Shell2", "Sink"):
        world.tie("Head", name, "shareholder", 1.0)
    world.party("Head")
    assert found(world) == []


def test_partners_that_traded_before_are_none() -> None:
    world = chain()
    for payer, payee, *_ in list(world.paid):
        if payer.startswith(("Source", "Shell")):
            world.pay(payer, payee, 100_000, at(-28 if payer == "Source" else -27))
    assert found(world) == []


def test_shells_with_a_business_of_their_own_are_none() -> None:
    world = chain()
    for number in range(3):
        world.pay("trader-a", f"Shell{number}", 300_000, at(20))
    [finding] = found(world, line_chance=0.001)
    assert "handed on between strangers" in finding.text[1]
    assert found(world, line_chance=0.001, way_hops=5) == []


def test_payroll_and_a_common_shop_are_none() -> None:
    world = World()
    world.trade(30)
    world.party("Employer", "Shop")
    for number, person in enumerate(world.persons("staff", 12)):
        world.pay("Employer", person, 110_000, at(3, 9))
        world.pay(person, "Shop", 105_000, at(3, 10 + number / 4))
    for person in world.persons("customer", 60):
        world.pay(person, "Shop", 100_000, at(5))
    assert found(world) == []


def test_layers_of_unknown_holders_are_asked_for() -> None:
    world = chain()
    world.unregistered.update(("Source", "Shell0", "Shell1", "Shell2", "Sink"))
    [said] = layering.detect(world.context(60))
    assert isinstance(said, CannotConclude)
    assert said.missing == tuple(
        f"account (holder of 102301000019:Shell{number})" for number in range(3)
    )


def below_the_line(count: int = 6, yuan: float = 480_000, *, step: float = 0.5) -> World:
    """A person pays different people sums just below half a million."""
    world = World()
    world.trade(30)
    world.party("Payer", kind="person")
    for number, person in enumerate(world.persons("friend", count)):
        world.pay("Payer", person, yuan - number * 1_000, at(2 + number * step))
    return world


def test_a_burst_below_the_report_line_fires() -> None:
    [finding] = found(below_the_line())
    assert finding.party_id == "Payer"
    assert finding.amount_fen == 286_500_000
    assert finding.measures["report_line_fen"].value == 50_000_000
    assert finding.text == (
        "5 日内密集发生 6 笔转账，共 2,865,000.00 元，每笔略低于 500,000.00 元的大额报告标准，"
        "略高于标准的仅 0 笔",
        "Within spans of 5 days 6 transfers of 2,865,000.00 yuan kept just below the report line "
        "of 500,000.00 yuan, and 0 lay just above it",
    )


def test_fewer_slower_lower_or_higher_sums_are_no_burst() -> None:
    assert found(below_the_line(5)) == []
    assert found(below_the_line(step=1.5)) == []
    assert found(below_the_line(yuan=340_000)) == []
    mixed = below_the_line()
    [person] = mixed.persons("other", 1)
    for hour in (0, 1):
        mixed.pay("Payer", person, 520_000, at(3, hour))
    assert found(mixed) == []


def test_one_rent_again_and_again_is_no_burst() -> None:
    world = World()
    world.trade(30)
    world.party("Payer", "Landlord", kind="person")
    for day in range(6):
        world.pay("Payer", "Landlord", 480_000, at(2 + day / 2))
    assert found(world) == []


def split(
    ways: int = 6, middles: int = 3, *, yuan: float = 20_000, hours: float = 30, kept: float = 0.06
) -> World:
    """One firm's money goes to another in parts, through firms with other business, over weeks."""
    world = World()
    world.trade(30)
    names = [f"Between{number}" for number in range(middles)]
    world.party("Splitter", "Taker", "Buyer", "Supplier", *names)
    for number in range(ways):
        through = names[number % middles]
        world.pay("Splitter", through, yuan + 137 * number, at(2 + 4 * number, 9))
        world.pay(through, "Taker", (yuan + 137 * number) * (1 - kept), at(2 + 4 * number, hours))
    for number, name in enumerate(names):
        world.pay("Buyer", name, yuan * 3, at(3 + number, 12))
        world.pay(name, "Supplier", yuan * 1.5, at(9 + number, 12))
    return world


def test_parts_that_go_to_one_receiver_through_several_strangers_fire() -> None:
    [finding] = found(split())
    assert (finding.party_id, finding.amount_fen) == ("Splitter", 12_205_500)
    assert len(finding.transfers) == 12
    assert dict(finding.accomplices) == {
        "Between0": "shell", "Between1": "shell", "Between2": "shell", "Taker": "organiser",
    }  # fmt: skip
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "parallel": 3, "ways": 6, "end_share": 1.0,
    }  # fmt: skip
    assert finding.text[1] == (
        "122,055.00 yuan went in parts through 3 strangers to one and the same receiver, each part "
        "paid on within 72 hours, 6 times"
    )


def test_who_passes_a_part_on_is_a_firm_whoever_receives_it() -> None:
    world = split()
    world.party("Taker", kind="person")
    [finding] = found(world)
    roles = dict(finding.accomplices)
    assert [roles[f"Between{number}"] for number in range(3)] == ["shell"] * 3


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param(split(3, yuan=40_000), id="three parts"),
        pytest.param(split(8, 2), id="two between"),
        pytest.param(split(yuan=15_000), id="less money"),
        pytest.param(split(hours=82), id="held for days"),
        pytest.param(split(kept=0.21), id="more is kept"),
    ],
)
def test_fewer_parts_fewer_between_or_longer_pauses_are_no_bundle(quiet: World) -> None:
    assert found(quiet) == []


def test_ends_with_other_customers_are_no_bundle() -> None:
    for end in ("Splitter", "Taker"):
        world = split()
        for number, name in enumerate(world.persons("client", 5)):
            pair = (end, name) if end == "Splitter" else (name, end)
            world.pay(*pair, 26_000 + 1_009 * number, at(3 + 5 * number))
        assert found(world) == []


def test_parts_through_parties_tied_to_an_end_are_a_group_s() -> None:
    world = split()
    for number in range(3):
        world.tie("Splitter", f"Between{number}", "shareholder", 0.6)
    assert found(world) == []


def crowd(payers: int = 4, payees: int = 8, *, yuan: float = 900, apart: int = 0) -> World:
    """So many firms each pay the same persons and firms small sums on one day."""
    world = World()
    world.trade(30)
    firms = [f"Payer{number}" for number in range(payers)]
    world.party(*firms)
    others = world.persons("taker", payees)
    for number, firm in enumerate(firms):
        for turn, other in enumerate(others):
            sum_yuan = yuan + 100 * number + 7 * turn
            world.pay(firm, other, sum_yuan, at(3 + apart * number, 10 + turn / 10))
    return world


def test_strangers_that_pay_the_same_many_within_days_fire() -> None:
    [finding] = found(crowd())
    assert (finding.party_id, len(finding.transfers)) == ("Payer3", 32)
    assert finding.amount_fen == 3_438_400
    roles = dict(finding.accomplices)
    assert [roles[f"Payer{number}"] for number in range(3)] == ["shell"] * 3
    assert list(roles.values()).count("nominee") == 8
    assert finding.measures["crowd_density"].value == 1.0
    assert finding.text[1].startswith("4 strangers each paid the same 8 parties within days")


def test_two_payers_few_payees_other_days_tied_payers_and_shops_are_no_crowd() -> None:
    tied = crowd()
    for number in range(3):
        tied.tie("Payer3", f"Payer{number}", "shareholder", 0.6)
        tied.tie(f"Payer{number}", f"Payer{(number + 1) % 3}", "shareholder", 0.3)
    trade = crowd()
    for payer, payee, fen, when, loan in list(trade.paid):
        if payer.startswith("Payer"):
            trade.pay(payer, payee, fen / 90, when + timedelta(days=7), loan)
    shops = crowd(payees=8)
    for number, name in enumerate(shops.persons("customer", 30)):
        for shop in shops.persons("taker", 8):
            shops.pay(name, shop, 200, at(9, number / 4))
    for quiet in (crowd(2), crowd(payees=5), crowd(apart=5), crowd(yuan=120), tied, shops, trade):
        assert found(quiet) == []


def test_many_who_all_pay_all_the_same_parties_act_together_however_often() -> None:
    def weekly(payers: int) -> World:
        world = crowd(payers)
        for payer, payee, fen, when, loan in list(world.paid):
            if payer.startswith("Payer"):
                world.pay(payer, payee, fen / 90, when + timedelta(days=7), loan)
        return world

    assert found(weekly(4)) == []
    [finding] = found(weekly(5))
    assert (finding.party_id, len(finding.transfers)) == ("Payer4", 80)


def spread(layers: int) -> World:
    """One firm pays several who do nothing else, and each pays two others of its own the day."""
    world = World()
    world.trade(30)
    world.party("Source")
    for number, mule in enumerate(world.persons("mule", layers)):
        world.pay("Source", mule, 240_000 + 1_000 * number, at(3, 9 + number / 4))
        for end in range(2):
            name = f"End{number}{end}"
            world.party(name)
            world.pay(mule, name, 118_000 + 100 * end, at(3, 15 + end))
    return world


def test_several_layers_that_one_pays_fire_whomever_they_pay() -> None:
    [finding] = found(spread(3))
    assert (finding.party_id, finding.measures["spread"].value) == ("Source", 3)
    assert len(finding.transfers) == 9
    assert finding.text[1].endswith("within 72 hours on average: 3 are paid by one payer")
    assert found(spread(2)) == []


def fan(strangers: int = 20, *, step: float = 997, kind: str = "person") -> World:
    """So many strangers pay one party large sums within two days."""
    world = World()
    world.trade(30)
    world.party("Collector", kind=kind)
    for number, person in enumerate(world.persons("stranger", strangers)):
        world.pay(person, "Collector", 30_000 + step * number, at(5, number * 2))
    return world


def test_a_person_paid_large_sums_by_many_strangers_fires() -> None:
    [finding] = found(fan())
    assert (finding.party_id, finding.amount_fen) == ("Collector", 78_943_000)
    assert finding.measures["fan"].value == len(finding.transfers) == 20
    assert finding.text == (
        "在数段 72 小时内收自 20 个无关联主体大额款项，共 789,430.00 元",
        "Within spans of 72 hours it took from 20 unrelated parties in large sums, 789,430.00 yuan "
        "in all",
    )
    assert found(fan(7, step=20_000)) == found(fan(step=0)) == []
    assert found(fan(kind="organisation")) == []


def test_who_gathers_from_many_and_scatters_to_many_fires() -> None:
    world = fan(10, step=5_003, kind="organisation")
    for number, payee in enumerate(world.persons("receiver", 10)):
        world.pay("Collector", payee, 29_000 + 5_003 * number, at(6, 12 + number))
    [finding] = found(world)
    assert finding.party_id == "Collector"
    assert (finding.amount_fen, len(finding.transfers)) == (52_513_500, 20)
    assert finding.text[1].startswith("Within spans of 72 hours it took from, and paid on to, 10")


def lent(persons: int = 6, firms: int = 4, *, days: float = 3, out: bool = False) -> World:
    """Persons and firms each pay a firm that does nothing else 30,000 yuan or so, or are paid."""
    world = World()
    world.trade(30)
    world.party("Hub")
    names = world.persons("mule", persons) + [f"Shell{number}" for number in range(firms)]
    world.party(*names[persons:])
    for number, name in enumerate(names):
        ends = ("Hub", name) if out else (name, "Hub")
        world.pay(*ends, 30_000 + 997 * number, at(9, 10 + 24 * days * number / len(names)))
    return world


def test_persons_and_firms_that_pay_one_idle_party_within_days_fire() -> None:
    [finding] = found(lent())
    assert (finding.party_id, finding.code) == ("Hub", "L1")
    assert finding.amount_fen == 100 * (10 * 30_000 + 997 * 45)
    assert len(finding.transfers) == 10
    assert finding.text[1] == (
        "Within spans of 7 days it took 344,865.00 yuan in large sums from 10 strangers, 6 persons "
        "among them: 100% of all such sums of its own"
    )
    assert {role for _, role in finding.accomplices} == {"nominee", "shell"}
    [paid] = found(lent(8, 5, out=True))
    assert (paid.party_id, len(paid.transfers)) == ("Hub", 13)


@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param(lent(4, 3), id="7 strangers"),
        pytest.param(lent(10, 1), id="customers of one kind"),
        pytest.param(lent(8, 3, out=True), id="11 are paid"),
        pytest.param(lent(20, 10, days=12), id="a trade of twelve days"),
    ],
)
def test_few_strangers_of_one_kind_or_over_weeks_are_no_burst(quiet: World) -> None:
    assert found(quiet) == []


def test_who_has_other_customers_or_whose_customers_have_others_is_no_hub() -> None:
    busy = lent()
    for day, name in enumerate(busy.persons("buyer", 5)):
        busy.pay(name, "Hub", 15_000, at(20 + 4 * day))
    assert found(busy) == []
    buyers = lent()
    buyers.party("Other")
    for number in range(6):
        for day in (1, 4, 20):
            buyers.pay(f"mule{number:04d}", "Other", 12_000 + 1_111 * day, at(day + 2 * number))
    assert found(buyers) == []


def handed_on(
    hops: int = 6, *, yuan: float = 100_000, kept: float = 0.05, hours: float = 10
) -> World:
    """Firms with other customers hand a sum on, from Origin to the last of them."""
    world = World()
    world.trade(30)
    firms = [f"Firm{number}" for number in range(hops)]
    world.party("Origin", *firms)
    for number, firm in enumerate(firms):
        for customer in (f"Buyer{number}", f"Other{number}"):
            world.party(customer)
            world.pay(customer, firm, yuan * 0.7, at(3 + 9 * (customer[0] == "O")))
    for number, (payer, payee) in enumerate(pairwise(["Origin", *firms])):
        world.pay(payer, payee, yuan * (1 - kept) ** number, at(8, number * hours))
    return world


def test_a_sum_handed_on_six_times_by_firms_with_other_business_fires() -> None:
    [finding] = found(handed_on())
    assert (finding.party_id, finding.amount_fen) == ("Origin", 10_000_000)
    assert len(finding.transfers) == 6
    assert finding.accomplices == (
        *((f"Firm{number}", "shell") for number in range(5)), ("Firm5", "beneficiary"),
    )  # fmt: skip
    assert finding.text[1] == (
        "100,000.00 yuan were handed on between strangers within 120 hours, up to 6 times, each "
        "sum a little less than the one before"
    )


def test_fewer_hops_smaller_sums_longer_pauses_or_larger_cuts_are_trade() -> None:
    assert found(handed_on(3)) == found(handed_on(yuan=19_000)) == []
    assert found(handed_on(hours=41)) == found(handed_on(kept=0.25, yuan=300_000)) == []


def test_what_chance_would_make_as_well_is_none() -> None:
    busy = handed_on(4)
    for number in range(3):
        for day in range(18):
            busy.pay(f"Firm{number}", f"Buyer{day % 3}", 95_000, at(2 + day))
    assert found(handed_on(4), line_chance=0.001) != []
    assert found(busy, line_chance=0.001) == []
    assert len(found(busy, line_chance=1.0)) == 1


def test_who_is_tied_to_the_next_hand_is_no_stranger() -> None:
    world = handed_on()
    world.tie("Firm1", "Firm2", "shareholder", 0.6)
    assert found(world) == []


def test_a_sum_that_comes_back_over_two_firms_fires_once_however_often() -> None:
    world = World()
    world.trade(30)
    world.party("Origin", kind="person")
    world.party("One", "Other", "Buyer")
    world.pay("Buyer", "One", 90_000, at(2))
    for day in (5, 12):
        world.pay("Origin", "One", 100_000, at(day, 9))
        world.pay("One", "Other", 97_000, at(day, 10))
        world.pay("Other", "Origin", 90_000, at(day, 12))
    [finding] = found(world)
    assert (finding.party_id, finding.amount_fen) == ("Origin", 20_000_000)
    assert finding.measures["cycles"].value == 2
    assert finding.text[1].endswith("and came back to its start 2 time(s)")


def test_rounds_over_middlemen_who_serve_several_are_a_service() -> None:
    def rounds(customers: int) -> World:
        world = World()
        world.trade(30)
        world.party("Shop")
        [friend] = world.persons("friend", 1)
        for number, name in enumerate(world.persons("customer", customers)):
            yuan = 61_000 + 7_919 * number
            world.pay(name, "Shop", yuan, at(3 + 5 * number, 9))
            world.pay("Shop", friend, yuan * 0.99, at(3 + 5 * number, 10))
            world.pay(friend, name, yuan * 0.98, at(3 + 5 * number, 11))
        return world

    [finding] = found(rounds(1), way_chance=1e9)
    assert finding.measures["cycles"].value == 1
    assert found(rounds(2), way_chance=1e9) == []


def test_what_another_typology_says_of_the_same_transfers_is_not_said_twice() -> None:
    world = chain()
    context = world.context(60)
    refs = tuple(f"M{number}" for number in range(len(world.paid)))
    [finding] = [each for each in layering.detect(context) if isinstance(each, Finding)]
    again = world.context(60)
    again._said[self_financing.NAME] = (replace(finding, transfers=refs),)
    assert [each for each in layering.detect(again) if isinstance(each, Finding)] == []


def test_ways_that_begin_with_one_party_are_one_case() -> None:
    world = World()
    world.trade(30)
    world.party("Source")
    for turn in range(2):
        names = ["Source", *world.persons(f"hop{turn}-", 4)]
        for hop, (payer, payee) in enumerate(pairwise(names)):
            world.pay(payer, payee, (61_003 - 7_001 * turn) * 0.99**hop, at(3 + 9 * turn, 9 + hop))
    [finding] = found(world, line_chance=1e9)
    assert (finding.party_id, finding.amount_fen) == ("Source", 6_100_300 + 5_400_200)


def between(
    others: int = 8,
    *,
    kind: str = "person",
    kept: float = 0.06,
    hours: float = 20,
    yuan: int = 3_000,
) -> World:
    """Strangers pay one party small sums, which it pays on to others, in three rounds."""
    world = World()
    world.trade(40)
    world.party("Hand", kind=kind)
    sources, sinks = world.persons("source", others), world.persons("sink", others)
    for turn in range(3):
        for number, (source, sink) in enumerate(zip(sources, sinks, strict=True)):
            sum_yuan = 2 * yuan + yuan * (number + turn) % (3 * yuan)
            world.pay(source, "Hand", sum_yuan, at(3 + 6 * turn, 9 + number / 4))
            world.pay("Hand", sink, sum_yuan * (1 - kept), at(3 + 6 * turn, 9 + hours + number / 4))
    return world


def test_a_person_who_pays_on_what_many_strangers_paid_fires() -> None:
    [finding] = found(between())
    assert finding.party_id == "Hand"
    assert len(finding.transfers) == 48
    assert finding.measures["fan"].value == 8
    assert finding.measures["paid_on_share"].value == 0.94
    assert finding.measures["held_hours"].value == 20
    assert finding.text[1].startswith("A natural person took 216,000.00 yuan from 8 unrelated")


@pytest.mark.parametrize(
    ("quiet", "relaxed"),
    [
        pytest.param(between(7), {"minimum_between": 7}, id="seven on each side"),
        pytest.param(between(kept=0.2), {"least_between_share": 0.75}, id="a margin is kept"),
        pytest.param(between(hours=100), {"held_hours": 120}, id="it stays for days"),
        pytest.param(between(yuan=400), {"least_between_fen": 10_000, "minimum_bundle_fen": 10_000},
                     id="everyday sums"),
    ],
)  # fmt: skip
def test_who_only_buys_and_sells_is_no_go_between(quiet: World, relaxed: dict[str, float]) -> None:
    assert found(quiet) == []
    assert len(found(quiet, **relaxed)) == 1


def test_firms_and_those_who_deal_both_ways_are_no_go_betweens() -> None:
    assert found(between(kind="organisation")) == []
    friends = between()
    friends.pay("Hand", "source0000", 1_500, at(30))
    assert found(friends) == []


def test_as_few_layers_that_pay_each_other_again_and_again_are_a_chain_of_supply() -> None:
    assert len(found(chain(parts=5))) == 1
    assert found(chain(parts=7, yuan=600_000)) == []
    assert len(found(chain(layers=4, parts=7, yuan=600_000))) == 1
