"""Schemes around payments, products and intermediaries: each is there, and shows its own fact."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pytest

from simulator.business_scopes import business_scopes
from simulator.names import party_ids, party_names
from simulator.province import set_stage
from simulator.rows import Array, Ints
from simulator.schemes import (
    disguised_clearing,
    disguised_debt,
    layering,
    paid_promotion,
    premium_misuse,
    product_nesting,
    product_splitting,
    related_party,
    reserve_placement,
    restricted_name,
    sham_merchant,
    unapproved_exchange,
    unlicensed_business,
    unlicensed_payment,
)
from simulator.stage import Stage, Typology
from simulator.tips import tip_rows
from simulator.workdays import DAY
from simulator.world import CHANNEL, INSTITUTION, PERSON, ROLE, YUAN, Lookalike, Scheme, World

TYPOLOGIES = (
    unlicensed_payment.TYPOLOGY,
    sham_merchant.TYPOLOGY,
    disguised_clearing.TYPOLOGY,
    unapproved_exchange.TYPOLOGY,
    layering.TYPOLOGY,
    premium_misuse.TYPOLOGY,
    disguised_debt.TYPOLOGY,
    unlicensed_business.TYPOLOGY,
    product_splitting.TYPOLOGY,
    product_nesting.TYPOLOGY,
    related_party.TYPOLOGY,
    reserve_placement.TYPOLOGY,
    paid_promotion.TYPOLOGY,
    restricted_name.TYPOLOGY,
)
DAYS = 30
CASES = [(each, variant) for each in TYPOLOGIES for variant in each.variants]


@dataclass(frozen=True)
class Played:
    """A world in which every variant and every look-alike of the typologies was put once."""

    stage: Stage
    schemes: dict[tuple[str, str], int]

    @property
    def world(self) -> World:
        return self.stage.world

    def scheme(self, typology: str, variant: str) -> Scheme:
        return self.world.schemes[self.schemes[typology, variant]]

    def moved(self, typology: str, variant: str) -> dict[str, Array]:
        """The transfers of one scheme."""
        rows = self.world.transfers.column("scheme") == self.schemes[typology, variant]
        return {name: values[rows] for name, values in self.world.transfers.joined().items()}

    def look_alike(self, typology: str, kind: str) -> Lookalike:
        return next(e for e in self.world.lookalikes if (e.typology, e.kind) == (typology, kind))

    def paid(self, account: int) -> dict[str, Array]:
        """What one account paid."""
        rows = self.world.transfers.column("payer") == account
        return {name: values[rows] for name, values in self.world.transfers.joined().items()}

    def owned_by(self, party: int) -> set[int]:
        """The parties that a party holds shares of."""
        rows = self.world.relations.column("from_party") == party
        return set(self.world.relations.column("to_party")[rows].tolist())

    def licensed(self, party: int) -> bool:
        rows = self.world.institutions.column("party") == party
        return bool(self.world.institutions.column("licensed")[rows].any())


@pytest.fixture(scope="module")
def played() -> Played:
    stage = set_stage(23, "small", DAYS)
    schemes = {}
    for typology, variant in CASES:
        schemes[typology.name, variant] = len(stage.world.schemes)
        typology.add(stage, variant)
    for typology in TYPOLOGIES:
        for put in typology.lookalikes:
            put(stage)
    return Played(stage, schemes)


@pytest.mark.parametrize(
    ("typology", "variant"), CASES, ids=[f"{each.name}-{variant}" for each, variant in CASES]
)
def test_a_scheme_names_its_organiser_and_what_shows_it(
    played: Played, typology: Typology, variant: str
) -> None:
    scheme, moved = played.scheme(typology.name, variant), played.moved(typology.name, variant)
    assert (scheme.typology, scheme.variant) == (typology.name, variant)
    assert "organiser" in {role for _, role in scheme.parties}
    assert len(moved["payer"]) or scheme.records
    ends = np.concatenate([moved["payer"], moved["payee"]])
    assert set(scheme.accounts) <= set(ends.tolist()) or scheme.records


def test_each_typology_has_three_variants_and_a_look_alike(played: Played) -> None:
    for typology in TYPOLOGIES:
        assert len(set(typology.variants)) >= 3
        kinds = {e.kind for e in played.world.lookalikes if e.typology == typology.name}
        assert len(kinds) == len(typology.lookalikes) >= 1


def gains(played: Played, accounts: Ints | list[int], moved: dict[str, Array]) -> float:
    """The share of what came into accounts from outside that did not leave them again."""
    inside_payer, inside_payee = (np.isin(moved[end], accounts) for end in ("payer", "payee"))
    came = moved["amount"][~inside_payer & inside_payee].sum()
    went = moved["amount"][inside_payer & ~inside_payee].sum()
    return float((came - went) / came)


@pytest.mark.parametrize("variant", unlicensed_payment.VARIANTS)
def test_the_unlicensed_settle_strangers_and_keep_a_sliver(played: Played, variant: str) -> None:
    scheme = played.scheme("unlicensed_payment", variant)
    moved = played.moved("unlicensed_payment", variant)
    out = ~np.isin(moved["payee"], scheme.accounts)
    payees = set(played.world.owner(moved["payee"][out]).tolist())
    assert len(payees) >= 20
    assert not payees & played.owned_by(scheme.institution)
    assert not played.licensed(scheme.institution)
    # What the last days brought has not been passed on yet.
    assert 0 <= gains(played, scheme.accounts, moved) < 0.35
    roles = played.world.accounts.column("role")[scheme.accounts]
    assert not set(roles.tolist()) & {ROLE["client_custody"], ROLE["client_reserve"]}


def test_who_settles_many_lawfully_has_a_role_a_licence_or_owns_them(played: Played) -> None:
    world = played.world
    market, head, own, licensed = (
        played.look_alike("unlicensed_payment", kind)
        for kind in (
            "split_settlement",
            "chain_head_office",
            "own_goods",
            "licensed_institution",
        )
    )
    assert world.accounts.column("role")[market.accounts[0]] == ROLE["client_custody"]
    shops = played.paid(head.accounts[0])
    paid = np.unique(world.owner(shops["payee"]))
    assert np.isin(paid, list(played.owned_by(head.party))).sum() >= 20
    assert played.licensed(licensed.party)
    bought = np.unique(played.paid(own.accounts[0])["amount"])
    assert len(bought) >= 20


def swiped_and_returned(played: Played, rows: dict[str, Array]) -> tuple[int, int]:
    """What persons paid by card, and what the same persons were paid otherwise."""
    pos = rows["channel"] == CHANNEL["pos"]
    holders = np.unique(played.world.owner(rows["payer"][pos]))
    back = ~pos & np.isin(played.world.owner(rows["payee"]), holders)
    return int(rows["amount"][pos].sum()), int(rows["amount"][back].sum())


@pytest.mark.parametrize("variant", sham_merchant.VARIANTS)
def test_a_sham_merchant_gives_the_holders_their_money_back(played: Played, variant: str) -> None:
    paid, back = swiped_and_returned(played, played.moved("sham_merchant", variant))
    assert paid > 0
    # A few payments fall outside the period.
    assert 0.85 < back / paid < 1.05


@pytest.mark.parametrize("kind", ["wholesaler", "returned_goods", "night_restaurant"])
def test_a_real_merchant_keeps_most_and_buys_goods(played: Played, kind: str) -> None:
    shop = played.look_alike("sham_merchant", kind).accounts[0]
    columns = played.world.transfers.joined()
    rows = (columns["payer"] == shop) | (columns["payee"] == shop)
    mine = {name: values[rows] for name, values in columns.items()}
    paid, back = swiped_and_returned(played, mine)
    assert back / paid < 0.3
    bought = np.isin(mine["payee"], played.world.pools["buyers"])
    assert mine["amount"][bought].sum() / paid > 0.4


@pytest.mark.parametrize("variant", disguised_clearing.VARIANTS)
def test_disguised_clearing_balances_each_day_outside_the_clearing(
    played: Played, variant: str
) -> None:
    scheme, moved = (
        played.scheme("disguised_clearing", variant),
        played.moved("disguised_clearing", variant),
    )
    # What bridges and the firm pay each other is its own affair.
    owner = played.world.owner
    firm = played.scheme("disguised_clearing", variant).institution
    own = (owner(moved["payer"]) == firm) | (owner(moved["payee"]) == firm)
    outer = ~(own & (variant == "bridge_accounts"))
    moved = {name: values[outer] for name, values in moved.items()}
    into = np.isin(moved["payee"], scheme.accounts)
    day = moved["time"] // DAY
    came, went = (
        np.bincount(day[rows], moved["amount"][rows], minlength=DAYS) for rows in (into, ~into)
    )
    assert came.sum() > 0
    assert np.all(np.abs(came - went) <= 0.02 * came + 2_000 * YUAN)
    bank = played.world.accounts.column("bank")
    same = bank[moved["payer"]] == bank[moved["payee"]]
    assert np.all(same | (moved["channel"] == CHANNEL["direct_link"]))


def test_a_lawful_remitter_goes_through_the_clearing_or_moves_its_own(played: Played) -> None:
    world = played.world
    lawful = played.look_alike("disguised_clearing", "through_the_clearing")
    sent = played.paid(lawful.accounts[0])
    assert set(sent["channel"].tolist()) <= {CHANNEL["unionpay"], CHANNEL["nucc"]}
    own = played.look_alike("disguised_clearing", "own_position")
    moved = [played.paid(account) for account in own.accounts]
    payees = np.concatenate([rows["payee"] for rows in moved])
    assert set(world.owner(payees).tolist()) == {own.party}
    settled = played.look_alike("disguised_clearing", "merchant_settlement")
    columns = world.transfers.joined()
    took = columns["time"][columns["payee"] == settled.accounts[0]]
    paid = columns["time"][columns["payer"] == settled.accounts[1]]
    assert paid.min() // DAY > took.min() // DAY


@pytest.mark.parametrize("variant", unapproved_exchange.VARIANTS)
def test_an_unapproved_exchange_keeps_what_it_takes(played: Played, variant: str) -> None:
    scheme, moved = (
        played.scheme("unapproved_exchange", variant),
        played.moved("unapproved_exchange", variant),
    )
    inside = np.isin(moved["payer"], scheme.accounts)
    payers = np.unique(played.world.owner(moved["payer"][~inside]))
    came = moved["amount"][~inside].sum()
    back = inside & np.isin(played.world.owner(moved["payee"]), payers)
    assert len(payers) >= 40
    assert moved["amount"][back].sum() / came < 0.6
    assert not any(played.licensed(party) for party, _ in scheme.parties)


def test_approved_venues_are_licensed_and_markets_pay_for_goods(played: Played) -> None:
    for kind in ("approved_exchange", "approved_member"):
        assert played.licensed(played.look_alike("unapproved_exchange", kind).party)
    market = played.look_alike("unapproved_exchange", "goods_market").accounts[0]
    columns = played.world.transfers.joined()
    came = columns["amount"][(columns["payee"] == market) & ~columns["plain"]].sum()
    paid = played.paid(market)
    sold = paid["amount"][np.isin(paid["payee"], played.world.pools["buyers"]) & ~paid["plain"]]
    assert sold.sum() / came > 0.8


def degrees(moved: dict[str, Array]) -> tuple[dict[int, int], dict[int, int]]:
    """How many others each account pays, and how many pay it."""
    edges = {(int(a), int(b)) for a, b in zip(moved["payer"], moved["payee"], strict=True)}
    outs, ins = ([edge[side] for edge in edges] for side in (0, 1))
    return {a: outs.count(a) for a in outs}, {b: ins.count(b) for b in ins}


@pytest.mark.parametrize("variant", layering.VARIANTS)
def test_each_shape_of_layering_has_its_shape(played: Played, variant: str) -> None:
    moved = played.moved("layering", variant)
    outs, ins = degrees(moved)
    both = set(outs) & set(ins)
    if variant == "fan_in":
        assert len(ins) == 1 and len(outs) >= 4
    elif variant == "fan_out":
        assert len(outs) == 1 and len(ins) >= 4
    elif variant == "scatter_gather":
        assert len(set(outs) - both) == len(set(ins) - both) == 1 and len(both) >= 4
    elif variant == "gather_scatter":
        assert len(both) == 1 and len(outs) >= 4 and len(ins) >= 4
    elif variant == "bipartite":
        assert not both and len(outs) >= 2 and min(outs.values()) >= 4
    elif variant == "stack":
        assert len(both) >= 2 and max(outs.values()) >= 2
    elif variant == "cycle":
        assert set(outs) == set(ins)
    elif variant == "chain":
        assert len(set(ins) - both) == 1 and max(outs.values()) == 1 and len(both) >= 2
    else:
        into = moved["payee"] != moved["payee"][-1]
        assert moved["amount"][into].max() < 2_000_000 * YUAN and into.sum() >= 5


def test_those_who_begin_a_bipartite_shape_are_all_behind_it(played: Played) -> None:
    moved = played.moved("layering", "bipartite")
    beginners = set(played.world.owner(np.unique(moved["payer"])).tolist())
    scheme = played.scheme("layering", "bipartite")
    assert {party for party, role in scheme.parties if role == "organiser"} == beginners


def test_the_innocent_that_layer_own_their_members_or_trade(played: Played) -> None:
    group = played.look_alike("layering", "group_sweep")
    payees = np.unique(played.world.owner(played.paid(group.accounts[0])["payee"]))
    assert len(set(payees.tolist()) & played.owned_by(group.party)) >= 4
    circle = played.look_alike("layering", "savings_circle").accounts[0]
    columns = played.world.transfers.joined()
    parts = columns["amount"][columns["payee"] == circle]
    # Beside its turns the host lives on, and may be paid for something else.
    assert np.unique(parts, return_counts=True)[1].max() / len(parts) > 0.9
    chain = played.look_alike("layering", "supply_chain").accounts
    for account in chain:
        paid = played.paid(account)
        assert len(np.unique(paid["payee"])) >= 3


def back_ratios(rows: dict[str, Array], takers: list[int]) -> Array:
    """For each payment to someone who had paid once, what came back per yuan paid in."""
    into = np.isin(rows["payee"], takers)
    payer, amount = rows["payer"][into], rows["amount"][into]
    once = [account for account in np.unique(payer) if (payer == account).sum() == 1]
    ratios = []
    for account in once:
        back = rows["amount"][(rows["payee"] == account) & np.isin(rows["payer"], takers)]
        ratios += [int(back[0]) / int(amount[payer == account][0])] if len(back) == 1 else []
    return np.array(ratios)


def of_account(played: Played, account: int) -> dict[str, Array]:
    columns = played.world.transfers.joined()
    rows = (columns["payer"] == account) | (columns["payee"] == account)
    return {name: values[rows] for name, values in columns.items()}


def test_misused_premiums_earn_a_fixed_yield_or_go_to_the_circle(played: Played) -> None:
    fixed = played.scheme("premium_misuse", "fixed_yield")
    ratios = back_ratios(played.moved("premium_misuse", "fixed_yield"), fixed.accounts)
    assert len(ratios) >= 5
    assert ratios.max() - ratios.min() < 1e-3 and ratios.min() > 1
    for variant in ("agency_keeps", "to_subsidiary", "premium_swap"):
        scheme, moved = (
            played.scheme("premium_misuse", variant),
            played.moved("premium_misuse", variant),
        )
        circle = [party for party, role in scheme.parties if role == "beneficiary"]
        into = played.world.transfers.column("payee") == scheme.accounts[0]
        premiums = played.world.transfers.column("amount")[into].sum()
        taken = moved["amount"][np.isin(played.world.owner(moved["payee"]), circle)].sum()
        assert taken / premiums > 0.15


def test_honest_premiums_do_neither(played: Played) -> None:
    surrendered = played.look_alike("premium_misuse", "ordinary_surrender").accounts[0]
    ratios = back_ratios(of_account(played, surrendered), [surrendered])
    assert len(ratios) >= 3 and np.ptp(ratios) > 0.05 and ratios.max() < 1
    agency = played.look_alike("premium_misuse", "agency_settlement")
    owned = played.owned_by(agency.party)
    assert not owned & set(played.world.owner(played.paid(agency.accounts[0])["payee"]).tolist())
    served = played.look_alike("premium_misuse", "subsidiary_service")
    paid = played.paid(served.accounts[0])
    own = np.isin(played.world.owner(paid["payee"]), list(played.owned_by(served.party)))
    assert own.sum() >= 2 and len(np.unique(paid["amount"][own])) == 1


def amounts_by_payee(rows: dict[str, Array], payer: int) -> list[set[int]]:
    """The different amounts that each of those who were paid several times was paid."""
    held: dict[int, list[int]] = defaultdict(list)
    for who, account, amount in zip(rows["payer"], rows["payee"], rows["amount"], strict=True):
        if who == payer:
            held[int(account)].append(int(amount))
    return [set(amounts) for amounts in held.values() if len(amounts) >= 2]


def test_disguised_debt_pays_the_same_each_time_and_equity_does_not(played: Played) -> None:
    scheme = played.scheme("disguised_debt", "fixed_dividend")
    moved = played.moved("disguised_debt", "fixed_dividend")
    holders = played.world.holdings.column("party")
    held = set(holders[[row for table, row in scheme.records if table == "holding"]].tolist())
    yields = np.isin(played.world.owner(moved["payee"]), list(held))
    same = amounts_by_payee({n: v[yields] for n, v in moved.items()}, scheme.accounts[0])
    assert len(same) >= 10
    assert sum(len(amounts) == 1 for amounts in same) / len(same) > 0.9
    sold = played.scheme("disguised_debt", "repurchase")
    ratios = back_ratios(played.moved("disguised_debt", "repurchase"), sold.accounts)
    assert len(ratios) >= 5 and np.ptp(ratios) < 1e-3 and ratios.min() > 1
    true = played.look_alike("disguised_debt", "true_dividend").accounts[0]
    other = amounts_by_payee(of_account(played, true), true)
    varied = [amounts for amounts in other if len(amounts) >= 2]
    assert len(varied) / len(other) > 0.9
    bought = played.look_alike("disguised_debt", "negotiated_buyback").accounts[0]
    assert np.ptp(back_ratios(of_account(played, bought), [bought])) > 0.05


def kinds_of(played: Played, party: int) -> set[int]:
    rows = played.world.institutions.column("party") == party
    return set(played.world.institutions.column("kind")[rows].tolist())


@pytest.mark.parametrize("variant", unlicensed_business.VARIANTS)
def test_unlicensed_business_lacks_the_licence_for_what_it_does(
    played: Played, variant: str
) -> None:
    scheme, moved = (
        played.scheme("unlicensed_business", variant),
        played.moved("unlicensed_business", variant),
    )
    party, own = scheme.institution, scheme.accounts[0]
    if variant == "outside_scope":
        lenders = {INSTITUTION["small_loan_company"], INSTITUTION["p2p_platform"]}
        assert played.licensed(party) and not kinds_of(played, party) & lenders
    else:
        assert not played.licensed(party)
    if variant == "shared_settlement":
        assert len(np.unique(moved["amount"])) >= 3
        assert set(moved["payee"].tolist()) == {own}
    else:
        paid = moved["payer"] == own
        assert len(np.unique(moved["payee"][paid])) >= 10 or variant == "lent_channel"
        assert (moved["payee"] == own).any()


def test_vendors_are_paid_a_flat_fee_and_lenders_have_licences(played: Played) -> None:
    vendor = played.look_alike("unlicensed_business", "it_vendor")
    rows = of_account(played, vendor.accounts[0])
    own = np.isin(played.world.owner(rows["payer"]), [vendor.institution])
    assert own.sum() >= 2 and len(np.unique(rows["amount"][own])) == 1
    lender = played.look_alike("unlicensed_business", "licensed_lender").party
    assert kinds_of(played, lender) == {INSTITUTION["small_loan_company"]}
    assert played.licensed(lender)
    assert played.licensed(played.look_alike("unlicensed_business", "licensed_partners").party)


def positions(played: Played, product: int) -> dict[str, Array]:
    rows = played.world.holdings.column("product") == product
    return {name: values[rows] for name, values in played.world.holdings.joined().items()}


def product_of(played: Played, account: int) -> int:
    return int(np.flatnonzero(played.world.products.column("account") == account)[0])


def is_split(played: Played, product: int) -> set[str]:
    """Which of the rules for private products its positions break, looking through products."""
    held = positions(played, product)
    persons = set(held["party"][held["party"] >= 0].tolist())
    for inner in held["of_product"][held["of_product"] >= 0]:
        persons |= set(positions(played, int(inner))["party"].tolist())
    direct = held["party"] >= 0
    low = int(played.world.products.column("risk")[product])
    broken = set()
    if len(persons) > 200:
        broken.add("holders")
    if direct.any() and held["cost"][direct].min() < 1_000_000 * YUAN:
        broken.add("tickets")
    if direct.any() and (held["risk"][direct] < low).mean() > 0.1:
        broken.add("risk")
    return broken


@pytest.mark.parametrize(
    ("variant", "broken"),
    [
        ("many_holders", "holders"),
        ("small_tickets", "tickets"),
        ("vehicles", "holders"),
        ("unfit_holders", "risk"),
    ],
)
def test_a_split_product_breaks_a_rule(played: Played, variant: str, broken: str) -> None:
    scheme = played.scheme("product_splitting", variant)
    assert broken in is_split(played, product_of(played, scheme.accounts[0]))


def test_pooled_tickets_have_many_behind_each(played: Played) -> None:
    scheme = played.scheme("product_splitting", "pooled_tickets")
    moved = played.moved("product_splitting", "pooled_tickets")
    product = product_of(played, scheme.accounts[0])
    holders = len(positions(played, product)["party"])
    behind = moved["payer"][moved["payee"] != scheme.accounts[0]]
    assert len(np.unique(behind)) >= 4 * holders


def test_an_orderly_private_product_breaks_none(played: Played) -> None:
    account = played.look_alike("product_splitting", "orderly_product").accounts[0]
    assert is_split(played, product_of(played, account)) == set()


def nesting(played: Played) -> nx.DiGraph:
    """Who holds whom: products, with a partnership's equity and the partnership as one."""
    world = played.world
    held, made = world.holdings.joined(), world.products.joined()
    graph = nx.DiGraph()
    equity = made["offering"] == 2
    share = {
        int(issuer): int(row) for row, issuer in enumerate(made["issuer"].tolist()) if equity[row]
    }
    for party, outer, inner in zip(
        held["party"].tolist(), held["of_product"].tolist(), held["product"].tolist(), strict=True
    ):
        if outer >= 0:
            graph.add_edge(outer, inner)
        elif party in share:
            graph.add_edge(share[party], inner)
    return graph


def depth_below(graph: nx.DiGraph, product: int) -> float:
    """The longest way down from a product; without end in a ring."""
    below = graph.subgraph(nx.descendants(graph, product) | {product})
    if not nx.is_directed_acyclic_graph(below):
        return float("inf")
    return float(nx.dag_longest_path_length(below))


@pytest.mark.parametrize("variant", product_nesting.VARIANTS)
def test_nested_products_are_deeper_than_one(played: Played, variant: str) -> None:
    scheme = played.scheme("product_nesting", variant)
    depth = depth_below(nesting(played), product_of(played, scheme.accounts[0]))
    assert depth >= 2
    assert (depth == float("inf")) == (variant == "ring")


@pytest.mark.parametrize("kind", ["public_underlying", "one_layer"])
def test_lawful_products_are_one_deep(played: Played, kind: str) -> None:
    account = played.look_alike("product_nesting", kind).accounts[0]
    assert depth_below(nesting(played), product_of(played, account)) == 1


@pytest.mark.parametrize("variant", related_party.VARIANTS)
def test_related_members_move_much_of_their_capital(played: Played, variant: str) -> None:
    scheme, moved = (
        played.scheme("related_party", variant),
        played.moved("related_party", variant),
    )
    (giver, _), (taker, _) = scheme.parties[:2]
    assert played.licensed(giver) and played.licensed(taker)
    came = moved["amount"][played.world.owner(moved["payee"]) == taker].sum()
    capital = int(played.world.parties.column("capital")[giver])
    assert came / capital > 0.1


def test_a_decent_group_pays_dividends_and_flat_fees(played: Played) -> None:
    for kind in ("dividend", "shared_services"):
        group = played.look_alike("related_party", kind)
        rows = of_account(played, group.accounts[0])
        other = played.world.owner(rows["payer"])
        fees = [rows["amount"][other == party] for party in np.unique(other)]
        licensed = [
            amounts
            for party, amounts in zip(np.unique(other).tolist(), fees, strict=True)
            if party != group.party and played.licensed(party)
        ]
        assert all(len(np.unique(amounts)) == 1 for amounts in licensed)
        assert bool(licensed) == (kind == "shared_services")


def role_of(played: Played, account: int) -> int:
    return int(played.world.accounts.column("role")[account])


def test_all_reserves_but_the_misplaced_lie_at_banks_that_may_hold_them(played: Played) -> None:
    world, banks = played.world, played.stage.banks
    misplaced = played.scheme("reserve_placement", "unfit_bank").accounts
    reserves = np.flatnonzero(world.accounts.column("role") == ROLE["client_reserve"])
    fit = banks.holds_reserves[world.accounts.column("bank")[reserves]]
    assert set(reserves[~fit].tolist()) == set(misplaced)
    scopes = [world.licence_scopes.get(party, "bank") for party in banks.party.tolist()]
    stated = ["client_reserve" in scope for scope in scopes]
    assert stated == banks.holds_reserves.tolist()


def test_a_misplaced_reserve_earns_or_hides_and_a_lawful_one_does_not(played: Played) -> None:
    reserve = ROLE["client_reserve"]
    deposit = played.moved("reserve_placement", "fixed_deposit")
    assert role_of(played, int(deposit["payer"][0])) == reserve
    fee = played.moved("reserve_placement", "interest_as_fee")
    bank_parties = set(played.stage.banks.party.tolist())
    assert set(played.world.owner(fee["payer"]).tolist()) <= bank_parties
    assert reserve not in {role_of(played, account) for account in fee["payee"].tolist()}
    hidden = played.scheme("reserve_placement", "unregistered_account").accounts[0]
    moved = played.moved("reserve_placement", "unregistered_account")
    assert role_of(played, hidden) != reserve
    assert len(np.unique(moved["payer"][moved["payee"] == hidden])) >= 50
    own = played.look_alike("reserve_placement", "own_deposit").accounts
    assert all(role_of(played, account) != reserve for account in own)
    lawful = played.look_alike("reserve_placement", "lawful_interest").accounts[0]
    assert role_of(played, lawful) == reserve


@pytest.mark.parametrize("variant", paid_promotion.VARIANTS)
def test_the_unlicensed_pay_media_or_promoters(played: Played, variant: str) -> None:
    scheme, moved = (
        played.scheme("paid_promotion", variant),
        played.moved("paid_promotion", variant),
    )
    assert not played.licensed(scheme.institution)
    payees = played.world.owner(moved["payee"])
    if variant == "promoters":
        assert np.all(played.world.parties.column("kind")[payees] == PERSON)
        assert len(np.unique(payees)) >= 5
    else:
        assert len(set(moved["payee"].tolist()) & set(played.stage.media)) >= 2


def test_lawful_advertisers_have_a_licence_or_need_none(played: Played) -> None:
    licensed = played.look_alike("paid_promotion", "licensed_advertiser")
    shop = played.look_alike("paid_promotion", "retail_advertiser")
    assert played.licensed(licensed.party)
    assert shop.party not in played.world.institutions.column("party")
    for each in (licensed, shop):
        paid = set(played.paid(each.accounts[0])["payee"].tolist())
        assert len(paid & set(played.stage.media)) >= 2


def test_restricted_words_stand_where_the_truth_says_and_nowhere_else(played: Played) -> None:
    world = played.world
    names = party_names(world, played.stage.banks.name).to_list()
    # What stands in brackets says what a firm does not do.
    scopes = [(scope or "").split("（")[0] for scope in business_scopes(world)]
    guilty = {e.institution for e in world.schemes if e.typology == "restricted_name"}
    alike = {e.party for e in world.lookalikes if e.typology == "restricted_name"}
    firms = np.flatnonzero(world.parties.column("kind") != PERSON).tolist()
    worded = {
        party
        for party in firms
        if any(word in names[party] + scopes[party] for word in restricted_name.RESTRICTED)
        and not played.licensed(party)
    }
    assert worded - alike <= guilty
    plain = played.scheme("restricted_name", "in_name").institution
    scoped = played.scheme("restricted_name", "in_scope").institution
    assert {plain, scoped} <= worded
    spaced = played.scheme("restricted_name", "spaced").institution
    joined = "".join(c for c in names[spaced] + scopes[spaced] if c not in " ·-　")
    assert any(word in joined for word in restricted_name.RESTRICTED)


def test_tips_name_guilty_innocent_and_nobody(played: Played) -> None:
    world = played.world
    ids = party_ids(world)
    names = party_names(world, played.stage.banks.name)
    tips = tip_rows(world, ids, names)
    guilty = {ids[party] for scheme in world.schemes for party, _ in scheme.parties}
    named = [each for each in tips["party_id"].to_list() if each]
    assert any(each in guilty for each in named)
    assert any(each not in guilty for each in named)
    known = set(names.to_list())
    subjects = [text.split("：")[0] for text in tips["subject_text"].to_list()]
    vague = [
        party is None and subject not in known
        for party, subject in zip(tips["party_id"].to_list(), subjects, strict=True)
    ]
    assert any(vague)
    # Some give only a name, which a register knows.
    assert any(
        party is None and subject in known
        for party, subject in zip(tips["party_id"].to_list(), subjects, strict=True)
    )
