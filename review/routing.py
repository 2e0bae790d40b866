"""Routes: each declares an action of the policy; the program does not start with one that has
none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from data.errors import LookthroughError
from review.policy import Action
from review.signed_in import requires

# What everyone may ask for without an account: the log-in itself and files that hold no data.
OPEN = "open"
DECLARED = "x-action"
Endpoint = Callable[..., Any]


class Pages(APIRouter):
    """A router whose routes cannot be added without an action."""

    def page(self, method: str, path: str, action: Action) -> Callable[[Endpoint], Endpoint]:
        """Add a route that only those reach who are granted an action."""
        return self._add(method, path, action.value, [Depends(requires(action))])

    def open(self, method: str, path: str) -> Callable[[Endpoint], Endpoint]:
        """Add a route that needs no account."""
        return self._add(method, path, OPEN, [])

    def _add(
        self, method: str, path: str, action: str, dependencies: list[Any]
    ) -> Callable[[Endpoint], Endpoint]:
        def add(endpoint: Endpoint) -> Endpoint:
            self.add_api_route(
                path,
                endpoint,
                methods=[method],
                dependencies=dependencies,
                openapi_extra={DECLARED: action},
                response_model=None,
                include_in_schema=False,
            )
            return endpoint

        return add


def declared(routers: Iterable[Pages]) -> list[tuple[APIRoute, str]]:
    """Every route of the desk with the action that it declares.

    Raises:
        LookthroughError: a route declares none.
    """
    found = []
    for route in (route for pages in routers for route in pages.routes):
        action = (getattr(route, "openapi_extra", None) or {}).get(DECLARED)
        known = action == OPEN or action in set(Action)
        if not isinstance(route, APIRoute) or not known:
            raise LookthroughError(f"route {getattr(route, 'path', route)} declares no action")
        found.append((route, str(action)))
    return found
