"""Reference codes with their check digits: social credit codes, bank numbers, divisions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10

from data.errors import InputError

USCC = re.compile(r"[0-9ABCDEFGHJKLMNPQRTUWXY]{18}")
CNAPS = re.compile(r"[0-9]{12}")
DIVISION = re.compile(r"[1-9][0-9]{5}")

# Prefecture-level cities of Jiangsu (GB/T 2260), in the order of their codes.
CITIES: Mapping[str, str] = MappingProxyType(
    {
        "320100": "南京市",
        "320200": "无锡市",
        "320300": "徐州市",
        "320400": "常州市",
        "320500": "苏州市",
        "320600": "南通市",
        "320700": "连云港市",
        "320800": "淮安市",
        "320900": "盐城市",
        "321000": "扬州市",
        "321100": "镇江市",
        "321200": "泰州市",
        "321300": "宿迁市",
    }
)


def is_uscc(code: str) -> bool:
    """Whether a text is a unified social credit code as written, its check digit included.

    Source: GB 32100-2015.
    """
    if not USCC.fullmatch(code):
        return False
    try:
        return bool(uscc.calc_check_digit(code[:17]) == code[17])
    except ValidationError:
        return False


def uscc_with_check(first17: str) -> str:
    """Append the check digit to the first 17 characters of a unified social credit code.

    Raises:
        InputError: not 17 characters of the code's alphabet.
    """
    if not USCC.fullmatch(first17 + "0"):
        raise InputError(f"{first17!r} is not the first 17 characters of a social credit code")
    return first17 + str(uscc.calc_check_digit(first17))


def is_cnaps(code: str) -> bool:
    """Whether a text is a 12-digit bank number of the payment system, its check digit included.

    Source: ISO 7064 MOD 11,10 over the first eleven digits.
    """
    return bool(CNAPS.fullmatch(code)) and cnaps_with_check(code[:11]) == code


def cnaps_with_check(first11: str) -> str:
    """Append the check digit to the first eleven digits of a bank number.

    Raises:
        InputError: not eleven digits.
    """
    if not CNAPS.fullmatch(first11 + "0"):
        raise InputError(f"{first11!r} is not the first eleven digits of a bank number")
    return first11 + str(mod_11_10.calc_check_digit(first11))


def is_division(code: str) -> bool:
    """Whether a text has the form of a division code (GB/T 2260): six digits, the first not 0."""
    return bool(DIVISION.fullmatch(code))
