"""What a detector says of itself: its pattern, innocent look-alikes and blind spots, in words.

The English words are the paragraphs of the detector's docstring; the Chinese ones its constant
``CHINESE``. The typology pages are made of both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from data.errors import ContractError

# The openings of the docstring's paragraphs, in the order in which they stand.
OPENINGS = {
    "pattern": r"Pattern: ",
    "lookalikes": r"Innocent look-alikes?: ",
    "blind_spots": r"Blind spots?: ",
}


@dataclass(frozen=True)
class Description:
    """A typology in one language: what the records show, what only resembles it, what is unseen."""

    pattern: str
    lookalikes: str
    blind_spots: str


def read_description(docstring: str | None) -> Description:
    """Read the English description of a detector from its module's docstring.

    A paragraph ends at an empty line; a page shows it as one line.

    Raises:
        ContractError: a paragraph is missing, or stands twice.
    """
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", docstring or "")]
    held = {}
    for name, opening in OPENINGS.items():
        found = [p for p in paragraphs if re.match(opening, p)]
        if len(found) != 1:
            raise ContractError(
                f"a detector's docstring has {len(found)} paragraphs that open with {opening!r}; "
                "write exactly one"
            )
        words = re.sub(f"^{opening}", "", found[0])
        held[name] = words[0].upper() + words[1:]
    return Description(**held)
