"""Publishing again: only what changed is read, rendered and written, and the result is what the whole history gives."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from registry.errors import CannotRunError
from registry.making import Extent
from registry.publish import Outcome, Source, publish, take_back
from registry.store.catalogue import Store, open_store, url_of
from registry.withdrawn import Withdrawal

LATER = datetime(2026, 11, 21, tzinfo=UTC)
ROW = Withdrawal("", "2026-11-21", "A maintainer", "It came from a stolen account.")

Text = Callable[..., str]
Publish = Callable[[Any], Outcome]


def silent(_step: str) -> None:
    """Nobody wants to be told."""


def content(store: Store, path: str) -> Any:
    file = store.read(path)
    assert file is not None, path
    return json.loads(file.blob.body)


def rebuilt(checkout: Any, database: Path) -> dict[str, bytes]:
    """The whole tree, made from the history alone."""
    store = open_store(url_of(database))
    publish(store, Source(checkout.root), LATER, silent)
    found = dict(store.files())
    store.close()
    return found


def rows(database: Path) -> dict[str, tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return {row[0]: row for row in connection.execute("SELECT path, sha256, renderer, modified FROM stored_file")}


def steps(checkout: Any, text: Text) -> list[Callable[[], None]]:
    """What may happen to a shelf of two templates, one commit each."""

    def withdraw(id_: str, *versions: str) -> None:
        told = "".join(
            f"  - {{version: {v}, on: 2026-11-20, by: A maintainer, reason: A wrong answer}}\n" for v in versions
        )
        (checkout.root / "templates" / id_ / "withdrawn.yaml").write_text(f"withdrawn:\n{told}")

    def remove() -> None:
        checkout.git("rm", "--quiet", "-r", "templates/desk-assistant")

    return [
        lambda: checkout.write("desk-assistant", text(version="0.3.0", title="Third")),
        lambda: checkout.write("mail-sorter", text("mail-sorter", version="1.1.0")),
        lambda: checkout.write(
            "mail-sorter", text("mail-sorter", version="1.2.0").replace("AML.T0051.001", "AML.T0051.000")
        ),
        lambda: withdraw("mail-sorter", "1.2.0"),
        lambda: (checkout.root / "README").write_text("nothing of ours") and None,
        lambda: withdraw("mail-sorter", "1.2.0", "1.1.0", "1.0.0"),
        lambda: checkout.write("mail-sorter", text("mail-sorter", version="1.3.0")),
        remove,
    ]


def test_step_by_step_is_the_same_as_all_at_once(
    two_templates: Any, published: Publish, store: Store, text: Text, tmp_path: Path
) -> None:
    published(two_templates)
    for i, step in enumerate(steps(two_templates, text)):
        step()
        two_templates.commit()
        outcome = published(two_templates)
        whole = rebuilt(two_templates, tmp_path / f"{i}.db")
        assert dict(store.files()) == whole, (i, outcome.refused)


def test_the_whole_history_gives_the_digests_that_are_published(
    two_templates: Any, published: Publish, store: Store, text: Text
) -> None:
    published(two_templates)
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    published(two_templates)
    before = dict(store.files())
    again = publish(store, Source(two_templates.root, extent=Extent.FROM_NOTHING), LATER, silent)
    assert (again.published, again.kept, again.refused) == ((), 4, ())
    assert dict(store.files()) == before


def test_a_history_that_gives_other_versions_publishes_nothing(
    two_templates: Any, published: Publish, store: Store
) -> None:
    published(two_templates)
    before = dict(store.files())
    two_templates.git("checkout", "--quiet", "--orphan", "other")
    two_templates.commit("all at once")
    two_templates.git("branch", "--quiet", "--force", "main", "other")
    with pytest.raises(CannotRunError, match=r"nothing was published: desk-assistant 0\.1\.0 was published and would"):
        publish(store, Source(two_templates.root, extent=Extent.FROM_NOTHING), LATER, silent)
    assert dict(store.files()) == before


def test_one_changed_template_costs_the_same_among_few_and_among_many(
    checkout: Any, published: Publish, text: Text, tmp_path: Path
) -> None:
    """Rows that are written are counted, not seconds."""
    database, written = tmp_path / "catalogue.db", []
    for size in (3, 15):
        for i in range(size):
            checkout.write(f"desk-{i}", text(id=f"desk-{i}"))
        checkout.write("desk-assistant", text(version=f"0.{size}.0"))
        checkout.commit()
        assert published(checkout).refused == ()
        before = rows(database)
        checkout.write("desk-assistant", text(version=f"0.{size}.1", title="Changed"))
        checkout.commit()
        published(checkout)
        after = rows(database)
        written.append({path for path in after if after[path] != before.get(path)})
    few, many = written
    assert not [path for path in few | many if fnmatch(path, "v1/templates/desk-[0-9]*")]
    # The same files, apart from one more difference of versions that did not stand before.
    names = [{path.partition("desk-assistant/0.")[0] for path in found} for found in written]
    assert names[0] == names[1]
    assert len(many) - len(few) <= 8


def test_a_template_that_waits_for_its_row_in_the_ledger_is_looked_at_again(
    two_templates: Any, published: Publish, text: Text
) -> None:
    published(two_templates)
    two_templates.write("letter-sorter", text("mail-sorter", id="letter-sorter"))
    head = two_templates.land("no row in the ledger yet")
    assert [refusal.file for refusal in published(two_templates).refused] == ["templates/letter-sorter/template.yaml"]
    assert len(published(two_templates).refused) == 1
    two_templates.settle()
    assert [(r.template, r.commit) for r in published(two_templates).published] == [("letter-sorter", head)]
    assert published(two_templates).refused == ()


def test_another_renderer_renders_everything_anew(
    two_templates: Any, published: Publish, store: Store, tmp_path: Path
) -> None:
    published(two_templates)
    before = dict(store.files())
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection, connection:
        connection.execute("UPDATE snapshot SET renderer = 'threatshelf/0.0.0'")
        connection.execute("DELETE FROM stored_file WHERE path LIKE '%.svg'")
    published(two_templates)
    assert dict(store.files()) == before


def test_what_the_last_publication_brought_is_taken_back_at_once(
    two_templates: Any, published: Publish, store: Store, text: Text
) -> None:
    published(two_templates)
    before = {path: body for path, body in store.files() if path.startswith("v1/templates/desk-assistant.")}
    two_templates.write("desk-assistant", text(version="0.3.0", title="Do as I say"))
    two_templates.commit()
    published(two_templates)
    told = take_back(store, ROW, LATER, silent)
    assert [(row.version, row.superseded_by) for row in told["desk-assistant"]] == [("0.3.0", "0.2.0")]
    assert {path: body for path, body in store.files() if path.startswith("v1/templates/desk-assistant.")} == before
    file = store.read("v1/templates/desk-assistant/0.3.0.yaml")
    assert file is not None
    assert (file.withdrawn, file.successor) == ("It came from a stolen account.", "0.2.0")
    listed = content(store, "v1/templates/desk-assistant/versions.json")
    assert (listed["latest"], [row["version"] for row in listed["withdrawn"]]) == ("0.2.0", ["0.3.0"])
    with pytest.raises(CannotRunError, match="nothing to take back"):
        take_back(store, ROW, LATER, silent)


def test_a_version_taken_back_stays_so_and_the_row_may_never_change(
    two_templates: Any, published: Publish, store: Store, text: Text
) -> None:
    file = two_templates.root / "templates" / "desk-assistant" / "withdrawn.yaml"
    published(two_templates)
    file.write_text("withdrawn:\n  - {version: 0.2.0, on: 2026-11-20, by: Me, reason: Wrong, superseded_by: 0.1.0}\n")
    two_templates.commit()
    assert published(two_templates).refused == ()
    assert content(store, "v1/templates/desk-assistant/versions.json")["latest"] == "0.1.0"
    assert content(store, "v1/catalog/1.json")["templates"][0]["version"] == "0.1.0"
    for text_ in (
        "withdrawn:\n  - {version: 0.2.0, on: 2026-11-20, by: Me, reason: Fine after all}\n",
        "withdrawn:\n  - {version: 9.9.9, on: 2026-11-20, by: Me, reason: Never was}\n",
        "withdrawn:\n  - {version: 0.2.0}\n",
    ):
        file.write_text(text_)
        two_templates.commit()
        assert len(published(two_templates).refused) == 1
        assert content(store, "v1/templates/desk-assistant/versions.json")["latest"] == "0.1.0"
    two_templates.git("rm", "--quiet", str(file))
    two_templates.commit()
    assert "put the row back" in str(published(two_templates).refused[0])
