"""A main that takes no commit of ours: the ids wait in one pull request, made anew and never twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from appshelf import AppShelf
from shelf import STORY, Shelf, story


@pytest.fixture
def closed(shelf: Shelf, tmp_path: Path) -> AppShelf:
    """A threat without an id on a main that wants every change to come by a pull request."""
    shelf.repository.commit({STORY: story()}, "Merged without ids")
    ours = AppShelf(shelf, tmp_path)
    url = shelf.repository.clone_url(shelf.maintainer.token)
    subprocess.run(["git", "-C", str(ours.root), "remote", "set-url", "origin", url], check=True)
    shelf.repository.protect("main", "pull_request")
    ours.visits.close()
    return ours


def settle(ours: AppShelf, token: str = "") -> "subprocess.CompletedProcess[str]":
    code = "import sys; from registry.cli import main; sys.exit(main())"
    paths = ":".join([str(Path(__file__).parents[3]), *filter(None, sys.path)])
    environment = ours.environment | {"PYTHONPATH": paths, "GITHUB_TOKEN": token}
    command = [sys.executable, "-c", code, "ids", "--root", str(ours.root), "settle"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_ids_wait_in_one_pull_request(closed: AppShelf, shelf: Shelf) -> None:
    done = settle(closed, shelf.maintainer.token)

    assert done.returncode == 1, done.stderr
    assert "A pull request is open" in done.stdout
    before = shelf.repository.head("bot/threat-ids")
    assert b"    id: T-EXEC-002\n" in (shelf.repository.file(STORY, "bot/threat-ids") or b"")
    assert shelf.repository.file(STORY) == story().encode()

    settle(closed, shelf.maintainer.token)

    pulls = [issue for issue in shelf.repository.state.issues.values() if issue.pull]
    assert [issue.title for issue in pulls] == ["Threat ids"]
    assert shelf.repository.head("bot/threat-ids") == before


def test_without_a_token_it_says_what_to_do(closed: AppShelf) -> None:
    done = settle(closed)

    assert done.returncode == 1, done.stderr
    assert "Open a pull request from bot/threat-ids" in done.stdout
