"""Every check on the pull request itself, on its good and its bad examples, which its page shows."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.checks import CHECKS
from bot.facts import Change, ChangedFile, Role

FOLDER = Path(__file__).parent / "checks"
FILES = sorted(FOLDER.glob("*/*.yaml"))
BY_NAME = {check.name: check for check in CHECKS}


def label(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def changed(entry: dict[str, Any]) -> ChangedFile:
    """An entry of a fixture: `path`, and where it matters `change`, `from`, `mode`, `size`."""
    change = Change(entry.get("change", "added"))
    return ChangedFile(
        entry["path"], change, entry.get("from", ""), entry.get("mode", "100644"), "", entry.get("size", 9)
    )


def found(path: Path, desk: Any) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """What the check finds, and what the fixture expects: files and words of the message."""
    given = yaml.safe_load(path.read_text(encoding="utf-8"))
    files = [changed(entry) for entry in given["files"] for _ in range(entry.get("times", 1))]
    stands = desk.thread(*files, changed=given.get("changed", len(files)), **given.get("pull_request", {}))
    faults = BY_NAME[path.parent.name].look(stands, Role(given.get("author", "read")))
    expected = [(entry["path"], entry["says"]) for entry in given.get("expect", [])]
    return [(fault.path, fault.message) for fault in faults], expected


@pytest.mark.parametrize("path", FILES, ids=label)
def test_a_check_finds_what_its_example_says_and_nothing_else(path: Path, desk: Any) -> None:
    faults, expected = found(path, desk)
    assert [fault[0] for fault in faults] == [wanted[0] for wanted in expected]
    assert all(words in message for (_, message), (_, words) in zip(faults, expected, strict=True))
    assert bool(expected) is path.name.startswith("bad")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_has_examples_of_both_kinds_and_a_page(check: Any) -> None:
    names = {path.name[:3] for path in (FOLDER / check.name).glob("*.yaml")}
    assert names == {"goo", "bad"}
    assert check.look.__module__ == f"bot.checks.{check.name.replace('-', '_')}"
    for word in ("\nWhat: ", "\nWhy: ", "\nFix: "):
        assert word in check.page


def test_what_a_check_finds_turns_the_gate_red(desk: Any) -> None:
    path = "templates/mail-sorter/template.yaml"
    found = desk.review(desk.thread(desk.added(path), desk.added(".github/workflows/x.yml")))
    assert found.content.state == "failure"
    assert "tell machines what to do" in found.findings[0].message


def test_a_link_is_not_even_read(desk: Any) -> None:
    link = desk.added(desk.path, mode="120000")
    found = desk.review(desk.thread(link), head={desk.path: "../../secrets"})
    assert [finding.rule for finding in found.findings] == ["regular-file"]
    assert found.templates == ()


def test_a_maintainer_may_take_a_template_down_with_a_warning(desk: Any) -> None:
    gone = ChangedFile(desk.path, Change.REMOVED)
    roles = {"ada": Role.MAINTAIN}
    assert desk.review(desk.thread(gone), head={}, roles=roles).content.state == "success"
    assert desk.review(desk.thread(gone), head={}).content.state == "failure"
