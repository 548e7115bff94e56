"""The ledger of threat ids on its way into the catalogue: where it is found, what it decides, what may not happen."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import ledger as kept_by_the_bot
from registry import source
from registry.catalog import LedgerFile
from registry.errors import CannotRunError
from registry.publish import Outcome, Source, from_working_tree, kept_ledger, publish, throw_away
from registry.settings import Settings
from registry.store.catalogue import Store, open_store, url_of
from schema import ids
from schema.ids import State
from schema.transitions import Wish, Withdrawal, reserved, withdrawn

TODAY = date(2026, 11, 20)
LATER = datetime(2026, 11, 21, tzinfo=UTC)
BRANCH = "refs/heads/threat-ids"

Text = Callable[..., str]
Publish = Callable[[Any], Outcome]


def text_of(checkout: Any, ref: str = BRANCH) -> str:
    text: str = checkout.git("show", f"{ref}:ledger.csv") + "\n"
    return text


def found(root: Path, ref: str = "") -> LedgerFile:
    ledger = source.ledger(root, ref)
    assert ledger is not None
    return ledger


def body(store: Store, path: str) -> bytes:
    file = store.read(path)
    assert file is not None, path
    return file.blob.body


def withdraw(checkout: Any, *threat_ids: str, successor: str = "") -> None:
    for id_ in threat_ids:
        end = Withdrawal(id_, "duplicate", "It is told elsewhere.", successor)
        checkout.enter(*withdrawn(checkout.ledger, end, checkout.cause()))


# Where it is found


def test_the_registry_looks_where_the_bot_keeps_it() -> None:
    assert source.LEDGER == kept_by_the_bot.FILE
    assert source.SNAPSHOT == kept_by_the_bot.SNAPSHOT
    branches = [f"refs/remotes/{remote}/{kept_by_the_bot.BRANCH}" for remote in kept_by_the_bot.REMOTES]
    assert list(source.LEDGER_REFS) == [*branches, f"refs/heads/{kept_by_the_bot.BRANCH}"]


def test_upstream_comes_before_origin_and_origin_before_the_checkout(two_templates: Any) -> None:
    own = two_templates.git("rev-parse", BRANCH)
    assert found(two_templates.root) == LedgerFile(text_of(two_templates), own)
    begun = two_templates.git("rev-list", "--max-parents=0", BRANCH)
    two_templates.git("update-ref", "refs/remotes/origin/threat-ids", f"{own}~1")
    assert found(two_templates.root).commit == two_templates.git("rev-parse", f"{own}~1")
    two_templates.git("update-ref", "refs/remotes/upstream/threat-ids", begun)
    assert (found(two_templates.root).commit, len(found(two_templates.root).ledger.rows)) == (begun, 37)


def test_without_a_branch_the_snapshot_counts_and_has_no_commit(two_templates: Any) -> None:
    text, before = text_of(two_templates), two_templates.git("rev-parse", "HEAD")
    (two_templates.root / "templates" / "threat-ids.csv").write_text(text)
    two_templates.git("update-ref", "-d", BRANCH)
    assert found(two_templates.root) == LedgerFile(text)
    head = two_templates.land("snapshot")
    (two_templates.root / "templates" / "threat-ids.csv").unlink()
    assert found(two_templates.root, head) == LedgerFile(text)
    assert source.ledger(two_templates.root, before) is None
    assert source.ledger(two_templates.root) is None


def test_a_branch_without_the_file_is_passed_over(two_templates: Any) -> None:
    two_templates.git("update-ref", "refs/remotes/origin/threat-ids", "main")
    assert found(two_templates.root).commit == two_templates.git("rev-parse", BRANCH)


def test_a_folder_without_git_may_have_a_snapshot(two_templates: Any, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    assert source.ledger(folder) is None
    (folder / "templates").mkdir(parents=True)
    (folder / "templates" / "threat-ids.csv").write_text(text_of(two_templates))
    assert found(folder) == LedgerFile(text_of(two_templates))


def test_a_link_is_no_ledger(two_templates: Any, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text(text_of(two_templates))
    (two_templates.root / "templates" / "threat-ids.csv").symlink_to(elsewhere)
    blob = two_templates.git("hash-object", "-w", "--stdin", stdin=str(elsewhere))
    tree = two_templates.git("mktree", stdin=f"120000 blob {blob}\tledger.csv\n")
    two_templates.git("update-ref", BRANCH, two_templates.git("commit-tree", tree, "-m", "link"))
    assert source.ledger(two_templates.root) is None
    assert source.ledger(two_templates.root, two_templates.land("link")) is None


HEADER = ",".join(ids.COLUMNS) + "\n"
SEED = "1,2026-10-01T12:00:00Z,T-EXEC-001,PUBLISHED,x:y,,a,Title,,,\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "seq,at\n",
        HEADER + SEED.rstrip("\n"),
        HEADER + SEED.replace("\n", "\r\n"),
        HEADER + SEED.replace("Title", "=HYPERLINK(1)"),
        HEADER + SEED.replace("Title", "\x1b[31mTitle"),
        HEADER + SEED.replace("Title", '"Ti\ntle"'),
        HEADER + SEED.replace("PUBLISHED", "RESERVED"),
        HEADER + SEED.replace("T-EXEC-001", "../../etc"),
        HEADER + SEED.replace("Title", "x" * 200_000),
        HEADER + SEED.replace("Title", "\0"),
        HEADER + SEED + SEED,
        "\ufeff" + HEADER + SEED,
    ],
)
def test_what_is_no_ledger_stops_everything_in_one_sentence(
    two_templates: Any, published: Publish, store: Store, text: str
) -> None:
    two_templates.write_ledger(text)
    for call in (
        lambda: published(two_templates),
        lambda: from_working_tree(two_templates.root, TODAY, print),
        lambda: source.ledger(two_templates.root),
    ):
        with pytest.raises(CannotRunError, match="the ledger of threat ids in heads/threat-ids cannot be read") as told:
            call()
        assert str(told.value).isprintable()
        assert len(str(told.value)) < 500
    assert store.snapshot().serial == 0


def test_bytes_that_are_no_text_and_files_too_large_are_refused(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    file = tmp_path / "templates" / "threat-ids.csv"
    file.write_bytes((HEADER + SEED).encode().replace(b"Title", b"T\xfftle"))
    with pytest.raises(CannotRunError, match=r"in templates/threat-ids\.csv cannot be read"):
        source.ledger(tmp_path)
    os.truncate(file, source.MOST_LEDGER_BYTES + 1)
    with pytest.raises(CannotRunError, match="more than a ledger"):
        source.ledger(tmp_path)


# What it decides


def test_publishing_without_a_ledger_says_how_to_begin_one(
    two_templates: Any, published: Publish, store: Store
) -> None:
    two_templates.git("update-ref", "-d", BRANCH)
    with pytest.raises(
        CannotRunError, match=r"there is no ledger of threat ids .* run threatshelf ids init and"
    ) as told:
        published(two_templates)
    assert "threatshelf ids settle" in str(told.value)
    assert store.snapshot().serial == 0


def test_an_id_is_published_once_the_ledger_binds_it_to_its_threat(
    checkout: Any, published: Publish, text: Text
) -> None:
    checkout.write("desk-assistant", text())
    head = checkout.land()
    outcome = published(checkout)
    assert [str(refusal) for refusal in outcome.refused] == [
        "templates/desk-assistant/template.yaml: `T-EXEC-002` on orders-in-file is not bound to it in the ledger: "
        "run threatshelf ids settle."
    ]
    assert outcome.published == ()
    checkout.settle()
    assert [(r.template, r.commit) for r in published(checkout).published] == [("desk-assistant", head)]


def test_a_number_that_is_only_held_is_not_enough(checkout: Any, published: Publish, text: Text) -> None:
    (row,) = reserved(checkout.ledger, [Wish("desk-assistant/orders-in-file", "EXEC")], checkout.cause(12))
    checkout.enter(row)
    checkout.write("desk-assistant", text().replace("T-EXEC-002", row.id))
    checkout.land()
    (refusal,) = published(checkout).refused
    assert refusal.reasons == (
        f"`{row.id}` on orders-in-file is not bound to it in the ledger: run threatshelf ids settle.",
    )
    checkout.settle()
    assert published(checkout).refused == ()


@pytest.mark.parametrize("made_up", ["T-EXEC-777", "ACME-T-EXEC-001"])
def test_an_id_that_nobody_gave_is_an_error_at_its_line(
    checkout: Any, published: Publish, text: Text, made_up: str
) -> None:
    checkout.write("desk-assistant", text().replace("T-EXEC-002", made_up))
    checkout.commit()
    (refusal,) = published(checkout).refused
    assert [(f.rule, f.message) for f in refusal.findings] == [
        ("id-assigned", f"`{made_up}` was never assigned: leave the line out, the id is given at review.")
    ]


def test_a_withdrawn_id_takes_no_release_back_not_even_from_history_alone(
    two_templates: Any, published: Publish, store: Store, tmp_path: Path
) -> None:
    published(two_templates)
    withdraw(two_templates, "T-EXEC-002", successor="T-EXEC-003")
    outcome = published(two_templates)
    assert (outcome.refused, outcome.kept) == ((), 3)
    other = open_store(url_of(tmp_path / "rebuilt.db"))
    publish(other, Source(two_templates.root), LATER, print)
    assert dict(other.files()) == dict(store.files())
    other.close()


def test_a_working_tree_needs_no_ledger_and_may_be_ahead_of_it(checkout: Any, text: Text, tmp_path: Path) -> None:
    checkout.write("desk-assistant", text())
    (row,) = reserved(checkout.ledger, [Wish("mail-sorter/orders-in-letter", "EXEC")], checkout.cause(12))
    checkout.enter(row)
    checkout.write("mail-sorter", text("mail-sorter").replace("T-EXEC-002", row.id))
    reading = from_working_tree(checkout.root, TODAY, print)
    assert [release.id for release in reading.catalogue.releases] == ["desk-assistant", "mail-sorter"]
    assert reading.catalogue.ledger == found(checkout.root)
    checkout.git("update-ref", "-d", BRANCH)
    without = from_working_tree(checkout.root, TODAY, print)
    assert [release.id for release in without.catalogue.releases] == ["desk-assistant"]
    assert without.catalogue.ledger is None
    throw_away(checkout.root, tmp_path / "serve.db", TODAY, print)
    store = open_store(url_of(tmp_path / "serve.db"))
    assert store.read("v1/ledger.csv") is None
    store.close()


# What may not happen


def test_a_ledger_that_does_not_begin_with_the_published_one_stops(
    two_templates: Any, published: Publish, store: Store
) -> None:
    published(two_templates)
    before, text = dict(store.files()), text_of(two_templates)
    lines = text.splitlines(keepends=True)
    for other in ("".join(lines[:-1]), text.replace(",threatshelf,", ",somebody,", 1)):
        two_templates.write_ledger(other)
        with pytest.raises(CannotRunError, match=r"nothing was published: The ledger .* does not begin with them: put"):
            published(two_templates)
    assert dict(store.files()) == before
    two_templates.write_ledger(text)
    assert published(two_templates).published == ()


def test_a_branch_that_was_rewritten_stops_even_with_the_same_rows(
    two_templates: Any, published: Publish, store: Store
) -> None:
    published(two_templates)
    before, text = dict(store.files()), text_of(two_templates)
    two_templates.git("update-ref", "-d", BRANCH)
    two_templates.write_ledger(text)
    assert text_of(two_templates) == text
    with pytest.raises(CannotRunError, match="the branch threat-ids was rewritten"):
        published(two_templates)
    assert dict(store.files()) == before


def test_a_checkout_that_never_had_the_old_commit_is_judged_by_the_rows(
    two_templates: Any, published: Publish, store: Store
) -> None:
    published(two_templates)
    own, root = two_templates.git("rev-parse", BRANCH), two_templates.root
    assert source.continues(root, "0" * 40, own)
    assert source.continues(root, "", own)
    assert source.continues(root, "--all", own)
    assert source.continues(root, f"{two_templates.git('rev-parse', BRANCH + '~1')}", own)
    assert not source.continues(root, own, two_templates.git("rev-parse", f"{BRANCH}~1"))
    (root / "templates" / "threat-ids.csv").write_text(text_of(two_templates))
    two_templates.git("update-ref", "-d", BRANCH)
    two_templates.land("only the snapshot is left")
    published(two_templates)
    assert kept_ledger(store) == LedgerFile((root / source.SNAPSHOT).read_text())


def test_more_than_one_id_in_ten_withdrawn_at_once_stops(two_templates: Any, published: Publish, store: Store) -> None:
    published(two_templates)
    before = dict(store.files())
    withdraw(two_templates, "T-RECON-001", "T-RECON-002", "T-DISC-001")
    three = two_templates.git("rev-parse", BRANCH)
    withdraw(two_templates, "T-DISC-002")
    with pytest.raises(CannotRunError, match="4 of 37 published threat ids would be withdrawn at once"):
        published(two_templates)
    assert dict(store.files()) == before
    # As the sentence advises: in two steps.
    two_templates.git("update-ref", "refs/remotes/origin/threat-ids", three)
    published(two_templates)
    two_templates.git("update-ref", "refs/remotes/origin/threat-ids", BRANCH)
    assert published(two_templates).refused == ()


# What readers get


def test_the_ledger_is_served_and_exported_as_it_is(
    two_templates: Any, published: Publish, store: Store, serve: Any, tmp_path: Path
) -> None:
    published(two_templates)
    text = text_of(two_templates)
    assert body(store, "v1/ledger.csv") == text.encode()
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        answer = client.get("/v1/ledger.csv")
        assert answer.content == text.encode()
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["x-source-commit"] == two_templates.git("rev-parse", BRANCH)
        assert answer.headers["cache-control"].startswith("public, max-age=300,")
        sums = client.get("/v1/SHA256SUMS").text
        assert f"{LedgerFile(text).sha256}  ledger.csv\n" in sums
        told = client.get("/v1/threats.json").json()["ledger"]
    assert told == {
        "commit": two_templates.git("rev-parse", BRANCH),
        "rows": len(ids.read(text).rows),
        "sha256": LedgerFile(text).sha256,
        "href": "ledger.csv",
    }


def test_a_ledger_that_grew_is_published_even_when_no_template_changed(
    two_templates: Any, published: Publish, store: Store
) -> None:
    published(two_templates)
    withdraw(two_templates, "T-RECON-001")
    assert published(two_templates).published == ()
    assert body(store, "v1/ledger.csv") == text_of(two_templates).encode()
    assert b'"state": "WITHDRAWN"' in body(store, "v1/threats/T-RECON-001.json")


def test_check_asks_the_ledger_that_was_published(
    two_templates: Any, published: Publish, serve: Any, text: Text, tmp_path: Path
) -> None:
    published(two_templates)
    changed = text(version="0.3.0")
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        told = client.post("/v1/check", content=changed).json()
        assert [finding["rule"] for finding in told["findings"] if finding["rule"].startswith("id-")] == []
        told = client.post("/v1/check", content=changed.replace("T-EXEC-002", "T-EXEC-777")).json()
        assert "was never assigned" in next(f["message"] for f in told["findings"] if f["rule"] == "id-assigned")
        withdraw(two_templates, "T-EXEC-002", successor="T-EXEC-003")
        published(two_templates)
        told = client.post("/v1/check", content=changed).json()
        assert "use `T-EXEC-003`" in next(f["message"] for f in told["findings"] if f["rule"] == "id-withdrawn")


def test_check_reads_only_the_releases_of_the_template_it_is_sent(
    two_templates: Any, published: Publish, serve: Any, text: Text, tmp_path: Path
) -> None:
    """One damaged release is no reason to fail for those who ask about another, or about none."""
    published(two_templates)
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection, connection:
        connection.execute("UPDATE blob SET body = ? WHERE body = ?", (b"- [", text("mail-sorter").encode()))
    with serve(Settings(database_url=url_of(tmp_path / "catalogue.db"))) as client:
        for content in (text(version="0.3.0"), "title: no id\n", "id: [x]\n", 'id: "Nobody/./\\0"\n', "id: ''\n"):
            assert client.post("/v1/check", content=content).status_code == 200
        assert client.post("/v1/check", content=text("mail-sorter")).status_code == 500


def test_what_the_ledger_says_of_an_id_is_all_of_its_rows(two_templates: Any) -> None:
    (row,) = reserved(two_templates.ledger, [Wish("mail-sorter/new", "EXEC")], two_templates.cause(12))
    two_templates.enter(row, replace(row, state=State.REJECTED, reason="closed"))
    record = found(two_templates.root).record(row.id)
    assert (record.state, record.title, record.subjects) == (State.REJECTED, "", ("mail-sorter/new",))
    assert [(said.state, said.pull_request) for said in record.history] == [("RESERVED", 12), ("REJECTED", 12)]
    assert found(two_templates.root).record("T-EXEC-999").history == ()
