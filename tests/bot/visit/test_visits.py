"""Which event makes which visit due, and what a sweep looks at."""

from datetime import UTC, datetime

import pytest

from bot.facts import Status
from bot.visits import EVERYTHING, NOTHING, Broom, Due, End, OpenPull, due, ended, swept
from shelf import CONTENT, PEOPLE, STORY, Shelf, faulty

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BROOM = Broom((CONTENT, PEOPLE), "main", "our fault")
GREEN = {CONTENT: Status("success", ""), PEOPLE: Status("pending", "Triage")}


@pytest.mark.parametrize(
    ("event", "payload", "expected"),
    [
        ("pull_request", {"action": "synchronize", "pull_request": {"number": 7}}, Due((7,))),
        ("pull_request_review", {"pull_request": {"number": 7}}, Due((7,))),
        ("issue_comment", {"issue": {"number": 7}}, Due((7,))),
        ("issues", {"issue": {"number": 8}}, Due((8,))),
        ("check_run", {"action": "rerequested", "check_run": {"external_id": "pr/7"}}, Due((7,))),
        ("check_run", {"action": "created", "check_run": {"external_id": "pr/7"}}, NOTHING),
        ("check_run", {"action": "rerequested", "check_run": {"external_id": "pr/../7"}}, NOTHING),
        ("merge_group", {"merge_group": {"head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{'a' * 40}"}}, Due((7,))),
        ("push", {"ref": "refs/heads/main", "repository": {"default_branch": "main"}}, EVERYTHING),
        ("push", {"ref": "refs/heads/threat-ids", "repository": {"default_branch": "main"}}, NOTHING),
        ("installation", {}, EVERYTHING),
        ("star", {"issue": {"number": 7}}, NOTHING),
        ("issue_comment", {"issue": {"number": "7; drop"}}, NOTHING),
        ("issue_comment", {"issue": None}, NOTHING),
        ("pull_request", {}, NOTHING),
    ],
)
def test_an_event_carries_nothing_but_a_number(event: str, payload: dict[str, object], expected: Due) -> None:
    assert due(event, payload) == expected


def test_what_we_did_ourselves_makes_nothing_due() -> None:
    payload = {"issue": {"number": 7}, "sender": {"login": "threatshelf[bot]"}}

    assert due("issue_comment", payload, us="threatshelf[bot]") == NOTHING
    assert due("issue_comment", payload, us="another[bot]") == Due((7,))


def test_every_event_of_a_story_names_its_pull_request(shelf: Shelf) -> None:
    pull = shelf.from_fork({STORY: faulty()})
    pull.comment("/assess", by=shelf.maintainer)
    pull.label("stage/triage", by=shelf.maintainer)
    pull.approve(by=shelf.reviewer)
    pull.push({STORY: faulty() + "# more\n"}, by=shelf.newcomer)
    pull.close(by=shelf.newcomer)

    ours = [
        event for event in shelf.github.events if event.name in ("pull_request", "pull_request_review", "issue_comment")
    ]

    assert len(ours) >= 6
    assert {due(event.name, event.payload) for event in ours} == {Due((pull.number,))}


def _pull(number: int = 5, **other: object) -> OpenPull:
    values: dict[str, object] = {
        "base": "main",
        "opened_at": "2026-11-19T09:00:00Z",
        "changed_at": "2026-11-19T09:00:00Z",
        "labels": frozenset({"stage/triage"}),
        "statuses": GREEN,
    }
    return OpenPull(number=number, **{**values, **other})  # type: ignore[arg-type]  # each is of its type


@pytest.mark.parametrize(
    ("pull", "is_due"),
    [
        (_pull(), False),
        (_pull(statuses={}), True),
        (_pull(statuses={}, base="other"), False),
        (_pull(statuses={}, labels=frozenset({"bot/off"})), False),
        (_pull(statuses=GREEN | {CONTENT: Status("pending", "our fault")}), True),
        (_pull(opened_at="2026-11-18T08:59:00Z"), True),
        (_pull(opened_at="2026-11-18T08:59:00Z", labels=frozenset({"stage/triage", "needs/triage-now"})), False),
        (_pull(opened_at="2026-11-18T08:59:00Z", labels=frozenset({"stage/assessment"})), False),
        (_pull(changed_at="2026-11-20T07:30:00Z"), True),
        (_pull(number=9), True),
        (_pull(number=24 + 9), True),
    ],
)
def test_a_sweep_looks_at_what_is_due(pull: OpenPull, is_due: bool) -> None:  # noqa: FBT001  # the expected answer
    assert swept([pull], NOW, BROOM) == ((pull.number,) if is_due else ())


def test_a_sweep_begins_with_what_has_no_verdict() -> None:
    late, silent = _pull(3, opened_at="2026-11-01T09:00:00Z"), _pull(8, statuses={})

    assert swept([late, silent], NOW, BROOM) == (8, 3)


def test_everything_has_its_hour_of_the_day() -> None:
    pulls = [_pull(number) for number in range(1, 101)]
    hours = [swept(pulls, NOW.replace(hour=hour, day=19), BROOM) for hour in range(12, 24)]
    hours += [swept(pulls, NOW.replace(hour=hour), BROOM) for hour in range(12)]

    assert sorted(number for some in hours for number in some) == list(range(1, 101))


def test_how_pull_requests_ended() -> None:
    ends = [
        End(1, "main", "2026-11-19T09:00:00Z", merged=True),
        End(2, "other", "2026-11-01T09:00:00Z", merged=True),
        End(3, "main", "2026-11-01T09:00:00Z", merged=False),
        End(4, "main", "2026-11-19T09:00:00Z", merged=False),
    ]

    assert ended(ends, "main", "2026-11-13T09:00:00Z") == ((1,), (2, 3))
