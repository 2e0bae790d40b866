"""M2: too many holders looked through, small and unfit tickets fire; funds and staff do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from detector_world import BANK, DAY, World, at

from detectors import product_splitting
from detectors.finding import CannotConclude, Finding

MILLION = 1_000_000


def product(world: World, name: str, manager: str, **cells: object) -> None:
    """A private product, raised on an account of its name."""
    world.party(manager, f"Issuer {manager}")
    world.account(f"raise-{name}", f"Issuer {manager}", "ordinary")
    world.add("product", product_id=name, issuer_party_id=f"Issuer {manager}",
              manager_party_id=manager, offering="private", raise_bank_no=BANK,
              **{"raise_account_no": f"raise-{name}", **cells})  # fmt: skip


def hold(world: World, holder: str, name: str, yuan: int = MILLION, risk: int = 5) -> None:
    """Let a party, or a product, hold a product."""
    kind = "party" if holder in world.parties else "product"
    world.add("holding", holder_kind=kind, holder_id=holder, product_id=name,
              as_of=DAY + timedelta(days=9), cost_fen=yuan * 100, holder_risk_level=risk
              )  # fmt: skip


def two_feeders(count: int, *, feeders: str = "Manager") -> World:
    """A product held by two products, which so many persons hold."""
    world = World()
    for name, manager in (("A", feeders), ("B", feeders), ("C", "Manager")):
        product(world, name, manager)
    for number, person in enumerate(world.persons("saver", count)):
        hold(world, person, "AB"[number % 2])
    hold(world, "A", "C", 90 * MILLION)
    hold(world, "B", "C", 90 * MILLION)
    return world


def found(world: World, **changes: float) -> list[Finding]:
    said = list(product_splitting.detect(world.context(30, product_splitting=changes)))
    return [each for each in said if isinstance(each, Finding)]


def test_holders_looked_through_two_feeders_are_too_many() -> None:
    assert found(two_feeders(200)) == []
    [finding] = found(two_feeders(201))
    assert (finding.party_id, finding.institution_id) == ("Manager", None)
    assert (finding.code, finding.clause, finding.severity) == ("M2", "二(二)2", 4)
    assert finding.amount_fen == 180 * MILLION * 100
    assert len(finding.transfers) == 201 + 2
    assert finding.transfers[0] == "holding:saver0000:A:2016-06-10"
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "holders_looked_through": 201,
        "holders_shown": 2,
        "products_sold": 1,
        "small_tickets": 0,
        "unfit_holders": 0,
        "pooled_givers": 0,
    }
    assert finding.text == (
        "1 个私募产品涉及 180,000,000.00 元；穿透后持有人 201 名（上限 200 名），单个产品"
        "账面最多 2 名",
        "1 private product(s), 180,000,000.00 yuan; looked through there are 201 holders (at most "
        "200 are allowed), while a single product shows 2 at most",
    )


def test_funds_of_an_independent_licensed_manager_are_one_holder_each() -> None:
    world = two_feeders(300, feeders="Other")
    assert [test.name for test in found(world)[0].lookalikes if not test.passed] == [
        "fund_of_funds"
    ]
    world.institution("Other", "asset_manager")
    assert found(world) == []


def test_a_series_on_one_account_is_counted_together() -> None:
    def series(account: str) -> World:
        world = World()
        product(world, "S1", "Manager")
        product(world, "S2", "Manager", raise_account_no=account)
        for number, person in enumerate(world.persons("saver", 240)):
            hold(world, person, f"S{1 + number % 2}")
        return world

    assert found(series("raise-S2")) == []
    [finding] = found(series("raise-S1"))
    assert finding.measures["holders_looked_through"].value == 240
    assert finding.measures["holders_shown"].value == 120


def sold(count: int, yuan: int, risk: int = 5) -> World:
    """A product of risk 4 with a hundred holders, of whom some have other tickets and risks."""
    world = World()
    product(world, "P", "Manager", risk_level=4)
    for number, person in enumerate(world.persons("saver", 100)):
        hold(world, person, "P", *((yuan, risk) if number < count else (MILLION, 5)))
    return world


@pytest.mark.parametrize(
    ("quiet", "fires", "text"),
    [
        pytest.param(
            sold(19, 999_999),
            sold(20, 999_999),
            "20 holder(s) have less than 1,000,000.00 yuan in it",
            id="small tickets",
        ),
        pytest.param(
            sold(19, MILLION, 3),
            sold(20, MILLION, 3),
            "20 holder(s) bear less risk than the product has",
            id="unfit holders",
        ),
    ],
)
def test_small_and_unfit_tickets_fire_from_a_fifth(quiet: World, fires: World, text: str) -> None:
    assert found(quiet) == []
    [finding] = found(fires)
    assert finding.text[1].split("; ")[1] == text
    assert len(finding.transfers) == 20 + 1


def test_staff_of_the_manager_leave_small_tickets_in_doubt() -> None:
    world = sold(20, 200_000)
    for number in range(20):
        world.tie(f"saver{number:04d}", "Manager", "director")
    [finding] = found(world)
    assert [test.name for test in finding.lookalikes if not test.passed] == ["staff"]


def pooled(nominees: int) -> World:
    """So many holders each buy with money of five others."""
    world = sold(0, MILLION)
    for number in range(nominees):
        nominee = f"saver{number:04d}"
        for giver in world.persons(f"giver{number}-", 5):
            world.pay(giver, nominee, 200_000, at(3))
        world.pay(nominee, "raise-P", MILLION, at(5))
    return world


def test_tickets_pooled_behind_nominees_are_looked_through() -> None:
    assert found(pooled(3)) == []
    [finding] = found(pooled(4))
    assert finding.accomplices == tuple((f"saver{n:04d}", "nominee") for n in range(4))
    assert finding.measures["holders_looked_through"].value == 120
    assert finding.amount_fen == 4 * MILLION * 100
    assert len(finding.transfers) == 1 + 4 + 20 + 4
    assert finding.text[1].endswith("; 4 nominee(s) bought with money pooled by 20 persons")


def test_one_holder_whom_many_pay_is_no_nominee_for_them() -> None:
    world = sold(0, MILLION)
    for giver in world.persons("debtor", 25):
        world.pay(giver, "saver0000", 40_000, at(3))
    world.pay("saver0000", "raise-P", MILLION, at(5))
    assert found(world) == []
    assert len(found(world, minimum_nominees=1)) == 1


def test_private_products_without_holders_cannot_be_judged() -> None:
    world = World()
    product(world, "P", "Manager")
    [said] = product_splitting.detect(world.context(30))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("holding of P",)
    assert said.text == (
        "1 个私募产品没有报送持有人，无法判断持有人数和起点",
        "no holders of 1 private product(s) were submitted; how many they are and what they hold "
        "cannot be judged",
    )


def test_a_manager_without_any_product_cannot_be_judged() -> None:
    world = World()
    world.institution("Manager", "asset_manager")
    [said] = product_splitting.detect(world.context(30))
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Manager", ("product", "holding"))
    assert said.text[1] == "no product was submitted; product splitting cannot be judged"
