"""Schemes around payments, products and intermediaries: each is there, and shows its own fact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from simulator.province import set_stage
from simulator.rows import Array, Ints
from simulator.schemes import unlicensed_payment
from simulator.stage import Stage, Typology
from simulator.world import ROLE, Lookalike, Scheme, World

TYPOLOGIES = (unlicensed_payment.TYPOLOGY,)
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
