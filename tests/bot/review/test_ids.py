"""Which ids a pull request is due, and which rows that makes."""

from dataclasses import replace
from typing import Any

import pytest

from bot.facts import Change, Contents, Role
from bot.numbering import rows
from bot.review import Review, review
from bot.writeback import commit_ids
from schema.ids import Ledger, State


def due(case: Any) -> list[tuple[str, str, str]]:
    """The rows of a visit: state, id, subject."""
    wanted = review(case).ids.wanted
    assert wanted is not None
    return [(str(row.state), row.id, row.subject) for row in rows(case.ledger, wanted)]


def after(case: Any) -> tuple[Any, Review]:
    """The case and its review once what is due was appended."""
    wanted = review(case).ids.wanted
    assert wanted is not None
    known = replace(case, ledger=case.ledger.extended(rows(case.ledger, wanted)))
    return known, review(known)


BOTH = [
    ("RESERVED", "T-EXEC-003", "mail-sorter/orders-in-letter"),
    ("RESERVED", "T-IMPACT-003", "mail-sorter/mailbox-flooded"),
]


def test_nothing_is_reserved_in_triage(desk: Any) -> None:
    assert due(desk.case()) == []
    assert not review(desk.case()).ids.due


def test_assessment_reserves_for_every_threat_without_an_id(desk: Any) -> None:
    case = desk.case(desk.thread(comments=(desk.comment("/assess"),)))
    assert due(case) == BOTH
    wanted = review(case).ids.wanted
    assert wanted is not None
    assert {row.by for row in rows(case.ledger, wanted)} == {"tess"}


def test_asked_again_nothing_is_due(desk: Any) -> None:
    known, found = after(desk.case(desk.in_stage("assessment")))
    assert not found.ids.due
    assert due(known) == []
    assert [(n.subject, n.id) for n in found.ids.numbered] == [(subject, id_) for _, id_, subject in BOTH]


def test_two_visits_at_once_agree(desk: Any) -> None:
    case = desk.case(desk.in_stage("assessment"))
    wanted = review(case).ids.wanted
    assert wanted is not None
    first = case.ledger.extended(rows(case.ledger, wanted))
    assert rows(first, wanted) == ()


def test_authors_who_may_write_get_ids_as_soon_as_nothing_is_wrong(desk: Any) -> None:
    trusted = {"ada": Role.WRITE}
    assert due(desk.case(roles=trusted)) == BOTH
    wrong = {desk.path: desk.text().replace("zone: office}", "zone: ofice}", 1)}
    assert due(desk.case(None, wrong, roles=trusted)) == []


def test_nothing_is_reserved_for_a_file_that_cannot_be_read(desk: Any) -> None:
    broken = {desk.path: desk.text().replace("version: 1.0.0", "version: [")}
    assert due(desk.case(desk.in_stage("assessment"), broken)) == []


def many(desk: Any, count: int) -> dict[str, str]:
    """The mail sorter with so many threats of one category."""
    head, _, rest = desk.text().partition("threats:\n")
    one, _, tail = rest.partition("  - key: mailbox-flooded")
    copies = "".join(one.replace("orders-in-letter", f"orders-{n}") for n in range(count))
    return {desk.path: f"{head}threats:\n{copies}stride_answers:{tail.partition('stride_answers:')[2]}"}


def test_sixty_at_most_unless_somebody_says_so(desk: Any) -> None:
    case = desk.case(desk.in_stage("assessment"), many(desk, 70))
    assert len(due(case)) == 60
    known, found = after(case)
    assert found.ids.without == 10
    assert due(known) == []
    asked = replace(known.pull_request, comments=(desk.comment("/assign-ids", by="wim"),))
    assert len(due(replace(known, pull_request=asked))) == 10


def test_a_new_category_gives_a_new_number_only_when_asked(desk: Any) -> None:
    known, _ = after(desk.case(desk.in_stage("assessment")))
    moved = {desk.path: desk.text().replace("category: EXEC", "category: EVADE")}
    changed = replace(known, judgement=desk.judged(known.pull_request, moved))
    assert due(changed) == []
    asked = replace(known.pull_request, comments=(desk.comment("/assign-ids", by="wim"),))
    assert due(replace(changed, pull_request=asked)) == [
        ("REJECTED", "T-EXEC-003", "mail-sorter/orders-in-letter"),
        ("RESERVED", "T-EVADE-001", "mail-sorter/orders-in-letter"),
    ]


def test_a_renamed_folder_takes_its_numbers_along(desk: Any) -> None:
    known, _ = after(desk.case(desk.in_stage("assessment")))
    path = "templates/post-sorter/template.yaml"
    stands = replace(known.pull_request, files=(desk.added(path),))
    renamed = desk.judged(stands, {path: desk.text().replace("id: mail-sorter", "id: post-sorter")})
    found = due(replace(known, pull_request=stands, judgement=renamed))
    assert ("RESERVED", "T-EXEC-003", "post-sorter/orders-in-letter") in found
    assert ("REJECTED", "T-EXEC-003", "mail-sorter/orders-in-letter") in found


def test_a_file_that_breaks_for_a_moment_loses_nothing(desk: Any) -> None:
    known, _ = after(desk.case(desk.in_stage("assessment")))
    broken = desk.judged(known.pull_request, {desk.path: "threats: ["})
    assert due(replace(known, judgement=broken)) == []


def test_the_ledgers_time_never_goes_back(desk: Any) -> None:
    case = desk.case(desk.in_stage("assessment"), moment="2026-10-01T00:00:00Z")
    assert len(due(case)) == 2


def test_without_a_ledger_nothing_is_due_and_it_is_said(desk: Any) -> None:
    found = review(desk.case(desk.in_stage("assessment"), ledger=None))
    assert (found.ids.due, found.ids.without) == (False, None)


def test_ids_become_suggestions_once_the_content_is_approved(desk: Any) -> None:
    _, before = after(desk.case(desk.in_stage("assessment")))
    assert before.proposals == ()
    approved = desk.in_stage("assessment", approvals=(desk.approval(),))
    _, found = after(desk.case(approved))
    assert [proposal.writes_id for proposal in found.proposals] == [True, True]
    assert "```suggestion\n  - key: orders-in-letter\n    id: T-EXEC-003\n```" in found.proposals[0].body


@pytest.mark.parametrize("fork", ["ada/shelf", None])
def test_nothing_is_committed_to_a_fork(fork: str | None, desk: Any) -> None:
    stands = desk.in_stage("assessment", approvals=(desk.approval(),), head_repository=fork)
    _, found = after(desk.case(stands))
    assert commit_ids(stands, Contents({desk.path: desk.text().encode()}, {}), found) is None


def test_a_branch_of_this_repository_gets_one_commit_with_nothing_but_the_ids(desk: Any) -> None:
    stands = desk.in_stage("assessment", approvals=(desk.approval(),), head_repository="shelf/shelf")
    _, found = after(desk.case(stands))
    contents = Contents({desk.path: desk.text().encode()}, {})
    commit = commit_ids(stands, contents, found)
    assert commit is not None
    text = commit.files[0][1].decode()
    assert text.count("    id: T-") == 2
    assert text.replace("    id: T-EXEC-003\n", "").replace("    id: T-IMPACT-003\n", "") == desk.text()
    assert commit.expected_head == desk.head
    assert commit_ids(stands, Contents({desk.path: text.encode()}, {}), found) is None


def test_a_commit_of_ids_changes_nothing_that_was_approved(desk: Any) -> None:
    stands = desk.in_stage("assessment", approvals=(desk.approval(),), head_repository="shelf/shelf")
    known, found = after(desk.case(stands))
    commit = commit_ids(stands, Contents({desk.path: desk.text().encode()}, {}), found)
    assert commit is not None
    pushed = replace(stands, head_sha="d" * 40)
    judgement = desk.judged(pushed, {desk.path: commit.files[0][1].decode()}, None, known.ledger)
    digests = {desk.head: found.digest}
    assert review(replace(known, pull_request=pushed, judgement=judgement, digests=digests)).staging.stage == "merge"


def test_a_published_threat_needs_no_new_number(desk: Any) -> None:
    known, _ = after(desk.case(desk.in_stage("assessment")))
    ledger: Ledger = known.ledger
    published = [
        replace(row, state=State.PUBLISHED, title="x", seq=0) for row in ledger.rows if row.state is State.RESERVED
    ]
    other = desk.in_stage("assessment", number=8)
    changed = replace(other, files=(desk.added(desk.path, change=Change.MODIFIED),))
    assert due(replace(desk.case(changed), ledger=ledger.extended(published))) == []
