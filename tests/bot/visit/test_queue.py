"""Who waits, asked of GitHub and told on the terminal."""

import json
import os
import subprocess
import sys

from bot.waiting import queue, since
from github_fake.accounts import Person
from github_fake.handles import ThreadHandle
from shelf import NAME, OWNER, STORY, Shelf, story

NOW = "2026-11-02T10:00:00Z"


def issue(shelf: Shelf, title: str, by: Person) -> ThreadHandle:
    """As the form leaves it: the form puts the label on, whoever fills it in."""
    made = shelf.repository.open_issue(title, "### What could happen?\n\nIt is told to.", by=by)
    made.label("threat", by=shelf.maintainer)
    return made


def command(shelf: Shelf, *more: str, token: str = "") -> "subprocess.CompletedProcess[str]":
    words = ["queue", "--repo", f"{OWNER}/{NAME}", *more]
    return subprocess.run(
        [sys.executable, "-c", f"import sys; from registry.cli import main; sys.exit(main({words!r}))"],
        env={**os.environ, "GITHUB_API_URL": shelf.github.url, "GITHUB_TOKEN": token or shelf.token},
        capture_output=True,
        text=True,
        check=False,
    )


def test_templates_and_forms_are_in_the_queue_and_nothing_else(shelf: Shelf) -> None:
    code = shelf.from_branch({"README.md": "words\n"}, "code")
    pull = shelf.from_fork({STORY: story()})
    shelf.github.clock.advance(minutes=5)
    threat = issue(shelf, "Threat: it obeys a page", shelf.newcomer)
    shelf.repository.open_issue("Thanks", by=shelf.newcomer)

    found = queue(shelf.forge().threads(since(NOW)), NOW)

    assert code.number not in [one.number for one in found.waiting]
    assert [(one.number, one.kind) for one in found.waiting] == [
        (pull.number, "pull request"),
        (threat.number, "issue"),
    ]


def test_a_person_triages_and_the_figures_know_it(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: story()})
    shelf.github.clock.advance(hours=5)
    pull.comment("/assess", by=shelf.maintainer)
    shelf.visit(pull)
    pull.close(by=shelf.newcomer)

    found = queue(shelf.forge().threads(since(NOW)), NOW)

    assert (found.waiting, found.measured, found.p50) == ((), 1, 5 * 3600)


def test_a_thread_longer_than_a_page_is_read_to_its_end(shelf: Shelf) -> None:
    threat = issue(shelf, "Threat: it obeys a page", shelf.newcomer)
    for number in range(101):
        threat.label("needs/hold", by=shelf.maintainer)
        threat.unlabel("needs/hold", by=shelf.maintainer)
        threat.comment(f"{number}", by=shelf.newcomer)
    assert queue(shelf.forge().threads(since(NOW)), NOW).waiting
    threat.label("needs/author", by=shelf.maintainer)

    assert not queue(shelf.forge().threads(since(NOW)), NOW).waiting


def test_many_threads_are_few_requests_and_none_is_lost(shelf: Shelf) -> None:
    numbers = {issue(shelf, f"Threat: {n}", shelf.newcomer).number for n in range(60)}

    with shelf.counting() as calls:
        found = queue(shelf.forge().threads(since(NOW)), NOW)

    assert {one.number for one in found.waiting} == numbers
    assert len(calls) == 6


def test_the_terminal_says_who_waits_too_long(shelf: Shelf) -> None:
    issue(shelf, "Threat: \x1b[31m\u202ered", shelf.newcomer)

    told = command(shelf)
    data = json.loads(command(shelf, "--format", "json").stdout)

    assert told.returncode == 1, told.stderr
    assert "issue 1, triage, " in told.stdout
    assert "OVERDUE since 2026-11-04T09:00:00Z" in told.stdout
    assert "\x1b" not in told.stdout
    assert "\u202e" not in told.stdout
    assert data["waiting"][0]["overdue"] is True
    assert data["waiting"][0]["triaged"] is None
    assert data["triage"] == {"days": 90, "measured": 0, "p50": None, "p90": None}


def test_without_a_token_or_with_a_bad_one_it_says_so(shelf: Shelf) -> None:
    nobody = "ghs_nobody"
    refused = command(shelf, token=nobody)

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert "401" in refused.stderr or "credentials" in refused.stderr.lower()
    assert nobody not in refused.stderr


def test_nobody_waits(shelf: Shelf) -> None:
    told = command(shelf)

    assert (told.returncode, told.stdout.splitlines()[0]) == (0, "Nobody waits.")
