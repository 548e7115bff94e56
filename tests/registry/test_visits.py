"""Visits in the database: marked, taken once, given back, on SQLite and PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy

from registry.errors import AwayError
from registry.store.catalogue import url_of
from registry.store.visits import KeptVisits, Waiting, open_visits

SHELF = "shelf/threatshelf"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return url_of(tmp_path / "any.db")
    server = str(request.getfixturevalue("postgresql"))
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text("DROP DATABASE IF EXISTS visits WITH (FORCE)"))
        connection.execute(sqlalchemy.text("CREATE DATABASE visits"))
    admin.dispose()
    return server.replace("/postgres?", "/visits?")


@pytest.fixture
def visits(address: str) -> Iterator[KeptVisits]:
    """None yet."""
    opened = open_visits(address)
    yield opened
    opened.close()


def test_a_visit_is_taken_by_one(visits: KeptVisits) -> None:
    visits.mark(SHELF, 7, 100.0)

    taken = visits.take(100.0, 60)

    assert taken is not None
    assert (taken.repository, taken.number, taken.tries) == (SHELF, 7, 0)
    assert visits.take(100.0, 60) is None
    visits.done(taken)
    assert visits.take(1000.0, 60) is None


def test_what_is_due_longest_comes_first_and_nothing_before_its_time(visits: KeptVisits) -> None:
    visits.mark(SHELF, 1, 300.0)
    visits.mark(SHELF, 2, 100.0)
    visits.mark("another/shelf", 2, 200.0)

    taken = [visits.take(250.0, 60) for _ in range(3)]

    assert [(one.repository, one.number) if one else None for one in taken] == [
        (SHELF, 2), ("another/shelf", 2), None
    ]  # fmt: skip


def test_however_often_an_event_comes_there_is_one_visit(visits: KeptVisits) -> None:
    for at in (100.0, 103.0, 101.0, 100.0):
        visits.mark(SHELF, 7, at)

    assert visits.waiting(200.0) == Waiting(1, 100.0)
    taken = visits.take(200.0, 60)
    assert taken is not None
    visits.done(taken)
    assert visits.waiting(900.0) == Waiting(0, None)


def test_an_event_in_mid_visit_is_not_lost(visits: KeptVisits) -> None:
    visits.mark(SHELF, 7, 100.0)
    taken = visits.take(100.0, 60)
    assert taken is not None
    visits.mark(SHELF, 7, 110.0)

    assert visits.take(110.0, 60) is None, "nobody visits while somebody is there"
    visits.done(taken)

    assert visits.take(110.0, 60) is not None


def test_a_visit_that_failed_comes_again_and_an_event_brings_it_forward(visits: KeptVisits) -> None:
    visits.mark(SHELF, 7, 100.0)
    first = visits.take(100.0, 60)
    assert first is not None
    visits.put_off(first, 400.0, 1)

    assert visits.take(399.0, 60) is None
    visits.mark(SHELF, 7, 200.0)
    again = visits.take(200.0, 60)

    assert again is not None
    assert again.tries == 1


def test_an_event_while_a_visit_fails_makes_it_due_at_once(visits: KeptVisits) -> None:
    visits.mark(SHELF, 7, 100.0)
    first = visits.take(100.0, 60)
    assert first is not None
    visits.mark(SHELF, 7, 110.0)
    visits.put_off(first, 400.0, 1)

    assert visits.take(111.0, 60) is not None


def test_who_lost_the_lease_changes_nothing(visits: KeptVisits) -> None:
    visits.mark(SHELF, 7, 100.0)
    killed = visits.take(100.0, 60)
    assert killed is not None
    assert visits.keep(killed, 200.0)
    assert visits.take(199.0, 60) is None, "a lease that was kept lasts longer"

    other = visits.take(200.0, 60)
    assert other is not None
    assert not visits.keep(killed, 900.0)
    visits.done(killed)
    visits.put_off(killed, 0.0, 5)

    assert visits.keep(other, 260.0)
    assert visits.take(201.0, 60) is None


def test_a_late_lease_that_nobody_took_is_still_ours(visits: KeptVisits) -> None:
    visits.mark(SHELF, 7, 100.0)
    slow = visits.take(100.0, 60)
    assert slow is not None

    assert visits.keep(slow, 900.0)
    assert visits.take(500.0, 60) is None


def test_what_is_expected_waits_its_time_and_is_there_once(visits: KeptVisits) -> None:
    visits.expect(SHELF, 7, 500.0)
    visits.expect(SHELF, 7, 100.0)

    assert visits.take(499.0, 60) is None
    assert visits.take(500.0, 60) is not None


def test_many_workers_share_the_work_and_none_is_done_twice(address: str) -> None:
    every = [open_visits(address) for _ in range(4)]
    for number in range(1, 61):
        every[0].mark(SHELF, number, 100.0)

    def work(mine: KeptVisits) -> list[int]:
        made = []
        while (taken := mine.take(100.0, 60)) is not None:
            made.append(taken.number)
            mine.done(taken)
        return made

    with ThreadPoolExecutor(4) as pool:
        made = [number for some in pool.map(work, every) for number in some]

    assert Counter(made) == Counter(range(1, 61))
    for opened in every:
        opened.close()


def test_marks_from_all_sides_at_once_are_one_visit(address: str) -> None:
    every = [open_visits(address) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for mine in every:
            for _ in range(25):
                pool.submit(mine.mark, SHELF, 7, 100.0)

    taken = every[0].take(100.0, 60)

    assert taken is not None
    assert taken.generation == 100
    for opened in every:
        opened.close()


def test_a_database_that_went_away_is_said(tmp_path: Path) -> None:
    visits = open_visits(url_of(tmp_path / "any.db"))
    visits.close()
    for file in tmp_path.iterdir():
        file.unlink()
    tmp_path.rmdir()

    with pytest.raises(AwayError, match="does not answer"):
        visits.mark(SHELF, 7, 100.0)
