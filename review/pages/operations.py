"""Operations: runs with their stages, late and missing files, and what changed between two runs."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from data.control import Run, SubmitterScore
from pipelines import intake
from pipelines.publish import find_run
from review.desk import desk_of
from review.policy import Action
from review.rendering import is_chinese, page
from review.routing import Pages
from review.run_difference import difference

pages = Pages()
RUNS_SHOWN, TOP = 60, 100
COVERAGE = """
select table_name, count(*) as submitters, sum(days)::bigint as days,
  sum(missing_days)::bigint as missing_days, max(last_date) as last_date
from coverage group by table_name order by table_name
"""


@pages.page("GET", "/operations", Action.SEE_OPERATIONS)
def operations(request: Request) -> Response:
    """Show the runs, what each stage took, and who owes what up to the newest date."""
    desk = desk_of(request)
    result = desk.results.current()
    runs = desk.control.runs()[:RUNS_SHOWN]
    dates = sorted({run.business_date for run in runs}, reverse=True)
    scores = next((held for day in dates if (held := desk.control.scores(day))), [])
    return page(
        request, "operations.html", runs=[_facts(run) for run in runs],
        waiting=len(intake.waiting(desk.home)),
        scores=[_score(each) for each in scores],
        coverage=result.frame("coverage", COVERAGE) if result else [],
        published=[run.published for run in runs if run.state == "complete" and run.published],
    )  # fmt: skip


@pages.page("GET", "/operations/difference", Action.SEE_OPERATIONS)
def run_difference(request: Request, first: str, second: str) -> Response:
    """Show what changed in the top of the ranking between two runs."""
    home = desk_of(request).home
    found = difference(find_run(home, first), find_run(home, second), TOP, is_chinese(request))
    return page(request, "difference.html", found=found, top=TOP)


def _facts(run: Run) -> dict[str, Any]:
    details = json.loads(run.details)
    ended = run.finished_at
    return {
        "run": run,
        "seconds": (ended - run.started_at).total_seconds() if ended else None,
        "stages": details.get("stages", {}),
        "absent": details.get("absent_submitters", []),
    }


def _score(score: SubmitterScore) -> dict[str, Any]:
    return {
        "score": score,
        **{name: json.loads(getattr(score, name)) for name in ("missing", "missing_tables",
                                                               "overdue")},
    }  # fmt: skip
