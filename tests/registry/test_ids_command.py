"""`threatshelf ids` as its users meet it: begin, write, settle and show, in a clone of a real repository."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = [sys.executable, "-c", "import sys; from registry.cli import main; sys.exit(main())", "ids"]
GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
PEOPLE = {f"GIT_{role}_{part}": "a@localhost" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
TEXT = "id: triage\nthreats:\n  - key: order-in-log\n    category: EXEC\n    title: A log gives orders\n"
WRITTEN = TEXT.replace("order-in-log\n", "order-in-log\n    id: T-EXEC-007\n")


def git(root: Path, *arguments: str) -> None:
    environment = {**os.environ, **GIT, **PEOPLE}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, env=environment)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A clone with one template, pushed to its origin."""
    clone = tmp_path / "clone"
    file = clone / "templates" / "triage" / "template.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(TEXT)
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git")
    git(clone, "init", "--quiet", "--initial-branch=main")
    git(clone, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "one template")
    git(clone, "push", "--quiet", "origin", "main")
    return clone


def ids(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, **GIT, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [*RUN, "--root", str(root), *arguments], capture_output=True, text=True, check=False, env=environment
    )


def template(root: Path) -> str:
    return (root / "templates" / "triage" / "template.yaml").read_text()


def test_the_ledger_begins_with_the_published_ids_and_only_once(root: Path) -> None:
    first = ids(root, "init")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "The ledger begins on the branch threat-ids of origin with 37 ids.\n"
    second = ids(root, "init")
    assert second.returncode == 0
    assert "already on the branch threat-ids of origin: 37 rows, 37 ids" in second.stdout


def test_settle_writes_the_ids_onto_main_and_has_nothing_to_do_afterwards(root: Path) -> None:
    ids(root, "init")
    done = ids(root, "settle", "--by", "maintainer-a")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "triage/order-in-log: T-EXEC-007\n"
        "1 ids written; the ledger has 39 rows (1 PUBLISHED, 1 RESERVED new).\n"
    )  # fmt: skip
    git(root, "pull", "--quiet", "origin", "main")
    assert template(root) == WRITTEN
    assert ids(root, "settle").stdout == "0 ids written; the ledger has 39 rows (none new).\n"


def test_a_new_shelf_begins_from_the_snapshot_on_its_main(root: Path) -> None:
    ids(root, "init")
    ids(root, "settle")
    ids(root, "settle", "--snapshot")
    git(root, "pull", "--quiet", "origin", "main")
    git(root, "push", "--quiet", "origin", ":refs/heads/threat-ids")
    assert ids(root, "show", "T-EXEC-007").returncode == 0, "the snapshot answers"
    assert "with 38 ids" in ids(root, "init").stdout


def test_write_takes_what_is_reserved_and_consumes_nothing_unasked(root: Path) -> None:
    ids(root, "init")
    asked = ids(root, "write")
    assert (asked.returncode, template(root)) == (1, TEXT)
    assert asked.stdout.startswith("triage/order-in-log: no id is reserved for it")
    done = ids(root, "write", "--reserve", "--pull-request", "12")
    assert (done.returncode, done.stdout) == (0, "templates/triage/template.yaml: T-EXEC-007\n")
    assert template(root) == WRITTEN
    assert "pull request 12" in ids(root, "show", "T-EXEC-007").stdout
    (root / "templates" / "triage" / "template.yaml").write_text(TEXT)
    assert ids(root, "write", "--pull-request", "12").returncode == 0
    assert template(root) == WRITTEN


def test_write_with_a_prefix_gives_the_shelfs_own_numbers(root: Path) -> None:
    ids(root, "init")
    assert "ACME-T-EXEC-001" in ids(root, "write", "--reserve", "--prefix", "ACME").stdout
    assert ids(root, "write", "--reserve", "--prefix", "acme").returncode == 2


def test_show_lists_every_id_or_tells_the_history_of_one(root: Path) -> None:
    ids(root, "init")
    ids(root, "settle", "--by", "maintainer-a")
    listed = ids(root, "show").stdout.splitlines()
    assert listed[0].split() == ["T-RECON-001", "PUBLISHED", "Agent", "Endpoint", "Discovery"]
    assert listed[-1] == "38 ids in 39 rows, read from the branch threat-ids of origin."
    told = ids(root, "show", "T-EXEC-007").stdout.splitlines()
    assert told[0] == "T-EXEC-007 is PUBLISHED."
    assert [line.split("  ")[1:] for line in told[1:]] == [
        ["RESERVED", "triage/order-in-log", "maintainer-a"],
        ["PUBLISHED", "triage/order-in-log", "maintainer-a", "A log gives orders"],
    ]


def test_show_speaks_json(root: Path) -> None:
    ids(root, "init")
    every = json.loads(ids(root, "show", "--format", "json").stdout)
    assert (every["rows"], len(every["ids"])) == (37, 37)
    one = json.loads(ids(root, "show", "T-EXEC-002", "--format", "json").stdout)
    assert one["state"] == "PUBLISHED"
    assert one["titles"] == ["Indirect Prompt Injection"]
    assert [row["subject"] for row in one["history"]] == ["openclaw-trust:Indirect Prompt Injection"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["show"], "no ledger of threat ids was found"),
        (["settle"], "run threatshelf ids init"),
        (["settle", "--remote", "nobody"], "no remote"),
        (["settle", "--remote=--upload-pack=x"], "no remote"),
        (["write"], "no ledger of threat ids was found"),
        (["write", "--reserve"], "run threatshelf ids init"),
        (["init", "--remote", "nobody"], "no remote"),
        ([], "arguments are required"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(root: Path, arguments: list[str], reason: str) -> None:
    done = ids(root, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_an_id_that_is_not_in_the_ledger_is_no_id_to_show(root: Path) -> None:
    ids(root, "init")
    done = ids(root, "show", "T-EXEC-\x1b[31m")
    assert done.returncode == 2
    assert "\x1b" not in done.stderr


def test_a_ledger_edited_by_hand_stops_everything(root: Path) -> None:
    ids(root, "init")
    git(root, "fetch", "--quiet", "origin", "threat-ids")
    git(root, "checkout", "--quiet", "FETCH_HEAD")
    file = root / "ledger.csv"
    file.write_text(file.read_text().replace("T-EXEC-002,PUBLISHED", "T-EXEC-002,RESERVED"))
    git(root, "commit", "--quiet", "--all", "-m", "tidy up")
    git(root, "push", "--quiet", "origin", "HEAD:refs/heads/threat-ids")
    git(root, "checkout", "--quiet", "main")
    for arguments in (["settle"], ["write", "--reserve"]):
        done = ids(root, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("threatshelf: row 16")
    assert template(root) == TEXT
