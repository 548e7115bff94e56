"""The order of releases, the pages of threat ids, and the gate."""

from collections.abc import Callable

import pytest

from registry.catalog import Catalogue, Gate, Pending, Release, losses, refusals, threat_pages

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


def _with_first(catalogue: Catalogue, release: Release) -> Catalogue:
    return Catalogue((release, *catalogue.releases[1:]), catalogue.commit)
