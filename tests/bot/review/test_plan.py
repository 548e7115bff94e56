"""The steps of a visit: only what is missing, in an order that a crash cannot make green, and none the second time."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.gates import CHECK_RUNS, CONTENT, PEOPLE, STATUSES, Gates
from bot.mark import read
from bot.numbering import rows
from bot.plan import plan
from bot.review import review
from bot.steps import (
    CommitIds,
    Label,
    PostFindings,
    React,
    Say,
    SetCheck,
    SetStatus,
    Suggest,
    Unsay,
    Unsuggest,
)


def kinds(steps: Any) -> list[str]:
    return [type(step).__name__ for step in steps]


def faulty(desk: Any) -> dict[str, str]:
    """One error with an edit (a field in the wrong words) and one without."""
    return {desk.path: desk.text().replace("maps_to: [AML.T0051.001]", "maps_to: [T1064]\n    id: T-EXEC-099")}


def test_a_first_visit_of_a_good_one(desk: Any) -> None:
    forge = desk.forge(desk.thread())
    steps = forge.visit(desk.case())
    assert kinds(steps) == ["SetStatus", "SetStatus", "Say", "Label", "SetStatus"]
    assert [(s.context, s.state) for s in steps if isinstance(s, SetStatus)] == [
        (CONTENT, "pending"),
        (PEOPLE, "pending"),
        (CONTENT, "success"),
    ]


def test_a_first_visit_of_a_faulty_one_is_red_before_anything_else(desk: Any) -> None:
    case = desk.case(None, faulty(desk))
    steps = desk.forge(desk.thread()).visit(case)
    assert kinds(steps) == ["SetStatus", "SetStatus", "PostFindings", "Say", "Suggest", "Label"]
    assert isinstance(steps[0], SetStatus)
    assert steps[0].state == "failure"
    posted = next(step for step in steps if isinstance(step, PostFindings))
    assert posted.conclusion == "failure"
    assert all(len(step.description) <= 140 for step in steps if isinstance(step, SetStatus))


def test_the_reaction_comes_last_and_after_the_effect(desk: Any) -> None:
    stands = desk.thread(comments=(desk.comment("/hold\n/help", by="tess"),))
    steps = desk.forge(stands).visit(desk.case(stands))
    assert kinds(steps)[-2:] == ["Say", "React"]
    assert Label("needs/hold", on=True) in steps
    assert steps[-1] == React(1, "rocket")


def test_a_reply_that_stands_is_not_said_again(desk: Any) -> None:
    stands = desk.thread(comments=(desk.comment("/nonsense", by="tess"),))
    forge = desk.forge(stands)
    steps = forge.visit(desk.case(stands))
    assert sum(isinstance(step, Say) for step in steps) == 2
    unmarked = tuple(replace(c, our_reactions=frozenset()) for c in forge.stands.comments)
    again = desk.forge(replace(forge.stands, comments=unmarked)).visit(desk.case(stands))
    assert kinds(again) == ["React"]


def test_one_comment_is_reworded_while_the_verdict_stays_and_new_when_it_changes(desk: Any) -> None:
    forge = desk.forge(desk.thread())
    bad = desk.case(None, faulty(desk))
    forge.visit(bad)
    other = replace(bad, judgement=desk.judged(desk.thread(), {desk.path: faulty(desk)[desk.path] + "nonsense: 1\n"}))
    assert "Reword" in kinds(forge.visit(other))
    steps = forge.visit(desk.case())
    assert [kind for kind in kinds(steps) if kind in ("Say", "Reword", "Minimize")] == ["Say", "Minimize"]
    marks = [read(c.body) for c in forge.stands.comments]
    assert [(m.serial, m.verdict) for m in marks if m] == [(1, "failure"), (2, "success")]
    assert [c.minimized for c in forge.stands.comments] == [True, False]


def test_a_twin_of_our_comment_goes_and_the_older_stays(desk: Any) -> None:
    forge = desk.forge(desk.thread())
    forge.visit(desk.case())
    first = forge.stands.comments[0]
    twin = replace(first, id=first.id + 500, node_id="twin")
    forge.stands = replace(forge.stands, comments=(twin, first))
    assert forge.visit(desk.case()) == (Unsay(twin.id),)


def test_a_mark_in_somebody_elses_comment_is_nothing(desk: Any) -> None:
    forge = desk.forge(desk.thread())
    forge.visit(desk.case())
    copied = replace(forge.stands.comments[0], ours=False, author="mallory", bot=False)
    fresh = desk.forge(desk.thread(comments=(copied,)))
    assert "Say" in kinds(fresh.visit(desk.case()))


def test_suggestions_that_stand_stay_and_those_no_longer_true_go(desk: Any) -> None:
    forge = desk.forge(desk.thread())
    case = desk.case(None, faulty(desk))
    made = next(step for step in forge.visit(case) if isinstance(step, Suggest))
    assert made.proposals
    answered = replace(forge.stands.suggestions[0], answered=True)
    kept = desk.forge(replace(forge.stands, suggestions=(answered, *forge.stands.suggestions[1:])))
    gone = [step for step in kept.visit(desk.case()) if isinstance(step, Unsuggest)]
    assert len(gone) == len(made.proposals) - 1
    assert len([s for s in forge.visit(desk.case()) if isinstance(s, Unsuggest)]) == len(made.proposals)


def test_a_label_that_the_facts_do_not_allow_is_set_right(desk: Any) -> None:
    events = (desk.label("stage/merge", by="max"),)
    stands = desk.thread(labels=frozenset({"stage/merge", "stage/triage", "colour/blue"}), events=events)
    labels = {(s.name, s.on) for s in desk.forge(stands).visit(desk.case(stands)) if isinstance(s, Label)}
    assert labels == {("stage/merge", False), ("stage/triage", False), ("stage/assessment", True)}


def test_a_draft_loses_its_stage(desk: Any) -> None:
    stands = desk.in_stage("assessment", draft=True)
    steps = desk.forge(stands).visit(desk.case(stands))
    assert Label("stage/assessment", on=False) in steps


def test_when_it_is_late_a_label_says_so_until_somebody_comes(desk: Any) -> None:
    forge = desk.forge(desk.thread())
    late = desk.case(moment="2026-11-23T09:00:00Z")
    assert Label("needs/triage-now", on=True) in forge.visit(late)
    forge.stands = replace(
        forge.stands,
        labels=forge.stands.labels | {"needs/author"},
        events=(*forge.stands.events, desk.label("needs/author", at="2026-11-23T10:00:00Z")),
    )
    assert Label("needs/triage-now", on=False) in forge.visit(late)


def test_switched_off_it_does_nothing(desk: Any) -> None:
    stands = desk.thread(labels=frozenset({"bot/off"}))
    assert desk.forge(stands).visit(desk.case(stands)) == ()


def test_a_commit_of_ids_goes_alone(desk: Any) -> None:
    commit = CommitIds("mail-sorter", desk.head, "ids", (("x", b"y"),))
    assert plan(desk.thread(), desk.review(), desk.house, commit) == (commit,)


def test_only_fifty_annotations_are_posted_and_the_rest_counted(desk: Any) -> None:
    many = desk.text().replace("stride_answers:", "".join(f"x{n}: 1\n" for n in range(70)) + "stride_answers:")
    steps = desk.forge(desk.thread()).visit(desk.case(None, {desk.path: many}))
    posted = next(step for step in steps if isinstance(step, PostFindings))
    assert len(posted.annotations) == 50
    assert "50 of 70" in posted.summary


def test_a_note_is_said_once(desk: Any) -> None:
    stands = desk.thread(base_ref="threat-ids")
    forge = desk.forge(stands)
    assert kinds(forge.visit(desk.case(stands))) == ["Say"]
    assert forge.visit(desk.case(stands)) == ()


def test_nothing_under_templates_is_green_and_silent(desk: Any) -> None:
    stands = desk.thread(desk.added("README.md"))
    forge = desk.forge(stands)
    steps = forge.visit(desk.case(stands, {}))
    assert {(s.context, s.state) for s in steps} == {
        (CONTENT, "pending"),
        (PEOPLE, "pending"),
        (CONTENT, "success"),
        (PEOPLE, "success"),
    }
    assert forge.visit(desk.case(stands, {})) == ()


BODIES = (
    "/assess",
    "/hold",
    "/hold off",
    "/help",
    "/nonsense",
    "/recheck",
    "/assign-ids",
    f"/approve {'a' * 40}",
    "hello",
)
WORDS = st.sampled_from(BODIES)
PEOPLE_HERE = st.sampled_from(("ada", "tess", "wim", "max", "stranger"))
STAGES = ("stage/triage", "stage/assessment", "stage/merge", "needs/author", "needs/hold", "needs/triage-now")


@given(
    said=st.lists(st.tuples(WORDS, PEOPLE_HERE), max_size=5),
    labelled=st.lists(st.tuples(st.sampled_from(STAGES), PEOPLE_HERE), max_size=3),
    approved=st.lists(PEOPLE_HERE, max_size=2),
    good=st.booleans(),
    changes=st.sampled_from(({}, {"draft": True}, {"state": "closed"}, {"base_ref": "next"}, {"newcomer": True})),
)
@example(said=[("/assess", "tess")], labelled=[("stage/assessment", "ada")], approved=[], good=False, changes={})
def test_a_second_visit_takes_no_step(
    said: Any, labelled: Any, approved: Any, good: Any, changes: Any, desk: Any
) -> None:
    comments = tuple(desk.comment(body, by=by, number=n) for n, (body, by) in enumerate(said, start=1))
    events = tuple(desk.label(name, by=by, at=f"2026-11-20T09:1{n}:00Z") for n, (name, by) in enumerate(labelled))
    stands = desk.thread(
        comments=comments,
        events=events,
        labels=frozenset(name for name, _ in labelled),
        approvals=tuple(desk.approval(by) for by in approved),
        **changes,
    )
    case = desk.case(stands, None if good else faulty(desk))
    wanted = review(case).ids.wanted
    if wanted:
        case = replace(case, ledger=case.ledger.extended(rows(case.ledger, wanted)))
    forge = desk.forge(stands)
    forge.visit(case)
    assert forge.visit(case) == ()


@pytest.mark.parametrize("gates", [STATUSES, CHECK_RUNS], ids=["statuses", "check runs"])
@pytest.mark.parametrize("taken", range(9))
def test_a_crash_after_any_step_is_mended_by_the_next_visit(taken: int, gates: Gates, desk: Any) -> None:
    stands = desk.thread(comments=(desk.comment("/assess"), desk.comment("/help", number=2)))
    whole, broken = desk.forge(stands, gates=gates), desk.forge(stands, gates=gates)
    case = desk.case(stands)
    wanted = review(case).ids.wanted
    assert wanted is not None
    case = replace(case, ledger=case.ledger.extended(rows(case.ledger, wanted)))
    whole.visit(case)
    for step in plan(stands, review(case), desk.house, gates=gates)[:taken]:
        broken.take(step)
    broken.visit(case)
    assert broken.visit(case) == ()
    for name in ("labels", "statuses", "check_runs", "assigned"):
        assert getattr(broken.stands, name) == getattr(whole.stands, name)
    assert {n: (r.state, r.title) for n, r in broken.stands.runs.items()} == {
        n: (r.state, r.title) for n, r in whole.stands.runs.items()
    }
    assert [c.body for c in broken.stands.comments] == [c.body for c in whole.stands.comments]


def test_check_runs_carry_the_findings_and_no_status_stands_beside_them(desk: Any) -> None:
    forge = desk.forge(desk.thread(), gates=CHECK_RUNS)
    case = desk.case(None, faulty(desk))
    steps = forge.visit(case)
    assert kinds(steps) == ["SetCheck", "SetCheck", "Say", "Suggest", "Label"]
    verdict = steps[0]
    assert isinstance(verdict, SetCheck)
    assert (verdict.state, verdict.external_id) == ("failure", "pr/7")
    assert {note.level for note in verdict.annotations} >= {"failure"}
    assert forge.visit(case) == ()


def test_red_is_taken_back_before_the_comment_is_and_green_comes_last(desk: Any) -> None:
    forge = desk.forge(desk.thread(), gates=CHECK_RUNS)
    forge.visit(desk.case(None, faulty(desk)))
    steps = forge.visit(desk.case())
    assert kinds(steps) == ["BeginCheck", "Say", "Minimize", "Unsuggest", "SetCheck"]
    assert forge.stands.runs[CONTENT].state == "success"
