"""P11: balances above the cap in force fire, also of relatives; loans from before do not."""

from __future__ import annotations

from datetime import timedelta

from detector_world import DAY, World, at

from detectors import borrower_cap
from detectors.finding import CannotConclude, Finding

FIRST = 84  # 2016-08-24, the day the caps came into force


def platform(*loans: tuple[str, int, int], name: str = "Platform") -> World:
    """Loans by borrower, yuan and day, each paid out on its day."""
    world = World()
    world.party("Person", "Sister", "Other", kind="person")
    world.party("Firm", "Shell")
    add(world, name, *loans)
    return world


def add(world: World, name: str, *loans: tuple[str, int, int]) -> None:
    world.institution(name, "p2p_platform")
    world.account(f"custody of {name}", name, "client_custody", name)
    for number, (borrower, yuan, day) in enumerate(loans):
        world.loan(name, f"{name}{number}", borrower, yuan, day)
        world.pay(f"custody of {name}", borrower, yuan, at(day, 12), f"{name}{number}")


def found(world: World) -> list[Finding]:
    said = list(borrower_cap.detect(world.context(120)))
    return [each for each in said if isinstance(each, Finding)]


def test_a_person_above_the_cap_on_one_platform_fires() -> None:
    [finding] = found(
        platform(("Person", 120_000, 80), ("Person", 80_000, FIRST), ("Person", 50_000, 90))
    )
    assert (finding.party_id, finding.code, finding.severity) == ("Platform", "P11", 1)
    assert finding.amount_fen == 5_000_000
    assert finding.transfers[:3] == ("M0", "M1", "M2")
    assert finding.transfers[3:] == tuple(f"loan:Platform:Platform{n}" for n in range(3))
    assert finding.accomplices == (("Person", "beneficiary"),)
    assert finding.confidence == 0.9
    assert {name: (m.value, m.threshold) for name, m in finding.measures.items()} == {
        "borrowers_over": (1, 0),
        "groups_over": (0, 0),
        "over_fen": (5_000_000, 0),
        "loans": (1, None),
        "over_all_platforms": (0, None),
    }
    assert finding.text == (
        "1 笔新标的发布时，1 名借款人、0 组关联借款人的余额超过上限，最多时合计超出 50,000.00 元"
        "（网络借贷信息中介机构业务活动管理暂行办法第十七条）",
        "As 1 new loan(s) were published, 1 borrower(s) and 0 group(s) of borrowers who belong "
        "together owed more than the cap, 50,000.00 yuan above it at most "
        "(网络借贷信息中介机构业务活动管理暂行办法第十七条)",
    )
    assert [(test.name, test.passed, test.en) for test in finding.lookalikes] == [
        (
            "relatives_on_their_own",
            True,
            "of 0 group(s) added up, the members of 0 never paid each other",
        )
    ]


def test_up_to_the_cap_or_before_it_was_in_force_is_none() -> None:
    assert found(platform(("Person", 120_000, 85), ("Person", 80_000, 90))) == []
    assert found(platform(("Person", 500_000, 10), ("Person", 500_000, FIRST - 1))) == []
    assert found(platform(("Firm", 1_000_000, 90))) == []
    assert len(found(platform(("Firm", 1_000_001, 90)))) == 1


def test_after_the_year_of_rectification_it_weighs_more() -> None:
    world = platform(("Person", 250_000, 460))
    said = list(borrower_cap.detect(world.context(480)))
    assert [each.severity for each in said if isinstance(each, Finding)] == [2]


def test_what_is_repaid_or_never_was_paid_out_is_not_owed() -> None:
    loans = (("Person", 120_000, 10), ("Person", 150_000, 100))
    world = platform(*loans)
    world.pay("Person", "custody of Platform", 70_000, at(60), "Platform0")
    assert found(world) == []
    for status in ("cancelled", "raising", "repaid"):
        world = platform(*loans)
        world.rows["loan"][0]["status"] = status
        if status == "repaid":
            world.pay("Person", "custody of Platform", 121_000, at(99), "Platform0")
        assert found(world) == [], status


def test_loans_on_all_platforms_are_added_up() -> None:
    world = platform(*(("Person", 200_000, 85) for _ in range(1)))
    for number in range(5):
        add(world, f"Second{number}", ("Person", 190_000, 86 + number))
    [finding] = found(world)
    assert (finding.party_id, finding.amount_fen) == ("Second4", 15_000_000)
    assert finding.measures["over_all_platforms"].value == 1
    assert finding.measures["over_fen"].value == 15_000_000
    assert len(finding.transfers) == 6 + 6


def test_relatives_and_shells_are_added_up_and_stay_open_without_dealings() -> None:
    world = platform(("Person", 150_000, 85), ("Sister", 150_000, 90))
    assert found(world) == []
    world.tie("Person", "Sister", "kin")
    [finding] = found(world)
    assert (finding.confidence, finding.measures["groups_over"].value) == (0.51, 1)
    assert finding.measures["over_fen"].value == 10_000_000
    world.pay("Sister", "Person", 140_000, at(91))
    [finding] = found(world)
    assert finding.confidence == 0.6
    world = platform(("Firm", 600_000, 85), ("Shell", 600_000, 90))
    world.tie("Other", "Firm", "legal_representative")
    world.tie("Other", "Shell", "shareholder", 0.6)
    assert len(found(world)) == 1


def test_one_identity_under_two_numbers_is_one_borrower() -> None:
    world = platform(("Person", 150_000, 85), ("Other", 150_000, 90))
    context = world.context(120)
    context.db.execute("same", "update party_dim set id_no = 'one' where party_id = 'Person'")
    context.db.execute("same", "update party_dim set id_no = 'one' where party_id = 'Other'")
    said = list(borrower_cap.detect(context))
    assert [type(each) for each in said] == [Finding]


def test_a_loan_whose_payout_is_not_seen_is_named_by_its_record() -> None:
    world = platform(("Person", 250_000, 90))
    world.paid.clear()
    [finding] = found(world)
    assert finding.transfers == ("loan:Platform:Platform0",)
    assert finding.first_at.date() == DAY + timedelta(days=90)


def test_a_platform_without_loans_cannot_be_judged() -> None:
    world = World()
    world.institution("Platform", "p2p_platform")
    assert list(borrower_cap.detect(world.context(120))) == [
        CannotConclude(
            "borrower_cap",
            "Platform",
            "Platform",
            ("loan",),
            (
                "没有该平台的标的数据，无法核对借款余额上限",
                "no loans of this platform were submitted; borrowers' caps cannot be checked",
            ),
        )
    ]
