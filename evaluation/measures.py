"""The measures of an examination, made from the facts of its provinces."""

from __future__ import annotations

import polars as pl

from evaluation.calibration import calibration_error
from evaluation.facts import UNLISTED, Facts


def typology_measures(facts: Facts) -> pl.DataFrame:
    """One row per level and typology that schemes or findings have, in that order.

    - `schemes`; `recall_at_2k`: the share of them of which a subject stands in the first 2K places
      and is the subject of a finding of the typology; `recall`: the same anywhere in the ranking.
    - `named`: of the schemes with a subject in the first 2K places for any finding, the share that
      has a finding of its typology.
    - `precision_at_k`: subjects of the typology's findings in the order of their ranks, the first
      as many as the province has schemes of it: the share that takes part in a scheme of it;
      `lookalikes_at_k`: the share that are innocent look-alikes. Whoever takes part in a scheme of
      another typology alone is left out of the list: crooks breach more than one clause, and the
      truth names one.
    - `average_precision`: the precision at each finding that is right, averaged over the schemes.
    - `evidence_precision`, `evidence_recall`: references cited that are right, and what shows the
      schemes that is cited, added up; a scheme that was missed counts with all that shows it.
    - `amount_error`: median of |found - true| / true over the schemes found, of the money at stake.
    - `roles_right`: of the parties that findings name, the share named in their true role.
    - `false`: findings whose subject takes part in no scheme at all.
    - `calibration_error`: see `calibration`.
    """
    schemes = _by_scheme(facts.schemes)
    found = facts.findings
    calibrated = pl.DataFrame(
        [
            {"level": level, "typology": typology, "calibration_error": calibration_error(group)}
            for (level, typology), group in found.group_by("level", "typology")
        ],
        schema={"level": pl.String, "typology": pl.String, "calibration_error": pl.Float64},
    )
    keys = ["level", "typology"]
    return (
        schemes.join(_lists(found), on=keys, how="full", coalesce=True)
        .with_columns((pl.col("precisions") / pl.col("schemes")).alias("average_precision"))
        .drop("precisions")
        .join(calibrated, on=keys, how="left")
        .sort(keys)
    )


def _by_scheme(schemes: pl.DataFrame) -> pl.DataFrame:
    first = pl.col("rank") <= 2 * pl.col("guilty")
    first_any = pl.col("rank_any") <= 2 * pl.col("guilty")
    error = (pl.col("found_fen") - pl.col("stake_fen")).abs() / pl.col("stake_fen")
    return (
        schemes.filter(pl.col("typology") != UNLISTED)
        .group_by("level", "typology")
        .agg(
            pl.len().alias("schemes"),
            first.fill_null(False).mean().alias("recall_at_2k"),
            pl.col("rank").is_not_null().mean().alias("recall"),
            pl.col("named").filter(first_any).mean().alias("named"),
            (pl.col("cited_right").sum() / pl.col("cited").sum())
            .fill_nan(None)
            .alias("evidence_precision"),
            (pl.col("own_found").sum() / pl.col("own").sum())
            .fill_nan(None)
            .alias("evidence_recall"),
            error.filter(pl.col("stake_fen") > 0).median().alias("amount_error"),
            (pl.col("roles_right").sum() / pl.col("roles_named").sum())
            .fill_nan(None)
            .alias("roles_right"),
        )
    )


def _lists(findings: pl.DataFrame) -> pl.DataFrame:
    group = ("seed", "level", "typology")
    findings = findings.filter(pl.col("right") | ~pl.col("true")).with_columns(
        pl.col("position").rank("ordinal").over(group).alias("position")
    )
    within = pl.col("position") <= pl.col("schemes")
    # Of a seed: the precision at each right finding, over the schemes that there are to find.
    right_so_far = pl.col("right").cum_sum().over(group, order_by="position")
    at_hit = pl.when("right").then(right_so_far / pl.col("position")).otherwise(0.0)
    per_seed = (
        findings.with_columns(at_hit.alias("at_hit"))
        .group_by(group)
        .agg(
            pl.col("schemes").first(),
            within.sum().alias("listed"),
            (within & pl.col("right")).sum().alias("hits"),
            (within & pl.col("lookalike")).sum().alias("alike"),
            # Several subjects of one scheme may be found; they share its weight.
            (
                pl.col("at_hit").sum()
                * pl.col("schemes").first()
                / pl.max_horizontal(pl.col("schemes").first(), pl.col("right").sum())
            )
            .fill_nan(0.0)
            .alias("precisions"),
            (~pl.col("true")).sum().alias("false"),
            pl.len().alias("findings"),
        )
    )
    return per_seed.group_by("level", "typology").agg(
        (pl.col("hits").sum() / pl.col("listed").sum()).fill_nan(None).alias("precision_at_k"),
        (pl.col("alike").sum() / pl.col("listed").sum()).fill_nan(None).alias("lookalikes_at_k"),
        pl.col("precisions").sum(),
        pl.col("findings").sum(),
        pl.col("false").sum(),
    )


def order_measures(facts: Facts) -> pl.DataFrame:
    """One row per level and way of ranking: what rules, forest and both find among all parties.

    `precision_at_k`, `recall_at_2k`, `lookalikes_at_k` and `average_precision` of the guilty;
    `unlisted_at_3k`: the share of the schemes of no listed kind of which a subject stands in the
    first 3K places of that way.
    """
    per = pl.col("guilty").sum()
    ways = facts.orders.group_by("level", "way").agg(
        per.alias("guilty"),
        (pl.col("first_k").sum() / per).alias("precision_at_k"),
        (pl.col("first_2k").sum() / per).alias("recall_at_2k"),
        (pl.col("lookalikes").sum() / per).alias("lookalikes_at_k"),
        pl.col("average_precision").mean(),
    )
    return ways.join(_unlisted(facts), on=["level", "way"], how="left").sort("level", "way")


def _unlisted(facts: Facts) -> pl.DataFrame:
    others = facts.schemes.filter(pl.col("typology") == UNLISTED)
    within = 3 * pl.col("guilty")
    shares = others.group_by("level").agg(
        (pl.col("rank_both") <= within).fill_null(False).mean().alias("both"),
        (pl.col("rank_rules") <= within).fill_null(False).mean().alias("rules"),
        (pl.col("rank_forest") <= within).fill_null(False).mean().alias("forest"),
    )
    return shares.unpivot(index="level", variable_name="way", value_name="unlisted_at_3k")
