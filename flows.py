"""The Prefect flows: receive, nightly, backfill. Prefect orders and shows the steps; what was done
is true when our own ledger says so. Tasks pass paths and plain values, and nothing is retried."""

# ruff: noqa: E402  (Prefect reads its environment when it is imported)

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

from data.errors import NoRecordsError
from data.home import Home

os.environ.setdefault("PREFECT_HOME", str(Home.from_environment().path / "prefect"))
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
os.environ.setdefault("PREFECT_LOGGING_SERVER_LEVEL", "CRITICAL")

# Prefect's own server fails without a word where the folders above its home are missing.
Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL, temporary_settings

from pipelines import night

receive_packages = task(retries=0, cache_policy=NO_CACHE)(night.receive_packages)
load_warehouse = task(retries=0, cache_policy=NO_CACHE)(night.load_warehouse)
measure_features = task(retries=0, cache_policy=NO_CACHE)(night.measure_features)
look_through = task(retries=0, cache_policy=NO_CACHE)(night.look_through)
detect_typologies = task(retries=0, cache_policy=NO_CACHE)(night.detect_typologies)
publish_suspects = task(retries=0, cache_policy=NO_CACHE)(night.publish_suspects)


@flow(retries=0)
def receive(home: str, settings: str | None = None) -> list[str]:
    """Take in what lies in the inbox; returns the receipts' paths."""
    return receive_packages(home, settings)


@flow(retries=0)
def nightly(
    business_date: date | None = None, home: str | None = None, settings: str | None = None
) -> str:
    """Run one business date (yesterday, where none is given); returns the published file."""
    home = home or str(Home.from_environment().path)
    business_date = business_date or night.yesterday()
    receive_packages(home, settings)
    with night.recorded(home, settings, business_date) as run:
        if run.published is None:
            with run.stage("load"):
                load_warehouse(home, settings, run.key)
            with run.stage("features"):
                features = measure_features(home, settings, run.key)
            with run.stage("look_through"):
                looked = look_through(home, settings, run.key)
            with run.stage("detect"):
                findings = detect_typologies(home, settings, run.key)
            with run.stage("publish"):
                run.published = publish_suspects(
                    home, settings, run.key, features, findings, looked
                )
    return run.published


@flow(retries=0)
def backfill(first: date, last: date, home: str, settings: str | None = None) -> list[str]:
    """Run every business date from the first to the last; returns the published files.

    Raises:
        NoRecordsError: there was nothing to look at for some dates; the others were run.
    """
    night.refuse_future(last)
    published, without = [], []
    for day in range((last - first).days + 1):
        try:
            published.append(nightly(first + timedelta(days=day), home, settings))
        except NoRecordsError:
            without.append(str(first + timedelta(days=day)))
    if without:
        raise NoRecordsError(f"no accepted records for {', '.join(without)}; the others were run")
    return published


def serve_schedule(home: str, settings: str | None, url: str) -> None:
    """Serve the nightly run at 02:00 Asia/Shanghai on a Prefect server, until stopped."""
    schedule = Cron("0 2 * * *", timezone="Asia/Shanghai")
    with temporary_settings({PREFECT_API_URL: url}):
        nightly.serve(
            name="nightly",
            schedule=schedule,
            parameters={"home": home, "settings": settings},
            print_starting_message=False,
        )
