"""Comments are told from texts that look like them, and every word of one keeps its place in the file."""

from datetime import date

import pytest

from schema.check import check
from schema.comments import comments
from schema.document import Document, read
from schema.shipped import facts

FACTS = facts(date(2026, 11, 20))


def document(text: str) -> Document:
    found = read(text.encode(), "template.yaml")
    assert isinstance(found, Document)
    return found


def words(text: str) -> list[list[str]]:
    """The lines of every comment, in the order of the file."""
    return [[line.strip() for line in comment.text.split("\n") if line.strip()] for comment in comments(document(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("title: a\n", []),
        ("# above\ntitle: a  # behind\n# below", [["above"], ["behind", "below"]]),
        ("# one\n  ## two\n\n# three\ntitle: a\n", [["one", "two"], ["three"]]),
        ("title: 'no # comment'\n", []),
        ('title: "no\n  # comment"\n', []),
        ("title: no#comment\n", []),
        ("title: |  # a mark\n  # no comment\n# after\n", [["a mark"], ["after"]]),
        ("tags: [a,  # first\n  b]\n", [["first"]]),
        ("tags: [  # none\n  ]\n", [["none"]]),
        ("'quoted # key': a  # real\n", [["real"]]),
        ("# äöü \U0001f512 first\ntitle: ä  # second\n", [["äöü \U0001f512 first"], ["second"]]),
        ("title: a # crlf\r\n# more\r\n", [["crlf", "more"]]),
    ],
)
def test_comments_are_told_from_texts(text: str, found: list[list[str]]) -> None:
    assert words(text) == found


def test_every_character_of_a_comment_keeps_its_place() -> None:
    text = "title: ä  # one word\n   ## and more\nsummary: b\n"
    (comment,) = comments(document(text))
    for word in ("one", "word", "and", "more"):
        assert comment.start + comment.text.index(word) == text.index(word)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("title: a\nsummary: >-\n  First a line.\n  Then ask\n  <b>robin</b> about it.\n", 5),
        ('title: a\nsummary: "First a line,\n  then ask <b>robin</b>."\n', 3),
        ("title: a\n# First a line.\n# Then ask\n# <b>robin</b> about it.\n", 4),
    ],
)
def test_a_slip_is_found_at_the_line_of_its_words(text: str, line: int) -> None:
    found = check(text.encode(), "template.yaml", FACTS).findings
    assert [finding.place.line for finding in found if finding.rule == "no-html"] == [line]


def test_a_mapping_that_begins_with_a_quoted_key_may_hold_a_tab() -> None:
    found = check(b'"title": a\tb\nsummary: "c\td"\n', "template.yaml", FACTS).findings
    assert [(finding.rule, finding.place.line) for finding in found] == [("yaml-syntax", 1)]
