"""What a suspect received and paid, day by day, with the days of its findings and its own past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

from markupsafe import Markup

from review.amounts import exact, short
from review.drawing.picture import Picture

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 210, 70, 10, 16, 26
Day = tuple[date, int, int]


def timeline(days: Sequence[Day], window: tuple[date, date] | None, zh: bool) -> Markup | None:
    """Draw days (day, fen in, fen out), in order; None without any.

    `window` is the days of the findings: a band. The dashed lines are the medians of the days with
    payments before it: the suspect's own past.
    """
    if not days:
        return None
    first, last = days[0][0], days[-1][0]
    count = (last - first).days + 1
    most = max(max(day[1] for day in days), max(day[2] for day in days), 1)
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
    scale = (HEIGHT - TOP - BOTTOM) / 2 / most
    step = (WIDTH - LEFT - RIGHT) / count

    def x_of(day: date) -> float:
        return LEFT + (day - first).days * step

    label = (
        f"{first} 至 {last} 每日收付" if zh else f"received and paid each day, {first} to {last}"
    )
    picture = Picture(WIDTH, HEIGHT, label)
    if window is not None:
        start, end = max(window[0], first), min(window[1], last)
        picture.box(
            x_of(start), TOP, x_of(end) + step - x_of(start), HEIGHT - TOP - BOTTOM, "band",
            f"{'发现所涉' if zh else 'days of the findings'} {window[0]} – {window[1]}",
        )  # fmt: skip
    for day, received, paid in days:
        for fen, colour, said in ((received, "in", "收" if zh else "received"),
                                  (paid, "out", "付" if zh else "paid")):  # fmt: skip
            tall = fen * scale
            top = middle - tall if colour == "in" else middle
            if fen:
                title = f"{day} {said} {exact(fen, zh)}"
                picture.box(x_of(day), top, max(step * 0.85, 0.8), tall, colour, title)
    past = [day for day in days if window is not None and day[0] < window[0]]
    received_before = [received for _, received, _ in past if received]
    paid_before = [paid for _, _, paid in past if paid]
    for usual, colour, sign in ((received_before, "in", -1), (paid_before, "out", 1)):
        if usual:
            y = middle + sign * median(usual) * scale
            picture.line([(LEFT, y), (WIDTH - RIGHT, y)], colour, dashed=True)
    picture.line([(LEFT, middle), (WIDTH - RIGHT, middle)], "line")
    picture.text(LEFT - 6, TOP + 10, short(most, zh), "end", 11)
    picture.text(LEFT - 6, middle - 6, "收" if zh else "in", "end", 11)
    picture.text(LEFT - 6, middle + 14, "付" if zh else "out", "end", 11)
    picture.text(LEFT - 6, HEIGHT - BOTTOM, short(most, zh), "end", 11)
    for day in _ticks(first, last):
        picture.text(x_of(day), HEIGHT - 8, day.isoformat(), "start", 11)
    return picture.markup()


def _ticks(first: date, last: date) -> list[date]:
    """About six days to name, from the first on."""
    step = max(1, ((last - first).days + 1) // 6)
    return [first + timedelta(days=n) for n in range(0, (last - first).days - step // 2 + 1, step)]
