"""Who may do what, and see whose: the one place that grants anything.

Every route declares an action of this file; what is not granted here is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pipelines.disposal import LEADING_GROUP, OFFICES
from review.places import city


class Role(StrEnum):
    """What an account is for."""

    ADMINISTRATOR = "administrator"
    PROVINCE = "province"
    OFFICE = "office"
    CITY = "city"
    COUNTY = "county"
    READ_ONLY = "read_only"
    SUBMITTER = "submitter"


ROLES: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: ("系统管理员", "administrator"),
        Role.PROVINCE: ("省级", "province"),
        Role.OFFICE: ("条线主管部门", "field office"),
        Role.CITY: ("市级", "city"),
        Role.COUNTY: ("县级", "county"),
        Role.READ_ONLY: ("只读", "read-only"),
        Role.SUBMITTER: ("报送单位", "submitter"),
    }
)


class Action(StrEnum):
    """What a route does."""

    SIGN_IN = "sign in"
    OWN_ACCOUNT = "own account"
    SEE_QUEUE = "see the queue"
    SEE_SUSPECT = "see a suspect"
    TAKE_NEXT = "take the next suspect"
    WORK_CASE = "work on a case"
    ASSIGN = "assign"
    DECIDE = "decide"
    APPROVE = "approve"
    SHARE = "share a case"
    EXPORT = "export a case"
    SEE_PRECISION = "see precision"
    REVIEW_SAMPLE = "review the sample"
    SEE_SUBMITTER = "see a submitter's pages"
    UPLOAD = "upload a package"
    SEE_OPERATIONS = "see operations"
    MANAGE_ACCOUNTS = "manage accounts"
    SEE_AUDIT = "see the audit log"


INVESTIGATORS = frozenset({Role.PROVINCE, Role.OFFICE, Role.CITY, Role.COUNTY})
READERS = INVESTIGATORS | {Role.READ_ONLY}
EVERYONE = frozenset(Role)

GRANTED: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        Action.SIGN_IN: EVERYONE,
        Action.OWN_ACCOUNT: EVERYONE,
        Action.SEE_QUEUE: READERS,
        Action.SEE_SUSPECT: READERS,
        Action.TAKE_NEXT: INVESTIGATORS,
        Action.WORK_CASE: INVESTIGATORS,
        Action.ASSIGN: INVESTIGATORS - {Role.COUNTY},
        Action.DECIDE: INVESTIGATORS,
        Action.APPROVE: INVESTIGATORS - {Role.COUNTY},
        Action.SHARE: INVESTIGATORS - {Role.COUNTY},
        Action.EXPORT: INVESTIGATORS,
        Action.SEE_PRECISION: frozenset({Role.PROVINCE, Role.OFFICE}),
        Action.REVIEW_SAMPLE: INVESTIGATORS - {Role.COUNTY},
        Action.SEE_SUBMITTER: frozenset({Role.SUBMITTER, Role.PROVINCE, Role.ADMINISTRATOR}),
        Action.UPLOAD: frozenset({Role.SUBMITTER}),
        Action.SEE_OPERATIONS: frozenset({Role.ADMINISTRATOR, Role.PROVINCE}),
        Action.MANAGE_ACCOUNTS: frozenset({Role.ADMINISTRATOR}),
        Action.SEE_AUDIT: frozenset({Role.ADMINISTRATOR}),
    }
)


@dataclass(frozen=True)
class Viewer:
    """Whoever asks: the account's name, role and territory, as the session found them."""

    user_id: int
    name: str
    full_name: str
    role: Role
    division: str = ""
    office: str = ""
    submitter: str = ""


@dataclass(frozen=True)
class Territory:
    """Whose a suspect is: its division, the offices that lead, and to whom it was opened.

    `owner` is the division or the office to which it was handed over last.
    """

    division: str
    offices: frozenset[str]
    shared_divisions: frozenset[str] = frozenset()
    shared_offices: frozenset[str] = frozenset()
    owner: tuple[str, str] | None = None


def may(viewer: Viewer, action: Action) -> bool:
    """Whether a role is granted an action."""
    return viewer.role in GRANTED[action]


def sees(viewer: Viewer, territory: Territory) -> bool:
    """Whether a suspect lies in the viewer's territory, or was opened to it.

    The province sees all. An office sees what its field leads or shares in leading. A city and a
    county see their division code; a read-only account its division, or all where it has none.
    """
    if viewer.role == Role.PROVINCE:
        return True
    if viewer.role == Role.READ_ONLY and not viewer.division and not viewer.office:
        return True
    if viewer.role == Role.OFFICE or (viewer.role == Role.READ_ONLY and viewer.office):
        return bool(viewer.office) and viewer.office in territory.offices | territory.shared_offices
    if viewer.role in (Role.CITY, Role.COUNTY, Role.READ_ONLY):
        codes = {territory.division, *territory.shared_divisions}
        return any(within(code, viewer.division) for code in codes)
    return False


def owns(viewer: Viewer, territory: Territory) -> bool:
    """Whether a case is the viewer's to assign, to decide and to share.

    The province's always; else of whoever it was handed to last, and before that of whoever sees
    it without a share.
    """
    if viewer.role == Role.PROVINCE:
        return True
    if territory.owner is None:
        return sees(viewer, Territory(territory.division, territory.offices))
    division, office = territory.owner
    return sees(viewer, Territory(division, frozenset({office} if office else ())))


def within(code: str, area: str) -> bool:
    """Whether a division code lies in an area: 320100 covers 3201xx, 320102 itself."""
    stem = area[:4] if area.endswith("00") else area
    return bool(stem) and code.startswith(stem)


def sees_submitter(viewer: Viewer, submitter: str) -> bool:
    """Whether a viewer may see what a submitter sent and got: the submitter its own alone."""
    return viewer.role != Role.SUBMITTER or viewer.submitter == submitter


def offices_of(lead_office: str | None) -> frozenset[str]:
    """The codes that a lead office names; the leading group's is the province's own."""
    return frozenset((lead_office or "").split("+")) - {""}


def whom_to_ask(territory: Territory, zh: bool) -> str:
    """Name who can open what a viewer does not see: who leads the case now."""
    if territory.owner is not None:
        division, office = territory.owner
        territory = Territory(division, frozenset({office} if office else ()))
    place = city(territory.division, zh)
    known = [OFFICES[code][not zh] for code in sorted(territory.offices) if code in OFFICES]
    if place:
        known.insert(0, f"{place}专项整治办" if zh else f"the rectification office of {place}")
    if not known:
        known = [OFFICES[LEADING_GROUP][not zh]]
    return ("、" if zh else ", ").join(known)


def territory_faults(role: Role, division: str, office: str, submitter: str) -> Iterable[str]:
    """What an account of that role lacks, or must not have."""
    if role in (Role.CITY, Role.COUNTY) and len(division) != 6:
        yield f"a {role} account needs --division, a code of six digits"
    if role == Role.CITY and division and not division.endswith("00"):
        yield "a city's code ends in 00"
    if role == Role.COUNTY and division.endswith("00"):
        yield "a county's code does not end in 00"
    if role == Role.OFFICE and office not in OFFICES:
        yield f"an office account needs --office, one of {', '.join(OFFICES)}"
    if role == Role.SUBMITTER and not submitter:
        yield "a submitter's account needs --submitter, its social credit code"
    if role != Role.SUBMITTER and submitter:
        yield "only a submitter's account has --submitter"
