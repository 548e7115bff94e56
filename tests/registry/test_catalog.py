"""The order of releases, the pages of threat ids, and the gate."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from registry.catalog import Catalogue, Gate, LedgerFile, Pending, Release, losses, refusals, threat_pages
from schema.ids import Ledger, Row, State, write

KNOWN = {"T-EXEC-002": {"title": "Indirect Prompt Injection"}, "T-IMPACT-002": {"title": "Resource Exhaustion (DoS)"}}
GATE = Gate(frozenset(KNOWN))

Make = Callable[..., Release]
Text = Callable[..., str]


def test_versions_are_ordered_as_numbers_and_templates_by_id(catalogue: Catalogue) -> None:
    assert [(r.id, r.version) for r in catalogue.latest] == [("desk-assistant", "0.10.0"), ("mail-sorter", "1.0.0")]
    assert [r.version for r in catalogue.by_id["desk-assistant"]] == ["0.10.0", "0.1.0"]


def test_a_threat_page_shows_each_template_that_carries_the_id(catalogue: Catalogue) -> None:
    pages = {page.id: page for page in threat_pages(catalogue, KNOWN)}
    assert pages["T-EXEC-002"].title == "Indirect Prompt Injection"
    assert [a.release.id for a in pages["T-EXEC-002"].appearances] == ["desk-assistant", "mail-sorter"]
    assert [a.threat.key for a in pages["T-IMPACT-002"].appearances] == ["mailbox-flooded"]


def test_an_id_keeps_its_page_when_the_newest_version_carries_it_no_more(
    catalogue: Catalogue, release: Make, text: Text
) -> None:
    without = text(version="0.11.0").replace("    id: T-EXEC-002\n", "")
    later = Catalogue((*catalogue.releases, release(without)))
    (page,) = [page for page in threat_pages(later, {}) if page.id == "T-EXEC-002"]
    assert [a.release.id for a in page.appearances] == ["mail-sorter"]
    assert [(a.release.id, a.release.version) for a in page.earlier] == [("desk-assistant", "0.10.0")]


def test_an_id_that_only_the_vocabulary_knows_has_a_page_too() -> None:
    (page,) = threat_pages(Catalogue(), {"T-DISC-001": {"title": "Tool Enumeration"}})
    assert (page.title, page.category, page.appearances) == ("Tool Enumeration", "DISC", ())


def test_ids_are_ordered_by_their_letters_and_then_as_numbers() -> None:
    known = {id_: {"title": id_} for id_ in ("T-EXEC-1000", "T-EXEC-999", "T-DISC-002", "ACME-T-EXEC-001")}
    assert [page.id for page in threat_pages(Catalogue(), known)] == [
        "ACME-T-EXEC-001", "T-DISC-002", "T-EXEC-999", "T-EXEC-1000",
    ]  # fmt: skip


def test_the_gate_lets_a_new_template_in(release: Make, text: Text) -> None:
    assert refusals(release(text()), (), GATE) == ()


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("    id: T-EXEC-002\n", "", "no id yet: orders-in-file"),
        ("T-EXEC-002", "T-EXEC-777", "T-EXEC-777 on orders-in-file was never given"),
        ("version: 0.2.0", "version: 0.1.0", "0.1.0 is published with other bytes"),
        ("version: 0.2.0", "version: 0.0.9", "0.0.9 is below 0.1.0"),
        ("T-EXEC-002", "T-IMPACT-002", "published as T-EXEC-002 and now says T-IMPACT-002"),
    ],
)
def test_the_gate_says_in_a_sentence_why_it_refuses(
    release: Make, text: Text, before: str, after: str, sentence: str
) -> None:
    published = (release(text()),)
    changed = text(version="0.2.0", title="Changed").replace(before, after)
    assert sentence in refusals(release(changed), published, GATE)[0]


def test_with_a_ledger_the_very_pair_of_id_and_threat_has_to_stand_in_it(release: Make, text: Text) -> None:
    bound = frozenset(
        {("T-EXEC-002", "desk-assistant/orders-in-file"), ("T-IMPACT-002", "mail-sorter/mailbox-flooded")}
    )
    assert refusals(release(text()), (), Gate(bound=bound)) == ()
    assert refusals(release(text("mail-sorter")), (), Gate(bound=bound)) == (
        "`T-EXEC-002` on orders-in-letter is not bound to it in the ledger: run threatshelf ids settle.",
    )


def test_with_a_ledger_an_id_of_a_private_shelf_has_to_stand_in_it_too(release: Make, text: Text) -> None:
    private = release(text().replace("T-EXEC-002", "ACME-T-EXEC-001"))
    bound = frozenset({("ACME-T-EXEC-001", "desk-assistant/orders-in-file")})
    assert refusals(private, (), Gate(bound=bound)) == ()
    assert "is not bound to it" in refusals(private, (), Gate(bound=frozenset()))[0]


def test_one_id_on_two_threats_is_refused(release: Make, text: Text) -> None:
    twice = text("mail-sorter").replace("T-IMPACT-002", "T-EXEC-002")
    (said,) = refusals(release(twice), (), GATE)
    assert said == "T-EXEC-002 stands on orders-in-letter and on mailbox-flooded: one id, one threat."


def test_the_letters_of_an_id_need_not_be_those_of_the_category(release: Make, text: Text) -> None:
    moved = text().replace("category: EXEC", "category: ACCESS")
    assert refusals(release(moved), (), GATE) == ()


def test_an_id_of_a_private_shelf_is_not_ours_to_judge(release: Make, text: Text) -> None:
    assert refusals(release(text().replace("T-EXEC-002", "ACME-T-EXEC-001")), (), GATE) == ()


def test_where_pending_ids_are_allowed_a_threat_may_have_none(release: Make, text: Text) -> None:
    pending = release(text().replace("    id: T-EXEC-002\n", ""))
    assert refusals(pending, (), Gate(GATE.known, Pending.ALLOWED)) == ()


def test_nothing_is_lost_when_releases_are_only_added(catalogue: Catalogue) -> None:
    assert losses(Catalogue(catalogue.releases[:2]), catalogue, KNOWN) == ()


def test_a_release_that_would_vanish_is_named_with_its_ids(catalogue: Catalogue) -> None:
    said = losses(catalogue, Catalogue(catalogue.releases[:2]), {})
    assert said == (
        "mail-sorter 1.0.0 was published and would vanish.",
        "The threat id T-IMPACT-002 was published and would have no page any more.",
    )


def test_other_bytes_or_another_date_for_a_release_are_named(catalogue: Catalogue, release: Make, text: Text) -> None:
    other = release(text(title="Other"), catalogue.releases[0].published)
    assert "was published with the digest" in losses(catalogue, _with_first(catalogue, other), KNOWN)[0]
    redated = release(text(), "2026-10-09T12:00:00Z")
    assert losses(catalogue, _with_first(catalogue, redated), KNOWN) == (
        "desk-assistant 0.1.0 was published on 2026-10-01T12:00:00Z; its date would become 2026-10-09T12:00:00Z.",
    )


def test_an_id_has_the_state_that_the_ledger_gives_it(catalogue: Catalogue, numbers: LedgerFile) -> None:
    pages = {page.id: page for page in threat_pages(replace(catalogue, ledger=numbers), KNOWN)}
    assert len(pages) == 39
    named = ("T-EXEC-001", "T-EXEC-002", "T-EXEC-003", "T-EXEC-007", "T-EXEC-008")
    assert {id_: pages[id_].state.value for id_ in named} == {
        "T-EXEC-001": "WITHDRAWN", "T-EXEC-002": "PUBLISHED", "T-EXEC-003": "PUBLISHED", "T-EXEC-007": "RESERVED",
        "T-EXEC-008": "REJECTED",
    }  # fmt: skip
    assert pages["T-EXEC-003"].title == numbers.ledger.titles("T-EXEC-003")[0]
    assert pages["T-EXEC-001"].record.successor == "T-EXEC-003"


def test_a_number_that_was_never_published_has_no_title_but_shows_where_it_stands(
    numbers: LedgerFile, release: Make, text: Text
) -> None:
    ahead = Catalogue((release(text().replace("T-EXEC-002", "T-EXEC-007")),), ledger=numbers)
    (page,) = [page for page in threat_pages(ahead, KNOWN) if page.id == "T-EXEC-007"]
    assert (page.title, [a.release.id for a in page.appearances]) == ("", ["desk-assistant"])


def test_without_a_ledger_whatever_is_known_counts_as_published(catalogue: Catalogue) -> None:
    assert {page.state.value for page in threat_pages(catalogue, KNOWN)} == {"PUBLISHED"}


def test_a_ledger_that_vanishes_or_is_shortened_is_a_loss_with_its_ids(
    catalogue: Catalogue, numbers: LedgerFile
) -> None:
    before = replace(catalogue, ledger=numbers)
    shorter = LedgerFile("".join(numbers.text.splitlines(keepends=True)[:42]))
    for after in (catalogue, replace(catalogue, ledger=shorter)):
        first, *others = losses(before, after, KNOWN)
        assert first.startswith("The ledger of threat ids was published with 44 rows (sha-256 ")
        assert "The threat id T-EXEC-008 was published and would have no page any more." in others
    assert losses(catalogue, before, KNOWN) == losses(before, before, KNOWN) == ()


def test_a_single_withdrawal_never_stops_a_small_shelf() -> None:
    at = "2026-10-01T12:00:00Z"
    given = [Row(at, f"ACME-T-EXEC-00{n}", State.PUBLISHED, f"acme:{n}", title="Title") for n in (1, 2, 3)]
    gone = [Row(at, row.id, State.WITHDRAWN, reason="legal", note="Gone.") for row in given]

    def after(*rows: Row) -> Catalogue:
        return Catalogue(ledger=LedgerFile(write(Ledger().extended([*given, *rows]))))

    assert losses(after(), after(gone[0]), KNOWN) == ()
    (said,) = losses(after(), after(*gone[:2]), KNOWN)
    assert said.startswith("2 of 3 published threat ids would be withdrawn at once, more than one in 10")


def _with_first(catalogue: Catalogue, release: Release) -> Catalogue:
    return Catalogue((release, *catalogue.releases[1:]), catalogue.commit)
