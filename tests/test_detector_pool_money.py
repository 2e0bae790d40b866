"""Persons' money of a pool: whose principal returns were, and which circle it reached, how."""

from __future__ import annotations

from datetime import datetime

from detector_world import World, at

from detectors.pool_money import PoolMoney, follow_pools


def pool(*paid: tuple[str, str, int, datetime]) -> World:
    """Ann, Bob and Cid, a pool on a stranger's card, two shells, and a firm with its owner."""
    world = World()
    world.institution("Firm", "investment_firm", licensed=False)
    world.party("Ann", "Bob", "Cid", "Card", "Owner", kind="person")
    world.party("Shell", "Front", "Shop")
    world.tie("Owner", "Firm", "shareholder", 0.6)
    for payer, payee, yuan, when in paid:
        world.pay(payer, payee, yuan, when)
    return world


def followed(world: World) -> tuple[PoolMoney, dict[str, int]]:
    context = world.context(60)
    party = {name: number for number, name in context.party_ids.items()}
    [money] = follow_pools(context, [[sorted(world.accounts).index("Card")]])
    return money, party


def test_a_return_is_of_others_by_the_less_of_both_orders() -> None:
    # First in first out pays Ann 100 of her own and 20 of Bob's; last in first out 120 of Cid's.
    money, _ = followed(
        pool(
            ("Ann", "Card", 100, at(1)),
            ("Bob", "Card", 200, at(2)),
            ("Cid", "Card", 300, at(3)),
            ("Card", "Ann", 120, at(4)),
        )
    )
    assert (money.returned_fen, money.others_fen, money.left_fen) == (12_000, 2_000, 12_000)


def test_what_a_firm_paid_in_is_no_payers_principal() -> None:
    money, _ = followed(
        pool(
            ("Ann", "Card", 100, at(1)),
            ("Shop", "Card", 500, at(2)),
            ("Card", "Ann", 120, at(4)),
        )
    )
    assert (money.returned_fen, money.others_fen) == (12_000, 0)


def test_a_payment_to_one_who_had_not_paid_in_is_no_return() -> None:
    money, _ = followed(
        pool(
            ("Ann", "Card", 100, at(1)),
            ("Card", "Bob", 60, at(2)),
            ("Bob", "Card", 10, at(3)),
        )
    )
    assert (money.returned_fen, money.others_fen, money.left_fen) == (0, 0, 6_000)


def test_money_reaches_the_circle_over_two_others() -> None:
    world = pool(
        ("Ann", "Card", 1000, at(1)),
        ("Card", "Shell", 900, at(2)),
        ("Shell", "Front", 900, at(3)),
        ("Front", "Owner", 880, at(12)),
        ("Card", "Firm", 50, at(13)),
    )
    money, party = followed(world)
    assert money.left_fen == 95_000
    assert money.reached_fen == {party["Owner"]: 88_000, party["Firm"]: 5_000}
    context = world.context(60)
    [again] = follow_pools(context, [[sorted(world.accounts).index("Card")]])
    detour = again.detour(context, {party["Owner"], party["Firm"]}, 0.5)
    assert detour is not None
    assert detour.amount_fen == 88_000
    assert detour.shown["ref"].to_list() == ["M1", "M2", "M3"]
    assert detour.reached == {party["Owner"]}
    assert detour.passed == {party["Shell"], party["Front"]}
    assert again.detour(context, {party["Firm"]}, 0.5) is None
    assert again.detour(context, {party["Owner"]}, 0.98) is None


def test_what_left_too_long_ago_or_was_paid_back_reaches_nobody() -> None:
    money, _ = followed(
        pool(
            ("Ann", "Card", 1000, at(1)),
            ("Card", "Shell", 500, at(2)),
            ("Shell", "Owner", 500, at(13)),
            ("Card", "Ann", 300, at(3)),
            ("Ann", "Owner", 300, at(4)),
        )
    )
    assert (money.left_fen, money.reached_fen) == (80_000, {})


def test_pools_that_share_an_account_are_each_followed() -> None:
    world = pool(
        ("Ann", "Shop", 100, at(1)),
        ("Bob", "Shell", 50, at(1)),
        ("Shop", "Shell", 100, at(2)),
        ("Shell", "Owner", 150, at(3)),
    )
    context = world.context(60)
    number = sorted(world.accounts).index
    both, one = follow_pools(context, [[number("Shop"), number("Shell")], [number("Shell")]])
    assert (both.left_fen, sum(both.reached_fen.values())) == (15_000, 15_000)
    assert (one.left_fen, sum(one.reached_fen.values())) == (5_000, 5_000)
