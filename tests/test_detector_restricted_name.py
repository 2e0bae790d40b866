"""N1: words that need a licence, however written, are found; other senses and licences are not."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from detector_world import World, at

from detectors import restricted_name
from detectors.finding import CannotConclude, Finding
from detectors.name_words import WORDS, restricted_words


@pytest.mark.parametrize(
    ("name", "plain", "alike"),
    [
        ("常州信隆今溶服务有限公司", (), ("金融",)),
        ("南京启永枝富有限公司", (), ("支付",)),
        ("苏州里材信息有限公司", (), ("理财",)),
        ("无锡枉袋网络有限公司", (), ("网贷",)),
        ("徐州荔枝富硒果品有限公司", (), ()),
        ("扬州盛通支富有限公司", (), ("支付",)),
        ("扬州支富民合作社", (), ()),
        ("镇江恒泰姬今服务有限公司", (), ("基金",)),
        ("南通里材料有限公司", (), ()),
        ("盐城智富进荣贸易有限公司", (), ()),
        ("南京恒信财富管理有限公司", ("财富管理",), ()),
        ("南京恒信资产管理(集团)有限公司", ("资产管理",), ()),
        ("南京恒信股权投资基金管理中心", ("股权投资基金",), ()),
        ("南京恒信金融信息服务有限公司", ("金融",), ()),
        ("南京恒信ｐ２ｐ信息有限公司", ("P2P",), ()),
        ("南京恒信網絡借貸服務公司", ("网络借贷",), ()),
        ("南京恒信金 · 融服务公司", ("金融",), ()),
        ("南京恒信金熔服务公司", (), ("金融",)),
        ("南京恒信才富管理公司", (), ("财富管理",)),
        ("南京恒信PTOP信息公司", (), ("P2P",)),
        ("南京恒信财富管鲤公司", (), ("财富管理",)),
        ("南京恒信投姿馆理公司", (), ("投资管理",)),
        ("南京恒信交易中芯", (), ("交易中心",)),
        ("南京恒信头姿馆里公司", (), ()),
        ("南京恒信金荣信息公司", (), ("金融",)),
        ("南京金荣机械公司", (), ()),
        ("南京恒信合金属公司", (), ()),
        ("南京恒信分支附属公司", (), ()),
        ("南京恒信金融城酒店管理公司", (), ()),
        ("南京国际金融中心物业公司", (), ()),
        ("江苏省扶贫基金会", (), ()),
        ("南京金融职业学院", (), ()),
        ("南京市公共资源交易中心", (), ()),
        ("南京农产品交易中心", (), ()),
        ("南京管理才智培训公司", (), ()),
        ("南京恒信网货物流公司", (), ()),
        (None, (), ()),
    ],
)
def test_words_are_found_as_they_look_and_sound(
    name: str | None, plain: tuple[str, ...], alike: tuple[str, ...]
) -> None:
    found = restricted_words(name)
    assert (found.plain, found.alike) == (plain, alike)


def test_each_of_the_sixteen_words_is_found() -> None:
    assert len(set(WORDS)) == 16
    assert [restricted_words(f"南京{word}公司").plain for word in WORDS] == [(w,) for w in WORDS]


def test_what_a_scope_excludes_is_not_its_business() -> None:
    text = "实业投资；企业管理（不得从事金融、理财业务）；商务咨询，未经批准不得从事支付业务"
    assert restricted_words(text, scope=True).all == ()
    assert restricted_words("理财知识培训；投资管理咨询", scope=True).all == ()
    assert restricted_words("实业投资；资产管理（不含金融业务）", scope=True).all == ("资产管理",)


def world(name: str, *, licensed: bool | None = None, scope: str | None = None) -> World:
    """One organisation of a name beside a platform; licensed None: it is no institution."""
    made = World()
    made.institution("Platform", "p2p_platform", licensed=False)
    if licensed is not None:
        made.institution("Firm", "asset_manager", licensed=licensed)
    made.party("Firm", name=name, business_scope=scope, registered_on=date(2014, 5, 6))
    return made


def found(made: World) -> list[Finding]:
    return [e for e in restricted_name.detect(made.context(30)) if isinstance(e, Finding)]


def test_a_name_without_a_licence_is_a_prior() -> None:
    made = world("南京恒信财富管理有限公司")
    for person in made.persons("client", 2):
        made.pay(person, "Firm", 100, at(3))
    [finding] = found(made)
    assert (finding.party_id, finding.severity, finding.confidence) == ("Firm", 1, 0.5)
    assert (finding.amount_fen, finding.lead_office) == (20_000, "GS")
    assert finding.transfers == ("party:Firm",)
    assert finding.first_at == datetime(2014, 5, 6)
    assert finding.text == (
        "未见许可，名称含“财富管理”字样：南京恒信财富管理有限公司",
        "Without a known licence its name holds 财富管理: 南京恒信财富管理有限公司",
    )


def test_a_word_that_only_sounds_alike_stays_open() -> None:
    [finding] = found(world("南京恒信金熔服务公司"))
    assert [(each.name, each.passed) for each in finding.lookalikes] == [
        ("same_sound_by_chance", False),
        ("name_without_business", False),
    ]
    assert finding.confidence == 0.3612


def test_a_licence_covers_a_firm_and_its_branches() -> None:
    assert found(world("南京恒信财富管理有限公司", licensed=True)) == []
    made = world("南京恒信财富管理有限公司", licensed=True)
    made.party("Branch", name="南京恒信财富管理有限公司苏州分公司")
    assert found(made) == []
    assert len(found(world("南京恒信财富管理有限公司", licensed=False))) == 1


def test_a_word_in_the_scope_alone_is_a_weaker_prior_and_weakest_without_payers() -> None:
    said = {}
    for payers in (0, 1):
        made = world("南京恒信服务有限公司", scope="资产管理；商务咨询")
        for person in made.persons("client", payers):
            made.pay(person, "Firm", 100, at(3))
        [finding] = found(made)
        said[payers] = finding.confidence
    assert said == {0: 0.255, 1: 0.3}


def test_an_institution_of_unknown_name_is_asked_for() -> None:
    made = world("南京恒信服务有限公司")
    context = made.context(30)
    context.db.execute("forget", "delete from party where party_id = 'Platform'")
    context.db.execute("forget", "update party_dim set kind = null where party_id = 'Platform'")
    [said] = restricted_name.detect(context)
    assert isinstance(said, CannotConclude)
    assert (said.party_id, said.missing) == ("Platform", ("party:Platform",))


def test_without_institutions_nothing_is_said() -> None:
    made = World()
    made.party("Firm", name="南京恒信财富管理有限公司")
    assert list(restricted_name.detect(made.context(30))) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("徐州博盛股权众愁有限公司", ("股权众筹",)),
        ("常州辉诚资铲管理有限公司", ("资产管理",)),
        ("宿迁德顺理财广场物业服务有限公司", ()),
        ("南京基金写字楼管理有限公司", ()),
        ("苏州理财商城信息有限公司", ("理财",)),
    ],
)
def test_any_character_of_the_same_sound_is_heard_and_a_place_is_no_business(
    name: str, words: tuple[str, ...]
) -> None:
    assert restricted_words(name).all == words
