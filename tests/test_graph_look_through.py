"""The look-through: equal to the plain reference, and every fen in exactly one use."""

from __future__ import annotations

from collections import Counter

import look_through_reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from look_through_reference import Case

from data.errors import ContractError
from graph.look_through import SOURCES, USES, OwnedMoney, Rules, look_through
from graph.tracing import CONVENTIONS, Convention, Opening, Transfers


def pairs(rows: list[tuple[int, int]]) -> np.ndarray:
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def run(
    case: Case,
    convention: Convention,
    wanted: list[bool] | None = None,
    living: np.ndarray | None = None,
) -> OwnedMoney:
    table = np.array(case.rows, dtype=np.int64).reshape(-1, 4)
    held = np.array(case.opening, dtype=np.int64).reshape(-1, 3)
    colours = np.arange(len(case.owner_of))
    fresh = (colours > 0) & (colours <= 3) & (len(colours) > 3)
    passed = np.stack([np.where(fresh, colours + 3 * step, colours) for step in (1, 2)], axis=1)
    rules = Rules(
        np.array(case.owner_of), passed, np.array(case.kind), np.array(case.subject),
        np.array(case.day),
        pairs(list(case.homes.items())), pairs(sorted(case.circles)),
        pairs(list(case.ends.items())), case.within_days,
        case.sliver_fen if convention == "prorata" else 0,
    )  # fmt: skip
    return look_through(
        Transfers(*(table[:, column].copy() for column in range(4))), rules,
        Opening(*(held[:, column].copy() for column in range(3))), accounts=8,
        convention=convention, wanted=None if wanted is None else np.array(wanted),
        living_on_it=living,
    )  # fmt: skip


def counted(table: np.ndarray, first: int) -> Counter[tuple[int, int]]:
    return +Counter(
        {
            (colour, column + first): int(table[colour, column])
            for colour in range(table.shape[0])
            for column in range(table.shape[1])
        }
    )


def by_colour(fen: np.ndarray) -> Counter[int]:
    return +Counter(dict(enumerate(fen.tolist())))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_hundreds_of_random_worlds_equal_the_plain_reference(convention: Convention) -> None:
    for seed in range(400):
        case = look_through_reference.world(seed)
        found, said = run(case, convention), look_through_reference.said(case, convention)
        held: Counter[tuple[int, int, int]] = Counter()
        for account, colour, day, fen in zip(
            found.held_account.tolist(), found.held_colour.tolist(), found.held_day.tolist(),
            found.held_fen.tolist(), strict=True,
        ):  # fmt: skip
            held[account, colour, day] += fen
        assert counted(found.sources, 0) == said.sources, f"seed {seed}"
        assert counted(found.uses, 1) == said.uses, f"seed {seed}"
        for name in ("stage_in", "stage_out", "aged", "carried"):
            assert by_colour(getattr(found, name)) == getattr(said, name), f"seed {seed} {name}"
        assert +held == said.held, f"seed {seed}"


@given(seed=st.integers(1000, 10**9), convention=st.sampled_from(CONVENTIONS))
@settings(max_examples=300, deadline=None)
def test_every_fen_is_in_exactly_one_use(seed: int, convention: Convention) -> None:
    found = run(look_through_reference.world(seed), convention)
    held = np.bincount(found.held_colour, found.held_fen, minlength=10).astype(np.int64)
    began = found.sources.sum(axis=1) + found.stage_in
    went = found.uses.sum(axis=1) + found.aged + found.stage_out + held
    assert (began[1:] == went[1:]).all()
    assert found.stage_in.sum() == found.stage_out.sum()


# Account 0 is the home of owner 0, 5 its circle. A client pays in; a loan goes out, and there.
LENT = Case(
    [(1, 0, 100, 1), (0, 2, 90, 2), (2, 3, 60, 3), (3, 5, 50, 4), (5, 4, 50, 5)],
    [2, 3, 0, 0, 0], [1, 2, 0, 0, 0], [1, 1, 3, 4, 4], [-1, 0, 0], {0: 0}, {(5, 0)}, {}, [], 3,
)  # fmt: skip


def test_money_counts_once_where_it_first_meets_the_circle() -> None:
    found = run(LENT, "fifo", [False, False, True])
    assert found.uses[2].tolist() == [0, 0, 0, 50, 0, 0, 0, 0]
    assert found.sources[1, SOURCES.index("borrowers")] == 100
    assert (found.stage_in[2], found.stage_out[1]) == (90, 90)
    notes = zip(found.note_transfer, found.note_use, found.note_fen, strict=True)
    assert [tuple(map(int, each)) for each in notes] == [(1, 0, 90), (2, 0, 60), (3, 4, 50)]
    held = zip(found.held_account, found.held_colour, found.held_fen, strict=True)
    assert sorted(tuple(map(int, each)) for each in held) == [(0, 1, 10), (2, 2, 30), (3, 2, 10)]


def test_what_left_too_long_ago_is_nobodys() -> None:
    LATE = Case(**{**LENT.__dict__, "within_days": 2})
    found = run(LATE, "fifo")
    assert (found.uses[2, USES.index("circle")], found.aged[2]) == (0, 50)


def test_rules_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ContractError, match="rules for 4 of 5 rows"):
        run(Case(**{**LENT.__dict__, "kind": [2, 3, 0, 0], "subject": [1, 2, 0, 0],
                    "day": [1, 1, 3, 4]}), "fifo")  # fmt: skip
    with pytest.raises(ContractError, match="known are fifo, prorata, lifo"):
        run(LENT, "hifo")  # type: ignore[arg-type]


def test_accounts_that_live_on_owned_money_pass_it_on_first() -> None:
    # Account 2 was lent 90, then sold something for 70, and pays 80 to the circle.
    rows = [(1, 0, 100, 1), (0, 2, 90, 2), (4, 2, 70, 3), (2, 5, 80, 4)]
    case = Case(rows, [2, 3, 0, 0], [1, 2, 0, 0], [1, 1, 2, 3], [-1, 0, 0], {0: 0}, {(5, 0)}, {},
                [], 3)  # fmt: skip
    living = np.array([False, False, True, *[False] * 5])
    circle = USES.index("circle")
    assert run(case, "lifo").uses[2, circle] == 10
    assert run(case, "lifo", living=living).uses[2, circle] == 80
    with pytest.raises(ContractError, match="pro rata draws on all"):
        run(case, "prorata", living=living)
