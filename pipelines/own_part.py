"""What passed one party by the transfers of a finding."""

from __future__ import annotations

from collections.abc import Iterable

# Who paid, who was paid, and how much, in fen; None is unknown.
Moved = tuple[str | None, str | None, int | None]


def own_part(party_id: str, moved: Iterable[Moved]) -> tuple[int, int]:
    """What a party received and what it paid, in fen; what it moved to itself does not count."""
    received = paid = 0
    for payer, payee, fen in moved:
        if payer != payee:
            received += (fen or 0) if payee == party_id else 0
            paid += (fen or 0) if payer == party_id else 0
    return received, paid
