"""Publishing under bad luck: killed, no room left, locked, two at once; the catalogue is as before or whole."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from registry.errors import CannotRunError
from registry.publish import Outcome, Source, publish
from registry.store.catalogue import ConflictError, Store, open_engine, open_store, url_of
from registry.store.migrating import at, bring, newest

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
THREATSHELF = Path(sys.executable).with_name("threatshelf")

MOST = 1_500_000
"""Bytes that a file may have where there is no room: enough for whatever else is written on the way."""

Text = Callable[..., str]
Publish = Callable[[Any], Outcome]


def silent(_step: str) -> None:
    """Nobody wants to be told."""


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield url_of(tmp_path / "any.db")
        return
    server = request.getfixturevalue("postgresql")
    admin = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text("DROP DATABASE IF EXISTS holding WITH (FORCE)"))
        connection.execute(sqlalchemy.text("CREATE DATABASE holding"))
    admin.dispose()
    yield server.replace("/postgres?", "/holding?")


def started(checkout: Any, address: str, **options: Any) -> subprocess.Popen[str]:
    command = [THREATSHELF, "publish", "--root", checkout.root, "--database", address]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_killed_at_any_point_the_old_catalogue_is_whole(two_templates: Any, address: str, text: Text) -> None:
    store = open_store(address)
    publish(store, Source(two_templates.root), NOW, silent)
    before = dict(store.files())
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    for said in ("reading", "desk-assistant 0.3.0", "rendering"):
        process = started(two_templates, address)
        assert process.stderr is not None
        for line in process.stderr:
            if said in line:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert dict(store.files()) == before
    outcome = publish(store, Source(two_templates.root), NOW, silent)
    assert [release.version for release in outcome.published] == ["0.3.0"]
    assert store.examine() == []
    store.close()


def test_without_room_on_the_disk_the_old_catalogue_is_whole(
    two_templates: Any, published: Publish, store: Store, text: Text, tmp_path: Path
) -> None:
    published(two_templates)
    before = dict(store.files())
    for i in range(12):
        two_templates.write(f"desk-{i}", text(id=f"desk-{i}"))
    two_templates.commit()

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST, MOST))

    process = started(two_templates, url_of(tmp_path / "catalogue.db"), preexec_fn=no_room)
    _, said = process.communicate()
    assert (process.returncode, "Traceback" in said) == (2, False), said
    assert "is as before" in said
    assert dict(store.files()) == before
    assert len(published(two_templates).published) == 12


def test_while_somebody_else_writes_a_publication_waits_and_then_says_so(
    two_templates: Any, published: Publish, store: Store, text: Text, tmp_path: Path
) -> None:
    published(two_templates)
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    with closing(sqlite3.connect(tmp_path / "catalogue.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CannotRunError, match="is as before: database is locked"):
            published(two_templates)
        other.execute("ROLLBACK")
    assert [release.version for release in published(two_templates).published] == ["0.3.0"]


def test_of_many_who_publish_at_once_each_succeeds_or_is_told(two_templates: Any, address: str, text: Text) -> None:
    store = open_store(address)
    publish(store, Source(two_templates.root), NOW, silent)
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    told: list[str] = []
    together = threading.Barrier(4)

    def one() -> None:
        own = open_store(address)
        together.wait()
        try:
            outcome = publish(own, Source(two_templates.root), NOW, silent)
            told.append(",".join(release.version for release in outcome.published))
        except ConflictError:
            told.append("told")
        own.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(told)) in (["0.3.0"], ["0.3.0", "told"], ["", "0.3.0"], ["", "0.3.0", "told"])
    assert told.count("0.3.0") == 1
    assert store.examine() == []
    store.close()


def test_tables_go_down_and_up_again_with_what_is_in_them(two_templates: Any, address: str) -> None:
    store = open_store(address)
    publish(store, Source(two_templates.root), NOW, silent)
    before, versions = dict(store.files()), store.releases()
    store.close()
    engine = open_engine(address)
    for step in ("0004", "0003", "0002", "0001", "0002", "0003", "0004", "head"):
        bring(engine, step)
        with engine.connect() as connection:
            assert at(connection) == (newest() if step == "head" else step)
            assert connection.execute(sqlalchemy.text("SELECT count(*) FROM template_release")).scalar() == 3
    engine.dispose()
    store = open_store(address)
    assert store.releases() == versions
    assert dict(store.files()) == before
    publish(store, Source(two_templates.root), NOW, silent)
    assert dict(store.files()) == before
    assert store.examine() == []
    store.close()


def test_a_database_that_others_share_changes_only_when_somebody_says_so(postgresql: str, two_templates: Any) -> None:
    admin = sqlalchemy.create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sqlalchemy.text("DROP DATABASE IF EXISTS shared WITH (FORCE)"))
        connection.execute(sqlalchemy.text("CREATE DATABASE shared"))
    admin.dispose()
    address = postgresql.replace("/postgres?", "/shared?")
    engine = open_engine(address)
    bring(engine, "0004")
    engine.dispose()
    process = started(two_templates, address)
    assert (process.wait(), "run threatshelf migrate" in process.communicate()[1]) == (2, True)
    command = [THREATSHELF, "migrate", "--database", address]
    done = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, f"The tables are at step 0004, this version wants {newest()}.\n")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"The tables were at step 0004 and are at step {newest()}.\n"
    process = started(two_templates, address)
    process.communicate()
    assert process.returncode == 0


def test_a_backup_restored_is_the_same_catalogue_and_goes_on(
    two_templates: Any, published: Publish, store: Store, text: Text, tmp_path: Path
) -> None:
    published(two_templates)
    before = dict(store.files())
    copy = tmp_path / "backup.db"
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)  # what `.backup` of the sqlite3 shell does, while others read and write
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    published(two_templates)
    restored = open_store(url_of(copy))
    assert dict(restored.files()) == before
    publish(restored, Source(two_templates.root), NOW, silent)
    assert dict(restored.files()) == dict(store.files())
    assert restored.examine() == []
    restored.close()
