"""The ties around a suspect: owners above, holdings below, officers and contacts beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from review.drawing.picture import Picture, shortened

WIDTH, BOX, TALL, ROW, LINE = 960, 172, 44, 118, 13
PER_ROW = 5
# Rows of owners and of holdings that are drawn; the table beneath has all.
MOST_BOXES = 10
# Ties with one party that its box names.
MOST_LINES = 3
KINDS: Mapping[str, tuple[str, str]] = {
    "shareholder": ("持股", "holds"),
    "controls": ("控制", "controls"),
    "legal_representative": ("法定代表人", "legal representative"),
    "director": ("董事", "director"),
    "guarantees": ("担保", "guarantees"),
    "kin": ("亲属", "kin"),
    "same_phone": ("同一电话", "same telephone"),
    "same_address": ("同一地址", "same address"),
    "same_device": ("同一设备", "same device"),
}


@dataclass(frozen=True)
class Tie:
    """A relation as the register states it; parties by identifier."""

    from_party: str
    to_party: str
    kind: str
    share: float | None
    valid_from: date | None
    valid_to: date | None

    def said(self, zh: bool) -> str:
        """The kind with its share and its dates."""
        share = "" if self.share is None else f" {self.share:.1%}"
        since = "" if self.valid_from is None else f" {self.valid_from}"
        until = "" if self.valid_to is None else f"–{self.valid_to}"
        return f"{KINDS.get(self.kind, (self.kind,) * 2)[not zh]}{share}{since}{until}"


def ownership(party: str, ties: Sequence[Tie], names: Mapping[str, str], zh: bool) -> Markup | None:
    """Draw a party's own ties: who points at it above, whom it points at below; None without any.

    At most `MOST_BOXES` to each side, the largest shares first; how many are left out is said.
    """
    above = _by_party([(tie.from_party, tie) for tie in ties if tie.to_party == party])
    below = _by_party([(tie.to_party, tie) for tie in ties if tie.from_party == party])
    if not above and not below:
        return None
    up, down = above[:MOST_BOXES], below[:MOST_BOXES]
    rows_up, rows_down = -(-len(up) // PER_ROW), -(-len(down) // PER_ROW)
    height = (rows_up + rows_down) * ROW + TALL + 40
    label = f"{names.get(party, party)}：关联" if zh else f"ties of {names.get(party, party)}"
    picture = Picture(WIDTH, height, label)
    y = rows_up * ROW + 10
    for place, (other, held) in enumerate(up):
        x = _x(place, len(up))
        row_y = 10 + (place // PER_ROW) * ROW
        picture.line([(x + BOX / 2, row_y + _tall(held)), (WIDTH / 2, y)], "line")
        _box(picture, x, row_y, names.get(other, other), held, zh)
    for place, (other, held) in enumerate(down):
        x = _x(place, len(down))
        row_y = y + ROW + (place // PER_ROW) * ROW
        picture.line([(WIDTH / 2, y + TALL), (x + BOX / 2, row_y)], "line")
        _box(picture, x, row_y, names.get(other, other), held, zh)
    picture.box(WIDTH / 2 - BOX / 2, y, BOX, TALL, "band", names.get(party, party))
    picture.text(WIDTH / 2, y + 27, shortened(names.get(party, party), 14), "middle", 13)
    left = len(above) - len(up) + len(below) - len(down)
    if left:
        picture.text(WIDTH - 8, height - 6, f"另 {left} 项见下表" if zh else f"{left} more below",
                     "end", 11)  # fmt: skip
    return picture.markup()


def _x(place: int, count: int) -> float:
    in_row = min(count - place // PER_ROW * PER_ROW, PER_ROW)
    step = WIDTH / in_row
    return (place % PER_ROW) * step + (step - BOX) / 2


def _by_party(ties: Sequence[tuple[str, Tie]]) -> list[tuple[str, list[Tie]]]:
    """The ties with each party together, in the order of its first."""
    found: dict[str, list[Tie]] = {}
    for other, tie in ties:
        found.setdefault(other, []).append(tie)
    return list(found.items())


def _tall(ties: Sequence[Tie]) -> int:
    return TALL + LINE * (min(len(ties), MOST_LINES) - 1)


def _box(picture: Picture, x: float, y: float, name: str, ties: Sequence[Tie], zh: bool) -> None:
    """A party and its ties; what does not fit stands in its title."""
    said = [tie.said(zh) for tie in ties]
    picture.box(x, y, BOX, _tall(ties), "band", f"{name}: {'; '.join(said)}")
    picture.text(x + BOX / 2, y + 18, shortened(name, 13), "middle", 12)
    for line, text in enumerate(said[:MOST_LINES]):
        picture.text(x + BOX / 2, y + 34 + line * LINE, shortened(text, 26), "middle", 10)
