"""M3: two layers and rings fire; one layer, public funds and own money do not."""

from __future__ import annotations

from datetime import timedelta

from detector_world import BANK, DAY, World, at

from detectors import product_nesting
from detectors.finding import CannotConclude, Finding


def products(*names: str, public: tuple[str, ...] = ()) -> World:
    """Products, each of its own manager and raised on an account of its name."""
    world = World()
    for name in names:
        world.party(f"Manager {name}", f"Issuer {name}")
        world.account(f"raise-{name}", f"Issuer {name}", "ordinary")
        world.add("product", product_id=name, issuer_party_id=f"Issuer {name}",
                  manager_party_id=f"Manager {name}",
                  offering="public" if name in public else "private",
                  raise_bank_no=BANK, raise_account_no=f"raise-{name}")  # fmt: skip
        hold(world, "Saver", name, 1_000_000)
    world.party("Saver", kind="person")
    return world


def hold(world: World, holder: str, product: str, yuan: int, day: int = 5) -> None:
    """Let a product, or a party, hold a product."""
    kind = "product" if len(holder) == 1 else "party"
    world.add("holding", holder_kind=kind, holder_id=holder, product_id=product,
              as_of=DAY + timedelta(days=day), cost_fen=yuan * 100)  # fmt: skip


def found(world: World, days: int = 30) -> list[Finding | CannotConclude]:
    return list(product_nesting.detect(world.context(days)))


def test_two_layers_below_a_product_are_one_too_many() -> None:
    world = products("A", "B", "C")
    hold(world, "A", "B", 800_000)
    assert found(world) == []
    hold(world, "B", "C", 700_000)
    paid = world.pay("raise-A", "raise-B", 800_000, at(3))
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert (finding.party_id, finding.institution_id) == ("Manager A", None)
    assert (finding.code, finding.clause, finding.severity) == ("M3", "二(二)3", 3)
    assert finding.amount_fen == 80_000_000
    assert finding.transfers == (
        paid, "holding:A:B:2016-06-06", "holding:B:C:2016-06-06", "product:A", "product:B",
        "product:C",
    )  # fmt: skip
    assert (finding.first_at, finding.last_at) == (at(3), at(5, 0))
    assert finding.accomplices == (("Manager B", "shell"), ("Manager C", "shell"))
    assert {name: measure.value for name, measure in finding.measures.items()} == {
        "layers": 2,
        "nested_chains": 1,
        "rings": 0,
        "firms_between": 0,
        "nested_fen": 80_000_000,
    }
    assert finding.text == (
        "1 条持有链超过 1 层，最深 2 层（A → B → C）；嵌套金额 800,000.00 元",
        "1 chain(s) of holdings have more than 1 layer(s), the deepest 2 (A → B → C); 800,000.00 "
        "yuan are nested",
    )


def test_a_public_fund_below_is_no_layer() -> None:
    world = products("A", "B", "C", public=("C",))
    hold(world, "A", "B", 800_000)
    hold(world, "B", "C", 700_000)
    assert found(world) == []


def test_a_partnership_between_is_a_layer_unless_it_holds_with_little_of_its_own() -> None:
    for yuan, count in ((899_999, 0), (900_000, 1)):
        world = products("A", "B", "C")
        hold(world, "A", "B", 800_000)
        hold(world, "Issuer B", "C", yuan)
        said = found(world)
        assert len(said) == count
    assert isinstance(said[0], Finding)
    assert said[0].measures["firms_between"].value == 1
    assert dict(said[0].accomplices)["Issuer B"] == "shell"
    assert [test.passed for test in said[0].lookalikes] == [True, True]


def test_a_licensed_firm_between_may_hold_with_its_own_money() -> None:
    world = products("A", "B", "C")
    world.institution("Issuer B", "asset_manager")
    hold(world, "A", "B", 800_000)
    hold(world, "Issuer B", "C", 900_000)
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert [test.passed for test in finding.lookalikes] == [True, False]


def test_holdings_that_go_round_fire() -> None:
    world = products("A", "B")
    hold(world, "A", "B", 800_000)
    hold(world, "B", "A", 500_000)
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.text[1] == "1 ring(s) of holdings (A → B → A); 800,000.00 yuan are nested"
    assert finding.measures["rings"].value == 1


def test_a_product_that_holds_into_a_ring_is_nested_without_end() -> None:
    world = products("A", "B", "C")
    hold(world, "A", "B", 900_000)
    hold(world, "B", "C", 700_000)
    hold(world, "C", "B", 600_000)
    for row in world.rows["product"]:
        row["manager_party_id"] = "Manager A"
    [finding] = found(world)
    assert isinstance(finding, Finding)
    assert finding.party_id == "Manager A"
    assert finding.text[1] == (
        "1 ring(s) of holdings (B → C → B); 1 chain(s) of holdings lead into a ring (A → B); "
        "900,000.00 yuan are nested"
    )
    assert "product:A" in finding.transfers


def test_what_was_sold_before_the_newest_statement_is_not_held() -> None:
    world = products("A", "B", "C")
    hold(world, "A", "B", 800_000)
    hold(world, "B", "C", 700_000, day=5)
    hold(world, "Saver", "C", 900_000, day=40)
    assert found(world, 60) == []


def test_private_products_without_holders_cannot_be_judged() -> None:
    world = products("A", "B")
    world.rows["holding"] = [row for row in world.rows["holding"] if row["product_id"] != "B"]
    [said] = found(world)
    assert isinstance(said, CannotConclude)
    assert said.missing == ("holding of B",)
    assert said.text == (
        "1 个私募产品没有报送持有人，无法判断其嵌套层数",
        "no holders of 1 private product(s) were submitted; how deep they are nested cannot be "
        "judged",
    )


def test_a_manager_without_any_product_cannot_be_judged() -> None:
    world = World()
    world.institution("Manager", "asset_manager")
    [said] = product_nesting.detect(world.context(30))
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Manager", ("product", "holding"))
    assert said.text[1] == "no product was submitted; product nesting cannot be judged"
