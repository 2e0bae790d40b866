"""What every detector works on: warehouse, settings, date, and closures made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl
import pyarrow as pa

from data.settings import Settings
from data.store import Database
from detectors.finding import CannotConclude, Finding
from graph.ownership import Relations, Tie, closure

if TYPE_CHECKING:
    from detectors.owned_money import OwnedRecords
    from graph.look_through import OwnedMoney

INSTITUTIONS = """
select i.institution_id, i.kind, i.licence_no, i.licence_from, i.licence_to, i.status,
  p.party_no, p.party_id
from institution i
join party_dim p on p.institution_id = i.institution_id
order by i.institution_id, p.party_no
"""
RELATIONS = """
select a.party_no as start, b.party_no as "end", r.kind, coalesce(r.share, 'nan'::double) as share
from relation r
join party_dim a on a.party_id = r.from_party
join party_dim b on b.party_id = r.to_party
where r.valid_from <= $day and (r.valid_to is null or r.valid_to >= $day)
"""
# Parties that share a telephone or an address; a group above the limit is a building or a hotline.
CONTACTS = """
with contact as (
  select p.party_no, 'same_phone' as kind, r.phone_hash as value
  from party r join party_dim p on p.party_id = r.party_id where r.phone_hash is not null
  union all
  select p.party_no, 'same_address', r.address
  from party r join party_dim p on p.party_id = r.party_id where r.address is not null
), shared as (
  select kind, value from contact group by kind, value having count(*) between 2 and $largest
), member as (
  select c.* from contact c join shared s on s.kind = c.kind and s.value = c.value
)
select a.party_no as start, b.party_no as "end", a.kind, 'nan'::double as share
from member a
join member b on b.kind = a.kind and b.value = a.value and a.party_no < b.party_no
"""


@dataclass(frozen=True)
class Institution:
    """A registered institution, and the party that it is."""

    institution_id: str
    kind: str
    party_no: int
    party_id: str
    licensed: bool


class Speaker(Protocol):
    """What a detector is to one that stands on its findings."""

    NAME: str

    def detect(self, context: Context) -> Iterator[Finding | CannotConclude]:
        """Yield what was found, and what could not be judged."""
        ...


class Context:
    """The night's data as detectors see it; nothing in it is written back."""

    def __init__(self, db: Database, settings: Settings, business_date: date) -> None:
        self.db = db
        self.settings = settings
        self.business_date = business_date
        self._closures: dict[str, dict[int, Tie]] = {}
        self._laid: set[str] = set()
        self._said: dict[str, tuple[Finding | CannotConclude, ...]] = {}

    def said(self, detector: Speaker) -> tuple[Finding | CannotConclude, ...]:
        """What a detector says of this night; it runs once, whoever asks."""
        held = self._said.get(detector.NAME)
        if held is None:
            held = self._said[detector.NAME] = tuple(detector.detect(self))
        return held

    def first_date(self, days: int) -> date:
        """The first of so many days that end with the business date."""
        return self.business_date - timedelta(days=days - 1)

    @cached_property
    def institutions(self) -> tuple[Institution, ...]:
        """All registered institutions whose party is known, by identifier."""
        known: dict[str, Institution] = {}
        for name, kind, number, since, until, status, party_no, party_id in self.db.rows(
            "institutions", INSTITUTIONS
        ):
            licensed = (
                number is not None
                and (since is None or since <= self.business_date)
                and (until is None or until >= self.business_date)
                and status == "active"
            )
            known.setdefault(name, Institution(name, kind, party_no, party_id, licensed))
        return tuple(known.values())

    def institution(self, institution_id: str) -> Institution | None:
        """The institution of that identifier, if it is registered and its party known."""
        return next((i for i in self.institutions if i.institution_id == institution_id), None)

    def institution_of(self, party_id: str) -> Institution | None:
        """The institution that a party is, the first by identifier; None when it is none."""
        return next((i for i in self.institutions if i.party_id == party_id), None)

    @cached_property
    def relations(self) -> Relations:
        """The ties valid on the business date, shared telephones and addresses among them."""
        parts = [
            self.db.frame("relations", RELATIONS, {"day": self.business_date}),
            self.db.frame(
                "contacts", CONTACTS, {"largest": self.settings.ties.largest_contact_group}
            ),
        ]
        ties = pl.concat(parts, how="vertical_relaxed")
        kinds = sorted(ties["kind"].unique().to_list())
        codes = ties["kind"].replace_strict(kinds, range(len(kinds)), return_dtype=pl.Int64)
        return Relations.of(
            ties["start"].cast(pl.Int64).to_numpy(),
            ties["end"].cast(pl.Int64).to_numpy(),
            codes.to_numpy(),
            ties["share"].to_numpy(),
            kinds,
        )

    def once(self, name: str, lay: Callable[[], None]) -> None:
        """Lay a table that several detectors share, the first time that any asks for it."""
        if name not in self._laid:
            lay()
            self._laid.add(name)

    def closure(self, institution: Institution) -> dict[int, Tie]:
        """Everyone tied to an institution on the business date, itself included."""
        held = self._closures.get(institution.institution_id)
        if held is None:
            least = self.settings.ties.minimum_ownership
            held = closure(self.relations, institution.party_no, least)
            self._closures[institution.institution_id] = held
        return held

    @cached_property
    def circles_of(self) -> Mapping[int, tuple[Institution, ...]]:
        """By party the institutions that it is tied to, by identifier; it is tied to itself."""
        found: dict[int, list[Institution]] = {}
        for institution in self.institutions:
            for party in self.closure(institution):
                found.setdefault(party, []).append(institution)
        return {party: tuple(each) for party, each in found.items()}

    @cached_property
    def owned(self) -> OwnedRecords:
        """All transfers, and whose clients' money is what; read when first asked for."""
        from detectors.owned_money import read_owned_records

        return read_owned_records(self)

    @cached_property
    def entrusted(self) -> OwnedMoney:
        """What became of clients' money of every institution before it was lent, last in first out.

        Every payment that carried any of it is noted.
        """
        from detectors.owned_money import follow_entrusted

        return follow_entrusted(self.owned)

    def register_closures(
        self, name: str, only: Collection[str], *, institutions: bool = True
    ) -> None:
        """Register some institutions' closures as a table: institution_id, party_no, own.

        `own` marks the institution's own party. Other institutions of a closure have clients of
        their own; without `institutions` they are left out.
        """
        chosen = [i for i in self.institutions if i.institution_id in only]
        others = set() if institutions else {i.party_no for i in self.institutions}
        rows = [
            (i.institution_id, party, party == i.party_no)
            for i in chosen
            for party in self.closure(i)
            if party == i.party_no or party not in others
        ]
        columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
        self.db.register(
            name,
            pa.table(
                {
                    "institution_id": pa.array(columns[0], pa.string()),
                    "party_no": pa.array(np.asarray(columns[1], dtype=np.int64)),
                    "own": pa.array(columns[2], pa.bool_()),
                }
            ),
        )

    def front(self, number: int) -> str:
        """The role of a party that stands in for another: nominee for a person, else shell."""
        return "shell" if number in self._organisations else "nominee"

    @cached_property
    def _organisations(self) -> frozenset[int]:
        sql = "select party_no from party_dim where kind = 'organisation'"
        return frozenset(number for (number,) in self.db.rows("organisations", sql))

    @cached_property
    def party_ids(self) -> dict[int, str]:
        """The identifier of each party number."""
        return dict(self.db.rows("party ids", "select party_no, party_id from party_dim"))
