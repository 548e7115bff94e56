"""The ledger on a branch, over real git: what a remote takes, what it does not, and who is asked for nothing."""

import os
from pathlib import Path
from typing import Any

import pytest

from bot.clone import Clone, CloneError, isolated
from bot.ledger import BRANCH, CloneLedger, NoLedgerError, Patience, RefusedError, append, nearest, writable
from schema.ids import Ledger, Row, read, write
from schema.transitions import Cause, Wish, reserved, seeded

BY = Cause("2026-11-20T09:00:00Z", "maintainer-a", 12)
LOG = Wish("triage/order-in-log", "EXEC")


def wants(ledger: Ledger) -> tuple[Row, ...]:
    return reserved(ledger, [LOG], BY)


def others(number: int) -> Ledger:
    return Ledger().extended(seeded({f"T-DISC-{n:03d}": "A title" for n in range(1, number + 1)}, "other", BY))


def test_a_ledger_begins_once(place: Any) -> None:
    assert place.ledger.create(write(others(1)))
    assert not place.ledger.create(write(others(2)))
    assert read(place.ledger.read()[0]) == others(1)
    assert place.git("ls-remote", "origin").count("\n") == 2, "HEAD, main and the ledger's branch: no merge base"


def test_an_append_is_one_commit_on_top_that_touches_nothing_else(begun: Any, patience: Patience) -> None:
    before = begun.git("rev-parse", "HEAD"), begun.git("status", "--porcelain"), begun.git("branch", "--all")
    text, token = begun.ledger.read()
    append(begun.ledger, wants, patience)
    grown, head = begun.ledger.read()
    assert grown.startswith(text)
    assert begun.git("rev-parse", f"{head}^") == token
    assert begun.git("log", "-1", "--format=%an %s", head) == "Threatshelf Threat ids: 3 rows"
    assert (begun.git("rev-parse", "HEAD"), begun.git("status", "--porcelain"), begun.git("branch", "--all")) == before
    assert not (begun.root / ".git" / "FETCH_HEAD").exists()


def test_what_else_lies_on_the_branch_stays(begun: Any, patience: Patience) -> None:
    _, head = begun.ledger.read()
    commit = begun.clone.committed(head, {"README.md": b"What this is.\n"}, "say what this is\n")
    assert begun.clone.pushed(BRANCH, head, commit)
    append(begun.ledger, wants, patience)
    assert begun.at(BRANCH, "README.md") == b"What this is.\n"


def test_of_two_who_read_the_same_state_one_is_refused(begun: Any) -> None:
    text, token = begun.ledger.read()
    grown = read(text).extended(wants(read(text)))
    assert begun.ledger.replace(token, write(grown))
    assert not CloneLedger(Clone(begun.another("second"), "origin", begun.clone.environment)).replace(
        token, write(read(text).extended(reserved(read(text), [Wish("mail/other", "EXEC")], BY)))
    )
    assert read(begun.ledger.read()[0]) == grown


def test_a_branch_deleted_meanwhile_does_not_come_back(begun: Any) -> None:
    text, token = begun.ledger.read()
    begun.git("push", "--quiet", "origin", f":refs/heads/{BRANCH}")
    assert not begun.ledger.replace(token, write(read(text).extended(wants(read(text)))))
    with pytest.raises(NoLedgerError, match="threatshelf ids init"):
        begun.ledger.read()


def test_a_branch_without_the_file_is_no_ledger(place: Any) -> None:
    place.put({"other.txt": b"x"}, BRANCH)
    with pytest.raises(NoLedgerError):
        place.ledger.read()


def test_a_link_in_the_place_of_the_file_is_not_followed(place: Any) -> None:
    place.root.joinpath("ledger.csv").symlink_to("/etc/hostname")
    place.put({}, BRANCH)
    with pytest.raises(NoLedgerError):
        place.ledger.read()


def test_a_rule_of_the_repository_is_told_from_a_race(begun: Any, patience: Patience) -> None:
    begun.refuse("exit 1")
    with pytest.raises(RefusedError, match="threat-ids of origin"):
        append(begun.ledger, wants, patience)
    assert len(read(begun.ledger.read()[0]).rows) == 2


def test_a_push_that_takes_effect_and_reports_failure_is_found(begun: Any, patience: Patience, tmp_path: Path) -> None:
    # The remote moves its branch, and the answer breaks off.
    wrapper = tmp_path / "git-receive-pack"
    wrapper.write_text('#!/bin/sh\ngit receive-pack "$@"\nexit 1\n')
    wrapper.chmod(0o755)
    begun.git("config", "remote.origin.receivepack", str(wrapper))
    ledger = append(begun.ledger, wants, patience)
    assert [row.id for row in ledger.rows[2:]] == ["T-EXEC-003"]


def test_the_remotes_own_hooks_and_settings_of_the_caller_do_not_take_part(begun: Any, patience: Patience) -> None:
    hook = begun.root / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    misled = {
        **begun.clone.environment,
        "GIT_DIR": "/nonexistent",
        "GIT_INDEX_FILE": "/nonexistent",
        "GIT_WORK_TREE": "/",
    }
    append(CloneLedger(Clone(begun.root, "origin", misled)), wants, patience)
    assert len(read(begun.ledger.read()[0]).rows) == 3


def test_the_way_to_the_remote_is_kept_from_the_environment() -> None:
    given = {
        "PATH": "/bin",
        "GIT_SSH_COMMAND": "ssh -i key",
        "GIT_CONFIG_COUNT": "1",
        "GIT_DIR": "x",
        "GIT_NAMESPACE": "y",
    }
    kept = isolated(given)
    assert {name: kept[name] for name in ("PATH", "GIT_SSH_COMMAND", "GIT_CONFIG_COUNT")}.items() <= given.items()
    assert not {"GIT_DIR", "GIT_NAMESPACE"} & set(kept)
    assert kept["GIT_TERMINAL_PROMPT"] == "0"


@pytest.mark.parametrize("name", ["--upload-pack=touch x", "-c", "../origin.git", "ext::sh -c x", "", "nobody", "a\nb"])
def test_a_name_that_is_no_remote_is_not_handed_to_git(begun: Any, name: str) -> None:
    store = CloneLedger(Clone(begun.root, name, begun.clone.environment))
    with pytest.raises(CloneError, match="no remote"):
        store.read()
    assert not begun.root.joinpath("x").exists()


def test_a_folder_that_is_no_clone_says_so(tmp_path: Path) -> None:
    with pytest.raises(CloneError):
        CloneLedger(Clone(tmp_path, "origin", {"PATH": os.environ["PATH"]})).read()


def test_the_ledger_is_read_upstream_then_at_origin_then_from_the_snapshot(begun: Any, tmp_path: Path) -> None:
    environment = begun.clone.environment
    assert nearest(begun.root, environment)[1] == "the branch threat-ids of origin"
    upstream = tmp_path / "upstream.git"
    begun.git("clone", "--quiet", "--bare", str(begun.bare), str(upstream))
    begun.git("remote", "add", "upstream", str(upstream))
    text, where = nearest(begun.root, environment)
    assert (len(read(text).rows), where) == (2, "the branch threat-ids of upstream")
    assert writable(begun.root, environment).clone.remote == "upstream"
    begun.git("remote", "set-url", "upstream", str(tmp_path / "gone.git"))
    assert nearest(begun.root, environment)[1] == "the branch threat-ids of origin"
    begun.git("push", "--quiet", "origin", f":refs/heads/{BRANCH}")
    with pytest.raises(NoLedgerError):
        nearest(begun.root, environment)
    snapshot = begun.root / "templates" / "threat-ids.csv"
    snapshot.parent.mkdir()
    snapshot.write_text(write(others(3)))
    text, where = nearest(begun.root, environment)
    assert (len(read(text).rows), where) == (3, "the snapshot templates/threat-ids.csv")


def test_a_clone_of_one_branch_and_one_commit_reaches_the_ledger(begun: Any, patience: Patience) -> None:
    folder = begun.root.parent / "shallow"
    begun.git("clone", "--quiet", "--depth=1", "--single-branch", f"file://{begun.bare}", str(folder))
    ledger = append(CloneLedger(Clone(folder, "origin", begun.clone.environment)), wants, patience)
    assert len(ledger.rows) == 3


def test_without_a_ledger_nothing_is_written_to(place: Any) -> None:
    with pytest.raises(NoLedgerError, match="threatshelf ids init"):
        writable(place.root, place.clone.environment)
