"""A ledger put back from yesterday: what comments have promised since is never given to another threat."""

import subprocess
import sys
from pathlib import Path

import pytest

from appshelf import AppShelf
from schema.ids import State, write
from shelf import STORY, Shelf, story


def restore(ours: AppShelf) -> "subprocess.CompletedProcess[str]":
    code = "import sys; from registry.cli import main; sys.exit(main())"
    environment = ours.environment | {
        "GITHUB_TOKEN": ours.shelf.maintainer.token,
        "PYTHONPATH": ":".join([str(Path(__file__).parents[3]), *filter(None, sys.path)]),
    }
    arguments = ["ids", "--root", str(ours.root), "restore", "--by", "mara"]
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_numbers_that_were_promised_are_not_given_again(shelf: Shelf, tmp_path: Path) -> None:
    ours = AppShelf(shelf, tmp_path)
    ours.listens()
    yesterday = shelf.ledger
    pull = shelf.from_branch({STORY: story()})
    pull.comment("/assess", by=shelf.maintainer)
    ours.settled()
    promised = {row.id for row in shelf.ledger.rows} - {row.id for row in yesterday.rows}
    assert promised
    pull.comment("- `T-EXEC-999` `release-notes-agent/title-orders`", by=shelf.newcomer)
    repository = shelf.repository
    repository.push(repository.write({"ledger.csv": write(yesterday)}, "Put back"), "threat-ids")

    url = repository.clone_url(shelf.maintainer.token)
    subprocess.run(["git", "-C", str(ours.root), "remote", "set-url", "origin", url], check=True)
    done = restore(ours)

    assert done.returncode == 0, done.stderr
    assert f"{len(promised)} numbers were missing" in done.stdout
    assert {threat_id: shelf.ledger.state(threat_id) for threat_id in promised} == dict.fromkeys(
        promised, State.REJECTED
    )
    assert shelf.ledger.state("T-EXEC-999") is None
    assert "0 numbers were missing" in restore(ours).stdout
    ours.visits.close()


@pytest.mark.parametrize("variable", ["GITHUB_TOKEN", "GITHUB_REPOSITORY"])
def test_what_it_lacks_is_said(shelf: Shelf, tmp_path: Path, variable: str) -> None:
    ours = AppShelf(shelf, tmp_path)
    code = "import sys; from registry.cli import main; sys.exit(main())"
    environment = ours.environment | {"GITHUB_TOKEN": "x", "PYTHONPATH": ":".join(filter(None, sys.path))}
    del environment[variable]
    command = [sys.executable, "-c", code, "ids", "--root", str(ours.root), "restore"]

    here = Path(__file__).parents[3]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=here)

    assert done.returncode == 2
    assert variable in done.stderr
    ours.visits.close()
