"""Names and identifiers of what the world holds only numbers for; all are made up."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl

from data.codes import CITIES, uscc_with_check
from simulator.rows import Array, Ints
from simulator.world import INSTITUTION, PERSON, World

SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧")
GIVEN = tuple(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华慧建文红玉兰志宏海燕鹏辉宇晨欣怡佳俊凯"
)
WORDS = tuple("恒信瑞丰华泰金源鸿盛嘉和润达永兴博远广汇安顺德隆祥瑞启明中联诚辉")
TRADES = (
    "商贸",
    "建材",
    "机械",
    "纺织",
    "电子",
    "食品",
    "物流",
    "化工",
    "装饰",
    "餐饮",
    "服装",
    "农业",
    "医药",
    "五金",
    "印刷",
    "包装",
    "家具",
    "汽配",
    "科技",
    "文化",
    "环保",
    "能源",
    "工程",
    "置业",
    "咨询",
    "广告",
    "教育",
    "酒店",
    "超市",
    "劳务",
)
INSTITUTION_TRADES = (
    "网络科技",
    "支付",
    "众筹服务",
    "资产管理",
    "财产保险",
    "商品交易",
    "会员服务",
    "投资咨询",
    "融资担保",
    "小额贷款",
    "置业",
    "房产经纪",
    "证券",
    "银行",
    "清算",
    "商务服务",
)
ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
# Cities outside the province that institutions there are registered in.
OUTSIDE = {"120100": "天津市", "210100": "沈阳市", "370200": "青岛市", "430100": "长沙市",
           "440300": "深圳市", "530100": "昆明市"}  # fmt: skip
DIVISIONS = (*CITIES, *OUTSIDE)
PLACES = tuple(name.removesuffix("市") for name in (*CITIES.values(), *OUTSIDE.values()))


def party_ids(world: World) -> list[str]:
    """An identifier per party, in no order that says anything about it."""
    shuffled = world.rng.permutation(world.parties.count) + 100_000
    return [f"P{number:08d}" for number in shuffled.tolist()]


def party_names(world: World, bank_names: tuple[str, ...]) -> pl.Series:
    """A name per party: persons' of two or three characters, firms' of city, word and trade."""
    number = world.parties.column("name").astype(np.int64)
    person = world.parties.column("kind") == PERSON
    trade = world.parties.column("trade").astype(np.int64)
    short = (number // 7) % 4 == 0
    second = np.where(short, "", _pick(GIVEN, number // 3_000))
    persons = _joined(_pick(SURNAMES, number), _pick(GIVEN, number // 50), second)
    # Without a licence no firm is named after what needs one, unless its story says so.
    rows = world.institutions.joined()
    bare = rows["party"][~rows["licensed"]].astype(np.int64)
    restricted = [100 + INSTITUTION[kind] for kind in ("asset_manager", "payment_institution")]
    bare = bare[np.isin(trade[bare], restricted)]
    trade[bare] = 100 + INSTITUTION["investment_firm"]
    kinds = (*TRADES, *INSTITUTION_TRADES)
    place = np.where(trade >= 100, len(TRADES) + trade - 100, trade % len(TRADES))
    firms = _joined(
        _pick(PLACES, world.parties.column("division").astype(np.int64)),
        _pick(WORDS, number),
        _pick(WORDS, number // 37),
        _pick(kinds, np.maximum(place, 0)),
        _pick(("有限公司", "有限公司", "有限公司", "股份有限公司"), number // 1_301),
    )
    banks = np.isin(trade, -1 - np.arange(len(bank_names))) & ~person
    held = np.where(person, persons, firms)
    held[banks] = np.array(bank_names, dtype=object)[-1 - trade[banks]]
    for party, name in world.names.items():
        held[party] = name
    return pl.Series("name", held.tolist(), dtype=pl.String)


def social_credit_codes(world: World, parties: Ints) -> list[str]:
    """A unified social credit code per organisation, distinct, with its check digit."""
    divisions = world.parties.column("division", parties).astype(np.int64)
    digits = world.rng.integers(0, len(ALPHABET), size=(len(parties), 9))
    bodies = ["".join(row) for row in ALPHABET[digits].tolist()]
    seen: set[str] = set()
    codes = []
    for body, division in zip(bodies, divisions.tolist(), strict=True):
        while body in seen:
            body = "".join(ALPHABET[world.rng.integers(0, len(ALPHABET), 9)].tolist())
        seen.add(body)
        codes.append(uscc_with_check("91" + DIVISIONS[division] + body))
    return codes


def hashes(numbers: Array, what: str, seed: int) -> pl.Series:
    """A hash per number as text, null below one; equal numbers have equal hashes."""
    distinct, place = np.unique(np.asarray(numbers, dtype=np.int64), return_inverse=True)
    texts = np.array(
        [
            hashlib.blake2b(f"{seed} {what} {number}".encode(), digest_size=12).hexdigest()
            if number > 0
            else None
            for number in distinct.tolist()
        ],
        dtype=object,
    )
    return pl.Series(what, texts[place.ravel()].tolist(), dtype=pl.String)


def account_numbers(world: World, banks: tuple[str, ...]) -> pl.Series:
    """An account number per account, distinct within its bank; banks differ in length."""
    bank = world.accounts.column("bank").astype(np.int64)
    count = world.accounts.count
    order = world.rng.permutation(count) + 1
    length = world.rng.integers(12, 20, len(banks))
    frame = pl.DataFrame({"order": order, "bank": bank, "length": length[bank]})
    return frame.select(
        pl.concat_str(
            pl.lit("6"),
            (pl.col("bank") + 10).cast(pl.String),
            pl.col("order").cast(pl.String).str.zfill(pl.col("length") - 3),
        ).alias("account_no")
    ).to_series()


def _pick(words: tuple[str, ...], numbers: Ints) -> Array:
    return np.array(words, dtype=object)[numbers % len(words)]


def _joined(*parts: Array) -> Array:
    frame = pl.DataFrame(
        {str(n): pl.Series(part.tolist(), dtype=pl.String) for n, part in enumerate(parts)}
    )
    return frame.select(pl.concat_str(pl.all())).to_series().to_numpy().astype(object)
