"""R2: misplaced and earning reserves fire once the law forbids them, deposits elsewhere always."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from detector_world import BANK, World, at

from detectors import reserve_placement
from detectors.context import Context
from detectors.finding import CannotConclude, Finding

CENTRAL, OTHER = "001100011002", "103301000011"


def firm() -> World:
    world = World()
    world.trade(30)
    world.institution("Payer", "payment_institution")
    world.account("reserve", "Payer", "client_reserve", "Payer")
    world.account("own", "Payer", "own_funds", "Payer")
    for day in range(30):
        world.reserve("Payer", "reserve", day, owed=1_000_000, held=1_000_000)
    return world


def moved_to(world: World, first: date) -> Context:
    """The same world with all its days moved, so that its first day is that day."""
    days = (first - date(2016, 6, 1)).days
    world.paid = [
        (payer, payee, fen, when + timedelta(days=days), loan)
        for payer, payee, fen, when, loan in world.paid
    ]
    for row in world.rows["reserve_day"]:
        row["ledger_date"] += timedelta(days=days)
    context = world.context(30)
    context.business_date += timedelta(days=days)
    return context


def central(world: World, share: float) -> None:
    """Let so much of the reserve lie at the central bank."""
    for row in list(world.rows["reserve_day"]):
        there: dict[str, Any] = {**row, "bank_no": CENTRAL, "account_no": "central"}
        there["bank_closing_fen"] = round(row["bank_closing_fen"] * share)
        row["bank_closing_fen"] -= there["bank_closing_fen"]
        world.rows["reserve_day"].append(there)


def found(context: Context) -> list[Finding]:
    return [e for e in reserve_placement.detect(context) if isinstance(e, Finding)]


def test_before_the_switch_a_reserve_at_a_bank_that_earns_is_lawful() -> None:
    world = firm()
    for row in world.rows["reserve_day"]:
        row["interest_uncarried_fen"] = 50_000
    assert list(reserve_placement.detect(world.context(30))) == []


def test_after_it_too_little_at_the_central_bank_fires() -> None:
    world = firm()
    central(world, 0.5)
    [finding] = found(moved_to(world, date(2019, 3, 4)))
    assert (finding.party_id, finding.code, finding.severity) == ("Payer", "R2", 3)
    assert finding.amount_fen == 49_500_000
    assert len(finding.transfers) == 30
    assert finding.transfers[0] == "reserve_day:Payer:102301000019:reserve:2019-03-04"
    assert finding.first_at == datetime(2019, 3, 4)
    assert finding.text == (
        "22 个工作日存放于央行的备付金低于规定的 100%，最多少 495,000.00 元",
        "For 22 working days less than the ordered 100% of the reserve lay at the central bank, "
        "by up to 495,000.00 yuan",
    )


def test_the_share_is_that_of_the_day() -> None:
    enough, little = firm(), firm()
    central(enough, 0.12)
    central(little, 0.04)
    assert found(moved_to(enough, date(2017, 5, 2))) == []
    assert [f.amount_fen for f in found(moved_to(little, date(2017, 5, 2)))] == [7_500_000]


def test_without_the_central_bank_s_account_a_part_cannot_be_compared() -> None:
    [said] = reserve_placement.detect(moved_to(firm(), date(2017, 5, 2)))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("reserve_day (bank 001, central bank)",)
    bare = firm()
    del bare.rows["reserve_day"]
    [said] = reserve_placement.detect(bare.context(30))
    assert isinstance(said, CannotConclude)
    assert said.missing == ("reserve_day",)


def test_interest_under_any_name_fires_after_the_ban() -> None:
    shown, hidden = firm(), firm()
    central(shown, 1)
    shown.rows["reserve_day"][5]["interest_uncarried_fen"] = 900
    [finding] = found(moved_to(shown, date(2019, 3, 4)))
    assert finding.amount_fen == 900
    assert finding.text[1] == (
        "The ledger shows interest on 1 days after it was forbidden, up to 9.00 yuan"
    )
    hidden.institution("Bank", "bank")
    for day in (1, 11, 21):
        hidden.pay("Bank", "own", 800, at(day))
    [finding] = found(moved_to(hidden, date(2019, 3, 4)))
    assert finding.measures["bank_fees_fen"].value == 240_000
    before = firm()
    before.institution("Bank", "bank")
    before.pay("Bank", "own", 80_000, at(1))
    for day in (1, 11, 21):
        before.pay("Bank", "reserve", 800, at(day))
    assert found(before.context(30)) == []


def deposit(bank: str, yuan: float = 60_000, interest: float = 120, days: int = 20) -> World:
    world = firm()
    world.account("term", "Payer", "ordinary", bank=bank)
    world.pay("reserve", "term", yuan, at(2))
    world.pay("term", "reserve", yuan + interest, at(2 + days))
    return world


def test_a_deposit_at_another_bank_fires_at_any_time() -> None:
    [finding] = found(deposit(OTHER).context(30))
    assert finding.amount_fen == 6_000_000
    assert finding.transfers[0] == "reserve_day:Payer:102301000019:reserve:2016-06-03"
    assert len(finding.transfers) == 1 + 2
    assert finding.text == (
        "备付金 1 次共 60,000.00 元定期存放，连同利息 120.00 元收回",
        "1 time(s) 60,000.00 yuan of the reserve were placed for a term and came back with 120.00 "
        "yuan of interest",
    )


def test_what_lies_at_the_same_place_yet_counts_too() -> None:
    world = deposit(OTHER)
    more = world.pay("reserve", "term", 30_000, at(20))
    [finding] = found(world.context(30))
    assert finding.amount_fen == 9_000_000 and more in finding.transfers
    assert "1 of them came back" in finding.text[1]


def test_a_small_deposit_or_one_with_the_reserve_s_own_bank_is_none() -> None:
    lawful = firm()
    lawful.institution("Bank", "bank")
    lawful.account("term", "Bank", "own_funds")
    lawful.pay("reserve", "term", 60_000, at(2))
    lawful.pay("term", "reserve", 60_120, at(22))
    for quiet in (lawful, deposit(OTHER, yuan=49_999), deposit(OTHER, days=0, interest=0)):
        assert found(quiet.context(30)) == []


def test_an_account_of_the_firm_s_own_is_no_place_for_it_at_any_bank() -> None:
    assert [f.amount_fen for f in found(deposit(BANK).context(30))] == [6_000_000]
    kept = firm()
    kept.account("term", "Payer", "ordinary", bank=BANK)
    refs = {kept.pay("reserve", "term", 60_000, at(day)) for day in (2, 9)}
    [finding] = found(kept.context(30))
    assert finding.amount_fen == 12_000_000 and refs <= set(finding.transfers)
    assert "0 of them came back" in finding.text[1]
    # What the firm lives on is no deposit: it is spent.
    kept.pay("term", kept.persons("clerk", 1)[0], 8_000, at(10))
    assert found(kept.context(30)) == []


def test_regular_payments_of_the_reserve_s_bank_fire_out_of_proportion_too() -> None:
    def paid(*days: int, yuan: tuple[float, ...] = (30_000, 26_000, 33_000)) -> World:
        world = firm()
        world.institution("Bank", "bank")
        for day, each in zip(days, yuan, strict=True):
            world.pay("Bank", "own", each, at(day))
        return world

    [finding] = found(paid(1, 11, 21).context(30))
    assert finding.amount_fen == 8_900_000
    assert [test.name for test in finding.lookalikes if not test.passed][-1] == (
        "banks_own_purchases"
    )
    assert found(paid(1, 2, 21).context(30)) == []
    assert found(paid(1, 11, 21, yuan=(30_000, 200_000, 9_000)).context(30)) == []


def outside(clients: int, each: float) -> World:
    world = firm()
    for number, client in enumerate(world.persons("client", clients)):
        world.pay(client, "own", each, at(number % 30))
        world.pay(client, "reserve", 1_000, at(number % 30))
    return world


def test_clients_who_pay_outside_the_reserve_fire() -> None:
    [finding] = found(outside(20, 2_500).context(30))
    assert finding.amount_fen == 5_000_000
    assert finding.text[0].startswith("20 名以上客户将 50,000.00 元付入未登记为备付金的账户")
    assert found(outside(19, 3_000).context(30)) == []
    assert found(outside(20, 999).context(30)) == []


def test_a_small_share_fires_where_it_goes_on_to_merchants() -> None:
    world = outside(20, 1_000)
    world.party("Shop")
    for client in world.persons("usual", 20):
        world.pay(client, "reserve", 20_000, at(3))
    assert found(world.context(30)) == []
    for day in (5, 15, 25):
        world.pay("own", "Shop", 6_000, at(day))
    assert [finding.amount_fen for finding in found(world.context(30))] == [2_000_000]


def barred(scope: str | None, *, owner: str = "兴业银行股份有限公司", yuan: float = 5_000) -> World:
    """Clients pay into a reserve at a bank (309) whose scope the register states; another bank's
    scope names reserves."""
    world = firm()
    world.institution("Bank", "bank", scope=scope)
    world.institution("Other", "bank", scope="bank;client_reserve")
    world.party("Bank", name=owner)
    world.party("Other", name="中国工商银行股份有限公司")
    world.account("second", "Payer", "client_reserve", "Payer", bank="309301000015")
    for number, client in enumerate(world.persons("client", 10)):
        world.pay(client, "second", yuan, at(number, 9))
    return world


def test_a_reserve_at_a_bank_whose_scope_does_not_cover_it_fires() -> None:
    [finding] = found(barred("bank").context(30))
    assert finding.measures["barred_bank_fen"].value == finding.amount_fen == 5_000_000
    assert len(finding.transfers) == 10
    assert found(barred("bank;备付金存管").context(30)) == []
    assert found(barred("bank", owner="某银行").context(30)) == []
    assert found(barred("bank", yuan=4_999).context(30)) == []
    silent = barred("bank")
    silent.scopes["Other"] = "bank"
    assert found(silent.context(30)) == []


def test_a_bank_that_keeps_money_with_another_is_not_that_bank() -> None:
    lawful = barred("bank", owner="江苏城市商业银行股份有限公司")
    lawful.account("nostro", "Bank", "own_funds", bank="102301000019")
    assert found(lawful.context(30)) == []
    own = barred("bank", owner="某银行")
    own.account("vault", "Bank", "own_funds", bank="309301000015")
    assert [each.amount_fen for each in found(own.context(30))] == [5_000_000]


def test_capital_and_wages_over_the_same_account_are_no_clients_money() -> None:
    world = outside(20, 2_500)
    world.party("Investor", "Shop")
    clerk = world.persons("clerk", 1)[0]
    other = world.pay("Investor", "own", 1_000_000, at(3)), world.pay("own", clerk, 8_000, at(4))
    settled = world.pay("own", "Shop", 40_000, at(5))
    [finding] = found(world.context(30))
    assert finding.amount_fen == 5_000_000
    assert settled in finding.transfers and not set(other) & set(finding.transfers)


def test_what_moves_between_barred_reserves_came_in_once() -> None:
    world = barred("bank")
    world.account("third", "Payer", "client_reserve", "Payer", bank="309301000015")
    moved = world.pay("second", "third", 40_000, at(12))
    [finding] = found(world.context(30))
    assert finding.amount_fen == 5_000_000 and moved in finding.transfers


def test_a_merchant_that_pays_back_once_has_no_deposits() -> None:
    world = firm()
    world.party("Merchant")
    world.account("till", "Merchant", "ordinary", bank=OTHER)
    for week in range(4):
        world.pay("reserve", "till", 60_000, at(1 + 7 * week))
    world.pay("till", "reserve", 60_100, at(10))
    assert found(world.context(30)) == []


def test_what_has_lain_there_for_longer_than_any_term_is_none() -> None:
    world = deposit(OTHER, interest=20, days=2)
    world.pay("reserve", "term", 30_000, at(8))
    world.pay("term", world.persons("clerk", 1)[0], 100, at(9))
    [finding] = found(world.context(30))
    assert finding.amount_fen == 6_000_000
