"""How fast takings are passed on, over free days, and what is kept of them."""

from __future__ import annotations

from datetime import date

from detectors.passing_on import Followed, PassedOn, followed, passed_on

FRIDAY, SATURDAY, MONDAY, TUESDAY = (date(2016, 7, day) for day in (1, 2, 4, 5))


def test_weekends_do_not_make_money_late() -> None:
    taken = {FRIDAY: 100, SATURDAY: 100}
    found = passed_on(taken, {MONDAY: 196}, date(2016, 7, 8), 1)
    assert found == PassedOn(1, 0.02, 0.02, 1)


def test_what_is_paid_too_late_is_not_on_time() -> None:
    found = passed_on({FRIDAY: 100}, {TUESDAY: 100}, date(2016, 7, 8), 1)
    assert found is not None
    assert (found.on_time_share, found.kept_share) == (0, 0)


def test_takings_of_the_last_days_are_not_judged() -> None:
    assert passed_on({FRIDAY: 100}, {}, FRIDAY, 3) is None
    assert passed_on({}, {FRIDAY: 100}, FRIDAY, 3) is None


def test_what_is_kept_is_told_whatever_was_paid_for_takings_before_the_window() -> None:
    days = [date(2016, 7, day) for day in range(4, 23) if date(2016, 7, day).isoweekday() <= 5]
    taken = dict.fromkeys(days, 100)
    # Paid two working days later; the first two days' payments are for June.
    found = passed_on(taken, dict.fromkeys(days, 80), days[-1], 3)
    assert found is not None
    assert (found.least_kept_share, found.kept_share) == (0.2, 0.2)


DAYS = [date(2016, 7, day) for day in range(4, 30) if date(2016, 7, day).isoweekday() <= 5]
TAKEN = {day: 100 + 37 * number % 80 for number, day in enumerate(DAYS)}


def test_payments_that_are_shares_of_the_days_before_follow_them() -> None:
    paid = {
        day: TAKEN[one] * 0.6 + TAKEN[two] * 0.3
        for two, one, day in zip(DAYS, DAYS[1:], DAYS[2:], strict=False)
    }
    whole = {day: round(fen) for day, fen in paid.items()}
    found = followed(TAKEN, whole, DAYS[-1], 3)
    assert found is not None
    assert found.explained_share > 0.99
    assert abs(found.kept_share - 0.1) < 0.02


def test_payments_at_other_times_do_not_follow() -> None:
    unlike = {day: 100 + 53 * number**2 % 97 for number, day in enumerate(DAYS)}
    found = followed(TAKEN, unlike, DAYS[-1], 3)
    assert found is not None
    assert found.explained_share < 0.4


def test_even_takings_and_few_days_tell_nothing() -> None:
    even = dict.fromkeys(DAYS, 100)
    assert followed(even, TAKEN, DAYS[-1], 3) is None
    assert followed(TAKEN, even, DAYS[-1], 3) is None
    few = dict(list(TAKEN.items())[:8])
    assert followed(few, few, max(few), 3) is None
    assert followed({}, TAKEN, DAYS[-1], 3) is None
    assert followed(TAKEN, TAKEN, DAYS[-1], 3) == Followed(1, 0)
