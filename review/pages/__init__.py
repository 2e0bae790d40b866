"""The desk's pages, one module each; the order does not matter."""

from __future__ import annotations

from review.pages import (
    administration,
    case,
    decisions,
    exports,
    money,
    operations,
    own_account,
    queue,
    signing_in,
    submitter,
    suspect,
)
from review.routing import Pages

PAGES: tuple[Pages, ...] = (
    signing_in.pages,
    own_account.pages,
    queue.pages,
    suspect.pages,
    money.pages,
    case.pages,
    decisions.pages,
    exports.pages,
    submitter.pages,
    operations.pages,
    administration.pages,
)
