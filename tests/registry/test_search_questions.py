"""Questions as people ask them, over the templates of the shelf, on both databases: the first five answer them."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import Connection, Engine

from registry.listings import Entry, entries
from registry.publish import from_working_tree
from registry.store.catalogue import open_store, url_of
from registry.store.indexing import write_entries
from registry.store.search import Question, search
from schema import shipped

ROOT = Path(__file__).parents[2]
WANTED = ROOT / "tests" / "data" / "search-questions.csv"
"""A question and what would answer it: templates, or threats in them; any of them will do."""


@pytest.fixture(scope="module")
def shelf_entries() -> tuple[Entry, ...]:
    known = shipped.vocabularies()
    reading = from_working_tree(ROOT, date(2026, 11, 20), lambda _step: None)
    return tuple(entry for release in reading.catalogue.latest for entry in entries(release, known))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, shelf_entries: tuple[Entry, ...]) -> Iterator[Connection]:
    """Everything of the shelf in the index of each kind of database."""
    address = _address(request)
    open_store(address).close()
    engine = sqlalchemy.create_engine(address)
    with engine.begin() as opened:
        write_entries(opened, shelf_entries)
        yield opened
    engine.dispose()


def _address(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return url_of(request.getfixturevalue("tmp_path_factory").mktemp("questions") / "questions.db")
    server = str(request.getfixturevalue("postgresql"))
    admin: Engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as opened:
        opened.execute(sqlalchemy.text("DROP DATABASE IF EXISTS questions WITH (FORCE)"))
        opened.execute(sqlalchemy.text("CREATE DATABASE questions"))
    admin.dispose()
    return server.replace("/postgres?", "/questions?")


def test_what_is_wanted_is_among_the_first_five(connection: Connection) -> None:
    missed = {}
    with WANTED.open(encoding="utf-8", newline="") as file:
        asked = list(csv.DictReader(file))
    for row in asked:
        hits = search(connection, Question(row["question"], limit=5)).hits
        found = [f"{hit.template}/{hit.threat}" if hit.threat else hit.template for hit in hits]
        if not set(found) & set(row["wanted"].split()):
            missed[row["question"]] = found
    assert missed == {}
    assert len(asked) >= 50
