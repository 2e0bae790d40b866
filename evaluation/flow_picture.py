"""A picture of the money that a case moved, as SVG: groups of parties, and sums between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

# Who a group is, in Chinese and English; `payers`, `payees` and `both` are whoever the finding
# does not name, by what they do in it.
GROUPS: Mapping[str, tuple[str, str]] = {
    "payers": ("付款人", "payers"),
    "subject": ("主体", "subject"),
    "organiser": ("组织者", "organisers"),
    "pool": ("归集账户持有人", "holders of pool accounts"),
    "shell": ("空壳", "shells"),
    "nominee": ("名义借款人", "nominees"),
    "both": ("既付又收者", "pay and are paid"),
    "beneficiary": ("受益人", "beneficiaries"),
    "payees": ("收款人", "payees"),
}
WIDTH, BOX, TALL, STEP = 760, 150, 46, 96
COLUMN = {"payers": 0, "payees": 2, "beneficiary": 2, "both": 0}


@dataclass(frozen=True)
class Flow:
    """What one group paid another: the sum in fen, and the number of transfers."""

    payer: str
    payee: str
    amount_fen: int
    transfers: int


def flow_picture(sizes: Mapping[str, int], flows: Sequence[Flow], zh: bool) -> str:
    """Draw groups as boxes (name and number of parties), and flows as arrows with their sums.

    Payers stand left, payees right, those that the finding names between them. Flows inside a
    group stand in its box.
    """
    places = _places([name for name in GROUPS if name in sizes])
    height = max(y for _, y in places.values()) + TALL + 30
    parts = [
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="10" '
        'markerHeight="10" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#2f6f9f"/></marker></defs>'
    ]
    most = max((flow.amount_fen for flow in flows), default=1)
    labels: dict[tuple[str, str], int] = {}
    for flow in flows:
        if flow.payer != flow.payee:
            pair = (min(flow.payer, flow.payee), max(flow.payer, flow.payee))
            nth = labels[pair] = labels.get(pair, -1) + 1
            parts += _arrow(places[flow.payer], places[flow.payee], flow, most, nth, zh)
    inside = {flow.payer: flow for flow in flows if flow.payer == flow.payee}
    for name, (x, y) in places.items():
        parts += _box(name, x, y, sizes[name], inside.get(name), zh)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _places(names: Sequence[str]) -> dict[str, tuple[int, int]]:
    filled = [0, 0, 0]
    places = {}
    for name in names:
        column = COLUMN.get(name, 1)
        x = 20 + column * (WIDTH - BOX - 40) // 2
        places[name] = (x, 24 + filled[column] * STEP)
        filled[column] += 1
    return places


def _box(name: str, x: int, y: int, size: int, inside: Flow | None, zh: bool) -> list[str]:
    fill = "#f6e3d7" if name == "subject" else "#eef3f7"
    title = GROUPS[name][not zh] + (f" × {size}" if size > 1 else "")
    parts = [
        f'<rect x="{x}" y="{y}" width="{BOX}" height="{TALL}" rx="4" fill="{fill}" '
        'stroke="#666666"/>',
        _text(x + BOX / 2, y + (18 if inside else 28), title),
    ]
    if inside:
        words = _sum(inside, zh)
        parts.append(_text(x + BOX / 2, y + 36, f"↻ {words}", 10))
    return parts


def _arrow(
    start: tuple[int, int], end: tuple[int, int], flow: Flow, most: int, nth: int, zh: bool
) -> list[str]:
    """A straight arrow between columns; inside one a bow beside the boxes, down right, up left."""
    (x1, y1), (x2, y2) = start, end
    shift = 8 if nth else -6
    if x1 == x2:
        way = 1 if y2 > y1 else -1
        side = x1 + BOX if way > 0 else x1
        out = side + way * (24 + abs(y2 - y1) / 4)
        high, low = y1 + TALL / 2, y2 + TALL / 2
        line = f"M{side},{high:.0f} C{out:.0f},{high:.0f} {out:.0f},{low:.0f} {side},{low:.0f}"
        middle = ((side + 3 * out) / 4, (high + low) / 2)
    else:
        right = x2 > x1
        left_x, high = (x1 + BOX if right else x1), y1 + TALL / 2 + shift
        right_x, low = (x2 if right else x2 + BOX), y2 + TALL / 2 + shift
        line = f"M{left_x},{high:.0f} L{right_x},{low:.0f}"
        middle = ((left_x + right_x) / 2, (high + low) / 2 + (14 if nth else -6))
    thick = 1 + 4 * flow.amount_fen / max(most, 1)
    return [
        f'<path d="{line}" fill="none" stroke="#2f6f9f" stroke-width="{thick:.1f}" '
        'marker-end="url(#tip)" opacity="0.75"/>',
        _text(*middle, _sum(flow, zh), 10),
    ]


def _sum(flow: Flow, zh: bool) -> str:
    yuan = f"{round(flow.amount_fen / 100):,}"
    return f"{yuan} 元，{flow.transfers} 笔" if zh else f"{yuan} yuan, {flow.transfers}"


def _text(x: float, y: float, words: str, size: int = 12) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="middle" stroke="white" '
        f'stroke-width="3" paint-order="stroke">{escape(words)}</text>'
    )
