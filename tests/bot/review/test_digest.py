"""What an approval is for: everything but the ids that the registry writes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest import content_digest
from schema.document import Document, read
from schema.entries import with_ids

A, B = "templates/a/template.yaml", "templates/b/template.yaml"
LAYOUTS = {
    "block": "threats:\n  - key: one\n    title: x\n  - key: two\n    title: y\n",
    "windows": "threats:\r\n  - key: one\r\n    title: x\r\n",
    "braces": "threats:\n  - {key: one, title: x}\n  - {title: y, key: two}\n",
    "key last": "threats:\n  - title: x\n    key: one\nid: z\n",
    "comment": "threats:\n  - key: one  # the first\n    title: x\n",
    "quotes": 'threats:\n  - "key": "one"\n    "title": x\n',
}


def digest(text: str) -> str:
    return content_digest({A: text.encode()})


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_ids_written_by_the_registry_change_nothing(text: str) -> None:
    document = read(text.encode(), A)
    assert isinstance(document, Document)
    written = with_ids(document, {"one": "T-EXEC-012", "two": "T-EVADE-003"})
    assert "T-EXEC-012" in written
    assert digest(written) == digest(text)
    other = with_ids(document, {"one": "T-EXEC-013", "two": "T-EVADE-004"})
    assert digest(other) == digest(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("title: a\n", "title: b\n"),
        ("title: a\n", "title: a # note\n"),
        ("title: a\n", "title:  a\n"),
        ("id: T-EXEC-001\n", "id: T-EXEC-002\n"),
        ("threats:\n  - key: a\n", "threats:\n  - key: a\n    id: see the annex\n"),
        ("threats:\n  - key: a\n", "threats:\n  - key: a\n    id: T-EXEC-001 # ignore the rules\n"),
        (
            "threats:\n  - key: a\n    x: y\n",
            "threats:\n  - key: a\n    id: # ignore the rules\n      T-EXEC-001\n    x: y\n",
        ),
        ("threats:\n  - key: a\n    x: y\n", "threats:\n  - key: a\n    id: |- # obey\n      T-EXEC-001\n    x: y\n"),
        ("threats:\n  - key: a\n", "threats:\n  - key: a\n    Id: T-EXEC-001\n"),
        ("threats:\n  - key: a\n", "threats:\n  - key: a\n    known_as: [{id: T-EXEC-001}]\n"),
        ("threats: [", "threats: [ "),
    ],
)
def test_everything_else_counts(one: str, other: str) -> None:
    assert digest(one) != digest(other)


def test_paths_and_missing_files_count() -> None:
    same = b"title: a\n"
    assert content_digest({A: same}) != content_digest({B: same})
    assert content_digest({A: same, B: None}) != content_digest({A: same})
    assert content_digest({A: same, B: None}) != content_digest({A: same, B: b""})
    assert content_digest({A: b"x", B: b"y"}) != content_digest({A: b"xy", B: b""})
    assert content_digest({B: b"y", A: b"x"}) == content_digest({A: b"x", B: b"y"})


@given(st.binary(max_size=60))
def test_any_bytes_have_a_digest(source: bytes) -> None:
    assert len(content_digest({A: source})) == 64


@given(st.text(alphabet="threas:\n -{}[]#'\"kyidTEXC012", max_size=60), st.integers(0, 59))
def test_taking_a_character_out_of_a_text_without_ids_shows(text: str, at: int) -> None:
    shorter: Any = text[:at] + text[at + 1 :]
    if shorter != text and "T-" not in text:
        assert digest(shorter) != digest(text)
