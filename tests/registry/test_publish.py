"""From a real history into a real catalogue: what becomes a release, what is refused, what never changes."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from registry.errors import CannotRunError
from registry.publish import Outcome, Source, publish, throw_away
from registry.store.catalogue import Publication, Snapshot, Store, open_store, url_of

LATER = datetime(2026, 11, 21, tzinfo=UTC)

Text = Callable[..., str]
Publish = Callable[[Any], Outcome]


def numbers(releases: Any) -> list[tuple[str, str]]:
    return [(release.template, release.version) for release in releases]


def body(store: Store, path: str) -> bytes:
    file = store.read(path)
    assert file is not None, path
    return file.blob.body


def test_every_version_is_published_with_the_commit_that_brought_it(
    two_templates: Any, published: Publish, store: Store, text: Text
) -> None:
    outcome = published(two_templates)
    assert numbers(outcome.published) == [
        ("desk-assistant", "0.1.0"),
        ("desk-assistant", "0.2.0"),
        ("mail-sorter", "1.0.0"),
    ]
    commits = two_templates.git("log", "--reverse", "--format=%H").split()
    assert [r.commit for r in outcome.published] == [commits[0], commits[2], commits[1]]
    assert [r.published for r in outcome.published] == [f"2026-10-0{day}T12:00:00Z" for day in (1, 3, 2)]
    assert body(store, "v1/templates/desk-assistant/0.1.0.yaml") == text().encode()
    assert body(store, "v1/templates/desk-assistant.yaml") == body(store, "v1/templates/desk-assistant/0.2.0.yaml")


def test_publishing_again_changes_nothing(two_templates: Any, published: Publish, store: Store) -> None:
    published(two_templates)
    before = dict(store.files())
    again = published(two_templates)
    assert (again.published, again.refused, again.kept) == ((), (), 3)
    assert dict(store.files()) == before


def test_a_catalogue_rebuilt_from_history_alone_is_the_same(
    two_templates: Any, published: Publish, store: Store, text: Text, tmp_path: Path
) -> None:
    published(two_templates)
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0"))
    two_templates.commit()
    published(two_templates)
    other = open_store(url_of(tmp_path / "rebuilt.db"))
    publish(other, Source(two_templates.root), LATER, print)
    assert dict(other.files()) == dict(store.files())
    other.close()


def test_a_version_begins_when_every_threat_has_its_id(two_templates: Any, published: Publish, text: Text) -> None:
    without = text("mail-sorter", version="1.1.0").replace("    id: T-EXEC-002\n", "")
    two_templates.write("mail-sorter", without)
    two_templates.commit("merged from a fork")
    outcome = published(two_templates)
    assert [str(refusal) for refusal in outcome.refused] == [
        "templates/mail-sorter/template.yaml: These threats have no id yet: orders-in-letter. "
        "It is published once a maintainer gave them theirs."
    ]
    assert ("mail-sorter", "1.0.0") in numbers(outcome.published)
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0"))
    with_ids = two_templates.commit("ids")
    outcome = published(two_templates)
    assert [(r.version, r.commit) for r in outcome.published] == [("1.1.0", with_ids)]


def test_a_template_that_fails_keeps_its_last_good_version_and_the_others_go_on(
    two_templates: Any, published: Publish, store: Store, text: Text
) -> None:
    published(two_templates)
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0", status="nonsense"))
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    outcome = published(two_templates)
    assert numbers(outcome.published) == [("desk-assistant", "0.3.0")]
    assert [(refusal.file, refusal.findings[0].place.line) for refusal in outcome.refused] == [
        ("templates/mail-sorter/template.yaml", 6)
    ]
    assert body(store, "v1/templates/mail-sorter.yaml") == text("mail-sorter").encode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": "1.0.0", "summary": "Altered."}, "is published with other content: raise the version"),
        ({"version": "1.0.0", "credits": "[{name: Somebody else, role: author}]"}, "is published with other bytes"),
        ({"version": "0.9.0"}, "below 1.0.0"),
        ({"version": "1.1.0", "id": "letter-sorter"}, "letter-sorter"),
    ],
)
def test_what_was_published_is_never_altered(
    two_templates: Any, published: Publish, store: Store, text: Text, changes: dict[str, str], sentence: str
) -> None:
    published(two_templates)
    before = store.releases()
    two_templates.write("mail-sorter", text("mail-sorter", **changes))
    two_templates.commit()
    outcome = published(two_templates)
    assert sentence in str(outcome.refused[0])
    assert (outcome.published, store.releases()) == ((), before)


def test_a_fault_that_was_mended_later_refuses_nothing(two_templates: Any, published: Publish, text: Text) -> None:
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0", status="nonsense"))
    two_templates.commit()
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0"))
    two_templates.commit()
    assert published(two_templates).refused == ()


def test_a_template_taken_out_of_the_checkout_stays_published(
    two_templates: Any, published: Publish, store: Store
) -> None:
    published(two_templates)
    two_templates.git("rm", "--quiet", "-r", "templates/mail-sorter")
    two_templates.commit()
    assert published(two_templates).refused == ()
    assert store.read("v1/templates/mail-sorter.yaml") is not None
    assert store.read("v1/threats/T-IMPACT-002.json") is not None


def test_a_rewritten_history_takes_nothing_back(two_templates: Any, published: Publish, store: Store) -> None:
    published(two_templates)
    before = store.releases()
    two_templates.git("checkout", "--quiet", "--orphan", "other")
    two_templates.commit("all at once")
    two_templates.git("branch", "--quiet", "--force", "main", "other")
    again = published(two_templates)
    assert (again.published, store.releases()) == ((), before)


def test_two_who_publish_at_once_do_not_mix(two_templates: Any, published: Publish, store: Store) -> None:
    published(two_templates)
    before = dict(store.files())
    late = Publication((), "c" * 40, "test", "2026-11-20T09:00:00Z")
    with pytest.raises(CannotRunError, match="somebody else published at the same time"):
        store.publish(late, Snapshot())
    assert dict(store.files()) == before


def test_a_failure_in_the_middle_leaves_what_was_there(
    two_templates: Any, published: Publish, store: Store, text: Text, tmp_path: Path
) -> None:
    published(two_templates)
    before, serial = dict(store.files()), store.snapshot().serial
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection:
        connection.execute(
            "CREATE TRIGGER disk_full BEFORE INSERT ON search_entry BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    with pytest.raises(Exception, match="disk full"):
        published(two_templates)
    assert (dict(store.files()), store.snapshot().serial) == (before, serial)
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection:
        connection.execute("DROP TRIGGER disk_full")
    assert numbers(published(two_templates).published) == [("desk-assistant", "0.3.0")]


def test_a_file_that_says_the_same_keeps_its_moment(
    two_templates: Any, published: Publish, store: Store, text: Text
) -> None:
    published(two_templates)
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.commit()
    published(two_templates)
    versioned, latest = (
        store.read("v1/templates/desk-assistant/0.1.0.yaml"),
        store.read("v1/templates/desk-assistant.yaml"),
    )
    assert versioned is not None
    assert latest is not None
    assert versioned.modified == "2026-10-01T12:00:00Z"
    assert latest.modified == "2026-10-04T12:00:00Z"


def test_a_throw_away_catalogue_shows_the_working_tree_with_pending_ids(
    checkout: Any, text: Text, tmp_path: Path
) -> None:
    checkout.write("desk-assistant", text().replace("    id: T-EXEC-002\n", ""))
    checkout.write("mail-sorter", text("mail-sorter", status="nonsense"))
    steps: list[str] = []
    reading = throw_away(checkout.root, tmp_path / "deep" / "serve.db", date(2026, 11, 20), steps.append)
    assert [(release.id, release.version) for release in reading.catalogue.releases] == [("desk-assistant", "0.1.0")]
    assert [refusal.file for refusal in reading.refused] == ["templates/mail-sorter/template.yaml"]
    assert steps[0] == "desk-assistant 0.1.0"
    store = open_store(url_of(tmp_path / "deep" / "serve.db"))
    file = store.read("v1/templates/desk-assistant/0.1.0.yaml")
    assert file is not None
    assert (file.lifetime, file.commit) == ("working", "")
    store.close()


def test_a_throw_away_catalogue_is_made_anew_but_never_in_place_of_a_kept_one(
    two_templates: Any, published: Publish, text: Text, tmp_path: Path
) -> None:
    database = tmp_path / "serve.db"
    throw_away(two_templates.root, database, date(2026, 11, 20), print)
    two_templates.write("mail-sorter", text("mail-sorter", summary="Edited, same version."))
    throw_away(two_templates.root, database, date(2026, 11, 20), print)
    store = open_store(url_of(database))
    assert b"Edited, same version." in body(store, "v1/templates/mail-sorter.yaml")
    store.close()
    published(two_templates)
    with pytest.raises(CannotRunError, match="is no throw-away catalogue"):
        throw_away(two_templates.root, tmp_path / "catalogue.db", date(2026, 11, 20), print)
    (tmp_path / "letters.txt").write_text("not a database")
    with pytest.raises(CannotRunError, match="is no throw-away catalogue"):
        throw_away(two_templates.root, tmp_path / "letters.txt", date(2026, 11, 20), print)
