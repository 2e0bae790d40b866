"""Text of other people as a terminal may show it: what would steer the terminal is escaped."""

from __future__ import annotations

import json
import unicodedata


def visible(text: str, keep: str = "") -> str:
    """Text with each character that is not seen as JSON escapes it (``\\u001b``), but spaces.

    These are controls, line ends, marks that turn the direction of writing, and halves of
    characters. JSON stays the same JSON; `keep` are characters that are left as they are.
    """
    if text.isprintable():
        return text
    return "".join(each if _seen(each) or each in keep else json.dumps(each)[1:-1] for each in text)


def _seen(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"
