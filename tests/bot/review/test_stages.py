"""The stage is the label, and the facts say which label it may be."""

from dataclasses import replace
from typing import Any

import pytest

from bot.facts import Event, Role
from bot.numbering import rows
from bot.review import Gate, review
from bot.stages import Stage, approved_commits


def numbered(case: Any) -> Any:
    """The review of the case once the ids that are due stand in the ledger."""
    wanted = review(case).ids.wanted
    assert wanted is not None
    return review(replace(case, ledger=case.ledger.extended(rows(case.ledger, wanted))))


def stage(desk: Any, stands: Any, **changes: Any) -> Stage | None:
    found: Stage | None = numbered(desk.case(stands, **changes)).staging.stage
    return found


def test_a_new_one_is_in_triage(desk: Any) -> None:
    assert stage(desk, desk.thread()) is Stage.TRIAGE


@pytest.mark.parametrize("changes", [{"draft": True}, {"state": "closed"}, {"base_ref": "next"}])
def test_drafts_closed_ones_and_other_bases_have_no_stage(changes: dict[str, Any], desk: Any) -> None:
    assert stage(desk, desk.thread(**changes)) is None


def test_assessment_begins_by_command_or_by_a_persons_label(desk: Any) -> None:
    assert stage(desk, desk.thread(comments=(desk.comment("/assess"),))) is Stage.ASSESSMENT
    by_hand = {"labels": frozenset({"stage/triage", "stage/assessment"}), "events": (desk.label("stage/assessment"),)}
    assert stage(desk, desk.thread(**by_hand)) is Stage.ASSESSMENT


@pytest.mark.parametrize("who", [{"by": "ada"}, {"by": "labeler", "bot": True}])
def test_neither_the_authors_nor_another_apps_label_asks_for_anything(who: dict[str, Any], desk: Any) -> None:
    events = (desk.label("stage/merge", **who),)
    assert stage(desk, desk.thread(labels=frozenset({"stage/merge"}), events=events)) is Stage.TRIAGE


def test_a_label_cannot_merge_what_nobody_approved(desk: Any) -> None:
    events = (desk.label("stage/merge", by="max"),)
    found = review(desk.case(desk.thread(labels=frozenset({"stage/merge"}), events=events)))
    assert found.staging.stage is Stage.ASSESSMENT
    assert found.staging.refused
    assert found.people == Gate("pending", "Assessment: it has 0 of 1 approvals of this content.")


def test_a_label_by_hand_is_refused_while_the_file_cannot_be_read(desk: Any) -> None:
    broken = {desk.path: desk.text().replace("version: 1.0.0", "version: [")}
    asked = desk.thread(
        labels=frozenset({"stage/triage", "stage/assessment"}), events=(desk.label("stage/assessment"),)
    )
    found = review(desk.case(asked, broken))
    assert found.staging.stage is Stage.TRIAGE
    assert "structure" in found.staging.refused
    assert stage(desk, desk.in_stage("assessment"), head=broken) is Stage.ASSESSMENT


def test_an_approval_of_this_content_leads_to_merge(desk: Any) -> None:
    found = numbered(desk.case(desk.in_stage("assessment", approvals=(desk.approval("wim"),))))
    assert found.staging.stage is Stage.MERGE
    assert found.staging.approved_by == ("wim",)
    assert found.people.state == "success"


def test_without_the_ids_it_stays_in_documentation(desk: Any) -> None:
    found = review(desk.case(desk.in_stage("assessment", approvals=(desk.approval("wim"),))))
    assert found.staging.stage is Stage.DOCUMENTATION
    assert found.staging.waits == ("2 threats have no id yet",)
    unreachable = review(desk.case(desk.in_stage("assessment", approvals=(desk.approval("wim"),)), ledger=None))
    assert unreachable.staging.stage is Stage.DOCUMENTATION


@pytest.mark.parametrize("by", ["ada", "tess", "stranger", "wanda", "nia"])
def test_authors_committers_objectors_and_strangers_do_not_approve(by: str, desk: Any) -> None:
    stands = desk.in_stage(
        "assessment",
        approvals=(desk.approval(by),),
        committers=frozenset({"wanda"}),
        objections=frozenset({"nia"}),
    )
    assert stage(desk, stands) is Stage.ASSESSMENT


def test_an_approval_holds_as_long_as_the_content_does(desk: Any) -> None:
    stands = desk.in_stage("documentation", approvals=(desk.approval("wim", commit=desk.older),))
    case = desk.case(stands)
    same = replace(case, digests={desk.older: case.judgement.digest})
    other = replace(case, digests={desk.older: "0" * 64})
    assert numbered(same).staging.stage is Stage.MERGE
    found = numbered(other)
    assert found.staging.stage is Stage.ASSESSMENT
    assert found.staging.stale == ("wim",)
    assert numbered(case).staging.stage is Stage.ASSESSMENT


def test_where_other_files_come_along_only_the_head_is_approved(desk: Any) -> None:
    approvals = (desk.approval("wim", commit=desk.older),)
    files = (desk.added(desk.path), desk.added("README.md"))
    stands = replace(desk.in_stage("assessment", approvals=approvals), files=files, changed=2)
    case = desk.case(stands, roles={"ada": Role.WRITE, "wim": Role.WRITE})
    same = replace(case, digests={desk.older: case.judgement.digest})
    assert numbered(same).staging.stage is Stage.ASSESSMENT
    at_head = replace(same, pull_request=replace(stands, approvals=(desk.approval("wim"),)))
    assert numbered(at_head).staging.stage is Stage.MERGE


def test_the_command_approves_like_a_review(desk: Any) -> None:
    said = desk.comment(f"/approve {desk.head}", by="wim", our_reactions=frozenset({"rocket"}))
    assert stage(desk, desk.in_stage("assessment", comments=(said,))) is Stage.MERGE
    refused = replace(said, our_reactions=frozenset({"confused"}))
    assert stage(desk, desk.in_stage("assessment", comments=(refused,))) is Stage.ASSESSMENT
    assert stage(desk, desk.in_stage("assessment", comments=(replace(said, edited=True),))) is Stage.ASSESSMENT


def test_commits_to_compare_are_those_somebody_named(desk: Any) -> None:
    said = desk.comment(f"/approve {'d' * 40}", by="wim")
    stands = desk.thread(comments=(said,), approvals=(desk.approval(commit=desk.older), desk.approval()))
    assert approved_commits(stands, {"wim": Role.WRITE}) == (desk.older, "d" * 40)
    assert approved_commits(stands, {"wim": Role.TRIAGE}) == ()


def test_a_vetted_template_takes_two_people(desk: Any) -> None:
    head = {desk.path: desk.text().replace("status: draft", "status: vetted")}
    one = numbered(desk.case(desk.in_stage("assessment", approvals=(desk.approval("wim"),)), head))
    assert "1 of 2 approvals" in " ".join(one.staging.waits)
    twice = (desk.approval("wim"), desk.approval("wim"))
    assert numbered(desk.case(desk.in_stage("assessment", approvals=twice), head)).staging.approved_by == ("wim",)
    both = (desk.approval("wim"), desk.approval("max"))
    found = numbered(desk.case(desk.in_stage("assessment", approvals=both), head))
    assert "approvals" not in " ".join(found.staging.waits)


@pytest.mark.parametrize("label", ["needs/hold", "needs/author", "needs/evidence"])
def test_what_is_needed_keeps_it_from_merge(label: str, desk: Any) -> None:
    stands = desk.in_stage("merge", also=(label,), approvals=(desk.approval("wim"),))
    assert stage(desk, stands) is Stage.DOCUMENTATION


def test_being_overdue_keeps_nothing_back(desk: Any) -> None:
    stands = desk.in_stage("merge", also=("needs/triage-now",), approvals=(desk.approval("wim"),))
    assert stage(desk, stands) is Stage.MERGE


def test_a_hold_counts_from_the_visit_that_hears_it(desk: Any) -> None:
    stands = desk.in_stage("merge", approvals=(desk.approval("wim"),), comments=(desk.comment("/hold talk first"),))
    found = numbered(desk.case(stands))
    assert found.held
    assert found.staging.stage is Stage.DOCUMENTATION
    off = desk.in_stage(
        "merge", also=("needs/hold",), approvals=stands.approvals, comments=(desk.comment("/hold off"),)
    )
    assert numbered(desk.case(off)).staging.stage is Stage.MERGE


def test_a_red_content_gate_keeps_it_from_merge(desk: Any) -> None:
    head = {desk.path: desk.text().replace("zone: office}", "zone: ofice}", 1)}
    found = numbered(desk.case(desk.in_stage("assessment", approvals=(desk.approval("wim"),)), head))
    assert found.content.state == "failure"
    assert found.staging.stage is Stage.DOCUMENTATION


def test_a_person_puts_it_back_until_somebody_approves_again(desk: Any) -> None:
    back = desk.label("stage/assessment", by="max", at="2026-11-20T09:45:00Z")
    stands = desk.in_stage("merge", events=(back,), approvals=(desk.approval("wim"),))
    assert stage(desk, stands) is Stage.ASSESSMENT
    again = (*stands.approvals, desk.approval("wanda", at="2026-11-20T09:50:00Z"))
    assert stage(desk, replace(stands, approvals=again)) is Stage.MERGE
    to_triage = desk.label("stage/triage", by="max", at="2026-11-20T09:55:00Z")
    assert stage(desk, replace(stands, events=(*stands.events, to_triage), approvals=again)) is Stage.TRIAGE


def test_it_starts_again_after_a_draft_or_a_reopening(desk: Any) -> None:
    for kind in ("ready_for_review", "reopened"):
        again = Event(kind, "ada", "2026-11-20T09:40:00Z")
        assert stage(desk, desk.in_stage("assessment", events=(again,))) is Stage.TRIAGE


def test_other_files_need_no_stage_and_are_green(desk: Any) -> None:
    found = desk.review(desk.thread(desk.added("README.md")), head={})
    assert (found.content.state, found.people.state, found.staging.stage) == ("success", "success", None)
    assert found.next_step == ""


def test_descriptions_of_gates_fit(desk: Any) -> None:
    for stands in (desk.thread(), desk.in_stage("assessment"), desk.thread(draft=True), desk.thread(desk.added("x"))):
        found = desk.review(stands)
        assert len(found.content.description) <= 140
        assert len(found.people.description) <= 140
