"""Where money came from and where it went, as a Sankey diagram: sources, a centre, uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from review.amounts import exact, short
from review.drawing.picture import Picture, shortened

WIDTH, TOP, GAP, BAR = 960, 12, 26, 14
LEFT, CENTRE, RIGHT = 235, 470, 705
TALL = 260
MOST_CHARS = 22


@dataclass(frozen=True)
class Share:
    """One source or use: its words, its money, and between which bounds it lies, if that is known.

    The bounds are the least and the most over all conventions.
    """

    name: str
    amount_fen: int
    least_fen: int | None = None
    most_fen: int | None = None


def sankey(sources: Sequence[Share], centre: str, uses: Sequence[Share], zh: bool) -> Markup | None:
    """Draw sources and uses of one whole; None where nothing moved.

    Beside each use stand its bounds where they differ; the part beyond the least is drawn paler,
    as it depends on the convention.
    """
    whole = max(sum(s.amount_fen for s in sources), sum(u.amount_fen for u in uses))
    if whole <= 0:
        return None
    rows = max(len(sources), len(uses), 1)
    height = TOP * 4 + TALL + GAP * rows
    scale = TALL / whole
    label = f"{centre}：资金来源与去向" if zh else f"{centre}: where money came from and went"
    picture = Picture(WIDTH, height, label)
    tall = whole * scale
    top = (height - tall) / 2
    picture.box(CENTRE - BAR / 2, top, BAR, tall, "node", f"{centre} {exact(whole, zh)}")
    picture.text(CENTRE, TOP + 2, shortened(centre, MOST_CHARS * 2), "middle", 13)
    _side(picture, sources, LEFT, top, scale, height, zh)
    _side(picture, uses, RIGHT, top, scale, height, zh)
    return picture.markup()


def _side(
    picture: Picture, shares: Sequence[Share], x: int, top: float, scale: float, height: int,
    zh: bool,
) -> None:  # fmt: skip
    is_left = x < CENTRE
    used = sum(s.amount_fen for s in shares) * scale + GAP * max(len(shares) - 1, 0)
    y, inner = (height - used) / 2, top
    for share in shares:
        tall = share.amount_fen * scale
        title = f"{share.name} {exact(share.amount_fen, zh)}{_bounds(share, zh, exact_=True)}"
        sure = tall if share.least_fen is None else min(share.least_fen * scale, tall)
        for part, offset, colour in (
            (sure, 0.0, "ribbon"), (tall - sure, sure, "doubt"),
        ):  # fmt: skip
            if part > 0.05:
                outer = (x + (BAR if is_left else 0), y + offset + part / 2)
                centre = (CENTRE + (-BAR if is_left else BAR) / 2, inner + offset + part / 2)
                left, right = (outer, centre) if is_left else (centre, outer)
                picture.ribbon(left, right, part, colour, title)
        picture.box(x, y, BAR, max(tall, 1.5), "in" if is_left else "out", title)
        said = f"{shortened(share.name, MOST_CHARS)} {short(share.amount_fen, zh)}"
        at = x - 6 if is_left else x + BAR + 6
        anchor = "end" if is_left else "start"
        middle = y + tall / 2 + 4
        picture.text(at, middle, said, anchor)
        bounds = _bounds(share, zh)
        if bounds:
            picture.text(at, middle + 13, bounds, anchor, 10)
        y += tall + GAP
        inner += tall


def _bounds(share: Share, zh: bool, *, exact_: bool = False) -> str:
    if share.least_fen is None or share.most_fen is None or share.least_fen == share.most_fen:
        return ""
    write = exact if exact_ else short
    least, most = write(share.least_fen, zh), write(share.most_fen, zh)
    return f"（{least} – {most}）" if zh else f" ({least} – {most})"
