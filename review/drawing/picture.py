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
    """Collects shapes; `markup` is the whole element."""

    def __init__(self, width: int, height: int, label: str) -> None:
        self.width, self.height, self._label = width, height, label
        self._parts: list[Markup] = []

    def box(
        self, x: float, y: float, width: float, height: float, colour: str, title: str = ""
    ) -> None:
        """A filled rectangle."""
        self._parts.append(
            Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="{}" '
                   'class="d-{}">{}</rect>').format(
                x, y, max(width, 0.0), max(height, 0.0), COLOURS[colour], colour, _title(title)
            )
        )  # fmt: skip

    def line(
        self, points: Iterable[tuple[float, float]], colour: str, dashed: bool = False
    ) -> None:
        """A line through points."""
        shown = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = Markup(' stroke-dasharray="4 3"') if dashed else Markup("")
        self._parts.append(
            Markup('<polyline points="{}" fill="none" stroke="{}" class="d-{}"{}/>').format(
                shown, COLOURS[colour], f"{colour}-line", dash
            )
        )

    def ribbon(
        self, left: tuple[float, float], right: tuple[float, float], width: float, colour: str,
        title: str,
    ) -> None:  # fmt: skip
        """A band that swings from one point to another; `width` is across."""
        (x1, y1), (x2, y2), middle = left, right, (left[0] + right[0]) / 2
        self._parts.append(
            Markup('<path d="M{:.1f},{:.1f} C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}" '
                   'fill="none" stroke="{}" stroke-width="{:.1f}" stroke-opacity="0.6" '
                   'class="d-{}">{}</path>').format(
                x1, y1, middle, y1, middle, y2, x2, y2, COLOURS[colour], max(width, 1.0),
                f"{colour}-line", _title(title),
            )
        )  # fmt: skip

    def text(self, x: float, y: float, said: str, anchor: str = "start", size: int = 12) -> None:
        """A text; `anchor` is start, middle or end."""
        self._parts.append(
            Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" font-size="{}" fill="{}" '
                   'class="d-ink">{}</text>').format(x, y, anchor, size, COLOURS["ink"], said)
        )  # fmt: skip

    def markup(self) -> Markup:
        """The element, scaled to the width it is given."""
        return Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
            ' role="img" aria-label="{label}" class="drawing" font-family="sans-serif">{parts}'
            "</svg>"
        ).format(w=self.width, h=self.height, label=self._label, parts=Markup("").join(self._parts))


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _title(title: str) -> Markup:
    return Markup("<title>{}</title>").format(escape(title)) if title else Markup("")
