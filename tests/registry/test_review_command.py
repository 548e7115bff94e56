"""`threatshelf review` in a clone, before anything is pushed, and `--dry-run` against GitHub."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from github_fake import FakeGitHub
from registry.cli import main
from schema.ids import Ledger, write
from shelf import STORY, Shelf, faulty, story

Said = tuple[int, str]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with a main line."""
    root = tmp_path / "clone"
    root.mkdir()
    _git(root, "init", "--quiet", "--initial-branch=main")
    _write(root, "README.md", "# Shelf\n")
    _write(root, "templates/threat-ids.csv", write(Ledger()))
    _commit(root, "Begin")
    return root


@pytest.fixture
def review(clone: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run the command in the clone."""

    def run(*arguments: str) -> Said:
        code = main(["review", "--root", str(clone), *arguments])
        return code, capsys.readouterr().out

    return run


def _git(root: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "t@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-C", str(root), *arguments], check=True, env=environment, capture_output=True)


def _commit(root: Path, message: str) -> None:
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", message)


def _write(root: Path, path: str, text: str | bytes) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)


def test_nothing_differs(review: Callable[..., Said]) -> None:
    assert review() == (0, "Nothing differs from main.\n")


def test_a_file_that_git_does_not_know_yet_is_reviewed(clone: Path, review: Callable[..., Said]) -> None:
    _write(clone, STORY, faulty())

    code, out = review()

    assert code == 1
    assert re.search(rf"^{STORY}:[0-9]+:[0-9]+: error id-assigned$", out, re.MULTILINE)
    assert "notes-agnt" in out
    assert "would be red: 2 errors, 0 warnings" in out


def test_a_sound_template_would_be_green(clone: Path, review: Callable[..., Said]) -> None:
    _git(clone, "switch", "--quiet", "--create", "add")
    _write(clone, STORY, story())
    _commit(clone, "Add a template")

    code, out = review()

    assert code == 0
    assert "would be green" in out
    assert "release-notes-agent: a new template with 2 threats" in out
    assert "2 threats without an id" in out


def test_what_changed_is_told_in_the_words_of_the_field(clone: Path, review: Callable[..., Said]) -> None:
    _write(clone, STORY, story())
    _commit(clone, "A template")
    _write(clone, STORY, story(**{"version: 0.1.0": "version: 0.2.0"}))
    _git(clone, "switch", "--quiet", "--create", "raise")

    code, out = review()

    assert code == 0
    assert "Version raised: 0.1.0 → 0.2.0" in out
    _, written = review("--format", "json")
    told = json.loads(written)
    assert (told["against"], told["errors"], told["findings"]) == ("main", 0, [])
    assert [change["keys"] for change in told["templates"][0]["changes"]] == [["0.1.0", "0.2.0"]]
    assert told["templates"][0]["before"]["threats"] == told["templates"][0]["now"]["threats"] == 2


def test_links_and_workflows_are_refused_before_they_are_pushed(clone: Path, review: Callable[..., Said]) -> None:
    _write(clone, STORY, story())
    (clone / "templates" / "linked").mkdir()
    (clone / "templates" / "linked" / "template.yaml").symlink_to("../../README.md")
    _write(clone, ".github/workflows/x.yml", "on: push\n")

    code, out = review()

    assert code == 1
    assert "symbolic link" in out
    assert ".github/workflows/x.yml" in out


def test_names_that_a_terminal_would_obey_are_shown(clone: Path, review: Callable[..., Said]) -> None:
    _write(clone, "templates/\x1b[31mred/template.yaml", "id: red\n")

    _, out = review()

    assert "\x1b" not in out


def test_no_main_line(clone: Path, review: Callable[..., Said], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--root", str(clone), "--against", "no-such"]) == 2
    assert "name a branch or commit with --against" in capsys.readouterr().err


def test_no_clone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "--root", str(tmp_path)]) == 2
    assert "not a git repository" in capsys.readouterr().err


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A registry on a fake GitHub."""
    with FakeGitHub() as github:
        yield Shelf.on(github)


def test_a_dry_run_prints_the_steps_and_takes_none(
    shelf: Shelf, clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    for name, value in {
        "GITHUB_TOKEN": shelf.token,
        "GITHUB_API_URL": shelf.github.url,
        "GITHUB_REPOSITORY": shelf.repository.full_name,
    }.items():
        monkeypatch.setenv(name, value)

    code = main(["review", "--root", str(clone), "--pull", str(pull.number), "--dry-run"])

    out = capsys.readouterr().out
    assert code == 0
    assert "status threatshelf / review: failure, 2 errors to mend" in out
    assert "label stage/triage put on" in out
    assert out.rstrip().endswith("none was taken.")
    assert pull.comments == []


def test_a_dry_run_without_a_token(
    clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)

    assert main(["review", "--root", str(clone), "--pull", "1", "--dry-run", "--repo", "shelf/threatshelf"]) == 2
    assert "GITHUB_TOKEN is missing" in capsys.readouterr().err
