"""When a machine may say which word was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.near import surely_meant

STATES = ("in-place", "available", "planned", "missing")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("planed", "planned"),  # a letter is missing
        ("plannned", "planned"),  # one too many
        ("plannad", "planned"),  # a wrong one
        ("plannde", "planned"),  # two have changed places
        ("misssing", "missing"),
        ("Available", "available"),  # another spelling
        ("in_place", "in-place"),
        ("In Place", "in-place"),
    ],
)
def test_one_slip_or_another_spelling_is_sure(word: str, meant: str) -> None:
    assert surely_meant(word, STATES) == meant


@pytest.mark.parametrize("word", ["plan", "plnaed", "done", "", "unavailable", "planned"])
def test_anything_further_away_is_not(word: str) -> None:
    assert surely_meant(word, STATES) is None


def test_short_words_are_too_near_to_each_other() -> None:
    assert surely_meant("now", ("low", "medium", "high")) is None
    assert surely_meant("LOW", ("low", "medium", "high")) == "low"


def test_between_two_words_nobody_can_choose() -> None:
    assert surely_meant("enternal", ("internal", "external")) is None


@given(st.sampled_from(STATES), st.integers(0, 8), st.characters(codec="ascii"))
def test_a_letter_put_in_anywhere_is_one_slip(meant: str, at: int, letter: str) -> None:
    assert surely_meant(meant[:at] + letter + meant[at:], STATES) == meant
