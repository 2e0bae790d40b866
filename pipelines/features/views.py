"""Views of a party: kinds of features, each of which is compared with the peers on its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# How much it moves, with whom, how its money passes through, in what manner it pays, what it does
# in cash, and what its payers and payees have in common.
VIEWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "size": (
            "turnover_day", "turnover_week", "turnover_month", "turnover_quarter",
            "out_share_week", "out_share_month", "out_share_quarter", "week_to_baseline",
            "accounts", "peer_percentile",
        ),
        "counterparties": (
            "payers_week", "payers_month", "payers", "payees_week", "payees_month", "payees",
            "transfers_in", "transfers_out", "payer_concentration", "payee_concentration",
            "most_from_one_payer", "most_to_one_payee", "same_day_from_one_payer",
            "same_day_to_one_payee", "new_payer_share", "in_share_from_persons",
            "out_share_to_persons", "unknown_party_share", "two_way_parties",
            "payers_busiest_day", "payees_busiest_day", "closure_share", "shared_devices",
        ),
        "passing": (
            "passed_on_fast", "passed_on_slower", "passed_on_alike", "round_trip_share", "residue",
            "in_cycles", "in_chains", "in_fans_in", "in_fans_out", "in_scatter_gather",
            "in_gather_scatter", "in_bipartite", "in_stacks",
        ),
        "manner": (
            "in_share_busiest_day", "out_share_busiest_day", "burst_in", "burst_out",
            "interval_variation_in", "interval_variation_out", "round_share_in",
            "round_share_out", "repeated_amounts_in", "repeated_amounts_out", "amount_spread_in",
            "amount_spread_out", "largest_to_usual_in", "largest_to_usual_out",
            "usual_to_smallest_in", "usual_to_smallest_out", "unusual_for_payers",
            "unusual_for_itself", "night_share",
        ),
        "cash": ("cash_share", "cash_in", "cash_out", "cash_times_in", "cash_times_out"),
        "sharing": (
            "shared_source_share", "payers_of_one_source", "shared_sink_share",
            "payees_to_one_sink",
        ),
    }
)  # fmt: skip
