"""Check digits: real codes pass, codes with one wrong character do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.codes import CITIES, cnaps_with_check, is_cnaps, is_division, is_uscc, uscc_with_check
from data.errors import InputError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("91320000796544598E", True),
        ("91320000796544598F", False),
        ("91320000796544598e", False),
        (" 91320000796544598E", False),
        ("91320000796544598", False),
        ("9132000079654459IE", False),
        ("", False),
    ],
)
def test_is_uscc(code: str, valid: bool) -> None:
    assert is_uscc(code) is valid


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("102100099996", True),
        ("102100099995", False),
        ("10210009999", False),
        ("1021000999960", False),
        ("102100099996\n", False),
        ("１02100099996", False),
    ],
)
def test_is_cnaps(code: str, valid: bool) -> None:
    assert is_cnaps(code) is valid


@pytest.mark.parametrize(
    ("code", "valid"), [("320102", True), ("020102", False), ("32010", False), ("32010x", False)]
)
def test_is_division(code: str, valid: bool) -> None:
    assert is_division(code) is valid


def test_check_digits_are_appended() -> None:
    assert uscc_with_check("91320000796544598") == "91320000796544598E"
    assert cnaps_with_check("10210009999") == "102100099996"


def test_wrong_beginnings_are_refused() -> None:
    with pytest.raises(InputError, match="not the first 17 characters"):
        uscc_with_check("913200007965445")
    with pytest.raises(InputError, match="not the first eleven digits"):
        cnaps_with_check("1021000999x")


@given(st.text("0123456789", min_size=11, max_size=11), st.integers(0, 11), st.integers(1, 9))
def test_one_changed_digit_of_a_bank_number_is_found(first: str, at: int, shift: int) -> None:
    code = cnaps_with_check(first)
    changed = code[:at] + str((int(code[at]) + shift) % 10) + code[at + 1 :]
    assert is_cnaps(code)
    assert not is_cnaps(changed)


@given(st.text(ALPHABET, min_size=17, max_size=17), st.integers(0, 17), st.integers(1, 30))
def test_one_changed_character_of_a_credit_code_is_found(first: str, at: int, shift: int) -> None:
    code = uscc_with_check(first)
    changed = code[:at] + ALPHABET[(ALPHABET.index(code[at]) + shift) % 31] + code[at + 1 :]
    assert is_uscc(code)
    assert not is_uscc(changed)


def test_cities() -> None:
    assert len(CITIES) == 13
    assert all(is_division(code) for code in CITIES)
