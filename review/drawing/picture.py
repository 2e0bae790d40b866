"""An SVG element under construction: shapes with escaped texts, and a title for each that has one.

Colours are presentation attributes, which a strict content security policy allows, and classes,
by which the style sheet sets those of the dark theme.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

COLOURS = {
    "in": "#1f7a8c", "out": "#b4532a", "band": "#dfe7ec", "line": "#87939c", "ink": "#1b2228",
    "quiet": "#505b64", "node": "#0b4f6c", "ribbon": "#8fb3c4", "doubt": "#d9b36a",
}  # fmt: skip


class Picture:
    """Collects shapes; `markup` is the whole element. Every text is escaped where it is taken."""

    def __init__(self, width: int, height: int, label: str) -> None:
        self.width, self.height, self._label = width, height, label
        self._parts: list[str] = []

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, title: str = ""
    ) -> None:
        """A filled rectangle."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" '
            f'height="{max(height, 0.0):.1f}" fill="{COLOURS[colour]}" class="d-{colour}">'
            f"{_title(title)}</rect>"
        )

    def line(
        self, points: Iterable[tuple[float, float]], colour: str, dashed: bool = False
    ) -> None:
        """A line through points."""
        shown = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self._parts.append(
            f'<polyline points="{shown}" fill="none" stroke="{COLOURS[colour]}" '
            f'class="d-{colour}-line"{dash}/>'
        )

    def ribbon(
        self, left: tuple[float, float], right: tuple[float, float], width: float, colour: str,
        title: str,
    ) -> None:  # fmt: skip
        """A band that swings from one point to another; `width` is across."""
        (x1, y1), (x2, y2), middle = left, right, (left[0] + right[0]) / 2
        self._parts.append(
            f'<path d="M{x1:.1f},{y1:.1f} C{middle:.1f},{y1:.1f} {middle:.1f},{y2:.1f} '
            f'{x2:.1f},{y2:.1f}" fill="none" stroke="{COLOURS[colour]}" '
            f'stroke-width="{max(width, 1.0):.1f}" stroke-opacity="0.6" class="d-{colour}-line">'
            f"{_title(title)}</path>"
        )

    def text(self, x: float, y: float, said: str, anchor: str = "start", size: int = 12) -> None:
        """A text; `anchor` is start, middle or end."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
            f'fill="{COLOURS["ink"]}" class="d-ink">{escape(said)}</text>'
        )

    def markup(self) -> Markup:
        """The element, scaled to the width it is given."""
        return Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
            ' role="img" aria-label="{label}" class="drawing" font-family="sans-serif">{parts}'
            "</svg>"
        ).format(w=self.width, h=self.height, label=self._label, parts=Markup("".join(self._parts)))


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _title(title: str) -> str:
    return f"<title>{escape(title)}</title>" if title else ""
