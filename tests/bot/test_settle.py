"""Settling main: every threat gets its id, ledger first and file second, and any run goes on where another stopped."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.clone import Clone
from bot.ledger import SNAPSHOT, CloneLedger, Patience, RefusedError, ShorterLedgerError, append
from bot.settle import CloneMain, Ended, Main, NoMainError, Occasion, Settled, missing_ids, settle
from schema.ids import Ledger, State, read, write
from schema.transitions import Cause, Wish, Withdrawal, reserved, same_as, withdrawn

BY = Cause("2026-11-20T09:00:00Z", "threatshelf")
OCCASION = Occasion(BY)
FILE = "templates/triage/template.yaml"
TEXT = """\
# Sorting issues
id: triage
threats:
  - key: order-in-log   # the first
    category: EXEC
    title: A log gives orders
  - {key: loop, category: IMPACT, title: "Two agents, one loop"}
  - key: order-in-page
    id: T-EXEC-002
    category: EXEC
    title: A page gives orders
"""
WRITTEN = """\
# Sorting issues
id: triage
threats:
  - key: order-in-log   # the first
    id: T-EXEC-003
    category: EXEC
    title: A log gives orders
  - {key: loop, id: T-IMPACT-001, category: IMPACT, title: "Two agents, one loop"}
  - key: order-in-page
    id: T-EXEC-002
    category: EXEC
    title: A page gives orders
"""


@pytest.fixture
def shelf(begun: Any) -> Any:
    """A main branch with one template, and a ledger of two ids."""
    begun.put({FILE: TEXT.encode()})
    return begun


def run(place: Any, patience: Patience, occasion: Occasion = OCCASION) -> Settled:
    return settle(place.ledger, CloneMain(place.clone), occasion, patience)


def now(place: Any) -> Ledger:
    return read(place.ledger.read()[0])


def holds(place: Any, patience: Patience, pull_request: int, *wishes: Wish) -> None:
    append(place.ledger, lambda rows: reserved(rows, wishes, BY.of(pull_request)), patience)


def test_every_threat_on_main_gets_its_id_and_nothing_else_changes(shelf: Any, patience: Patience) -> None:
    done = run(shelf, patience)
    assert shelf.at("main", FILE) == WRITTEN.encode()
    assert done.written == {"triage/order-in-log": "T-EXEC-003", "triage/loop": "T-IMPACT-001"}
    assert done.left == ()
    shelf.git("fetch", "--quiet", "origin", "main")
    assert shelf.git("diff", "--stat", "--name-only", "HEAD", "FETCH_HEAD").splitlines() == [SNAPSHOT, FILE]
    assert all(done.ledger.state(threat_id) is State.PUBLISHED for threat_id in done.ledger.ids)
    assert done.ledger.published("triage/order-in-page") == "T-EXEC-002"
    assert done.ledger.titles("T-IMPACT-001") == ("Two agents, one loop",)


def test_the_snapshot_in_the_commit_is_the_beginning_of_the_ledger(shelf: Any, patience: Patience) -> None:
    done = run(shelf, patience)
    assert write(done.ledger).startswith(shelf.at("main", SNAPSHOT).decode())
    assert "T-IMPACT-001,RESERVED" in shelf.at("main", SNAPSHOT).decode(), "rows first, files second"
    digest = hashlib.sha256(shelf.at("main", SNAPSHOT)).hexdigest()
    assert shelf.git("log", "-1", "--format=%b", CloneMain(shelf.clone).read().commit) == f"Ledger-sha256: {digest}"


def test_a_second_run_does_nothing(shelf: Any, patience: Patience) -> None:
    first = run(shelf, patience)
    heads = shelf.git("ls-remote", "origin")
    second = run(shelf, patience)
    assert (second.ledger, second.rows, second.written) == (first.ledger, (), {})
    assert shelf.git("ls-remote", "origin") == heads


def test_the_snapshot_follows_by_itself_only_when_asked(shelf: Any, patience: Patience) -> None:
    done = run(shelf, patience)
    run(shelf, patience, replace(OCCASION, snapshot=True))
    assert shelf.at("main", SNAPSHOT).decode() == write(done.ledger)
    head = shelf.git("ls-remote", "origin", "main")
    run(shelf, patience, replace(OCCASION, snapshot=True))
    assert shelf.git("ls-remote", "origin", "main") == head


def test_windows_line_ends_stay(shelf: Any, patience: Patience) -> None:
    shelf.put({FILE: TEXT.replace("\n", "\r\n").encode()})
    run(shelf, patience)
    assert shelf.at("main", FILE) == WRITTEN.replace("\n", "\r\n").encode()


def test_reserved_numbers_arrive_with_their_pull_request(shelf: Any, patience: Patience) -> None:
    log = Wish("triage/order-in-log", "EXEC")
    holds(shelf, patience, 12, log, Wish("triage/not-merged", "EXEC"))
    holds(shelf, patience, 13, log)
    done = run(shelf, patience, replace(OCCASION, ended=Ended(merged=frozenset({13}))))
    assert done.written["triage/order-in-log"] == "T-EXEC-005"
    lost = [(row.id, row.reason, row.superseded_by) for row in done.rows if row.state is State.REJECTED]
    assert lost == [("T-EXEC-003", "duplicate", "T-EXEC-005")]
    assert done.ledger.state("T-EXEC-004") is State.RESERVED, "12 is still open"
    later = run(shelf, patience, replace(OCCASION, ended=Ended(closed=frozenset({12}))))
    assert later.ledger.state("T-EXEC-004") is State.REJECTED


def test_what_was_dropped_before_the_merge_is_given_up(shelf: Any, patience: Patience) -> None:
    holds(shelf, patience, 12, Wish("triage/order-in-log", "EXEC"), Wish("triage/dropped", "EXEC"))
    done = run(shelf, patience, replace(OCCASION, ended=Ended(merged=frozenset({12}))))
    assert [(row.id, row.reason) for row in done.rows if row.reason] == [("T-EXEC-004", "dropped")]
    assert done.written["triage/order-in-log"] == "T-EXEC-003"


def test_closed_and_landed_by_hand(shelf: Any, patience: Patience) -> None:
    holds(shelf, patience, 12, Wish("triage/order-in-log", "EXEC"))
    shelf.put({FILE: WRITTEN.replace("id: T-IMPACT-001, ", "").encode()})
    done = run(shelf, patience, replace(OCCASION, ended=Ended(closed=frozenset({12}))))
    assert done.ledger.published("triage/order-in-log") == "T-EXEC-003"
    assert [row.pull_request for row in done.rows if row.id == "T-EXEC-003"] == [12]


def test_a_word_of_a_maintainer_survives_the_merge_of_a_fork(shelf: Any, patience: Patience) -> None:
    holds(shelf, patience, 12, Wish("triage/order-in-log", "EXEC"))
    append(shelf.ledger, lambda rows: same_as(rows, "T-EXEC-001", "triage/order-in-log", BY.of(12)), patience)
    done = run(shelf, patience, replace(OCCASION, ended=Ended(merged=frozenset({12}))))
    assert done.written["triage/order-in-log"] == "T-EXEC-001"
    assert done.ledger.state("T-EXEC-003") is State.REJECTED


def test_the_successor_takes_the_place_of_a_withdrawn_id(shelf: Any, patience: Patience) -> None:
    run(shelf, patience)
    end = Withdrawal("T-EXEC-003", "superseded", "Told elsewhere.", "T-EXEC-001")
    append(shelf.ledger, lambda rows: withdrawn(rows, end, BY), patience)
    shelf.git("pull", "--quiet", "origin", "main")
    shelf.put({FILE: WRITTEN.replace("    id: T-EXEC-003\n", "").encode()})
    done = run(shelf, patience)
    assert done.written == {"triage/order-in-log": "T-EXEC-001"}


def test_a_private_shelf_counts_with_its_prefix(shelf: Any, patience: Patience) -> None:
    done = run(shelf, patience, replace(OCCASION, prefix="ACME"))
    assert set(done.written.values()) == {"ACME-T-EXEC-001", "ACME-T-IMPACT-001"}


def test_a_template_that_cannot_be_read_loses_no_reservation(shelf: Any, patience: Patience) -> None:
    holds(shelf, patience, 12, Wish("broken/order", "EXEC"), Wish("triage/order-in-log", "EXEC"))
    shelf.put(
        {
            "templates/broken/template.yaml": b"threats: [",
            "templates/notes.txt": b"x",
            "templates/Odd/template.yaml": b"x",
        }
    )
    done = run(shelf, patience, replace(OCCASION, ended=Ended(merged=frozenset({12}))))
    assert done.ledger.state("T-EXEC-003") is State.RESERVED
    assert done.written["triage/order-in-log"] == "T-EXEC-004"


@pytest.mark.parametrize(
    "threats",
    [
        "  - key: Odd Key\n    category: EXEC\n",
        "  - key: odd\n    category: OTHER\n",
        "  - title: nothing else\n",
        "  - just text\n",
        "  - key: twice\n    category: EXEC\n  - key: twice\n    category: EXEC\n",
    ],
)
def test_what_cannot_be_named_gets_no_number(shelf: Any, patience: Patience, threats: str) -> None:
    shelf.put({FILE: f"threats:\n{threats}".encode()})
    done = run(shelf, patience)
    assert (done.rows, done.written) == ((), {})


def test_an_old_key_of_another_threat_does_not_bring_its_id_back_twice() -> None:
    ledger = Ledger()
    main = Main(
        "", {FILE: WRITTEN.replace("order-in-log", "new-key").encode() + b"  - {key: order-in-log, category: EXEC}\n"}
    )
    rows = reserved(ledger, [Wish("triage/order-in-log", "EXEC")], BY)
    renumbered = [
        replace(rows[0], id="T-EXEC-001"),
        replace(rows[0], id="T-EXEC-001", state=State.PUBLISHED, title="A"),
    ]
    shared = Main("", {path: source.replace(b"T-EXEC-003", b"T-EXEC-001") for path, source in main.files.items()})
    assert missing_ids(ledger.extended(renumbered), shared, OCCASION) == {}


# Stopped in the middle


class StoppedError(Exception):
    """The machine went off."""


@dataclass
class Switch:
    """Goes off before or after the n-th write, whichever store it is for."""

    left: int
    after: bool

    def write(self, replace_: Any, *arguments: Any) -> bool:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise StoppedError
        done = bool(replace_(*arguments))
        if self.left == 0:
            raise StoppedError
        return done


@dataclass
class Stopping:
    """A store whose writes go through the switch."""

    inner: Any
    switch: Switch

    @property
    def where(self) -> str:
        return str(self.inner.where)

    def read(self) -> Any:
        return self.inner.read()

    def replace(self, *arguments: Any) -> bool:
        return self.switch.write(self.inner.replace, *arguments)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_the_next_run_mends_a_run_that_stopped_at_any_step(
    shelf: Any, patience: Patience, step: int, after: bool  # noqa: FBT001  # a parameter
) -> None:  # fmt: skip
    holds(shelf, patience, 12, Wish("triage/order-in-log", "EXEC"), Wish("triage/gone", "EXEC"))
    occasion = replace(OCCASION, ended=Ended(merged=frozenset({12})))
    switch = Switch(step, after)
    with pytest.raises(StoppedError):
        settle(Stopping(shelf.ledger, switch), Stopping(CloneMain(shelf.clone), switch), occasion, patience)
    ids_in_file = {line.split(": ")[1] for line in shelf.at("main", FILE).decode().splitlines() if "  id: " in line}
    assert ids_in_file <= set(now(shelf).ids), "an id stands in a file only after its row exists"
    run(shelf, patience, occasion)
    assert shelf.at("main", FILE) == WRITTEN.encode()
    ledger = now(shelf)
    assert [(row.id, str(row.state), row.subject, row.reason) for row in ledger.rows[2:4]] == [
        ("T-EXEC-003", "RESERVED", "triage/order-in-log", ""),
        ("T-EXEC-004", "RESERVED", "triage/gone", ""),
    ]
    assert len(ledger.rows) == 2 + 2 + 1 + 3 + 1, "nothing was appended twice"
    assert run(shelf, patience, occasion).rows == ()


# Others at the same time


@dataclass
class Meanwhile:
    """A main onto which somebody pushes before each of the first writes."""

    inner: CloneMain
    place: Any
    times: int
    where: str = "main"

    def read(self) -> Main:
        return self.inner.read()

    def replace(self, commit: str, files: Mapping[str, bytes], message: str) -> bool:
        if self.times:
            self.times -= 1
            self.place.git("pull", "--quiet", "--rebase", "origin", "main")
            self.place.put({f"notes/{self.times}.md": b"x", "templates/mail/template.yaml": MAIL})
        return self.inner.replace(commit, files, message)


MAIL = b"threats:\n  - key: order\n    category: EXEC\n    title: A mail gives orders\n"


def test_a_main_that_moved_is_looked_at_anew(shelf: Any, patience: Patience) -> None:
    done = settle(shelf.ledger, Meanwhile(CloneMain(shelf.clone), shelf, 2), OCCASION, patience)
    assert done.written["mail/order"] == "T-EXEC-004"
    assert shelf.at("main", FILE) == WRITTEN.encode()
    assert shelf.at("main", "notes/0.md") == b"x"
    assert len(now(shelf).ids) == 5, "the numbers of the first attempt are used, not given again"


def test_two_settlers_at_once_agree(shelf: Any, patience: Patience) -> None:
    second = shelf.another("second")

    class Twin(Meanwhile):
        def replace(self, commit: str, files: Mapping[str, bytes], message: str) -> bool:
            if self.times:
                self.times -= 1
                clone = Clone(second, "origin", shelf.clone.environment)
                settle(CloneLedger(clone), CloneMain(clone), OCCASION, patience)
            return self.inner.replace(commit, files, message)

    done = settle(shelf.ledger, Twin(CloneMain(shelf.clone), shelf, 1), OCCASION, patience)
    assert shelf.at("main", FILE) == WRITTEN.encode()
    assert len(done.ledger.ids) == 4
    assert shelf.git("rev-list", "--count", CloneMain(shelf.clone).read().commit) == "3"


def test_pushes_that_take_effect_and_report_failure_are_found(shelf: Any, patience: Patience, tmp_path: Path) -> None:
    broken = tmp_path / "git-receive-pack"
    broken.write_text('#!/bin/sh\ngit receive-pack "$@"\nexit 1\n')
    broken.chmod(0o755)
    shelf.git("config", "remote.origin.receivepack", str(broken))
    done = run(shelf, patience)
    assert shelf.at("main", FILE) == WRITTEN.encode()
    assert len(done.ledger.rows) == 2 + 2 + 3
    assert run(shelf, patience).rows == ()


def test_a_rule_on_main_is_told_from_a_race_and_the_numbers_are_kept(shelf: Any, patience: Patience) -> None:
    shelf.refuse('test "$1" != refs/heads/main')
    with pytest.raises(RefusedError, match="main of origin"):
        run(shelf, patience)
    assert shelf.at("main", FILE) == TEXT.encode()
    held = now(shelf)
    (shelf.bare / "hooks" / "update").unlink()
    assert run(shelf, patience).ledger.ids == held.ids


def test_a_ledger_shorter_than_main_remembers_is_not_appended_to(shelf: Any, patience: Patience) -> None:
    _, yesterday = shelf.ledger.read()
    run(shelf, patience)
    shelf.git("push", "--quiet", "--force", "origin", f"{yesterday}:refs/heads/threat-ids")
    with pytest.raises(ShorterLedgerError):
        run(shelf, patience)
    assert len(now(shelf).rows) == 2


def test_without_a_main_there_is_nothing_to_settle(shelf: Any, patience: Patience) -> None:
    with pytest.raises(NoMainError):
        settle(shelf.ledger, CloneMain(shelf.clone, "trunk"), OCCASION, patience)


def test_a_link_among_the_templates_is_not_followed(shelf: Any, patience: Patience) -> None:
    folder: Path = shelf.root / "templates" / "linked"
    folder.mkdir()
    (folder / "template.yaml").symlink_to("../triage/template.yaml")
    shelf.put({})
    assert set(run(shelf, patience).written) == {"triage/order-in-log", "triage/loop"}
