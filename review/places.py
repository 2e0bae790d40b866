"""Places by division code, in Chinese as GB/T 2260 has them, in English in pinyin."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from data.codes import CITIES

PINYIN: Mapping[str, str] = MappingProxyType(
    {
        "320100": "Nanjing", "320200": "Wuxi", "320300": "Xuzhou", "320400": "Changzhou",
        "320500": "Suzhou", "320600": "Nantong", "320700": "Lianyungang", "320800": "Huai'an",
        "320900": "Yancheng", "321000": "Yangzhou", "321100": "Zhenjiang", "321200": "Taizhou",
        "321300": "Suqian",
    }
)  # fmt: skip


def cities(zh: bool) -> Mapping[str, str]:
    """The cities' names by their codes, in the order of these."""
    return CITIES if zh else PINYIN


def city(code: str | None, zh: bool) -> str:
    """The city that a division lies in; '' for one that is not known."""
    return cities(zh).get((code or "")[:4] + "00", "")


def place(code: str | None, zh: bool) -> str:
    """The city of a division with the code."""
    if not code:
        return "属地不明" if zh else "place unknown"
    return f"{city(code, zh)} {code}".strip()
