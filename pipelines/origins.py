"""The origins that a whole province's money is traced by: colours of transfers and of balances.

Unknown (what is paid beyond a known balance, or comes from outside) and opening balances are
origins of their own; the others stand for each institution: its clients' money, its own funds,
investors' principal (paid on a loan) and loan proceeds (paid to a borrower). A loan's event names
the transfer that it is; any other payment into an account for clients' money makes it that.
Custody's other payments stay clients' money, wherever they go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from data.store import Database
from graph.tracing import Convention, Opening, Trace, Transfers, trace

Ints = npt.NDArray[np.int64]
OPENING = 1
# One row a transfer, in the order of time. Of several events of one transfer the first kind rules.
TINTS = """
with event as (
  select institution_id, kind, bank_no || ':' || account_no || ':' || entry_no as entry
  from loan_event
  where entry_no is not null and kind in ('invest', 'disburse', 'fee')
), named as (
  select t.transfer_no, e.kind, e.institution_id
  from transfer t
  join event e on e.entry = t.out_entry
  union all
  select t.transfer_no, e.kind, e.institution_id
  from transfer t
  join event e on e.entry = t.in_entry
), stated as (
  select transfer_no, min(kind) as kind, arg_min(institution_id, kind) as institution_id
  from named
  group by transfer_no
)
select case s.kind when 'invest' then 'investors_principal' when 'disburse' then 'loan_proceeds'
    when 'fee' then 'own_funds' else 'client_money' end as kind,
  case when s.kind is not null then s.institution_id
    when payee.role in ('client_custody', 'client_reserve')
      and payee.institution_id is distinct from payer.institution_id
      then payee.institution_id end as institution_id
from transfer t
left join stated s on s.transfer_no = t.transfer_no
left join account_dim payer on payer.account_id = t.payer_account
left join account_dim payee on payee.account_id = t.payee_account
where t.status = 'settled' and t.business_date <= $last
order by t.transfer_no
"""
HOLDERS = """
select case when role in ('client_custody', 'client_reserve') then 'client_money'
    when role = 'own_funds' then 'own_funds' end as kind, institution_id
from account_dim
order by account_id
"""


@dataclass(frozen=True)
class Origins:
    """Colours by number (kind, and institution or None), a transfer's tint, an account's colour."""

    colours: tuple[tuple[str, str | None], ...]
    tint: npt.NDArray[np.int32]
    opening_colour: npt.NDArray[np.int32]


def read_origins(db: Database, last: date) -> Origins:
    """Read what colours transfers and opening balances have, up to a date (inclusive)."""
    tints = db.frame("origins of transfers", TINTS, {"last": last})
    holders = db.frame("origins of balances", HOLDERS)
    named = (
        pl.concat([tints, holders])
        .drop_nulls()
        .unique()
        .sort("institution_id", "kind")
        .with_row_index("colour", offset=OPENING + 1)
    )
    tint = _colours(tints, named).fill_null(-1).to_numpy()
    opening = _colours(holders, named).fill_null(OPENING).to_numpy()
    listed = [(row["kind"], row["institution_id"]) for row in named.iter_rows(named=True)]
    return Origins((("unknown", None), ("opening", None), *listed), tint, opening)


def trace_origins(
    transfers: Transfers, held_fen: Ints, origins: Origins, convention: Convention
) -> Trace:
    """Carry every origin through all transfers; sums and what accounts hold, without records."""
    account = np.flatnonzero(held_fen > 0).astype(np.int32)
    return trace(
        transfers, origins.tint, accounts=len(held_fen), colours=len(origins.colours),
        convention=convention, record=False,
        opening=Opening(account, origins.opening_colour[account], held_fen[account]),
    )  # fmt: skip


def held_by_origin(
    traced: Trace, origins: Origins, accounts: Ints
) -> list[tuple[str, str | None, int]]:
    """What some accounts hold at the end, by origin: kind, institution and fen, largest first."""
    mine = np.isin(traced.held_account, accounts)
    fen = np.zeros(len(origins.colours), dtype=np.int64)
    np.add.at(fen, traced.held_colour[mine], traced.held_fen[mine])
    order = sorted(np.flatnonzero(fen).tolist(), key=lambda colour: (-fen[colour], colour))
    return [(*origins.colours[colour], int(fen[colour])) for colour in order]


def _colours(rows: pl.DataFrame, named: pl.DataFrame) -> pl.Series:
    joined = rows.join(named, on=["kind", "institution_id"], how="left", maintain_order="left")
    return joined["colour"].cast(pl.Int32)
