"""Transfers drawn by hand, as the features' temporary table has them."""

from datetime import datetime, timedelta

import pyarrow as pa

START = datetime(2016, 6, 13, 9)


def flow_table(rows: list[tuple[int, int, int, float]]) -> pa.Table:
    """A table feature_transfer of transfers given as payer, payee, fen and hours from the start."""
    payer, payee, fen, hours = (list(column) for column in zip(*rows, strict=True))
    return pa.table(
        {
            "payer": pa.array(payer, pa.int32()),
            "payee": pa.array(payee, pa.int32()),
            "amount_fen": pa.array(fen, pa.int64()),
            "booked_at": pa.array([START + timedelta(hours=hour) for hour in hours]),
        }
    )
