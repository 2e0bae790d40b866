"""Events that come at once: each is in the store when its request goes on, in one whole chain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data.control import Control
from data.desk_tables import AuditEvent
from data.errors import StoreError
from data.home import Home
from review import audit
from review.audit_together import Together

AT = datetime(2016, 12, 8, 9, 0)
PEOPLE, EACH = 8, 25


def test_events_of_many_are_all_in_one_chain(tmp_path: Path) -> None:
    """Nothing is lost, nothing is there twice, and each is stored when its caller goes on."""
    with Control(Home(tmp_path).create()) as control:
        together, unseen = Together(control), []

        def work(person: int) -> None:
            for number in range(EACH):
                subject = f"party={person}-{number}"
                together.record(AT, f"person-{person}", "see", subject, "granted", "GET")
                with control.reading() as session:
                    query = select(AuditEvent.event_id).where(AuditEvent.subject == subject)
                    if len(session.scalars(query).all()) != 1:
                        unseen.append(subject)

        people = [Thread(target=work, args=(person,)) for person in range(PEOPLE)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        with control.reading() as session:
            chain = audit.verify(session)
    assert unseen == []
    assert (chain.events, chain.broken_at) == (PEOPLE * EACH, None)


def test_those_who_wait_are_written_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one is written, the others gather; the next one takes all of them along."""
    with Control(Home(tmp_path).create()) as control:
        together, begun, go_on, transactions = Together(control), Event(), Event(), []
        plain = control.session

        @contextmanager
        def slow() -> Iterator[Session]:
            transactions.append(1)
            begun.set()
            assert go_on.wait(20)
            with plain() as session:
                yield session

        monkeypatch.setattr(control, "session", slow)
        people = [
            Thread(target=together.record, args=(AT, f"p{n}", "see", "", "granted", "GET"))
            for n in range(6)
        ]
        people[0].start()
        assert begun.wait(20)
        for person in people[1:]:
            person.start()
        while len(together._waiting) < len(people) - 1:
            pass
        go_on.set()
        for person in people:
            person.join()
        monkeypatch.undo()
        with control.reading() as session:
            assert audit.verify(session).events == len(people)
    assert len(transactions) == 2


def test_a_store_that_refuses_refuses_the_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody sees a page whose event was not kept; what comes later is kept again."""
    with Control(Home(tmp_path).create()) as control:
        together = Together(control)

        @contextmanager
        def refusing() -> Iterator[Session]:
            raise StoreError("the disk is full")
            yield

        monkeypatch.setattr(control, "session", refusing)
        with pytest.raises(StoreError, match="full"):
            together.record(AT, "one", "see", "", "granted", "GET")
        monkeypatch.undo()
        together.record(AT, "one", "see", "", "granted", "GET")
        with control.reading() as session:
            assert audit.verify(session).events == 1
