"""What is seen becomes rows: every case of the ledger's life, each asked a second time for nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schema.ids import Ledger, Row, State
from schema.transitions import (
    Cause,
    Standing,
    Wish,
    Withdrawal,
    closed,
    dropped,
    duplicates,
    found_again,
    moves,
    published,
    recategorised,
    renamed,
    reserved,
    same_as,
    seeded,
    settled,
    settled_id,
    together,
    withdrawn,
)

AT = "2026-11-20T09:00:00Z"
BY = Cause(AT, "maintainer-a")
LOG = Wish("triage/order-in-log", "EXEC")
TITLES = {"T-EXEC-001": "Direct Prompt Injection", "T-EXEC-002": "Indirect Prompt Injection"}

Case = Callable[[Ledger], tuple[Row, ...]]


def seeds() -> Ledger:
    return Ledger().extended(seeded(TITLES, "openclaw-trust", BY))


def after(ledger: Ledger, case: Case) -> Ledger:
    """The ledger once the case is seen; seen again it brings nothing."""
    grown = ledger.extended(case(ledger))
    assert case(grown) == ()
    return grown


def holds(ledger: Ledger, pull_request: int | None, *wishes: Wish) -> Ledger:
    return after(ledger, lambda rows: reserved(rows, wishes, BY.of(pull_request)))


def lands(ledger: Ledger, subject: str, threat_id: str, title: str = "A title") -> Ledger:
    return after(ledger, lambda rows: published(rows, [Standing(subject, threat_id, title)], BY))


def shuts(ledger: Ledger, pull_request: int) -> Ledger:
    return after(ledger, lambda rows: closed(rows, (), (), BY.of(pull_request)))


def says(ledger: Ledger, threat_id: str, subject: str, pull_request: int) -> Ledger:
    return after(ledger, lambda rows: same_as(rows, threat_id, subject, BY.of(pull_request)))


def story(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    """What was added to the seeds."""
    return [(row.id, str(row.state), row.subject, row.reason) for row in ledger.rows[len(TITLES) :]]


def test_1_a_new_ledger_begins_with_the_published_ids_of_another_catalogue() -> None:
    assert [(row.id, row.state, row.subject) for row in seeds().rows] == [
        ("T-EXEC-001", State.PUBLISHED, "openclaw-trust:Direct Prompt Injection"),
        ("T-EXEC-002", State.PUBLISHED, "openclaw-trust:Indirect Prompt Injection"),
    ]


def test_2_a_reservation_takes_the_next_number_of_its_category() -> None:
    ledger = holds(seeds(), 12, LOG, Wish("triage/loop", "IMPACT"), Wish("triage/other", "EXEC"))
    assert [(row.id, row.pull_request) for row in ledger.rows[2:]] == [
        ("T-EXEC-003", 12), ("T-IMPACT-001", 12), ("T-EXEC-004", 12)
    ]  # fmt: skip


def test_2_asked_twice_by_two_workers_it_is_one_number() -> None:
    first = reserved(seeds(), [LOG, LOG], BY.of(12))
    assert len(first) == 1
    assert reserved(seeds().extended(first), [LOG], Cause(AT, "somebody-else", 12)) == ()


def test_2_a_thousandth_number_has_four_digits() -> None:
    ledger = seeds()
    for number in range(3, 1000):
        ledger = ledger.extended([Row(AT, f"T-EXEC-{number:03d}", State.RESERVED, f"triage/k{number}", 1)])
    assert holds(ledger, 12, LOG).find(LOG.subject, 12) == "T-EXEC-1000"


def test_2_a_private_shelf_counts_on_its_own() -> None:
    ledger = holds(seeds(), 12, replace(LOG, prefix="ACME"), Wish("triage/other", "EXEC"))
    assert ledger.ids[2:] == ("ACME-T-EXEC-001", "T-EXEC-003")


def test_2_an_edit_of_a_published_template_gets_no_new_id() -> None:
    ledger = lands(holds(seeds(), 12, LOG), LOG.subject, "T-EXEC-003")
    assert reserved(ledger, [LOG], BY.of(13)) == ()
    assert reserved(ledger, [replace(LOG, category="IMPACT")], BY.of(13)) == ()


def test_3_the_same_threat_as_a_published_one_takes_its_id_and_gives_the_own_number_up() -> None:
    ledger = says(holds(seeds(), 12, LOG), "T-EXEC-002", LOG.subject, 12)
    assert story(ledger)[1:] == [
        ("T-EXEC-002", "RESERVED", LOG.subject, ""),
        ("T-EXEC-003", "REJECTED", LOG.subject, "same-as"),
    ]
    assert ledger.rows[-1].superseded_by == "T-EXEC-002"
    assert ledger.find(LOG.subject, 12) == "T-EXEC-002"
    assert reserved(ledger, [LOG], BY.of(12)) == ()


def test_3_it_survives_the_merge_of_a_fork_that_never_wrote_it() -> None:
    ledger = says(holds(seeds(), 12, LOG), "T-EXEC-002", LOG.subject, 12)
    assert settled(ledger, [LOG], {12}, BY) == ()
    assert settled_id(ledger, LOG.subject, {12}) == "T-EXEC-002"


@pytest.mark.parametrize("other", [12, 13])
def test_3_two_templates_of_one_pull_request_or_of_two_bring_one_new_threat(other: int) -> None:
    ledger = holds(holds(seeds(), 12, LOG), other, Wish("mail/order-in-log", "EXEC"))
    ledger = says(ledger, "T-EXEC-003", "mail/order-in-log", other)
    ledger = lands(lands(ledger, "mail/order-in-log", "T-EXEC-003"), LOG.subject, "T-EXEC-003")
    assert ledger.published("mail/order-in-log") == ledger.published(LOG.subject) == "T-EXEC-003"
    assert ledger.state("T-EXEC-004") is State.REJECTED


def test_3_a_mistaken_word_can_be_taken_back_and_another_id_be_named() -> None:
    ledger = says(holds(seeds(), 12, LOG), "T-EXEC-002", LOG.subject, 12)
    assert says(ledger, "T-EXEC-001", LOG.subject, 12).find(LOG.subject, 12) == "T-EXEC-001"
    back = says(ledger, "T-EXEC-003", LOG.subject, 12)
    assert back.find(LOG.subject, 12) == "T-EXEC-003"
    assert back.state("T-EXEC-002") is State.PUBLISHED


def test_3_no_id_that_is_not_in_force_can_be_named() -> None:
    ledger = shuts(holds(seeds(), 11, Wish("mail/order", "EXEC")), 11)
    assert same_as(ledger, "T-EXEC-003", LOG.subject, BY.of(12)) == ()
    assert same_as(ledger, "T-EXEC-099", LOG.subject, BY.of(12)) == ()
    gone = ledger.extended(withdrawn(ledger, Withdrawal("T-EXEC-001", "legal", "Taken down."), BY))
    assert same_as(gone, "T-EXEC-001", LOG.subject, BY.of(12)) == ()


def test_4_another_category_means_another_number_until_it_is_published() -> None:
    wish = replace(LOG, category="EXFIL")
    ledger = after(holds(seeds(), 12, LOG), lambda rows: recategorised(rows, [wish], BY.of(12)))
    assert story(ledger)[1:] == [
        ("T-EXEC-003", "REJECTED", LOG.subject, "recategorised"),
        ("T-EXFIL-001", "RESERVED", LOG.subject, ""),
    ]
    assert ledger.rows[-2].superseded_by == "T-EXFIL-001"
    assert ledger.find(LOG.subject, 12) == "T-EXFIL-001"
    public = lands(ledger, LOG.subject, "T-EXFIL-001")
    assert recategorised(public, [LOG], BY.of(12)) == ()


def test_4_a_published_id_shared_by_word_stays_whatever_the_category_becomes() -> None:
    ledger = says(holds(seeds(), 12, LOG), "T-EXEC-002", LOG.subject, 12)
    assert recategorised(ledger, [replace(LOG, category="EXFIL")], BY.of(12)) == ()


def test_4_two_subjects_that_share_a_number_share_the_new_one() -> None:
    other = Wish("mail/order-in-log", "EXFIL")
    ledger = says(holds(seeds(), 12, LOG), "T-EXEC-003", other.subject, 12)
    ledger = after(ledger, lambda rows: recategorised(rows, [replace(LOG, category="EXFIL"), other], BY.of(12)))
    assert ledger.find(LOG.subject, 12) == ledger.find(other.subject, 12) == "T-EXFIL-001"


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ({"triage/order-in-log": ""}, {}),
        ({"triage/new-key": "T-EXEC-003"}, {"triage/order-in-log": "triage/new-key"}),
        ({"triage/new-key": ""}, {}),
        ({"sorting/order-in-log": ""}, {"triage/order-in-log": "sorting/order-in-log"}),
        ({"sorting/order-in-log": "", "third/order-in-log": ""}, {}),
        ({"sorting/other": ""}, {}),
        ({"sorting/other": "T-EXEC-003"}, {"triage/order-in-log": "sorting/other"}),
        ({}, {}),
    ],
)
def test_5_where_a_subject_that_is_gone_went(seen: dict[str, str], found: dict[str, str]) -> None:
    assert moves(holds(seeds(), 12, LOG), 12, seen) == found


def test_5_a_rename_in_an_open_pull_request_takes_the_number_along_and_back() -> None:
    ledger = holds(seeds(), 12, LOG)
    ledger = after(ledger, lambda rows: renamed(rows, {LOG.subject: "triage/new-key"}, BY.of(12)))
    assert story(ledger)[1:] == [
        ("T-EXEC-003", "RESERVED", "triage/new-key", ""),
        ("T-EXEC-003", "REJECTED", LOG.subject, "renamed"),
    ]
    assert holds(ledger, 12, LOG).find(LOG.subject, 12) == "T-EXEC-004", "a new threat under the old key is another"
    back = after(ledger, lambda rows: renamed(rows, {"triage/new-key": LOG.subject}, BY.of(12)))
    assert back.find(LOG.subject, 12) == "T-EXEC-003"


def test_6_closed_for_good_gives_the_numbers_up() -> None:
    ledger = shuts(holds(holds(seeds(), 12, LOG), 13, LOG), 12)
    assert story(ledger)[2:] == [("T-EXEC-003", "REJECTED", LOG.subject, "closed")]
    assert ledger.state("T-EXEC-004") is State.RESERVED


def test_6_what_somebody_landed_by_hand_is_not_given_up() -> None:
    ledger = holds(seeds(), 12, LOG)
    for subject in (LOG.subject, "triage/renamed-on-the-way"):
        assert closed(ledger, [Standing(subject, "T-EXEC-003", "A title")], (), BY.of(12)) == ()
    assert closed(ledger, (), {LOG.subject}, BY.of(12)) == (), "main could not be read"


def test_6_a_shared_published_id_on_main_does_not_keep_the_reservation() -> None:
    ledger = says(holds(seeds(), 12, LOG), "T-EXEC-002", LOG.subject, 12)
    standing = [Standing("mail/order", "T-EXEC-002", "A title")]
    assert [row.id for row in closed(ledger, standing, (), BY.of(12))] == ["T-EXEC-002"]


def test_7_merged_without_the_subject_gives_the_number_up() -> None:
    ledger = holds(seeds(), 12, LOG, Wish("triage/other", "EXEC"))
    ledger = after(ledger, lambda rows: dropped(rows, {"triage/other"}, BY.of(12)))
    assert story(ledger)[2:] == [("T-EXEC-003", "REJECTED", LOG.subject, "dropped")]


def test_8_reopened_it_holds_the_same_number() -> None:
    ledger = shuts(holds(seeds(), 12, LOG), 12)
    again = holds(ledger, 12, LOG)
    assert story(again)[-1] == ("T-EXEC-003", "RESERVED", LOG.subject, "")


def test_8_reopened_with_a_shared_id_it_holds_that_one() -> None:
    ledger = shuts(says(holds(seeds(), 12, LOG), "T-EXEC-002", LOG.subject, 12), 12)
    assert holds(ledger, 12, LOG).find(LOG.subject, 12) == "T-EXEC-002"


def test_8_another_pull_request_with_the_same_subject_gets_a_number_of_its_own() -> None:
    ledger = holds(shuts(holds(seeds(), 12, LOG), 12), 13, LOG)
    assert ledger.find(LOG.subject, 13) == "T-EXEC-004"


@pytest.mark.parametrize("shut", [False, True])
def test_9_what_stands_on_main_is_published_under_the_binding_that_reserved_it(shut: bool) -> None:  # noqa: FBT001  # a parameter
    ledger = holds(seeds(), 12, LOG)
    ledger = lands(shuts(ledger, 12) if shut else ledger, LOG.subject, "T-EXEC-003", "=A  title\n")
    last = ledger.rows[-1]
    assert (last.state, last.pull_request, last.title) == (State.PUBLISHED, 12, "A title")
    assert ledger.titles("T-EXEC-003") == ("A title",)


def test_9_a_copy_that_carries_a_published_id_over_is_published_too() -> None:
    ledger = lands(seeds(), "copy/order", "T-EXEC-002")
    assert ledger.rows[-1].pull_request is None
    assert ledger.published("copy/order") == "T-EXEC-002"


def test_9_nothing_else_on_main_is_published() -> None:
    ledger = shuts(holds(seeds(), 12, LOG), 12)
    for subject, threat_id in (
        ("mail/order", "T-EXEC-003"),  # rejected, of another subject
        ("mail/order", "T-EXEC-099"),  # never given
    ):
        assert published(ledger, [Standing(subject, threat_id, "A title")], BY) == ()
    public = lands(ledger, LOG.subject, "T-EXEC-003")
    assert published(public, [Standing(LOG.subject, "T-EXEC-001", "A title")], BY) == (), "it has an id already"


@pytest.mark.parametrize(("first", "second"), [(12, 13), (13, 12)])
def test_10_of_two_pull_requests_with_one_subject_the_first_to_land_wins(first: int, second: int) -> None:
    ledger = holds(holds(seeds(), 12, LOG), 13, LOG)
    winner = ledger.find(LOG.subject, first) or ""
    loser = ledger.find(LOG.subject, second) or ""
    ledger = after(lands(ledger, LOG.subject, winner), lambda rows: duplicates(rows, BY))
    assert ledger.rows[-1].superseded_by == winner
    assert (ledger.rows[-1].id, ledger.rows[-1].reason) == (loser, "duplicate")
    assert ledger.find(LOG.subject, second) == winner


@pytest.mark.parametrize(("first", "second"), [(12, 13), (13, 12)])
def test_10_the_other_closed_before_or_after_changes_nothing(first: int, second: int) -> None:
    both = holds(holds(seeds(), 12, LOG), 13, LOG)
    winner = both.find(LOG.subject, first) or ""
    before = after(lands(shuts(both, second), LOG.subject, winner), lambda rows: duplicates(rows, BY))
    later = shuts(after(lands(both, LOG.subject, winner), lambda rows: duplicates(rows, BY)), second)
    assert before.published(LOG.subject) == later.published(LOG.subject) == winner


def test_11_a_withdrawal_is_final() -> None:
    end = Withdrawal("T-EXEC-003", "superseded", "=Told under the wider threat.", "T-EXEC-002")
    ledger = lands(holds(seeds(), 12, LOG), LOG.subject, "T-EXEC-003")
    ledger = after(ledger, lambda rows: withdrawn(rows, end, BY.of(12)))
    assert ledger.rows[-1].note == "Told under the wider threat."
    assert ledger.state("T-EXEC-003") is State.WITHDRAWN
    assert published(ledger, [Standing("mail/order", "T-EXEC-003", "A title")], BY) == ()
    assert settled_id(ledger, LOG.subject, ()) == "T-EXEC-002"
    assert settled(ledger, [LOG], (), BY) == ()


def test_11_only_a_published_id_is_withdrawn() -> None:
    ledger = holds(seeds(), 12, LOG)
    assert withdrawn(ledger, Withdrawal("T-EXEC-003", "legal", "Taken down."), BY) == ()


def test_a_subject_whose_id_was_withdrawn_for_nothing_may_be_published_under_a_new_one() -> None:
    end = Withdrawal("T-EXEC-003", "not-a-threat", "It is none.")
    ledger = lands(holds(seeds(), 12, LOG), LOG.subject, "T-EXEC-003")
    ledger = holds(after(ledger, lambda rows: withdrawn(rows, end, BY)), 13, LOG)
    assert lands(ledger, LOG.subject, "T-EXEC-004").published(LOG.subject) == "T-EXEC-004"


@pytest.mark.parametrize(
    ("merged", "expected"),
    [
        ({13}, "T-EXEC-004"),  # the reservation whose pull request is merged
        ({12}, "T-EXEC-003"),
        ((), "T-EXEC-005"),  # two of them, nobody knows: a new one
    ],
)
def test_on_main_the_merged_pull_request_decides(merged: set[int], expected: str) -> None:
    ledger = holds(holds(seeds(), 12, LOG), 13, LOG)
    ledger = after(ledger, lambda rows: settled(rows, [LOG], merged, BY))
    assert settled_id(ledger, LOG.subject, merged) == expected


def test_on_main_the_only_reservation_there_is_decides() -> None:
    ledger = holds(seeds(), 12, LOG)
    assert settled(ledger, [LOG], (), BY) == ()
    assert settled_id(ledger, LOG.subject, ()) == "T-EXEC-003"


def test_on_main_a_number_given_up_comes_back_for_its_own_pull_request_only() -> None:
    ledger = shuts(holds(seeds(), 12, LOG), 12)
    assert [row.id for row in settled(ledger, [LOG], {12}, BY)] == ["T-EXEC-003"]
    assert [row.id for row in settled(ledger, [LOG], {13}, BY)] == ["T-EXEC-004"]


def test_a_rename_after_publication_carries_the_id_over() -> None:
    ledger = lands(holds(seeds(), 12, LOG), LOG.subject, "T-EXEC-003")
    ledger = lands(ledger, "sorting/order-in-log", "T-EXEC-003")
    assert ledger.published(LOG.subject) == ledger.published("sorting/order-in-log") == "T-EXEC-003"
    assert len(ledger.ids) == 3


def test_cases_see_the_rows_of_those_before_them() -> None:
    wish = Wish("triage/other", "EXEC")
    rows = together(seeds(), [lambda at: reserved(at, [LOG], BY), lambda at: reserved(at, [LOG, wish], BY)])
    assert [row.id for row in rows] == ["T-EXEC-003", "T-EXEC-004"]


def test_numbers_named_in_comments_and_lost_with_the_ledger_are_never_given_again() -> None:
    named = ["T-EXEC-009", "T-EXEC-002", "T-EXEC-005", "T-EXEC-005", "T-EXEC-XXX"]
    ledger = after(seeds(), lambda rows: found_again(rows, named, BY.of(12)))
    assert story(ledger) == [
        (threat_id, state, f"restored:{threat_id}", reason)
        for threat_id in ("T-EXEC-005", "T-EXEC-009")
        for state, reason in (("RESERVED", ""), ("REJECTED", "restored"))
    ]
    assert holds(ledger, 12, LOG).find(LOG.subject, 12) == "T-EXEC-010"
