"""Ids at places that somebody else found: written where they fit byte for byte, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mends import Slot
from bot.slots import filled

PATH = "templates/x/template.yaml"
BLOCK = "threats:\n  - key: a\n    title: A\n  - key: b\n    title: B\n"
FLOW = "threats:\n  - {key: a, title: A}\n"
IDS = {"x/a": "T-EXEC-001", "x/b": "T-EXEC-002"}
SLOT_A = Slot(PATH, 2, 2, "  - key: a\n    id: ", "", "x/a")
SLOT_B = Slot(PATH, 4, 4, "  - key: b\n    id: ", "", "x/b")
SLOT_FLOW = Slot(PATH, 2, 2, "  - {key: a, id: ", ", title: A}", "x/a")


def test_a_line_of_its_own() -> None:
    text = filled(BLOCK.encode(), (SLOT_A, SLOT_B), IDS).decode()

    assert text == (
        "threats:\n  - key: a\n    id: T-EXEC-001\n    title: A\n  - key: b\n    id: T-EXEC-002\n    title: B\n"
    )


def test_inside_braces() -> None:
    text = filled(FLOW.encode(), (SLOT_FLOW,), IDS).decode()

    assert text == "threats:\n  - {key: a, id: T-EXEC-001, title: A}\n"


def test_the_line_breaks_of_windows_stay() -> None:
    source = BLOCK.replace("\n", "\r\n").encode()

    text = filled(source, (SLOT_A, SLOT_B), IDS)

    assert text.replace(b"\r\n", b"\n") == filled(BLOCK.encode(), (SLOT_A, SLOT_B), IDS)
    assert b"\n" not in text.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "slot",
    [
        Slot(PATH, 3, 3, "  - key: a\n    id: ", "", "x/a"),
        Slot(PATH, 0, 0, "  - key: a\n    id: ", "", "x/a"),
        Slot(PATH, 2, 99, "  - key: a\n    id: ", "", "x/a"),
        Slot(PATH, 3, 2, "  - key: a\n    id: ", "", "x/a"),
        Slot(PATH, 2, 2, "  - key: a\nevil: true\n    id: ", "", "x/a"),
        Slot(PATH, 2, 2, "  - key: a\n    id: ", "\nevil: true", "x/a"),
        Slot(PATH, 2, 2, "  - key: a\n    title: ", "", "x/a"),
        Slot(PATH, 2, 2, "", "", "x/a"),
        Slot(PATH, 2, 2, "  - key: a\n    id: ", "", "x/unknown"),
    ],
)
def test_a_place_that_does_not_fit_changes_nothing(slot: Slot) -> None:
    assert filled(BLOCK.encode(), (slot,), IDS) == BLOCK.encode()


def test_what_is_no_id_is_not_written() -> None:
    assert filled(BLOCK.encode(), (SLOT_A,), {"x/a": "T-EXEC-001\nevil: true"}) == BLOCK.encode()


def test_bytes_that_are_no_text_stay() -> None:
    assert filled(b"\xff" + BLOCK.encode(), (SLOT_A,), IDS) == b"\xff" + BLOCK.encode()


@given(before=st.text(max_size=40), after=st.text(max_size=40), line=st.integers(-2, 8), end=st.integers(-2, 8))
def test_whatever_the_place_says_only_ids_are_added(before: str, after: str, line: int, end: int) -> None:
    text = filled(BLOCK.encode(), (Slot(PATH, line, end, before, after, "x/a"),), IDS).decode()

    assert text.replace("\n    id: T-EXEC-001", "").replace(", id: T-EXEC-001", "") == BLOCK or text == BLOCK
