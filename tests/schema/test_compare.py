"""Two versions side by side, as a reviewer would tell a colleague."""

from pathlib import Path

import pytest

from schema import shipped, structure
from schema.compare import Change, Comparison, Detail, Raise, compare, raised
from schema.document import Document, read
from schema.template import Template, from_data

STORY = (Path(__file__).parents[1] / "data" / "story.yaml").read_text(encoding="utf-8")


def template(text: str) -> Template:
    document = read(text.encode(), "template.yaml")
    assert isinstance(document, Document), document
    return from_data(structure.typed(document, shipped.template_schema()))


def changed(*edits: tuple[str, str]) -> Comparison:
    text = STORY
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return compare(template(STORY), template(text))


def found(comparison: Comparison, kind: str) -> list[Change]:
    return [change for change in comparison.changes if change.kind == kind]


def test_the_same_text_has_no_changes_and_asks_for_nothing() -> None:
    same = changed()
    assert (same.changes, same.asks_for, same.next_version) == ((), Raise.NOTHING, "")


def test_a_threat_rated_anew_says_both_levels_and_moves_the_figures() -> None:
    done = changed(("risk: {likelihood: 4, impact: 2, because", "risk: {likelihood: 5, impact: 5, because"))
    (change,) = found(done, "threat")
    assert change.details == (Detail("risk", "Medium (4 x 2)", "Critical (5 x 5)"),)
    assert (done.before.risk["Critical"], done.after.risk["Critical"]) == (0, 1)
    assert (done.asks_for, done.next_version) == (Raise.MINOR, "0.2.0")


def test_a_threat_is_the_same_by_its_id_whatever_its_key_is() -> None:
    done = changed(("key: title-orders", "key: orders-in-title"), ("[title-orders]", "[orders-in-title]"))
    (change,) = found(done, "threat")
    assert (change.word, change.earlier, change.key) == ("renamed", "title-orders", "orders-in-title")
    assert done.asks_for is Raise.MAJOR


def test_a_threat_without_an_id_is_the_same_by_its_key() -> None:
    done = changed(("    id: T-EXEC-002\n", ""))
    (change,) = found(done, "threat")
    assert change.details == (Detail("id", "T-EXEC-002", "not said"),)


def test_a_mitigation_taken_away_asks_for_a_major_version() -> None:
    start = STORY.index("  - key: human-publishes\n")
    done = compare(template(STORY), template(STORY[:start] + STORY[STORY.index("stride_answers:") :]))
    (change,) = found(done, "mitigation")
    assert (change.word, change.key, change.title) == (
        "removed",
        "human-publishes",
        "A maintainer publishes the notes by hand",
    )
    assert done.next_version == "1.0.0"


def test_a_mitigation_that_is_switched_on_says_so() -> None:
    done = changed(
        (
            "title: The agent's token can only read\n    status: in-place",
            "title: The agent's token can only read\n    status: planned",
        )
    )
    assert found(done, "mitigation")[0].details == (Detail("status", "in-place", "planned"),)


def test_elements_flows_and_zones_are_told_apart() -> None:
    done = changed(
        (
            "    - {key: draft-store, name:",
            "    - {key: archive, name: Archive, kind: store, zone: runner}\n    - {key: draft-store, name:",
        ),
        ("strength: strong}", "strength: weak}"),
        ("protocol: file, assets", "protocol: HTTPS, assets"),
    )
    assert [(change.kind, change.word, change.key) for change in done.changes] == [
        ("trust zone", "changed", "runner"),
        ("element", "added", "archive"),
        ("data flow", "changed", "drafting"),
    ]
    assert done.after.coverage.asked > done.before.coverage.asked
    assert done.asks_for is Raise.MINOR


def test_wording_alone_asks_for_a_patch_and_a_reason_for_a_minor_version() -> None:
    assert changed(("A contributor writes orders", "Somebody writes orders")).asks_for is Raise.PATCH
    start = STORY.index("  - {targets: [notes-agent]")
    entry = STORY[start : STORY.index("\n", start) + 1]
    assert (
        changed((entry, "  - {targets: [notes-agent], stride: [R, I], because: It keeps no secret.}\n")).asks_for
        is Raise.MINOR
    )


def test_version_credits_and_review_are_no_content() -> None:
    done = changed(("version: 0.1.0\n", "version: 0.1.1\n"), ("every: P90D", "every: P30D"))
    assert done.changes
    assert done.asks_for is Raise.NOTHING


@pytest.mark.parametrize(
    ("version", "part", "expected"),
    [
        ("1.2.3", Raise.PATCH, "1.2.4"),
        ("1.2.3", Raise.MINOR, "1.3.0"),
        ("1.9.3", Raise.MAJOR, "2.0.0"),
        ("1.2.3", Raise.NOTHING, ""),
        ("next", Raise.MAJOR, ""),
    ],
)
def test_a_raised_part_sets_those_behind_it_to_nothing(version: str, part: Raise, expected: str) -> None:
    assert raised(version, part) == expected
