"""What institutions paid to earlier clients, and how much of it other clients had paid in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.context import Context
from detectors.others_principal import PaidIn, returned_from_others
from detectors.owned_money import OwnedRecords
from graph import ends
from graph.tracing import Opening
from pipelines.look_through_file import COLUMNS

Ints = npt.NDArray[np.int64]
# Whoever holds an account; a holder whom nobody knows is another one for each account.
HOLDERS = """
select account_id, coalesce(nullif(party_no, -1), -2 - account_id) as holder
from account_dim where account_id >= 0
"""


def read_returned(context: Context, records: OwnedRecords) -> pl.DataFrame:
    """Read what was paid to earlier clients, by institution; amounts in fen.

    Clients are whoever paid into a home, by the holder of the paying account. What reached a client
    out of others' payments is the least and the most over first and last in first out; what came
    from borrowers, from the circle or from elsewhere is nobody's principal.
    """
    owners = len(records.institutions)
    transfers, rules = records.transfers, records.rules
    home = np.full(records.accounts + 1, -1, np.int64)
    home[rules.homes[:, 0]] = rules.homes[:, 1]
    rows = context.db.frame("holders of accounts", HOLDERS)
    holder = np.full(records.accounts + 1, -1, np.int64)
    holder[rows["account_id"].to_numpy()] = rows["holder"].to_numpy()
    kind = rules.kind.astype(np.int64)
    subject = rules.subject.astype(np.int64)
    owner = np.where(kind > 0, rules.owner_of[np.maximum(subject, 0)], subject)
    came_in = (kind > 0) & (home[transfers.payee] == owner) & (home[transfers.payer] != owner)
    by_client = kind == ends.CLIENT
    back = kind == -ends.RETURNED
    held = home[records.opening.account] >= 0
    account = records.opening.account[held]
    whose = (1 + home[account]).astype(np.int32)
    found = returned_from_others(
        PaidIn(
            transfers, Opening(account, whose, records.opening.amount_fen[held]),
            records.accounts, owners, rules.homes, np.where(came_in & by_client, owner, -1),
            np.where(came_in & ~by_client, owner, -1), np.where(back, owner, -1),
            holder[transfers.payer], holder[transfers.payee],
        )
    )  # fmt: skip
    returned = np.zeros(owners, np.int64)
    np.add.at(returned, owner[back], transfers.amount_fen[back])
    by_order = np.stack(list(found.values()))
    return pl.DataFrame(
        {
            "institution_id": list(records.institutions), "returned_fen": returned,
            "others_least_fen": by_order.min(axis=0), "others_most_fen": by_order.max(axis=0),
        },
        schema=dict(COLUMNS["institution_return"]),
    ).filter(pl.col("returned_fen") > 0).sort("institution_id")  # fmt: skip
