"""How well vague mitigations are told from specific ones, on labelled sentences; the rule's page states the numbers."""

import csv
import re
from pathlib import Path

import pytest

from schema.rules.mitigation_specific import RULE, is_general

DATA = Path(__file__).parent.parent / "data"


def labelled(name: str) -> list[tuple[bool, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [(row["label"] == "vague", row["sentence"]) for row in csv.DictReader(file)]


def measured(name: str) -> tuple[str, str]:
    """Precision and recall as the page writes them."""
    rows = labelled(name)
    found = [vague for vague, sentence in rows if is_general(sentence)]
    return f"{sum(found) / len(found):.2f}", f"{sum(found) / sum(vague for vague, _ in rows):.2f}"


def stated() -> list[tuple[str, ...]]:
    page = " ".join(RULE.page.split())
    return [match.groups() for match in re.finditer(r"precision is ([0-9.]+) and recall ([0-9]\.[0-9]+)", page)]


def test_the_page_states_what_is_measured() -> None:
    assert stated() == [measured("vague-mitigations.csv"), measured("vague-mitigations-unseen.csv")]


def test_nine_of_ten_are_told_apart() -> None:
    assert all(float(number) >= 0.9 for number in measured("vague-mitigations.csv"))


@pytest.mark.parametrize(("name", "each"), [("vague-mitigations.csv", 95), ("vague-mitigations-unseen.csv", 30)])
def test_both_labels_weigh_the_same_and_no_sentence_stands_twice(name: str, each: int) -> None:
    rows = labelled(name)
    assert len(rows) == len({sentence.casefold() for _, sentence in rows}) == 2 * each
    assert sum(vague for vague, _ in rows) == each


def test_the_unseen_sentences_are_others() -> None:
    assert not set(labelled("vague-mitigations.csv")) & set(labelled("vague-mitigations-unseen.csv"))


@pytest.mark.parametrize(
    "sentence",
    ["Sandbox MUST be `all`", "Encrypt data with AES", "At most 3 requests", "Secure ~/.ssh", "No secrets in logs"],
)
def test_a_value_makes_a_general_sentence_specific(sentence: str) -> None:
    assert not is_general(sentence)
