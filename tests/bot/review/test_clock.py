"""How long a contributor waits, from the timeline alone."""

from typing import Any

from bot.clock import Clock, clock
from bot.facts import Event


def at(minute: int) -> str:
    return f"2026-11-20T09:{minute:02d}:00Z"


def measured(desk: Any, **changes: Any) -> Clock:
    given = desk.case(desk.thread(**changes))
    return clock(given.pull_request, given.roles)


def test_it_starts_when_opened_and_is_due_two_days_later(desk: Any) -> None:
    assert measured(desk) == Clock(at(0), "2026-11-22T09:00:00Z")


def test_a_draft_has_no_clock_until_it_is_ready(desk: Any) -> None:
    assert measured(desk, draft=True) == Clock()
    assert measured(desk, events=(Event("ready_for_review", "ada", at(10)),)).start == at(10)


def test_going_back_to_draft_does_not_set_it_back(desk: Any) -> None:
    events = (Event("convert_to_draft", "ada", at(10)), Event("ready_for_review", "ada", at(20)))
    assert measured(desk, events=events).start == at(0)


def test_it_starts_again_at_a_reopening(desk: Any) -> None:
    events = (Event("closed", "ada", at(10)), Event("reopened", "ada", at(20)))
    assert measured(desk, events=events) == Clock(at(20), "2026-11-22T09:20:00Z")


def test_the_first_answer_is_a_persons_who_may_triage(desk: Any) -> None:
    comments = (
        desk.comment("mine", by="ada", number=1),
        desk.comment("me too", by="stranger", number=2),
        desk.comment("ci", by="max", number=3, bot=True),
        desk.comment("thank you", by="tess", number=4),
    )
    assert measured(desk, comments=comments).first_answer == "2026-11-20T09:04:30Z"
    assert measured(desk, events=(Event("reviewed", "wim", at(3)),)).first_answer == at(3)
    assert measured(desk, events=(Event("reviewed", "stranger", at(3)),)).first_answer == ""
    assert measured(desk, events=(desk.label("risk/high", at=at(2)),)).first_answer == at(2)


def test_it_is_triaged_by_a_person(desk: Any) -> None:
    ours = desk.label("stage/assessment", by="shelf-bot", at=at(1), ours=True, bot=True)
    assert measured(desk, events=(ours,)).triaged == ""
    for label in ("stage/assessment", "needs/author"):
        assert measured(desk, events=(ours, desk.label(label, at=at(5)))).triaged == at(5)
    assert measured(desk, events=(desk.label("stage/triage", at=at(5)),)).triaged == ""
    assert measured(desk, events=(Event("closed", "max", at(6)),)).triaged == at(6)
    said = desk.comment("/assess", number=7, our_reactions=frozenset({"rocket"}))
    assert measured(desk, comments=(said,)).triaged == "2026-11-20T09:07:30Z"


def test_late_is_said_once_it_is_late(desk: Any) -> None:
    late = desk.review(desk.thread(), moment="2026-11-22T09:00:01Z")
    assert late.overdue
    assert not desk.review(desk.thread(), moment="2026-11-22T09:00:00Z").overdue
    assert not desk.review(desk.in_stage("assessment"), moment="2026-12-22T09:00:00Z").overdue
