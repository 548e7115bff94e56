"""What a pull request may hold, and what people do to what the reviewer has said."""

import dataclasses
import json
from pathlib import Path

import pytest

from bot.reviewer import Outcome
from github_fake import faults
from github_fake.handles import PullHandle
from github_fake.page import page
from shelf import CONTENT, NAME, OWNER, STORY, Shelf, faulty, story

DATA = Path(__file__).parents[1] / "review" / "data"
OTHER = "templates/notes-agent/template.yaml"


def settled(shelf: Shelf, pull: PullHandle) -> str:
    """The one comment after a visit that went well and left nothing to do for the next."""
    done = shelf.visit(pull)
    assert done.outcome is Outcome.FINISHED
    assert shelf.visit(pull).steps == ()
    (said,) = shelf.said(pull)
    return said


# Files


def test_a_copy_of_a_template_is_a_template_of_its_own(shelf: Shelf) -> None:
    shelf.repository.commit({STORY: story()})
    pull = shelf.from_fork({STORY: story(), OTHER: story()})

    said = settled(shelf, pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert "folder-is-id" in said


def test_line_ends_of_windows_are_no_fault(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story().replace("\n", "\r\n")})

    said = settled(shelf, pull)

    assert shelf.gates(pull)[CONTENT] == "success"
    assert "\r" not in said


def test_a_mend_in_a_file_of_windows_does_not_mix_its_line_ends(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty().replace("\n", "\r\n")})

    settled(shelf, pull)

    bodies = [suggestion.body for suggestion in shelf.repository.state.review_comments.values()]
    assert bodies
    assert not any("\r" in body for body in bodies)


def test_a_file_without_a_line_end_at_its_end(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty().rstrip("\n")})

    settled(shelf, pull)

    assert shelf.gates(pull)[CONTENT] == "failure"


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(9)),
        "!!python/object/apply:os.system ['true']\n",
        "<<: &x {a: 1}\nb: {<<: *x}\n",
        "? {a: {b: [c]}}\n: d\n",
        "k: " + "9" * 100_000 + "\n",
        '"' + "k" * 100_000 + '": 1\n',
        "- " * 20_000 + "x\n",
        "a: |\n" + "  x\n" * 100_000,
        "\ufeff" + story(),
        story() + "---\n" + story(),
        "%YAML 9.9\n---\n" + story(),
        story() + "k: \x00\n",
        "id: a\n" * 20_000,
    ],
    ids=[
        "laughs",
        "tag",
        "merge",
        "key",
        "number",
        "long-key",
        "nest",
        "lines",
        "bom",
        "two",
        "version",
        "nul",
        "twice",
    ],
)
def test_yaml_that_attacks_its_reader_is_refused_with_one_comment(shelf: Shelf, text: str) -> None:
    pull = shelf.from_fork({STORY: text})

    said = settled(shelf, pull)

    assert shelf.gates(pull)[CONTENT] == "failure"
    assert len(said) < 65_000


def test_a_folder_that_is_a_link_hides_no_template(shelf: Shelf) -> None:
    pull = shelf.from_fork({"templates/notes-agent|120000": "../.github", STORY: story()})

    settled(shelf, pull)

    assert shelf.gates(pull)[CONTENT] == "failure"


def test_twenty_files_full_of_faults_make_one_comment_that_github_takes(shelf: Shelf) -> None:
    bad = "".join(f"{'x' * 60}{number}: '@all {'`' * 20}'\n" for number in range(400))
    pull = shelf.from_fork({f"templates/t{number:02}/template.yaml": bad for number in range(20)})

    said = settled(shelf, pull)

    assert 20_000 < len(said) < 65_536


def test_a_hostile_template_leaves_no_trace_outside_code(shelf: Shelf) -> None:
    odd = "templates/@shelf/[x](y) #1 <b>`x`.yaml"
    hostile = (DATA / "hostile.yaml").read_text(encoding="utf-8")
    pull = shelf.from_fork({"templates/letter-box/template.yaml": hostile, odd: "x"}, "@shelf/all ::error::x #1")

    html = page(settled(shelf, pull))

    assert "<img" not in html
    assert "<script" not in html
    assert "class=" not in html.replace('class="language-sh"', "")


# People


@pytest.mark.parametrize("keeps_the_mark", [True, False])
def test_our_comment_edited_by_a_person_says_again_what_is_true(shelf: Shelf, keeps_the_mark: bool) -> None:  # noqa: FBT001  # a case of the table
    pull = shelf.from_fork({STORY: faulty()})
    shelf.visit(pull)
    (ours,) = pull.comments
    true, top = ours.body, ours.body.partition("\n")[0]
    pull.edit_comment(ours, f"{top}\n### ✅ Merge me" if keeps_the_mark else "### ✅ Merge me", by=shelf.maintainer)

    shelf.visit(pull)

    assert true in shelf.said(pull)
    assert shelf.visit(pull).steps == ()


def test_our_comment_deleted_by_a_person_is_said_once_more(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.visit(pull)
    (ours,) = pull.comments
    true = ours.body
    shelf.client(shelf.maintainer.token).ask("DELETE", f"/repos/{OWNER}/{NAME}/issues/comments/{ours.id}")

    assert settled(shelf, pull) == true


def test_our_comment_hidden_by_a_person_stays_hidden(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    shelf.visit(pull)
    (ours,) = pull.comments
    ours.minimized = "RESOLVED"

    assert shelf.visit(pull).steps == ()
    assert shelf.said(pull) == []


def test_no_secret_is_shown_when_things_go_wrong(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    for fault in (faults.error(), faults.after_write()):
        shelf.github.faults.add(fault, "POST", times=2)
        shelf.visit(pull)

    told = json.dumps([dataclasses.asdict(line) for line in shelf.log]) + "".join(c.body for c in pull.comments)
    assert shelf.token not in told
