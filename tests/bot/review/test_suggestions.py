"""Edits become suggestions: on lines of the diff only, each true by itself, and none that its own text can break."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.facts import Suggestion
from bot.mends import MOST_LINES, Mend, mends
from bot.suggestions import MOST, missing, outdated, proposals
from schema.document import Document, read
from schema.finding import Edit
from schema.text import apply

PATH = "templates/a/template.yaml"
ALL = {PATH: frozenset(range(1, 200))}


def made(text: str, *edits: Edit) -> list[Mend]:
    document = read(text.encode(), PATH)
    assert isinstance(document, Document)
    return list(mends(document, edits))


def applied(text: str, found: list[Mend]) -> str:
    """The text after somebody has accepted every suggestion, last one first."""
    lines = text.split("\n")
    for mend in sorted(found, key=lambda mend: -mend.line):
        lines[mend.line - 1 : mend.end_line] = mend.text.split("\n")
    return "\n".join(lines)


TEXT = "title: one\nsummary: two\nthreats:\n  - key: a\n    id: x\n    title: b\n"


def test_an_edit_takes_its_whole_line() -> None:
    assert made(TEXT, Edit(7, 10, "three")) == [Mend(PATH, 1, 1, "title: three")]


def test_two_edits_of_a_line_are_one_and_of_two_that_overlap_the_first_counts() -> None:
    assert made(TEXT, Edit(0, 5, "name"), Edit(7, 10, "x")) == [Mend(PATH, 1, 1, "name: x")]
    assert made(TEXT, Edit(7, 10, "x"), Edit(8, 9, "y")) == [Mend(PATH, 1, 1, "title: x")]


def test_a_line_that_goes_takes_its_neighbour_along() -> None:
    start = TEXT.index("    id: x\n")
    found = made(TEXT, Edit(start, start + 10, ""))
    assert found == [Mend(PATH, 5, 6, "    title: b")]
    assert applied(TEXT, found) == TEXT.replace("    id: x\n", "")


def test_a_long_block_is_left_to_the_author() -> None:
    text = "summary: >-\n" + "  line\n" * MOST_LINES
    assert made(text, Edit(0, len(text) - 1, "x: y")) == []


@given(
    st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 12), st.sampled_from(("", "x", "y\nz"))), max_size=4)
)
def test_accepting_every_suggestion_is_making_every_edit(raw: list[tuple[int, int, str]]) -> None:
    edits: list[Edit] = []
    for start, size, text in sorted(raw):
        end = min(len(TEXT), start + size)
        if not edits or start > edits[-1].end:
            edits.append(Edit(start, end, text))
    expected = apply(TEXT, edits)
    found = made(TEXT, *edits)
    if not any(edit.text == "" for edit in edits):
        assert applied(TEXT, found) == expected


def test_only_lines_of_the_diff_are_suggested_on() -> None:
    two = [Mend(PATH, 3, 4, "x"), Mend(PATH, 9, 9, "y")]
    assert [p.line for p in proposals(7, two, {PATH: frozenset({4, 9})})] == [9]
    assert [(p.start_line, p.line) for p in proposals(7, two, ALL)] == [(3, 4), (None, 9)]
    assert proposals(7, two, {}) == ()


def test_lines_are_suggested_on_once_and_twenty_at_most() -> None:
    same = [Mend(PATH, 3, 4, "x"), Mend(PATH, 4, 5, "y")]
    assert len(proposals(7, same, ALL)) == 1
    assert len(proposals(7, [Mend(PATH, line, line, "x") for line in range(1, 50)], ALL)) == MOST


@pytest.mark.parametrize("text", ["```", "a ```` b", "```suggestion\nx\n```", "~~~"])
def test_the_fence_is_longer_than_any_inside(text: str) -> None:
    body = proposals(7, [Mend(PATH, 1, 1, text)], ALL)[0].body
    fence = body.rstrip().split("\n")[-1]
    assert set(fence) == {"`"}
    assert fence not in text
    assert f"{fence}suggestion\n{text}\n{fence}\n" in body


def standing(found: Any, number: int = 1, **changes: Any) -> Suggestion:
    values = {"id": number, "path": found.path, "line": found.line, "body": found.body, **changes}
    return Suggestion(**values)


def test_what_stands_is_known_again_and_what_moved_is_not() -> None:
    wanted = proposals(7, [Mend(PATH, 3, 3, "x"), Mend(PATH, 9, 9, "y")], ALL)
    there = standing(wanted[0])
    assert missing(wanted, [there]) == wanted[1:]
    assert missing(wanted, [standing(wanted[0], line=4)]) == wanted
    assert list(outdated(wanted, [there])) == []
    assert [old.id for old in outdated(wanted[1:], [there])] == [1]
    assert [old.id for old in outdated(wanted, [there, standing(wanted[0], number=2)])] == [2]


def test_what_somebody_answered_or_somebody_else_wrote_stays() -> None:
    wanted = proposals(7, [Mend(PATH, 3, 3, "x")], ALL)
    assert list(outdated((), [standing(wanted[0], answered=True)])) == []
    assert list(outdated((), [standing(wanted[0], body="a person's words")])) == []
