"""The step that made search fit for a large shelf, up and down with entries in the tables, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from registry.store.catalogue import url_of
from registry.store.search import Question, search

MIGRATIONS = Path(__file__).parents[2] / "registry" / "store" / "migrations"
ENTRY = text(
    "INSERT INTO search_entry (id, template, version, sha256, threat, threat_id, title, names, body) "
    "VALUES (:id, 'kettle', '1.0.0', 'a', :threat, '', :title, 'T-EXEC-001', 'It boils over.')"
)
FACETS = [
    {"entry": entry, "name": name, "value": value}
    for entry in (3, 7)
    for name, value in (("status", "candidate"), ("tag", "kitchen"))
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """Of an empty database."""
    address = url_of(tmp_path / "steps.db") if request.param == "sqlite" else _empty(request)
    engine = sqlalchemy.create_engine(address)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def _empty(request: pytest.FixtureRequest) -> str:
    server = str(request.getfixturevalue("postgresql"))
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as opened:
        opened.execute(text("DROP DATABASE IF EXISTS steps WITH (FORCE)"))
        opened.execute(text("CREATE DATABASE steps"))
    admin.dispose()
    return server.replace("/postgres?", "/steps?")


def configured(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def test_entries_are_found_after_the_step_and_whole_after_the_way_back(connection: Connection) -> None:
    config = configured(connection)
    command.upgrade(config, "0002")
    for id_, threat, title in ((3, "", "Kettle"), (7, "scald", "Somebody is scalded")):
        connection.execute(ENTRY, {"id": id_, "threat": threat, "title": title})
    connection.execute(text("INSERT INTO search_facet (entry, name, value) VALUES (:entry, :name, :value)"), FACETS)

    command.upgrade(config, "0003")
    for question in (
        Question("kettle"),
        Question("boiling T-EXEC-001"),
        Question("ketle"),
        Question("", {"tag": "kitchen"}),
    ):
        assert "kettle" in [hit.template for hit in search(connection, question).hits], question
    assert search(connection, Question("somebody", {"tag": "kitchen"})).facets["status"] == (("candidate", 1),)
    assert search(connection, Question("somebody", {"tag": "garden"})).hits == ()

    command.downgrade(config, "0002")
    rows = connection.execute(text("SELECT entry, name, value FROM search_facet ORDER BY entry, name")).mappings()
    assert [dict(row) for row in rows] == FACETS
    connection.execute(text("DELETE FROM search_entry WHERE id = 7"))
    assert connection.execute(text("SELECT count(*) FROM search_entry")).scalar() == 1
    connection.rollback()
