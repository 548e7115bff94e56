"""`threatshelf doctor` finds every kind of planted damage, says what to run, and what it says mends."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from registry.cli import main
from registry.store.catalogue import Store, url_of

Publish = Callable[[Any], Any]

PATHS = {"rules": "v1/rules.json", "ledger": "v1/ledger.csv", "mail": "v1/templates/mail-sorter/1.0.0.yaml"}
A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
PLANTED = {
    "bytes": (
        "UPDATE blob SET body = x'00' WHERE sha256 = (SELECT sha256 FROM stored_file WHERE path = :mail)",
        "its bytes are not those",
    ),
    "compressed bytes": (
        "UPDATE blob SET br = x'00' WHERE sha256 = (SELECT sha256 FROM stored_file WHERE path = :rules)",
        "its bytes are not those",
    ),
    "file without bytes": (
        "DELETE FROM blob WHERE sha256 = (SELECT sha256 FROM stored_file WHERE path = :rules)",
        "v1/rules.json: its bytes are missing",
    ),
    "release without bytes": (
        "DELETE FROM blob WHERE sha256 = (SELECT sha256 FROM stored_file WHERE path = :mail)",
        "the bytes of this version are missing",
    ),
    "release without file": (
        "DELETE FROM stored_file WHERE path = :mail",
        "mail-sorter 1.0.0: it was published, and",
    ),
    "another file": (
        "UPDATE stored_file SET sha256 = (SELECT sha256 FROM stored_file WHERE path = :rules) WHERE path = :mail",
        "or is another one",
    ),
    "sums": ("DELETE FROM folder WHERE path = 'v1/templates'", "v1/templates: this folder has no sums"),
    "folder": ("UPDATE stored_file SET folder = 'v2' WHERE path = :rules", "counted to the folder v2"),
    "no brief": ("DELETE FROM brief WHERE template = 'mail-sorter'", "mail-sorter: it has versions, and no brief"),
    "broken brief": ("UPDATE brief SET told = x'00'", "its brief cannot be read"),
    "stale brief": ("UPDATE brief SET told = (SELECT min(told) FROM brief)", "or is another one's"),
    "strange brief": (
        "INSERT INTO brief SELECT 'ghost', told FROM brief LIMIT 1",
        "ghost: it has a brief, and no version",
    ),
    "no search": ("DELETE FROM search_entry WHERE template = 'mail-sorter'", "search does not find"),
    "strange search": ("UPDATE search_entry SET version = '9.9.9' WHERE threat = ''", "never published"),
    "unused bytes": ("INSERT INTO blob (sha256, body) VALUES (:a, x'61')", "nothing uses it"),
    "ledger": (
        "UPDATE blob SET body = x'61' WHERE sha256 = (SELECT sha256 FROM stored_file WHERE path = :ledger)",
        "cannot be read as a ledger",
    ),
    "no ledger": ("DELETE FROM stored_file WHERE path = :ledger", "the ledger of threat ids is missing"),
    "withdrawn": ("INSERT INTO withdrawal VALUES ('mail-sorter', '9.9.9', 0, '', '', '', '')", "never published"),
    "no snapshot": ("DELETE FROM snapshot", "nothing says which publication"),
    "serial": ("UPDATE snapshot SET serial = 0", "is none"),
}


def plant(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, {**PATHS, "a": A})


def test_a_sound_catalogue_is_well(
    two_templates: Any, published: Publish, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(two_templates)
    url = url_of(tmp_path / "catalogue.db")
    assert main(["doctor", "--database", url, "--root", str(two_templates.root)]) == 0
    assert capsys.readouterr().out == "All is well.\n"


@pytest.mark.parametrize("kind", PLANTED)
def test_damage_is_found_and_what_is_said_mends_it(
    two_templates: Any, published: Publish, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    published(two_templates)
    whole = dict(store.files())
    statement, fault = PLANTED[kind]
    plant(tmp_path / "catalogue.db", statement)
    url = url_of(tmp_path / "catalogue.db")
    assert main(["doctor", "--database", url, "--format", "json"]) == 1
    damage = json.loads(capsys.readouterr().out)["damage"]
    assert any(fault in f"{one['about']}: {one['fault']}" for one in damage), damage
    if any("restore" in one["mend"] for one in damage):
        return
    mend = ["publish", "--history", "--root", str(two_templates.root), "--database", url]
    assert main(mend) == 0, capsys.readouterr().err
    assert main(["doctor", "--database", url]) == 0, capsys.readouterr().out
    assert dict(store.files()) == whole


def test_a_catalogue_of_another_checkout_is_told(
    two_templates: Any, published: Publish, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(two_templates)
    two_templates.git("commit", "--quiet", "--amend", "--message", "another")
    url = url_of(tmp_path / "catalogue.db")
    assert main(["doctor", "--database", url, "--root", str(two_templates.root)]) == 1
    assert "is not on the line of main" in capsys.readouterr().out


def test_tables_of_a_newer_version_are_left_alone(
    two_templates: Any, published: Publish, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published(two_templates)
    plant(tmp_path / "catalogue.db", "UPDATE alembic_version SET version_num = '9999'")
    assert main(["doctor", "--database", url_of(tmp_path / "catalogue.db")]) == 2
    assert "newer Threatshelf" in capsys.readouterr().err
