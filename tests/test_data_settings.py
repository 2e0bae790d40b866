"""Settings: defaults, changes, and what is refused."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from data.errors import SettingsError
from data.settings import DEFAULTS, load_settings


def test_a_file_changes_only_what_it_states(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[detectors.fund_pool]\nminimum_payers = 30\n")
    own, default = load_settings(path), load_settings()
    assert own.detectors.fund_pool.minimum_payers == 30
    assert own.detectors.fund_pool.window_days == default.detectors.fund_pool.window_days
    assert own.intake == default.intake
    assert own.digest() != default.digest() == load_settings().digest()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[intake]\nmax_share = 1\n", "intake.max_share: Extra inputs are not permitted"),
        ("[intake]\nmax_rejected_share = 2\n", "intake.max_rejected_share: Input should be less"),
        ("intake = 3\n", "intake: Input should be a valid dictionary"),
        ("[intake\n", "not TOML"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=re.escape(message)):
        load_settings(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the settings .*none\.toml: No such file"):
        load_settings(tmp_path / "none.toml")


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().score.seed = 1  # type: ignore[misc]


def test_every_default_has_a_comment() -> None:
    lines = DEFAULTS.read_text(encoding="utf-8").splitlines()
    values = [line for line in lines if re.match(r"\w+ = ", line)]
    assert values
    assert [line for line in values if "#" not in line] == []
