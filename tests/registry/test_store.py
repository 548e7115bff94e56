"""The catalogue in its database: tables from nothing, up and down, the same on SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from registry.catalog import Catalogue
from registry.errors import CannotRunError
from registry.publish import Source, publish
from registry.store.catalogue import Publication, Snapshot, Store, open_store, url_of
from registry.store.writing import Piece, ready
from registry.tree import File

NOW = datetime(2026, 11, 20, tzinfo=UTC)
MIGRATIONS = Path(__file__).parents[2] / "registry" / "store" / "migrations"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield url_of(tmp_path / "any.db")
        return
    server = request.getfixturevalue("postgresql")
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text("DROP DATABASE IF EXISTS shelf WITH (FORCE)"))
        connection.execute(sqlalchemy.text("CREATE DATABASE shelf"))
    admin.dispose()
    yield server.replace("/postgres?", "/shelf?")


def held(store: Store) -> dict[str, bytes]:
    """What stands there, apart from sums."""
    return {path: body for path, body in store.files() if path != "SHA256SUMS"}


def publication(*files: File, written: str = "2026-11-20T09:00:00Z") -> Publication:
    return Publication([Piece(ready(files))], "c" * 40, "threatshelf/test", written)


def test_the_tables_are_those_of_the_rows(address: str) -> None:
    open_store(address).close()
    engine = sqlalchemy.create_engine(address)
    ours = set(SQLModel.metadata.tables)

    def is_ours(thing: Any, name: str | None, kind: str, _reflected: Any, _other: Any) -> bool:
        # The engine's own index of words has no row.
        if kind == "table":
            return name in ours
        return not (name or "").removeprefix("ix_search_entry_").startswith(("words", "title_words"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []
    engine.dispose()


def test_the_steps_lead_back_to_nothing_and_up_again(address: str) -> None:
    open_store(address).close()
    engine = sqlalchemy.create_engine(address)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(sqlalchemy.inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()
    store = open_store(address)
    assert store.snapshot() == Snapshot()
    store.close()


def test_opening_twice_is_the_same_as_once(address: str) -> None:
    first = open_store(address)
    first.publish(publication(File("a.txt", b"a", "text/plain")), Snapshot())
    second = open_store(address)
    assert second.snapshot() == first.snapshot()
    assert held(second) == {"a.txt": b"a"}
    first.close()
    second.close()


def test_what_is_published_replaces_what_was(address: str) -> None:
    store = open_store(address)
    one = store.publish(publication(File("a", b"a" * 500, "text/plain"), File("b", b"b", "text/plain")), Snapshot())
    two = store.publish(publication(File("a", b"x", "text/plain"), File("c", b"b", "text/plain")), one)
    assert held(store) == {"a": b"x", "c": b"b"}
    assert (one.serial, two.serial, store.snapshot()) == (1, 2, two)
    assert store.read("b") is None
    file = store.read("c")
    assert file is not None
    assert file.blob.forms == ()
    store.close()


def test_of_two_writers_one_is_told_to_come_again(address: str) -> None:
    one, other = open_store(address), open_store(address)
    seen = one.publish(publication(File("a", b"1", "text/plain")), Snapshot())
    other.publish(publication(File("a", b"2", "text/plain")), seen)
    for stale in (seen, Snapshot()):
        with pytest.raises(CannotRunError, match="run publish again"):
            one.publish(publication(File("a", b"3", "text/plain")), stale)
    assert held(one) == {"a": b"2"}
    one.close()
    other.close()


def test_the_tree_of_a_checkout_is_the_same_in_both_databases(
    address: str, two_templates: Any, published: Callable[[Any], Any], store: Store
) -> None:
    published(two_templates)
    other = open_store(address)
    publish(other, Source(two_templates.root), NOW, print)
    assert dict(other.files()) == dict(store.files())
    assert other.releases("mail-sorter") == store.releases("mail-sorter")
    assert len(other.releases()) == 3
    other.close()


def test_a_catalogue_that_cannot_be_opened_is_one_sentence_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="cannot be opened: unable to open database file"):
        open_store(url_of(tmp_path / "no" / "such" / "folder" / "x.db"))
    with pytest.raises(CannotRunError) as told:
        open_store(f"postgresql+psycopg://somebody:geheim@/x?host={tmp_path}")
    assert "geheim" not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_catalogue_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    open_store(url_of(tmp_path / "new.db")).close()
    engine = sqlalchemy.create_engine(url_of(tmp_path / "new.db"))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(CannotRunError, match="written by a newer Threatshelf"):
        open_store(url_of(tmp_path / "new.db"))


def test_bytes_that_were_read_are_not_read_again_but_a_new_path_is_seen(store: Store) -> None:
    seen = store.publish(publication(File("a", b"same", "text/plain")), Snapshot())
    first = store.read("a")
    store.publish(publication(File("a", b"same", "text/markdown")), seen)
    second = store.read("a")
    assert first is not None
    assert second is not None
    assert (second.media_type, second.blob) == ("text/markdown", first.blob)
    assert second.blob is first.blob


def test_a_catalogue_without_releases_is_empty(store: Store) -> None:
    assert store.releases() == ()
    assert Catalogue().latest == ()
