"""`threatshelf publish` and `threatshelf export` as an operator meets them."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from registry.cli import main
from registry.store.catalogue import Store, url_of

THREATSHELF = Path(sys.executable).with_name("threatshelf")

Text = Callable[..., str]


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """One command, in this very process."""

    def call(*arguments: object) -> Done:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return call


@pytest.fixture
def database(tmp_path: Path) -> str:
    return url_of(tmp_path / "catalogue.db")


def tree(folder: Path) -> dict[str, bytes]:
    """What lies there, apart from the bundle of it."""
    files = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {path: body for path, body in files.items() if path != "v1/bundle.zip"}


def test_publishing_says_what_is_new_and_the_second_time_nothing_is(
    run: Run, two_templates: Any, database: str
) -> None:
    first = run("publish", "--root", two_templates.root, "--database", database)
    assert (first.returncode, first.stdout.count("\npublished") + first.stdout.startswith("published")) == (0, 3)
    assert "3 published, 0 as before, 0 refused" in first.stdout
    again = run("publish", "--root", two_templates.root, "--database", database)
    assert (again.returncode, again.stdout.startswith("0 published, 3 as before, 0 refused")) == (0, True)


def test_a_refusal_is_told_with_its_line_and_exits_with_1(
    run: Run, two_templates: Any, database: str, text: Text
) -> None:
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0", status="nonsense\x1b[2J"))
    two_templates.commit()
    told = run("publish", "--root", two_templates.root, "--database", database)
    assert told.returncode == 1
    assert "refused    templates/mail-sorter/template.yaml:6:" in told.stdout
    assert "\x1b" not in told.stdout
    assert "3 published, 0 as before, 1 refused" in told.stdout


def test_json_is_for_machines(run: Run, two_templates: Any, database: str, text: Text) -> None:
    two_templates.write("mail-sorter", text("mail-sorter", summary="Altered."))
    head = two_templates.commit()
    told = run("publish", "--root", two_templates.root, "--database", database, "--format", "json")
    said = json.loads(told.stdout)
    assert (told.returncode, said["commit"]) == (1, head)
    assert {"id": "desk-assistant", "version": "0.1.0", "sha256": hashlib.sha256(text().encode()).hexdigest()} in said[
        "published"
    ]
    (refused,) = said["refused"]
    assert (refused["file"], refused["commit"]) == ("templates/mail-sorter/template.yaml", head)
    assert "raise the version" in refused["reasons"][0]


def test_the_program_takes_its_catalogue_and_nothing_of_git_from_the_environment(
    two_templates: Any, database: str, tmp_path: Path
) -> None:
    """As in a hook, which sets GIT_DIR for another repository."""
    told = subprocess.run(
        [THREATSHELF, "publish", "--root", two_templates.root],
        env={**os.environ, "THREATSHELF_DATABASE_URL": database, "GIT_DIR": str(tmp_path / "nowhere")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout.count("published  ")) == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("publish --root /nowhere --database {database}", "cannot change to '/nowhere'"),
        ("publish --root {root} --database mysql://x", "begins with sqlite:///"),
        ("publish --root {root} --database {database} --ref nothing", "has no commit nothing"),
        ("export --out /etc --root {root}", "holds what this command did not make"),
        ("export --out /etc/hostname --root {root}", "is no folder"),
        ("export --out {root}/x --root /nowhere", "there is no folder templates in"),
        ("export --out {root}/x --database {database}", "nothing is published in this catalogue yet"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(
    run: Run, two_templates: Any, database: str, arguments: str, sentence: str
) -> None:
    done = run(*arguments.format(root=two_templates.root, database=database).split())
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_the_folder_holds_what_the_catalogue_serves(
    run: Run, two_templates: Any, store: Store, database: str, tmp_path: Path
) -> None:
    run("publish", "--root", two_templates.root, "--database", database)
    out = tmp_path / "out"
    assert run("export", "--out", out, "--database", database).returncode == 0
    assert tree(out) == dict(store.files())
    assert (out.stat().st_mode & 0o777, (out / "v1").stat().st_mode & 0o777) == (0o755, 0o755)


def test_an_export_takes_the_place_of_the_one_before(
    run: Run, two_templates: Any, store: Store, database: str, text: Text
) -> None:
    run("publish", "--root", two_templates.root, "--database", database)
    out = two_templates.root / "build" / "registry"
    run("export", "--out", out, "--database", database)
    (out / "v1" / "old.json").write_text("left over")
    two_templates.write("desk-assistant", text(version="0.3.0"))
    two_templates.git("add", "templates")
    two_templates.git("commit", "--quiet", "--message", "third")
    run("publish", "--root", two_templates.root, "--database", database)
    assert run("export", "--out", out, "--database", database).returncode == 0
    assert tree(out) == dict(store.files())
    assert [entry.name for entry in out.parent.iterdir()] == ["registry"]


def test_what_somebody_else_made_is_left_alone(run: Run, two_templates: Any, tmp_path: Path) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    told = run("export", "--out", out, "--root", two_templates.root)
    assert (told.returncode, tree(out)) == (2, {"letter.txt": b"dear"})


def test_a_working_tree_can_be_exported_as_it_lies_there(
    run: Run, two_templates: Any, tmp_path: Path, text: Text
) -> None:
    edited = text("mail-sorter", summary="Edited and not committed.")
    two_templates.write("mail-sorter", edited)
    assert run("export", "--out", tmp_path / "out", "--root", two_templates.root).returncode == 0
    assert tree(tmp_path / "out")["v1/templates/mail-sorter.yaml"] == edited.encode()
    two_templates.write("mail-sorter", text("mail-sorter", status="nonsense"))
    told = run("export", "--out", tmp_path / "out", "--root", two_templates.root)
    assert (told.returncode, "templates/mail-sorter/template.yaml:6:" in told.stderr) == (2, True)
    assert tree(tmp_path / "out")["v1/templates/mail-sorter.yaml"] == edited.encode()
