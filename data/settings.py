"""The settings: one TOML file read once into one frozen object; settings.toml has the defaults."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data.errors import SettingsError

DEFAULTS = Path(__file__).with_name("settings.toml")

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Ratio = Annotated[float, Field(ge=1)]


class Section(BaseModel):
    """A frozen group of settings; a name it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Intake(Section):
    """What a package may be, and how much of it may fail."""

    max_rejected_share: Share
    max_zip_bytes: Count
    max_zip_ratio: Count
    max_zip_members: Count
    max_file_bytes: Count
    max_line_bytes: Count
    max_columns: Count
    max_xml_record_bytes: Count
    max_xml_elements: Count
    max_xml_depth: Count
    max_xml_name_chars: Count
    max_xml_names: Count
    max_xml_text_chars: Count
    max_rows: Count
    max_table_bytes: Count
    max_dictionary_bytes: Count
    retention_days: Count
    examples: Count
    correction_days: Whole
    signature_required: bool
    signature_keys: dict[str, str]
    submitters: tuple[str, ...]


class Load(Section):
    """How the lake becomes the warehouse."""

    memory_limit: str
    threads: Count
    match_window_seconds: Whole
    match_reference_days: Count
    match_book_seconds: Whole
    window_days: Count


class Features(Section):
    """The windows and lines of the features."""

    windows_days: tuple[Count, Count, Count, Count]
    pass_on_hours: tuple[Count, ...]
    round_fen: Count
    new_payer_days: Count
    age_bands_days: tuple[Count, ...]
    alike_from: Share
    round_trip_hours: Count
    round_trip_hops: Annotated[int, Field(ge=2)]
    scan_transfers: Count
    shape_hours: Count
    shape_hops: Annotated[int, Field(ge=3)]
    shape_members: Annotated[int, Field(ge=2)]
    shape_counterparties: Count
    shape_per_start: Count
    night_from: time
    night_to: time


class Score(Section):
    """The isolation forests, and how they and the findings become one order."""

    trees_min: Count
    trees_per_party: Annotated[float, Field(ge=0)]
    trees_max: Count
    sample_rows: Count
    minimum_stratum_rows: Count
    seed: Whole
    reasons: Count
    finding_weight: Share
    amount_weight: Share
    amount_low_fen: Count
    amount_high_fen: Count
    prior_severity: Whole
    accomplice_weight: Share
    beneficiary_weight: Share
    unexplained: Whole
    police_confidence: Share
    returned_ratio: Ratio
    returned_share: Share


class Consequences(Section):
    """Rates of what a proven case costs its subject, and pays whoever gave the tip."""

    penalty_rate: Share
    reward_rate: Share


class Trace(Section):
    """Limits of an answer about where money went or came from."""

    bound_transfers: Count
    path_parts: Count


class LookThrough(Section):
    """How every institution's clients' money is followed each night."""

    within_days: Count
    sliver_fen: Whole


class Ties(Section):
    """What ties parties to an institution: its closure."""

    minimum_ownership: Share
    largest_contact_group: Count


class Desk(Section):
    """The investigators' pages: log-ins, limits, how much is shown."""

    session_idle_minutes: Count
    session_hours: Count
    minimum_password_chars: Count
    failed_logins: Count
    lock_minutes: Count
    known_browser_days: Count
    log_ins_per_minute: Count
    requests_per_minute: Count
    hold_minutes: Count
    page_rows: Count
    graph_edges: Count
    max_form_bytes: Count
    max_attachment_bytes: Count
    max_case_attachments: Count
    max_case_bytes: Count
    form_seconds: Count
    upload_seconds: Count
    max_upload_bytes: Count
    sample_size: Count
    sample_from_rank: Count


class Lending(Section):
    """What all detectors of lending read loans' transfers by."""

    unnamed_disbursed_share: Share
    disbursed_days: Count
    collecting_clients: Count
    due_days: Whole


class FundPool(Section):
    """P1."""

    window_days: Count
    minimum_payers: Count
    minimum_payees: Count
    account_payers: Count
    lowest_out_in_ratio: float
    highest_out_in_ratio: float
    maximum_matched_share: Share
    minimum_paid_back: Count
    minimum_paid_back_share: Share
    minimum_lift: float
    member_paid_back: Count
    member_paid_back_share: Share
    unregistered_paid_back_share: Share
    member_share: Share
    minimum_public_share: Share
    relay_share: Share
    relay_days: Count
    relay_part: Share
    crowd_payers: Count
    minimum_returned_share: Share
    minimum_to_persons_share: Share
    maximum_refund_share: Share
    minimum_principal_back: Share
    minimum_paid_first_share: Share
    maximum_fixed_ratio_share: Share
    treasury_public_share: Share
    minimum_reached_share: Share
    detour_share: Share
    refund_days: Count
    ratio_days: Count
    ratio_sample: Count
    pair_doubt: Count
    sure_returned_share: Share
    sure_payers: Count
    sure_paid_back_share: Share
    confidence_least: Share
    confidence_size: Share
    confidence_paid_back: Share
    confidence_behind: Share


class SelfFinancing(Section):
    """P4."""

    window_hours: Count
    minimum_share: Share
    fee_share: Share
    minimum_loans: Count
    minimum_fen: Whole
    minimum_loan_share: Share
    trade_transfers: Count
    trade_share: Share
    sink_share: Share
    sink_transfers: Count
    mixed_share: Share
    least_part: Share
    least_way: Share
    hub_explained_share: Share
    same_sum_share: Share
    passed_on_ratio: Ratio
    least_disbursed_share: Share
    most_disbursed_share: Ratio
    unnamed_disbursed_share: Share
    disbursed_days: Count
    straight_days: Count
    trade_doubt_share: Share
    sure_loans: Count
    confidence_least: Share
    confidence_loans: Share
    confidence_share: Share


class Commingling(Section):
    """P10."""

    settlement_days: Whole
    minimum_fen: Whole
    minimum_clients: Count
    fee_share: Share
    tolerance_fen: Whole
    account_clients: Count
    detour_share: Share
    own_investment_ratio: Ratio
    sure_left_share: Share
    confidence_own_accounts: Share
    confidence_least: Share
    confidence_gap: Share
    confidence_left: Share


class ReserveMisuse(Section):
    """R1."""

    minimum_shortfall_fen: Whole
    minimum_days: Count
    unexplained_fen: Whole
    minimum_fen: Whole
    fee_share: Share
    merchant_days_share: Share
    least_part: Share
    merchant_days: Count
    usual_merchant_days: Count
    merchant_doubt_share: Share
    carry_days: Whole
    carry_slack: Ratio
    same_sum_ratio: Ratio
    detour_share: Share
    growth_part: Share
    hidden_growth_ratio: Ratio
    growth_days_share: Share
    growth_lift: Ratio
    confidence_least: Share
    confidence_days: Share
    confidence_aged: Share
    confidence_left: Share


class FixedReturns(Section):
    """Which payments are fixed fractions of what their payees had paid before."""

    lots_per_person: Count
    least_part: Share
    most_part: Share
    most_surplus: Share
    ratio_tolerance: Share
    rounding_fen: int
    rounding_share: float
    plans: Count
    minimum_persons: Count
    intervals: Count
    ahead_days: Count
    ahead_for_days: Count
    usual_lots: Count
    lot_tolerance: Share
    most_lot_rate: Share
    round_fen: Count
    lot_sums: Count
    grid_share: Share
    rounded_share: Share
    grid_tellers: Count
    grid_sums_share: Share
    grid_chance: Share
    most_grid_sums: Count
    slack_days: Whole
    slack_share: Share


class Holdings(Section):
    """Positions in products: how long they count, and when a firm between is a layer."""

    stale_days: Whole
    partnership_share: Share


class IllegalFundraising(Section):
    """P3."""

    lot_fen: Count
    minimum_lot_fen: Count
    cash_hours: Count
    collector_payers: Count
    pair_receivers: Count
    pair_back_share: Share
    pair_part: Share
    handed_share: Share
    firm_steps: Whole
    rated_both: Count
    rated_lift: float
    minimum_rated_share: Share
    minimum_lift: float
    minimum_payers: Count
    minimum_receivers: Count
    minimum_receivers_share: Share
    minimum_plan_share: Share
    minimum_regular_share: Share
    lowest_yearly_rate: float
    highest_yearly_rate: float
    maximum_matched_share: Share
    maximum_public_share: Share
    minimum_lot_share: Share
    minimum_covered_share: Share
    minimum_reached_share: Share
    sure_receivers_share: Share
    sure_covered_share: Share
    circle_persons: Count
    sure_lot_share: Share
    sure_matched_share: Share
    sure_payers: Count
    confidence_least: Share
    confidence_size: Share
    confidence_plan: Share
    confidence_regular: Share
    confidence_behind: Share


class ExcessReturn(Section):
    """Y1."""

    least_return: Share
    most_return: Share
    lot_fen: Whole
    rate_step: Share
    rate_repeats: Count
    rate_lift: Ratio
    rate_share: Share
    till_share: Share
    most_payments: Count
    returned_share: Share
    slack_share: Share
    interest_share: Share
    minimum_share: Share
    minimum_fen: Whole
    minimum_lenders: Count
    minimum_positions: Count
    minimum_peers: Count
    usual_quantile: Share
    rate_margin: Share
    marketing_fen: Whole
    marketing_share: Share
    marketing_lent_share: Share
    minimum_coupon_fen: Whole
    running_share: Share
    coupon_gap_share: Share
    coupon_loans: Count
    coupon_share: Share
    bonus_among: Share
    bonus_fed_share: Share
    bonus_sums: Count
    bonus_fixed_share: Share
    bonus_share: Share
    sure_share: Share
    sure_lenders: Count
    confidence_least: Share
    confidence_share: Share
    confidence_lenders: Share
    confidence_rate: Share


class MaturityMismatch(Section):
    """P6."""

    whole_share: Share
    most_ratio: Ratio
    principal_ratio: Ratio
    term_share: Share
    early_days: Count
    refund_days: Count
    covered_share: Share
    funded_share: Share
    fixed_share: Share
    registered_share: Share
    rate_step: float
    terms: Count
    exits_of_a_term: Count
    minimum_exits: Count
    minimum_lenders: Count
    minimum_fen: Whole
    sure_exits: Count
    confidence_least: Share
    confidence_exits: Share
    confidence_fixed: Share
    confidence_taken: Share


class SelfGuarantee(Section):
    """P5."""

    before_days: Count
    borrower_share: Share
    alike_share: Share
    fed_days: Count
    fed_share: Share
    recovered_share: Share
    minimum_loans: Count
    minimum_fen: Whole
    sure_loans: Count
    confidence_least: Share
    confidence_loans: Share
    confidence_circle: Share


class OwnLending(Section):
    """P2."""

    assigned_days: Count
    minimum_lenders: Count
    before_share: Share
    sold_share: Share
    professional_loans: Count
    minimum_loans: Count
    minimum_fen: Whole
    sure_loans: Count
    confidence_least: Share
    confidence_loans: Share
    confidence_inside: Share
    confidence_back: Share


class BorrowerCap(Section):
    """P11; the caps are law, in legal_rules.csv."""

    uniting_share: Share
    largest_unit: Count
    confidence_single: Share
    confidence_united: Share


class PropertyFinance(Section):
    """P12."""

    window_days: Count
    handed_share: Share
    least_share: Share
    custom_times: Count
    trade_share: Share
    developer_share: Share
    target_loans: Count
    minimum_loans: Count
    minimum_loan_share: Share
    minimum_fen: Whole
    sure_loans: Count
    confidence_least: Share
    confidence_loans: Share
    confidence_share: Share


class MarginFinance(Section):
    """P9."""

    window_days: Count
    handed_share: Share
    least_share: Share
    clients: Count
    foreign_parties: Count
    bundle_loans: Count
    minimum_loans: Count
    minimum_loan_share: Share
    minimum_fen: Whole
    deposit_days: Count
    most_leverage: Count
    minimum_deposits: Count
    deposit_share: Share
    deposited_share: Share
    sure_loans: Count
    sure_fen: Count
    confidence_least: Share
    confidence_amount: Share
    confidence_ways: Share
    confidence_clients: Share


class FictitiousLoan(Section):
    """P7."""

    pass_hours: Count
    longer_hours: Count
    soon_share: Share
    later_share: Share
    partly_share: Share
    fresh_days: Count
    shared_borrowers: Count
    shared_among: Share
    meeting_share: Share
    weak_loans: Count
    weak_loan_share: Share
    business_days: Count
    business_share: Share
    some_business_share: Share
    raised_share: Share
    disbursed_days: Count
    usual_quantile: Share
    waiting_days: Count
    joined_share: Share
    gone_share: Share
    minimum_loans: Count
    minimum_share: Share
    minimum_fen: Whole
    visible_share: Share
    sure_loans: Count
    confidence_least: Share
    confidence_loans: Share
    confidence_signs: Share


class UnlicensedPayment(Section):
    """R4."""

    window_days: Count
    settlement_days: Count
    float_days: Count
    minimum_merchants: Count
    merchant_days: Count
    once_share: Share
    minimum_once: Count
    minimum_fen: Whole
    minimum_acquired_share: Share
    minimum_beside_share: Share
    minimum_follow_share: Share
    minimum_float_follow_share: Share
    often_share: Share
    often_follow_share: Share
    minimum_on_time_share: Share
    maximum_kept_share: Share
    irregular_share: Share
    maximum_overpaid_share: Share
    unpaid_share: Share
    feeder_acquired_share: Share
    feeder_handed_share: Share
    hand_taken_share: Share
    hand_given_share: Share
    hand_paid_share: Share
    hand_payees: Count
    maximum_related_share: Share
    doubtful_related_share: Share
    maximum_two_way_share: Share
    doubtful_two_way_share: Share
    doubtful_late_share: Share
    least_fee_share: Share
    usual_fee_share: Share
    sure_merchants: Count
    confidence_least: Share
    confidence_size: Share
    confidence_fee: Share
    confidence_on_time: Share


class PrivateInvestment(Section):
    """V1."""

    consulting_share: Share
    ground_certainty: Share
    confidence_most: Share


class ShamMerchant(Section):
    """R5."""

    window_days: Count
    return_hours: Count
    least_payment_fen: Whole
    least_returned_share: Share
    passed_on_share: Share
    minimum_persons: Count
    minimum_shared_persons: Count
    minimum_returns: Count
    minimum_fen: Whole
    minimum_returned_share: Share
    minimum_refunded_share: Share
    minimum_matched_share: Share
    exact_doubt_share: Share
    supplied_doubt_share: Share
    sure_matched_share: Share
    round_fen: Whole
    night_from_hour: Count
    day_from_hour: Count
    sure_round_share: Share
    sure_night_share: Share
    sure_persons: Count
    confidence_least: Share
    confidence_persons: Share
    confidence_returned: Share
    confidence_signs: Share


class UnapprovedExchange(Section):
    """X1."""

    handed_share: Share
    minimum_clients: Count
    minimum_fen: Whole
    maximum_goods_share: Share
    maximum_withdrawn_share: Share
    circle_share: Share
    quick_share: Share
    yield_receivers: Count
    yield_share: Share
    relay_payers: Count
    relay_share: Share
    sure_goods_share: Share
    fee_withdrawn_share: Share
    confidence_least: Share
    confidence_sign: Share


class DisguisedDebt(Section):
    """E1."""

    minimum_investors: Count
    minimum_fen: Whole
    source_persons: Count
    source_covered_share: Share
    minimum_receivers: Count
    minimum_receivers_share: Share
    minimum_plan_share: Share
    minimum_regular_share: Share
    minimum_repeated_share: Share
    lowest_yearly_rate: float
    minimum_circle_share: Share
    commission_share: Share
    dividend_days: Count
    confidence_least: Share
    confidence_sign: Share
    confidence_most: Share


class Layering(Section):
    """L1."""

    window_days: Count
    least_hop_fen: Whole
    least_taken_fen: Whole
    minimum_fen: Whole
    pause_hours: Count
    held_hours: Count
    episode_hours: Count
    maximum_passed_ratio: Ratio
    hop_ratio: str
    minimum_passed_share: Share
    minimum_passing_share: Share
    most_transfers: Count
    most_counterparties: Count
    network_hours: Count
    most_instances: Count
    most_per_start: Count
    minimum_layers: Count
    most_hops_each: Count
    minimum_parallel: Count
    minimum_spread: Count
    way_least_fen: Whole
    way_payments: Count
    way_hops: Count
    round_hops: Count
    way_hours: Count
    way_ratio: str
    way_chance: Share
    line_chance: Share
    least_leg_fen: Count
    minimum_bundle_fen: Count
    middle_payments: Count
    minimum_middles: Count
    minimum_ways: Count
    bundle_end_share: Share
    least_crowd_fen: Count
    minimum_crowd_fen: Count
    crowd_payers: Count
    crowd_payees: Count
    dense_payers: Count
    dense_share: Share
    most_crowd_payers: Count
    least_between_fen: Whole
    minimum_between: Count
    least_between_share: Share
    least_fan_fen: Whole
    least_gathered_fen: Whole
    minimum_fan: Count
    minimum_gathered: Count
    star_hours: Count
    star_ratio: str
    minimum_star_share: Share
    sure_star: Count
    burst_hours: Count
    minimum_burst_in: Count
    minimum_burst_out: Count
    minimum_burst_fen: Whole
    burst_in_share: Share
    burst_out_share: Share
    minimum_alone_share: Share
    mixed_in_share: Share
    mixed_out_share: Share
    least_of_each: Count
    minimum_cycle_layers: Count
    least_end_share: Share
    trade_days: Count
    maximum_related_share: Share
    maximum_traded_share: Share
    doubtful_share: Share
    main_end_share: Share
    beneficiary_share: Share
    said_share: Share
    line_share: Share
    minimum_below: Count
    burst_days: Count
    above_share: Share
    maximum_repeated_share: Share
    sure_below: Count
    sure_layers: Count
    confidence_least: Share
    confidence_layers: Share
    confidence_shapes: Share


class DisguisedClearing(Section):
    """R3."""

    window_days: Count
    least_leg_fen: Whole
    minimum_pairs: Count
    minimum_fen: Whole
    maximum_fee_share: Share
    maximum_fee_fen: Whole
    minimum_matched_share: Share
    minimum_lift: float
    sure_lift: float
    chance_days: Count
    netted_tolerance_share: Share
    least_netted_fen: Whole
    netted_clients: Count
    minimum_netted_days: Count
    minimum_netted_share: Share
    bridge_share: Share
    sure_clients: Count
    confidence_least: Share
    confidence_share: Share
    confidence_both: Share
    confidence_link: Share


class PremiumMisuse(Section):
    """I1."""

    collector_transfers: Count
    collector_share: Share
    minimum_payers: Count
    minimum_fen: Whole
    minimum_overdue_share: Share
    cut_off_days: Whole
    cycle_days: Count
    commission_share: Share
    paid_commission_share: Share
    sure_overdue_share: Share
    minimum_surrenders: Count
    minimum_surrender_share: Share
    sure_surrender_share: Share
    alike_share: Share
    swap_days: Count
    returned_part: Share
    minimum_returned_share: Share
    minimum_circle_fen: Whole
    large_circle_fen: Whole
    minimum_circle_share: Share
    fee_payments: Count
    fee_variation: Share
    confidence_least: Share
    confidence_share: Share
    confidence_circle: Share


class ReservePlacement(Section):
    """R2."""

    window_days: Count
    minimum_days: Count
    tolerance_share: Share
    minimum_fen: Whole
    least_interest_fen: Whole
    least_deposit_fen: Whole
    deposit_days: Count
    deposit_slack_days: Count
    least_yearly_rate: Share
    largest_yearly_rate: Share
    minimum_fees: Count
    regular_fees: Count
    regular_spread: Share
    minimum_clients: Count
    minimum_outside_fen: Whole
    minimum_outside_share: Share
    sure_outside_share: Share
    settled_outside_share: Share
    confidence_least: Share
    confidence_sign: Share


class UnlicensedBusiness(Section):
    """M1."""

    window_days: Count
    minimum_clients: Count
    minimum_fen: Whole
    minimum_settled_fen: Whole
    handed_on_share: Share
    minimum_settlements: Count
    settlement_span_days: Count
    largest_instalment_ratio: Ratio
    least_loan_fen: Whole
    round_loan_fen: Count
    minimum_round_share: Share
    minimum_firms: Count
    most_lag_days: Whole
    rate_tolerance: Share
    minimum_following_share: Share
    sure_settlements: Count
    most_commission_rate: Share
    minimum_variation_share: Share
    doubtful_related_share: Share
    sure_clients: Count
    confidence_least: Share
    confidence_clients: Share
    confidence_both: Share
    confidence_following: Share


class ProductNesting(Section):
    """M3."""

    maximum_layers: Count
    sure_layers_beyond: Count
    confidence_least: Share
    confidence_beyond: Share
    confidence_law: Share


class RelatedParty(Section):
    """M4."""

    window_days: Count
    least_payment_fen: Whole
    minimum_fen: Whole
    limit_capital_share: Share
    detour_hours: Count
    detour_passed_share: Share
    most_dividends: Count
    service_payments: Count
    service_variation_share: Share
    confidence_least: Share
    confidence_over: Share
    confidence_detour: Share


class RestrictedName(Section):
    """N1."""

    window_days: Count
    confidence_name: Share
    confidence_scope: Share


class ProductSplitting(Section):
    """M2."""

    minimum_small: Count
    minimum_small_share: Share
    minimum_unfit: Count
    minimum_unfit_share: Share
    minimum_nominees: Count
    pooling_days: Count
    pooling_givers: Count
    pooling_share: Share
    staff_share: Share
    family_givers: Count
    confidence_least: Share
    confidence_sign: Share
    confidence_beyond: Share


class PaidPromotion(Section):
    """G1."""

    window_days: Count
    minimum_payments: Count
    least_payments: Count
    minimum_fen: Whole
    agency_days: Count
    agency_passed_share: Share
    minimum_promoters: Count
    minimum_pieces: Count
    largest_piece_fen: Whole
    least_piece_fen: Count
    piece_repeats: Count
    piece_multiples: Count
    piece_share: Share
    sure_fen: Whole
    sure_share: Share
    customer_share: Share
    sure_payments: Count
    confidence_least: Share
    confidence_registered: Share
    confidence_payments: Share


class OfflineSales(Section):
    """P8."""

    agency_share: Share
    most_pay_fen: Whole
    run_gap_days: Count
    run_persons: Count
    round_fen: Count
    minimum_persons: Count
    minimum_payments: Count
    pay_day_share: Share
    lowest_share: Share
    highest_share: Share
    mixed_share: Share
    least_swing: Share
    least_uneven: Share
    sure_swing: Share
    most_swing: Ratio
    sure_runs: Count
    slight_swing: Share
    steadier_part: Share
    sure_spread: Share
    most_spread: Share
    nearer_part: Share
    spread_part: Share
    steady_part: float
    own_part: Share
    minimum_landlords: Count
    rent_least_days: Count
    rent_most_days: Count
    minimum_spot_payers: Count
    minimum_spot_share: Share
    minimum_new_fen: Whole
    confidence_least: Share
    confidence_sign: Share
    confidence_moves: Share


class Detectors(Section):
    """What all detectors share, and one section per typology."""

    open_lookalike: Share
    unknown_like_share: Share
    fund_pool: FundPool
    self_financing: SelfFinancing
    commingling: Commingling
    reserve_misuse: ReserveMisuse
    paid_promotion: PaidPromotion
    restricted_name: RestrictedName
    related_party: RelatedParty
    unlicensed_business: UnlicensedBusiness
    reserve_placement: ReservePlacement
    disguised_clearing: DisguisedClearing
    layering: Layering
    sham_merchant: ShamMerchant
    unlicensed_payment: UnlicensedPayment
    illegal_fundraising: IllegalFundraising
    fictitious_loan: FictitiousLoan
    margin_finance: MarginFinance
    property_finance: PropertyFinance
    borrower_cap: BorrowerCap
    own_lending: OwnLending
    self_guarantee: SelfGuarantee
    maturity_mismatch: MaturityMismatch
    excess_return: ExcessReturn
    private_investment: PrivateInvestment
    unapproved_exchange: UnapprovedExchange
    disguised_debt: DisguisedDebt
    premium_misuse: PremiumMisuse
    product_nesting: ProductNesting
    product_splitting: ProductSplitting
    offline_sales: OfflineSales


class Settings(Section):
    """Everything that tunes behaviour."""

    intake: Intake
    load: Load
    features: Features
    score: Score
    consequences: Consequences
    trace: Trace
    look_through: LookThrough
    ties: Ties
    desk: Desk
    lending: Lending
    fixed_returns: FixedReturns
    holdings: Holdings
    detectors: Detectors

    def digest(self) -> str:
        """The SHA-256 of the values that decide a result, in hex; part of a run's key."""
        return hashlib.sha256(self.model_dump_json(exclude={"desk"}).encode()).hexdigest()


def load_settings(path: Path | None = None) -> Settings:
    """Read the defaults, with what the file at ``path`` states instead of them.

    Raises:
        SettingsError: the file cannot be read, names an unknown setting, or a value does not fit.
    """
    values = _read(DEFAULTS)
    if path is not None:
        values = _merged(values, _read(path))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"settings {path or DEFAULTS}: {name}: {first['msg']} "
            f"({error.error_count()} wrong in all); data/settings.toml lists the known ones"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"cannot read the settings {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"settings {path}: not TOML: {error}") from error


def _merged(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for name, change in changes.items():
        known = merged.get(name)
        both = isinstance(known, dict) and isinstance(change, dict)
        merged[name] = _merged(known, change) if both else change  # type: ignore[arg-type]
    return merged
