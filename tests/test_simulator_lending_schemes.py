"""Schemes of lending and raising money: each is there and shows its fact; look-alikes do not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest

from simulator.lookalikes.property_finance import RENOVATION
from simulator.province import set_stage
from simulator.purposes import PURPOSE
from simulator.rows import Array
from simulator.schemes import (
    borrower_cap,
    excess_return,
    fictitious_loan,
    illegal_fundraising,
    margin_finance,
    maturity_mismatch,
    offline_sales,
    own_lending,
    private_investment,
    property_finance,
    self_guarantee,
    unlisted,
)
from simulator.stage import Stage, Typology
from simulator.workdays import DAY, EPOCH
from simulator.world import (
    EVENT,
    INSTITUTION,
    PERSON,
    ROLE,
    YUAN,
    Lookalike,
    Scheme,
    World,
)

TYPOLOGIES = (
    illegal_fundraising.TYPOLOGY,
    excess_return.TYPOLOGY,
    private_investment.TYPOLOGY,
    fictitious_loan.TYPOLOGY,
    maturity_mismatch.TYPOLOGY,
    self_guarantee.TYPOLOGY,
    own_lending.TYPOLOGY,
    property_finance.TYPOLOGY,
    margin_finance.TYPOLOGY,
    offline_sales.TYPOLOGY,
    borrower_cap.TYPOLOGY,
    unlisted.TYPOLOGY,
)
CASES = [(each, variant) for each in TYPOLOGIES for variant in each.variants]
DAYS = 30


@dataclass(frozen=True)
class Played:
    """A world in which every variant and every look-alike of the typologies was put once."""

    stage: Stage
    numbers: dict[tuple[str, str], int]

    @property
    def world(self) -> World:
        return self.stage.world

    def scheme(self, typology: str, variant: str) -> Scheme:
        return self.world.schemes[self.numbers[typology, variant]]

    def moved(self, typology: str, variant: str) -> dict[str, Array]:
        """The transfers of one scheme."""
        return self.where("scheme", self.numbers[typology, variant])

    def where(self, column: str, value: int) -> dict[str, Array]:
        """The transfers with a value in a column."""
        rows = self.world.transfers.column(column) == value
        return {name: values[rows] for name, values in self.world.transfers.joined().items()}

    def circle(self, institution: int) -> set[int]:
        """Parties tied to an institution by any chain of ties, each one valid in the period."""
        rows = self.world.relations.joined()
        now = self.world.period.epoch_day
        valid = (rows["valid_from"] <= now) & ((rows["valid_to"] < 0) | (rows["valid_to"] > now))
        valid &= (rows["share"] < 0) | (rows["share"] >= 0.2)
        pairs = list(zip(rows["from_party"][valid], rows["to_party"][valid], strict=True))
        pairs += [(party, like) for party, like, _ in self.world.same_contact]
        own, ends = {institution}, {institution}
        while ends:
            ends = {a for a, b in pairs if b in ends} | {b for a, b in pairs if a in ends}
            ends -= own
            own |= ends
        return own

    def look_alike(self, typology: str, kind: str) -> Lookalike:
        return next(e for e in self.world.lookalikes if (e.typology, e.kind) == (typology, kind))

    def licensed(self, party: int) -> bool:
        rows = self.world.institutions.column("party") == party
        return bool(self.world.institutions.column("licensed")[rows].any())


@pytest.fixture(scope="module")
def played() -> Played:
    stage = set_stage(31, "small", DAYS)
    numbers = {}
    for typology, variant in CASES:
        numbers[typology.name, variant] = len(stage.world.schemes)
        typology.add(stage, variant)
    for typology in TYPOLOGIES:
        for put in typology.lookalikes:
            put(stage)
    return Played(stage, numbers)


@pytest.mark.parametrize(
    ("typology", "variant"), CASES, ids=[f"{each.name}-{variant}" for each, variant in CASES]
)
def test_a_scheme_names_its_organiser_and_what_shows_it(
    played: Played, typology: Typology, variant: str
) -> None:
    scheme, moved = played.scheme(typology.name, variant), played.moved(typology.name, variant)
    assert (scheme.typology, scheme.variant) == (typology.name, variant)
    assert scheme.parties[0] == (scheme.institution, "organiser")
    assert len(moved["payer"]) or scheme.records
    ends = np.concatenate([moved["payer"], moved["payee"]])
    assert set(scheme.accounts) <= set(ends.tolist()) or scheme.records


def test_each_typology_has_three_variants_and_a_look_alike(played: Played) -> None:
    for typology in TYPOLOGIES:
        assert len(set(typology.variants)) >= 3
        kinds = {e.kind for e in played.world.lookalikes if e.typology == typology.name}
        assert len(kinds) == len(typology.lookalikes) >= 1


def fractions_paid_back(moved: dict[str, Array], source: list[int]) -> list[float]:
    """What each person who paid in once was paid, as a fraction of that, to a thousandth."""
    paid: dict[int, list[int]] = {}
    for payer, payee, amount in zip(moved["payer"], moved["payee"], moved["amount"], strict=True):
        if payee in source and payer not in source:
            paid.setdefault(int(payer), []).append(int(amount))
    return [
        round(float(amount) / paid[int(payee)][0], 3)
        for payer, payee, amount in zip(
            moved["payer"], moved["payee"], moved["amount"], strict=True
        )
        if payer in source and len(paid.get(int(payee), [])) == 1
    ]


@pytest.mark.parametrize("variant", illegal_fundraising.VARIANTS)
def test_investors_pay_round_lots_and_get_few_fractions_back(played: Played, variant: str) -> None:
    scheme = played.scheme("illegal_fundraising", variant)
    moved = played.moved("illegal_fundraising", variant)
    into = np.isin(moved["payee"], scheme.accounts) & ~np.isin(moved["payer"], scheme.accounts)
    assert (moved["amount"][into] % (100 * YUAN) == 0).all()
    assert int(moved["amount"][into].sum()) == scheme.stake_fen > 0
    assert not played.licensed(scheme.institution)
    if variant == "cash_collectors":
        assert (moved["payer"][into] == -1).mean() > 0.3
        return
    small = [each for each in fractions_paid_back(moved, scheme.accounts) if each < 0.5]
    common = sum(count for _, count in Counter(small).most_common(6))
    assert len(small) >= 4
    assert common / len(small) > 0.35


def test_who_pays_round_sums_lawfully_gets_no_fixed_return(played: Played) -> None:
    for kind in ("pension_fund", "franchise", "letting_firm", "savings_circle"):
        account = played.look_alike("illegal_fundraising", kind).accounts[0]
        came, went = played.where("payee", account), played.where("payer", account)
        both = set(came["payer"].tolist()) & set(went["payee"].tolist())
        assert len(came["payer"]) >= 20 and len(went["payee"]) >= 1, kind
        if kind == "pension_fund":
            pension = went["purpose"] == PURPOSE["养老金"]
            assert not set(came["payer"].tolist()) & set(went["payee"][pension].tolist())
        if kind in ("franchise", "letting_firm"):
            given = went["purpose"] == PURPOSE["返利" if kind == "franchise" else "退款"]
            went = {name: values[given] for name, values in went.items()}
            both = set(came["payer"].tolist()) & set(went["payee"].tolist())
            assert both
            owed = {person: int(came["amount"][came["payer"] == person].sum()) for person in both}
            got = {person: int(went["amount"][went["payee"] == person].sum()) for person in both}
            assert all(got[person] <= owed[person] for person in both), kind


def test_old_investors_are_paid_with_new_money_behind_which_is_no_loan(played: Played) -> None:
    for variant in ("old_with_new", "short_product"):
        scheme = played.scheme("excess_return", variant)
        moved = played.moved("excess_return", variant)
        [account] = scheme.accounts
        into = int(moved["amount"][moved["payee"] == account].sum())
        out = int(moved["amount"][moved["payer"] == account].sum())
        assert (moved["loan"] < 0).all()
        assert into == scheme.stake_fen
        assert out / into > 0.45


def test_lenders_get_more_than_borrowers_pay_and_the_gap_is_the_stake(played: Played) -> None:
    for variant in ("high_coupon", "bonus_from_clients", "points_bought_back"):
        scheme = played.scheme("excess_return", variant)
        moved = played.moved("excess_return", variant)
        out = np.isin(moved["payer"], scheme.accounts) & ~np.isin(moved["payee"], scheme.accounts)
        assert 0 < scheme.stake_fen <= int(moved["amount"][out].sum())


def test_capped_marketing_is_small_and_comes_from_own_funds(played: Played) -> None:
    account = played.look_alike("excess_return", "capped_marketing").accounts[0]
    went = played.where("payer", account)
    lenders = np.isin(went["payee"], played.world.pools["people"])
    assert lenders.sum() > 5
    assert played.world.accounts.column("institution")[account] >= 0
    assert went["amount"][lenders & (went["loan"] >= 0)].size == 0
    assert np.median(went["amount"][lenders]) <= 100 * YUAN


@pytest.mark.parametrize("variant", private_investment.VARIANTS)
def test_an_unlicensed_investment_firm_takes_money_from_many(played: Played, variant: str) -> None:
    scheme = played.scheme("private_investment", variant)
    moved = played.moved("private_investment", variant)
    into = np.isin(moved["payee"], scheme.accounts) & (moved["payer"] >= 0)
    out = np.isin(moved["payer"], scheme.accounts)
    assert not played.licensed(scheme.institution)
    assert len(np.unique(moved["payer"][into])) >= 20 or (moved["payer"] == -1).sum() >= 20
    assert out.sum() >= 10


def test_a_consulting_firm_returns_at_most_what_it_was_paid(played: Played) -> None:
    account = played.look_alike("private_investment", "consulting").accounts[0]
    came, went = played.where("payee", account), played.where("payer", account)
    fees = set(came["amount"].tolist())
    back = went["purpose"] == PURPOSE["退款"]
    assert set(went["amount"][back].tolist()) <= fees
    assert back.sum() < 0.1 * len(came["payer"])


@pytest.mark.parametrize("variant", fictitious_loan.VARIANTS)
def test_borrowers_who_never_borrowed_pass_the_money_to_few(played: Played, variant: str) -> None:
    scheme = played.scheme("fictitious_loan", variant)
    moved, loans = played.moved("fictitious_loan", variant), [row for _, row in scheme.records]
    principal = int(played.world.loans.column("principal")[loans].sum())
    accounts = played.world.loans.column("account")[loans]
    ends = [party for party, role in scheme.parties if role == "beneficiary"]
    assert len(loans) >= 3 and 1 <= len(ends) <= 7
    if variant == "no_disbursement":
        assert not np.isin(moved["payee"], accounts).any()
        assert scheme.stake_fen == principal
        return
    paid = int(moved["amount"][np.isin(moved["payee"], accounts)].sum())
    gone = int(moved["amount"][np.isin(moved["payer"], accounts)].sum())
    assert paid == scheme.stake_fen <= principal
    assert gone / paid > (0.85 if variant in ("pass_through", "bought_companies") else 0.3)
    if variant in ("pass_through", "bought_companies"):
        opened = played.world.accounts.column("opened")[accounts]
        assert (played.world.period.epoch_day - opened < 46).all()
    if variant == "same_collateral":
        keys = played.world.loans.column("collateral")[loans]
        assert len(set(keys.tolist())) < len(loans)


def test_working_capital_comes_with_customers_and_wages_and_goes_to_many(played: Played) -> None:
    world = played.world
    firms = list(played.look_alike("fictitious_loan", "working_capital").accounts[1:])
    ordinary = world.transfers.column("loan") < 0
    payee, payer = world.transfers.column("payee"), world.transfers.column("payer")
    customers = ordinary & np.isin(payee, firms)
    assert len(firms) >= 4 and customers.sum() >= 3 * len(firms)
    assert (world.transfers.column("purpose")[np.isin(payer, firms)] == PURPOSE["工资"]).any()
    assert len(np.unique(payee[np.isin(payer, firms)])) > 3 * len(firms)


@pytest.mark.parametrize("variant", maturity_mismatch.VARIANTS)
def test_lenders_of_long_loans_are_redeemed_with_new_money(played: Played, variant: str) -> None:
    scheme = played.scheme("maturity_mismatch", variant)
    moved, loans = played.moved("maturity_mismatch", variant), [row for _, row in scheme.records]
    out = np.isin(moved["payer"], scheme.accounts)
    redeemed, new = int(moved["amount"][out].sum()), int(moved["amount"][~out].sum())
    assert (played.world.loans.column("due")[loans] >= DAYS + 60).all()
    assert 0 < scheme.stake_fen <= redeemed
    assert new / redeemed > 0.5
    everything = played.world.transfers.joined()
    repaid = np.isin(everything["loan"], loans) & (everything["purpose"] == PURPOSE["还款"])
    assert everything["amount"][repaid].sum() < 0.3 * redeemed


def test_claims_sold_between_lenders_have_prices_of_their_own(played: Played) -> None:
    world = played.world
    account = played.look_alike("maturity_mismatch", "lender_transfer").accounts[0]
    sold = played.where("payee", account)
    priced = sold["purpose"] == PURPOSE["债权转让款"]
    assert priced.sum() >= 2
    assert (sold["amount"][priced] % (100 * YUAN) != 0).any()
    assert (world.events.column("counterparty")[-10:] >= 0).all()


@pytest.mark.parametrize("variant", self_guarantee.VARIANTS)
def test_the_circle_pays_lenders_and_borrowers_do_not(played: Played, variant: str) -> None:
    scheme = played.scheme("self_guarantee", variant)
    moved, loans = played.moved("self_guarantee", variant), [row for _, row in scheme.records]
    payers = set(played.world.owner(np.array(scheme.accounts)).tolist())
    borrowers = played.world.loans.column("account")[loans]
    everything = played.world.transfers.joined()
    theirs = np.isin(everything["payer"], borrowers) & np.isin(everything["loan"], loans)
    days_late = (
        everything["time"][theirs] // DAY
        - played.world.loans.column("due")[everything["loan"][theirs]]
    )
    assert payers <= played.circle(scheme.institution)
    assert np.isin(moved["payer"], scheme.accounts).any()
    assert scheme.stake_fen > 0
    assert (days_late >= 4).all()


def test_a_licensed_guarantor_recovers_from_the_borrowers(played: Played) -> None:
    each = played.look_alike("self_guarantee", "licensed_guarantor")
    back = played.where("payee", each.accounts[0])
    assert played.licensed(each.party)
    assert each.party not in played.circle(each.institution)
    assert (back["purpose"] == PURPOSE["追偿款"]).sum() >= 3


@pytest.mark.parametrize("variant", own_lending.VARIANTS)
def test_the_circle_lends_first_and_lenders_buy_after(played: Played, variant: str) -> None:
    scheme, moved = played.scheme("own_lending", variant), played.moved("own_lending", variant)
    loans = np.array([row for _, row in scheme.records])
    borrowers = played.world.loans.column("account")[loans]
    assert set(played.world.owner(np.array(scheme.accounts)).tolist()) <= played.circle(
        scheme.institution
    )
    lent = np.isin(moved["payee"], borrowers) & np.isin(moved["payer"], scheme.accounts)
    assert int(moved["amount"][lent].sum()) == scheme.stake_fen
    events = played.world.events.joined()
    sold = (events["kind"] == EVENT["assign"]) & np.isin(events["loan"], loans)
    at = played.world.transfers.column("time")[events["transfer"][sold]]
    sold_loan = events["loan"][sold]
    lent_at = dict(zip(moved["payee"][lent].tolist(), moved["time"][lent].tolist(), strict=True))
    first = np.array([lent_at[a] for a in played.world.loans.column("account")[sold_loan].tolist()])
    assert (at > first).all()
    assert np.median(np.unique(sold_loan, return_counts=True)[1]) >= 2


def test_a_small_loan_firm_has_a_licence_and_a_large_lender_no_tie(played: Played) -> None:
    firm = played.look_alike("own_lending", "small_loan_firm")
    lender = played.look_alike("own_lending", "large_lender")
    assert played.licensed(firm.party)
    assert lender.party not in played.circle(lender.institution)


def in_property(played: Played, accounts: Array) -> Array:
    """Which accounts belong to developers and agents."""
    estate = [INSTITUTION["property_developer"], INSTITUTION["property_agent"]]
    rows = np.isin(played.world.institutions.column("kind"), estate)
    return np.isin(played.world.owner(accounts), played.world.institutions.column("party")[rows])


@pytest.mark.parametrize("variant", property_finance.VARIANTS)
def test_loans_reach_developers_and_agents(played: Played, variant: str) -> None:
    scheme = played.scheme("property_finance", variant)
    moved = played.moved("property_finance", variant)
    loans = [row for _, row in scheme.records]
    lent = int(moved["amount"][moved["loan"] >= 0].sum())
    reached = int(moved["amount"][in_property(played, moved["payee"])].sum())
    assert scheme.institution in played.world.loans.column("institution")[loans]
    assert 0 < reached == scheme.stake_fen <= lent
    assert reached / lent > 0.3


def test_renovation_rent_and_savings_are_no_property_finance(played: Played) -> None:
    world, everything = played.world, played.world.transfers.joined()
    renovates = world.parties.column("industry")[world.owner(everything["payee"])] == RENOVATION
    rents = np.isin(
        everything["purpose"], [PURPOSE[text] for text in ("房租", "租金", "预付款", "")]
    )
    for kind, spent, text in (
        ("renovation", renovates, "装修款"),
        ("rent_ahead", rents, "房租"),
    ):
        each = played.look_alike("property_finance", kind)
        for_this = np.flatnonzero(world.loans.column("purpose") == PURPOSE[text])
        lent = (everything["payer"] == each.accounts[0]) & np.isin(everything["loan"], for_this)
        theirs = spent & np.isin(everything["payer"], everything["payee"][lent])
        assert everything["amount"][theirs].sum() > 0.1 * everything["amount"][lent].sum(), kind
    escrow = played.look_alike("property_finance", "presale_escrow")
    assert played.world.accounts.column("role")[escrow.accounts[0]] == ROLE["client_custody"]


@pytest.mark.parametrize("variant", margin_finance.VARIANTS)
def test_clients_money_reaches_trading_accounts_of_others(played: Played, variant: str) -> None:
    scheme = played.scheme("margin_finance", variant)
    moved = played.moved("margin_finance", variant)
    roles = played.world.accounts.column("role")
    trading = roles[np.maximum(moved["payee"], 0)] == ROLE["securities_transfer"]
    nominees = {party for party, role in scheme.parties if role == "nominee"}
    assert int(moved["amount"][trading].sum()) == scheme.stake_fen > 0
    assert set(played.world.owner(moved["payee"][trading]).tolist()) <= nominees
    same = played.world.owner(moved["payer"][trading]) == played.world.owner(
        moved["payee"][trading]
    )
    assert not same.any()


def test_own_brokerage_moves_between_accounts_of_one_name(played: Played) -> None:
    everything = played.world.transfers.joined()
    roles = played.world.accounts.column("role")
    honest = everything["scheme"] < 0
    trading = honest & (roles[np.maximum(everything["payee"], 0)] == ROLE["securities_transfer"])
    payer, payee = everything["payer"][trading], everything["payee"][trading]
    assert len(payer) > 50
    assert (played.world.owner(payer) == played.world.owner(payee)).all()


@pytest.mark.parametrize("variant", offline_sales.VARIANTS)
def test_sellers_get_a_share_of_what_they_bring(played: Played, variant: str) -> None:
    scheme = played.scheme("offline_sales", variant)
    moved = played.moved("offline_sales", variant)
    sellers = {party for party, role in scheme.parties if role == "beneficiary"}
    to_sellers = np.isin(played.world.owner(moved["payee"]), list(sellers))
    everything = played.world.transfers.joined()
    owner = played.world.accounts.column("party")
    into = np.isin(everything["payee"], np.flatnonzero(owner == scheme.institution))
    lenders = into & np.isin(everything["payer"], played.world.pools["people"])
    brought = int(everything["amount"][lenders].sum())
    assert int(moved["amount"][to_sellers].sum()) == scheme.stake_fen
    assert len(sellers) >= 2
    assert 0.0005 < scheme.stake_fen / brought < 0.5


def test_collection_staff_and_flat_wages_do_not_follow_inflow(played: Played) -> None:
    for kind in ("collection_staff", "flat_wages"):
        each = played.look_alike("offline_sales", kind)
        went = played.where("payer", each.accounts[0])
        assert each.party == each.institution
        assert (went["scheme"] < 0).all() and len(np.unique(went["payee"])) >= 5


@pytest.mark.parametrize("variant", borrower_cap.VARIANTS)
def test_a_borrower_owes_more_than_the_rule_allows(played: Played, variant: str) -> None:
    world, scheme = played.world, played.scheme("borrower_cap", variant)
    loans = [row for _, row in scheme.records]
    borrowers = {party for party, role in scheme.parties if role == "beneficiary"}
    kinds = {int(world.parties.column("kind")[party]) for party in borrowers}
    platforms = set(world.loans.column("institution")[loans].tolist())
    one_of_all = variant == "across_platforms"
    cap = borrower_cap.CAPS_YUAN["person" if kinds == {PERSON} else "firm"][one_of_all]
    owed = int(world.loans.column("principal")[loans].sum())
    in_force = (borrower_cap.IN_FORCE - EPOCH).days - world.period.epoch_day
    assert owed > cap * YUAN and scheme.stake_fen == owed - cap * YUAN
    assert len(platforms) == (1 if not one_of_all else len(platforms)) >= 1
    assert (world.loans.column("published")[loans] >= in_force).all()
    assert (world.loans.column("due")[loans] >= DAYS).all()


def test_honest_borrowers_stay_below_the_caps(played: Played) -> None:
    loans, world = played.world.loans.joined(), played.world
    crooked = {scheme.institution for scheme in world.schemes}
    honest = ~np.isin(loans["institution"], list(crooked)) & (loans["closed"] < 0)
    keys = loans["institution"][honest].astype(np.int64) * 10**8 + loans["borrower"][honest]
    which, place = np.unique(keys, return_inverse=True)
    owed = np.bincount(place, loans["principal"][honest])
    person = world.parties.column("kind")[which % 10**8] == PERSON
    cap = np.where(person, 200_000, 1_000_000) * YUAN
    assert len(which) > 100
    assert (owed > cap).mean() < 0.01


def test_inventions_are_six_and_match_no_listed_name(played: Played) -> None:
    assert len(unlisted.VARIANTS) == 6
    for variant in unlisted.VARIANTS:
        scheme, moved = played.scheme("unlisted", variant), played.moved("unlisted", variant)
        kinds = played.world.institutions.column("party")
        assert scheme.institution not in kinds
        assert len(moved["payer"]) >= 5
        assert np.isin(scheme.accounts, np.concatenate([moved["payer"], moved["payee"]])).all()


def test_ghosts_are_paid_like_staff_and_their_cash_goes_to_one_card(played: Played) -> None:
    moved = played.moved("unlisted", "ghost_payroll")
    paid = moved["purpose"] == PURPOSE["工资"]
    drawn, put = moved["payee"] == -1, moved["payer"] == -1
    assert set(moved["payer"][drawn]) <= set(moved["payee"][paid])
    assert len(set(moved["payee"][put])) == 1
    assert 0.5 < moved["amount"][drawn].sum() / moved["amount"][paid].sum() <= 1
    assert moved["amount"][put].sum() < moved["amount"][drawn].sum()


def test_usury_costs_more_than_lending_among_friends(played: Played) -> None:
    shark = played.scheme("unlisted", "loan_shark").accounts[0]
    friend = played.look_alike("unlisted", "friendly_lender").accounts[0]
    shares = []
    for lender in (shark, friend):
        lent, back = played.where("payer", lender), played.where("payee", lender)
        given = {int(p): int(a) for p, a in zip(lent["payee"], lent["amount"], strict=True)}
        came: Counter[int] = Counter()
        for person, amount in zip(back["payer"], back["amount"], strict=True):
            came[int(person)] += int(amount)
        both = [came[person] / given[person] for person in given if person in came]
        shares.append(max(both))
    assert shares[0] > 1.1 > shares[1]
