"""The queue: who is in it, in which order, and what the figures are of."""

from dataclasses import replace
from typing import Any

import pytest

from bot.facts import Event, Thread
from bot.waiting import Queue, Waiting, queue

NOW = "2026-11-22T09:00:00Z"


def at(day: int, hour: int = 9) -> str:
    return f"2026-11-{day:02d}T{hour:02d}:00:00Z"


def pull(number: int = 7, **changes: Any) -> Thread:
    plain = Thread(
        number,
        is_pull=True,
        title="A mail sorter",
        author="ada",
        state="open",
        opened_at=at(20),
        labels=frozenset({"stage/triage"}),
    )
    return replace(plain, **changes)


def labelled(label: str, moment: str, by: str = "tess", kind: str = "labeled") -> Event:
    return Event(kind, by, moment, label)


def seen(*threads: Thread, moment: str = NOW) -> Queue:
    return queue(threads, moment)


def only(thread: Thread, moment: str = NOW) -> Waiting:
    (found,) = seen(thread, moment=moment).waiting
    return found


def test_whoever_waits_longest_comes_first() -> None:
    order = seen(pull(1, opened_at=at(21)), pull(2, opened_at=at(3)), pull(3, opened_at=at(20)))
    assert [one.number for one in order.waiting] == [2, 3, 1]


def test_a_draft_and_what_has_ended_wait_for_nobody() -> None:
    assert seen(pull(draft=True), pull(state="closed", events=(Event("closed", "ada", at(21)),))).waiting == ()


def test_it_is_overdue_after_48_hours_and_not_a_second_before() -> None:
    assert not only(pull()).overdue
    late = seen(pull(), moment="2026-11-22T09:00:01Z")
    assert [one.number for one in late.overdue] == [7]
    assert late.waiting[0].age == 48 * 3600 + 1


@pytest.mark.parametrize("label", ["stage/assessment", "needs/author"])
def test_whom_a_person_has_triaged_is_never_overdue(label: str) -> None:
    found = only(pull(events=(labelled(label, at(21)),)), moment=at(30))
    assert (found.triaged, found.overdue) == (at(21), False)


def test_an_issue_leaves_the_queue_with_its_triage() -> None:
    issue = replace(pull(8, opened_at=at(1)), is_pull=False, labels=frozenset({"threat"}))
    assert (only(issue).kind, only(issue).stage, only(issue).overdue) == ("issue", "triage", True)
    assert seen(replace(issue, events=(labelled("stage/assessment", at(2)),))).waiting == ()


def test_the_stage_is_the_label_and_its_time_begins_with_it() -> None:
    events = (labelled("stage/assessment", at(21)), labelled("stage/documentation", at(22, 3), by="shelf-bot"))
    found = only(pull(labels=frozenset({"stage/documentation"}), events=events))
    assert (found.stage, found.since) == ("documentation", at(22, 3))
    torn = only(pull(labels=frozenset({"stage/merge", "stage/documentation"})))
    assert (torn.stage, torn.since) == ("triage", at(20))


def test_time_with_the_author_is_counted_apart() -> None:
    asked = (labelled("needs/author", at(20, 12)), labelled("needs/author", at(20, 15), kind="unlabeled"))
    back = only(pull(events=asked))
    assert (back.asked, back.with_author) == (False, 3 * 3600)
    again = (*asked, labelled("needs/author", at(22, 8)))
    waits = only(pull(labels=frozenset({"stage/triage", "needs/author"}), events=again))
    assert (waits.asked, waits.with_author) == (True, 4 * 3600)


def triaged(hours: int) -> Thread:
    events = (labelled("stage/assessment", at(20, hours)), Event("closed", "tess", at(21)))
    return pull(hours, state="closed", opened_at=at(20, 0), events=events)


def test_the_figures_are_the_nearest_rank_of_what_was_triaged() -> None:
    found = seen(*(triaged(hours) for hours in range(1, 11)))
    assert (found.measured, found.p50, found.p90) == (10, 5 * 3600, 9 * 3600)
    alone = seen(triaged(4))
    assert (alone.p50, alone.p90) == (4 * 3600, 4 * 3600)


def test_the_figures_are_of_the_last_90_days() -> None:
    found = seen(triaged(3), moment="2027-02-18T03:00:00Z")
    assert (found.measured, found.p50) == (1, 3 * 3600)
    assert seen(triaged(3), moment="2027-02-18T03:00:01Z") == Queue("2027-02-18T03:00:01Z", (), 0, None, None)
