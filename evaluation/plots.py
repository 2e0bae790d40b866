"""Plots of shares as SVG: bars by name and series, and a curve against the diagonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#2f6f9f", "#c8743c", "#5b8c5a", "#8a5a8c", "#777777")
BAR, GAP, LABEL, WIDTH, TOP = 10, 8, 190, 640, 46
SIDE = 320


def bars(title: str, names: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> str:
    """Draw a group of bars a name, a bar a series; values are 0..1, an unknown one has no bar."""
    group = BAR * max(len(series), 1) + GAP
    height = TOP + group * len(names) + 24
    scale = WIDTH - LABEL - 60
    parts = [_text(8, 18, title, weight="bold"), *_legend(list(series), 8, 36)]
    for share in (0.0, 0.5, 1.0):
        x = LABEL + scale * share
        parts.append(_line(x, TOP, x, height - 20, "#dddddd"))
        parts.append(_text(x - 8, height - 6, f"{share:.1f}"))
    for row, name in enumerate(names):
        top = TOP + row * group
        parts.append(_text(LABEL - 6, top + group / 2, name, anchor="end"))
        for n, values in enumerate(series.values()):
            value = values[row]
            if value is not None:
                y = top + GAP / 2 + n * BAR
                parts.append(
                    f'<rect x="{LABEL}" y="{y:.1f}" width="{scale * value:.1f}" '
                    f'height="{BAR - 2}" fill="{COLOURS[n % len(COLOURS)]}"/>'
                )
                parts.append(_text(LABEL + scale * value + 4, y + BAR - 2, f"{value:.2f}", size=9))
    return _svg(WIDTH, height, parts)


def curve(title: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Draw points (x, y in 0..1) of each series, joined, against the diagonal."""
    left, bottom = 50, TOP + SIDE
    parts = [_text(8, 18, title, weight="bold"), *_legend(list(series), 8, 36)]
    parts.append(_line(left, bottom, left + SIDE, TOP, "#bbbbbb"))
    for share in (0.0, 0.5, 1.0):
        parts.append(_line(left, bottom - SIDE * share, left + SIDE, bottom - SIDE * share, "#eee"))
        parts.append(_text(left - 6, bottom - SIDE * share + 4, f"{share:.1f}", anchor="end"))
        parts.append(_text(left + SIDE * share - 8, bottom + 16, f"{share:.1f}"))
    for n, points in enumerate(series.values()):
        places = [(left + SIDE * x, bottom - SIDE * y) for x, y in sorted(points)]
        colour = COLOURS[n % len(COLOURS)]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{joined}" fill="none" stroke="{colour}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    return _svg(left + SIDE + 40, bottom + 28, parts)


def _legend(names: Sequence[str], x: float, y: float) -> list[str]:
    parts = []
    for n, name in enumerate(names):
        parts.append(
            f'<rect x="{x}" y="{y - 8}" width="8" height="8" fill="{COLOURS[n % len(COLOURS)]}"/>'
        )
        parts.append(_text(x + 12, y, name))
        x += 30 + 7 * len(name)
    return parts


def _text(
    x: float, y: float, words: str, anchor: str = "start", size: int = 11, weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="sans-serif">',
            f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>',
            *parts,
            "</svg>\n",
        ]
    )
