"""The simulated province: same bytes, books that balance, packages that keep their manifests."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data.contracts import TABLES
from data.errors import InputError
from data.settings import load_settings
from pipelines.intake import check_package
from simulator import write_province
from simulator.schemes.registry import TYPOLOGIES

DAYS = 9


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("province")
    write_province(out, seed=5, scale="small", days=DAYS)
    return out


def packages(province: Path) -> list[Path]:
    return sorted((province / "packages").iterdir())


def table(province: Path, name: str) -> pl.DataFrame:
    """All rows of a table in Parquet packages, as the packages state them."""
    files = sorted(province.glob(f"packages/*/{name}.parquet"))
    return pl.concat([pl.read_parquet(file) for file in files])


def truth(province: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((province / "truth.json").read_text("utf-8"))
    return facts


def digest(province: Path) -> str:
    whole = hashlib.sha256()
    for file in sorted(path for path in province.rglob("*") if path.is_file()):
        whole.update(str(file.relative_to(province)).encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_province(tmp_path / name, seed=seed, scale="small", days=2)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_every_package_would_be_accepted_without_a_warning(province: Path) -> None:
    settings = load_settings(None)
    receipts = [check_package(package, settings) for package in packages(province)]
    assert {receipt["status"] for receipt in receipts} == {"accepted"}


def test_both_encodings_and_parquet_are_there(province: Path) -> None:
    manifests = [json.loads((p / "manifest.json").read_text("utf-8")) for p in packages(province)]
    kinds = {
        (Path(file["name"]).suffix, file.get("encoding"))
        for manifest in manifests
        for file in manifest["files"]
    }
    assert {(".csv", "gb18030"), (".csv", "utf-8"), (".parquet", None)} <= kinds


def test_balances_carry_every_entry_to_the_fen(province: Path) -> None:
    entries, balances = table(province, "entry"), table(province, "balance")
    account = ["bank_no", "account_no"]
    signed = pl.when(pl.col("direction") == "in").then(1).otherwise(-1) * pl.col("amount_fen")
    moved = entries.group_by([*account, pl.col("booked_at").dt.date().alias("balance_date")]).agg(
        signed.sum().alias("moved")
    )
    both = balances.join(moved, on=[*account, "balance_date"], how="left").fill_null(0)
    change = pl.col("closing_fen") - pl.col("opening_fen")
    assert both.filter(change != pl.col("moved")).is_empty()
    assert both.filter(pl.col("closing_fen") < 0).is_empty()
    assert both.filter(pl.col("moved") != 0).height > 10_000


def test_balances_chain_from_day_to_day(province: Path) -> None:
    ordered = table(province, "balance").sort("bank_no", "account_no", "balance_date")
    before = pl.col("closing_fen").shift(1).over("bank_no", "account_no")
    chained = ordered.with_columns(before.alias("before")).drop_nulls("before")
    assert chained.height > 10_000
    assert chained.filter(pl.col("before") != pl.col("opening_fen")).is_empty()


def test_the_two_legs_and_the_clearing_record_state_the_same_amount(province: Path) -> None:
    entries, cleared = table(province, "entry"), table(province, "clearing")
    both = entries.filter(pl.col("match_no").is_not_null()).join(
        cleared, on="match_no", suffix="_cleared"
    )
    assert both.height > 5_000
    assert both.filter(pl.col("amount_fen") != pl.col("amount_fen_cleared")).is_empty()


def test_reversals_name_an_entry_of_the_same_account_and_amount(province: Path) -> None:
    entries = table(province, "entry")
    undone = entries.filter(pl.col("reversal_of").is_not_null()).join(
        entries.select("bank_no", "account_no", pl.col("entry_no").alias("reversal_of"),
                       pl.col("amount_fen").alias("first_fen"),
                       pl.col("direction").alias("first_direction")),
        on=["bank_no", "account_no", "reversal_of"], how="left",
    )  # fmt: skip
    assert undone.height >= 4
    assert undone.filter(
        (pl.col("first_fen") != pl.col("amount_fen"))
        | (pl.col("first_direction") == pl.col("direction"))
    ).is_empty()


def test_every_typology_has_schemes_and_look_alikes(province: Path) -> None:
    facts = truth(province)
    names = {typology.name for typology in TYPOLOGIES}
    # Before the caps are in force nobody breaks them; the same loans are a look-alike then.
    unlawful = names - ({"borrower_cap"} if facts["last_date"] <= "2016-08-24" else set())
    assert {scheme["typology"] for scheme in facts["schemes"]} == unlawful
    assert {each["typology"] for each in facts["lookalikes"]} == names
    assert all(
        1 <= sum(scheme["typology"] == name for scheme in facts["schemes"]) <= 3
        for name in unlawful
    )


def test_no_package_says_who_is_guilty(province: Path) -> None:
    known = {name for contract in TABLES.values() for name in contract.names}
    for file in province.glob("packages/*/*.parquet"):
        assert set(pl.read_parquet_schema(file)) <= known
    for scheme in truth(province)["schemes"]:
        needle = scheme["scheme_id"].encode()
        assert not any(needle in file.read_bytes() for file in province.glob("packages/*/*.json"))


def test_dirt_falls_on_crooked_entries_as_on_others(province: Path) -> None:
    entries = table(province, "entry").filter(pl.col("counterparty_account_no").is_not_null())
    refs = [ref for scheme in truth(province)["schemes"] for ref in scheme["transfers"]]
    crooked = pl.col("match_no").is_in(refs).fill_null(False)
    shares = [
        rows["counterparty_name"].null_count() / rows.height
        for rows in (entries.filter(crooked), entries.filter(~crooked))
    ]
    assert abs(shares[0] - 0.12) < 0.03
    assert abs(shares[1] - 0.12) < 0.01


def test_the_truth_names_transfers_that_the_packages_hold(province: Path) -> None:
    assert not missing_transfers(province)


def missing_transfers(province: Path) -> dict[str, list[str]]:
    """The transfers that each scheme names and no package holds."""
    entries = [pl.read_parquet(f) for f in sorted(province.glob("packages/*/entry.parquet"))]
    for file in sorted(province.glob("packages/*/entry.csv")):
        stated = json.loads((file.parent / "manifest.json").read_text("utf-8"))["files"]
        encoding = next(f["encoding"] for f in stated if f["table"] == "entry")
        text = file.read_bytes().decode(encoding).encode()
        entries.append(pl.read_csv(text, infer_schema=False))
    keys: set[str] = set()
    for frame in entries:
        joined = frame.select(
            pl.concat_str("bank_no", "account_no", "entry_no", separator=":").alias("key"),
            "match_no",
        )
        keys |= set(joined["key"]) | set(joined["match_no"].drop_nulls())
    keys |= set(table(province, "clearing")["match_no"])
    missing = defaultdict(list)
    for scheme in truth(province)["schemes"]:
        for ref in scheme["transfers"]:
            if ref not in keys:
                missing[scheme["scheme_id"]].append(ref)
    return missing


def test_degraded_data_are_the_same_province_with_less_of_it_told(tmp_path: Path) -> None:
    told = {}
    for level in ("none", "medium", "heavy"):
        write_province(tmp_path / level, seed=6, scale="small", days=4, degrade=level)
        told[level] = {
            name: table(tmp_path / level, name).height for name in ("entry", "clearing", "relation")
        }
    whole, worst = truth(tmp_path / "none"), truth(tmp_path / "heavy")
    for name in ("clearing", "relation"):
        assert told["none"][name] > told["medium"][name] > told["heavy"][name]
    # Which banks fall silent, and for how long, is chance: in a few days it outweighs the level.
    assert told["none"]["entry"] > max(told["medium"]["entry"], told["heavy"]["entry"])
    assert len(packages(tmp_path / "heavy")) < len(packages(tmp_path / "none"))
    assert [scheme["parties"] for scheme in whole["schemes"]] == [
        scheme["parties"] for scheme in worst["schemes"]
    ]
    assert [scheme["amount_fen"] for scheme in whole["schemes"]] == [
        scheme["amount_fen"] for scheme in worst["schemes"]
    ]
    assert not missing_transfers(tmp_path / "heavy")
    names = [
        table(tmp_path / level, "entry")["counterparty_name"].null_count() / told[level]["entry"]
        for level in told
    ]
    assert names == sorted(names) and names[2] > names[0] + 0.3
    settings = load_settings(None)
    states = {check_package(each, settings)["status"] for each in packages(tmp_path / "heavy")}
    assert states <= {"accepted", "accepted_with_warnings"}


def test_an_unknown_level_of_degraded_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown level of degraded data 'some'"):
        write_province(tmp_path, seed=6, scale="small", days=2, degrade="some")
