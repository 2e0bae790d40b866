"""The registry: every detector says all it must, and all of them run on a world of all kinds."""

from __future__ import annotations

from detector_world import World, at

from detectors.registry import DETECTORS, detect_all

OFFICES = {"JR", "YJ", "PBC", "ZJ", "BJ", "GS", "WW"}


def test_every_detector_states_name_clause_severity_office_and_title() -> None:
    assert [(each.NAME, each.CODE, each.CLAUSE) for each in DETECTORS] == [
        ("fund_pool", "P1", "二(一)1"),
        ("self_financing", "P4", "二(一)1"),
        ("commingling", "P10", "二(一)2"),
        ("reserve_misuse", "R1", "二(三)1"),
    ]
    for each in DETECTORS:
        assert set(each.LEAD_OFFICE.split("+")) <= OFFICES
        assert 1 <= each.SEVERITY <= 5
        assert all(each.TITLE)


def test_a_quiet_world_gives_nothing() -> None:
    world = World()
    world.trade(10)
    world.party("Payer", kind="person")
    world.pay("Payer", "trader-a", 10, at(3))
    assert detect_all(world.context(10)) == []
