"""Wraps text to columns of a terminal, where a Chinese character takes two and has no spaces.

Lines break at spaces and between Chinese characters: never within a word or a number, nor between a
number and its unit, nor before a closing mark. What is longer than a line alone is cut.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells

WIDE = r"[\u2e80-\u9fff\uff00-\uff60]"
CLOSING = "，。；：、）！？”》"
OPENING = "（“《"
PIECE = re.compile(
    rf"[{OPENING}]*(?:[\d,.\-]+ ?{WIDE}|{WIDE}|[^\s\u2e80-\u9fff\uff00-\uff60]+)[{CLOSING}]*|\s+"
)


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most so many columns; its own line breaks stay."""
    return [line for each in text.split("\n") for line in _line(each, width)]


def _line(text: str, width: int) -> list[str]:
    lines, held = [], ""
    for piece in PIECE.findall(text):
        if cell_len(held + piece.rstrip()) <= width:
            held += piece
            continue
        if held.strip():
            lines.append(held.rstrip())
        *whole, held = chop_cells(piece.strip(), width) or [""]
        lines += whole
    return [*lines, held.rstrip()]
