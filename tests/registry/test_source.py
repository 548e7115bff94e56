"""Templates out of a working tree and out of a real history."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry import source
from registry.errors import CannotRunError
from registry.life import State
from registry.source import line, working_tree, works

TODAY = date(2026, 11, 20)

Text = Callable[..., str]


@dataclass(frozen=True)
class History:
    """Every state on the line, oldest first, and its newest commit."""

    commit: str
    states: tuple[State, ...]


def history(root: Path, ref: str = "main") -> History:
    found = line(root, ref, "", ())
    states = (state for work in works(root, found) for state in work.states)
    return History(found.commit, tuple(sorted(states, key=lambda state: state.at)))


def test_a_working_tree_gives_its_templates_in_the_order_of_their_ids(checkout: Any, text: Text) -> None:
    checkout.write("mail-sorter", text("mail-sorter"))
    checkout.write("desk-assistant", text())
    found = working_tree(checkout.root, TODAY)
    assert [(s.folder, s.file, s.commit, s.at) for s in found.states] == [
        ("desk-assistant", "templates/desk-assistant/template.yaml", "", "2026-11-20T00:00:00Z"),
        ("mail-sorter", "templates/mail-sorter/template.yaml", "", "2026-11-20T00:00:00Z"),
    ]
    assert found.states[0].source == text().encode()
    assert found.strays == ()


def test_a_link_is_never_followed(checkout: Any, text: Text, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "template.yaml").write_text(text())
    templates = checkout.root / "templates"
    (templates / "file-link").mkdir(parents=True)
    (templates / "file-link" / "template.yaml").symlink_to(elsewhere / "template.yaml")
    (templates / "folder-link").symlink_to(elsewhere)
    os.mkfifo(templates / "file-link" / "pipe")
    found = working_tree(checkout.root, TODAY)
    assert found.states == ()
    assert {stray.path for stray in found.strays} == {
        "templates/file-link/template.yaml", "templates/file-link/pipe", "templates/folder-link",
    }  # fmt: skip


def test_what_is_not_read_is_named_with_the_reason(checkout: Any, text: Text) -> None:
    checkout.write("desk-assistant", text())
    templates = checkout.root / "templates"
    (templates / "LICENSE").write_text("CC-BY-4.0")
    (templates / "notes.txt").write_text("x")
    (templates / "desk-assistant" / "picture.png").write_bytes(b"x")
    (templates / "Not A Key").mkdir()
    (templates / "empty").mkdir()
    assert {stray.path: stray.reason for stray in working_tree(checkout.root, TODAY).strays} == {
        "templates/notes.txt": "is not a template's folder and is not read",
        "templates/desk-assistant/picture.png": "is not read: a template is one file, template.yaml",
        "templates/Not A Key": "is no template's folder: its name is lower-case words joined by hyphens",
        "templates/empty": "holds no template.yaml",
    }


def test_without_a_folder_of_templates_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="there is no folder templates in"):
        working_tree(tmp_path, TODAY)


def test_a_history_gives_every_state_with_its_commit_and_moment(two_templates: Any, text: Text) -> None:
    found = history(two_templates.root)
    assert [(s.folder, s.at) for s in found.states] == [
        ("desk-assistant", "2026-10-01T12:00:00Z"),
        ("mail-sorter", "2026-10-02T12:00:00Z"),
        ("desk-assistant", "2026-10-03T12:00:00Z"),
    ]
    assert found.states[0].source == text().encode()
    assert [s.commit for s in found.states] == two_templates.git("log", "--reverse", "--format=%H").split()
    assert found.commit == two_templates.git("rev-parse", "HEAD")


def test_only_the_first_parents_count(two_templates: Any, text: Text) -> None:
    git = two_templates.git
    git("checkout", "--quiet", "-b", "side")
    two_templates.write("mail-sorter", text("mail-sorter", title="Half done"))
    two_templates.commit("half done")
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0"))
    two_templates.commit("done")
    git("checkout", "--quiet", "main")
    two_templates.day += 1
    git("merge", "--quiet", "--no-ff", "--message", "merge", "side")
    last = history(two_templates.root).states[-1]
    assert (last.commit, last.at) == (git("rev-parse", "HEAD"), "2026-10-06T12:00:00Z")
    assert b"1.1.0" in (last.source or b"")
    assert not any(b"Half done" in (s.source or b"") for s in history(two_templates.root).states)


def test_a_file_that_is_gone_or_became_a_link_has_no_source(two_templates: Any) -> None:
    file = two_templates.root / "templates" / "mail-sorter" / "template.yaml"
    file.unlink()
    file.symlink_to("/etc/hostname")
    two_templates.commit("link")
    (two_templates.root / "templates" / "desk-assistant" / "template.yaml").unlink()
    two_templates.commit("gone")
    assert [(s.folder, s.source) for s in history(two_templates.root).states[-2:]] == [
        ("mail-sorter", None), ("desk-assistant", None),
    ]  # fmt: skip


def test_names_made_to_confuse_are_only_names(two_templates: Any) -> None:
    templates = two_templates.root / "templates"
    header = f"commit {'0' * 40} 1"
    for name in (header, ":100644 100644 a b A", "new\nline", "-rf", "ümlaut", "desk-assistant\ttemplate.yaml"):
        (templates / name).mkdir()
        (templates / name / "template.yaml").write_text("x")
    (templates / header / f"\n{header}").write_text("x")
    head = two_templates.commit(f"{header}\n\n{header}")
    found = history(two_templates.root)
    assert {s.folder for s in found.states} == {"desk-assistant", "mail-sorter"}
    assert found.commit == head


def test_a_very_large_file_is_read_no_further_than_needed(two_templates: Any, text: Text) -> None:
    two_templates.write("huge", "x" * 3_000_000)
    two_templates.commit("huge")
    two_templates.write("mail-sorter", text("mail-sorter", version="1.2.0"))
    two_templates.commit("after it")
    huge, after = history(two_templates.root).states[-2:]
    assert len(huge.source or b"") == 1_048_577
    assert b"1.2.0" in (after.source or b"")


@pytest.mark.parametrize("ref", ["nothing", "--output=/tmp/x", "main:templates", ""])
def test_a_ref_that_is_no_commit_is_one_sentence(two_templates: Any, ref: str) -> None:
    with pytest.raises(CannotRunError):
        history(two_templates.root, ref)


def test_a_shallow_clone_is_refused_with_the_command_that_mends_it(two_templates: Any, tmp_path: Path) -> None:
    address = two_templates.root.as_uri()
    two_templates.git("clone", "--quiet", "--depth", "1", address, str(tmp_path / "shallow"))
    with pytest.raises(CannotRunError, match="git fetch --unshallow"):
        history(tmp_path / "shallow")


def test_a_folder_without_git_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CannotRunError, match="not a git repository"):
        history(tmp_path)


def test_what_is_published_is_known_from_the_main_line(two_templates: Any, text: Text, tmp_path: Path) -> None:
    two_templates.write("mail-sorter", text("mail-sorter", version="1.1.0", status="nonsense"))
    two_templates.commit("faulty")
    known = source.published(two_templates.root)
    assert {id_: [v.version for v in versions] for id_, versions in known.items()} == {
        "desk-assistant": ["0.1.0", "0.2.0"], "mail-sorter": ["1.0.0"],
    }  # fmt: skip
    assert list(source.published(two_templates.root, "mail-sorter")) == ["mail-sorter"]
    assert source.published(two_templates.root, "nothing") == source.published(tmp_path) == {}
