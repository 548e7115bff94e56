"""Threats that the catalogue has already, in other words: named in the comment, decided by a person."""

from typing import Any

import pytest

from bot.comment import review_comment
from bot.judgement import Judgement
from schema import shipped
from schema.suggestion import Known, examples, known

KNOWN_ALREADY = "**Known already?**"


@pytest.fixture(scope="module")
def catalogue() -> Known:
    """The threats that ship with the vocabularies."""
    vocabularies = shipped.vocabularies()
    return known(vocabularies, examples(vocabularies))


def retold(desk: Any, title: str, scenario: str) -> str:
    """The mail sorter with a first threat of this title and scenario."""
    first = "A letter tells the sorter where it belongs"
    story = "Somebody writes a letter that orders the sorter to file it as an invoice that was already approved."
    text = desk.text()
    assert first in text
    assert story in text
    return str(text.replace(first, title).replace(story, scenario))


def comment(desk: Any, text: str, catalogue: Known, **changes: Any) -> str:
    stands = desk.in_stage("assessment", **changes)
    seen: Judgement = desk.judged(stands, {desk.path: text}, known_threats=catalogue)
    found = desk.review(stands, judgement=seen)
    return review_comment(found, ("shelf/shelf", desk.house), 1)


def test_a_threat_in_the_words_of_a_known_one_is_named(desk: Any, catalogue: Known) -> None:
    entry = shipped.vocabularies()["known-threats"].entries["T-EXEC-001"]
    text = retold(desk, entry["title"], entry["summary"])

    told = comment(desk, text, catalogue)

    assert KNOWN_ALREADY in told
    line = next(line for line in told.split("\n") if line.startswith("- `mail-sorter/") and "T-EXEC-001" in line)
    assert "“Orders in a prompt”" in line, "by the title it was published under"
    assert comment(desk, text, catalogue) == told


def test_a_threat_like_nothing_is_left_alone(desk: Any, catalogue: Known) -> None:
    text = retold(desk, "Warehouse forklift battery corrodes", "Damp pallets soak the forklift battery until it leaks.")

    assert KNOWN_ALREADY not in comment(desk, text, catalogue)


def test_what_somebody_said_to_be_the_same_is_not_asked_again(desk: Any, catalogue: Known) -> None:
    entry = shipped.vocabularies()["known-threats"].entries["T-EXEC-001"]
    text = retold(desk, entry["title"], entry["summary"])
    subject = next(
        line.split("`")[1] for line in comment(desk, text, catalogue).split("\n") if line.startswith("- `mail-sorter/")
    )
    key = subject.partition("/")[2]
    said = desk.comment(f"/same-as T-EXEC-001 {key}", by="wim")
    stands = desk.in_stage("assessment", comments=(said,))
    seen = desk.judged(stands, {desk.path: text}, known_threats=catalogue)
    case = desk.case(stands, judgement=seen)
    wanted = desk.review(stands, judgement=seen).ids.wanted

    after = desk.appended(case, wanted)

    assert subject not in [one.subject for one in after.ids.alike]


def test_a_hostile_scenario_is_not_repeated(desk: Any, catalogue: Known) -> None:
    entry = shipped.vocabularies()["known-threats"].entries["T-EXEC-001"]
    text = retold(desk, entry["title"], f"{entry['summary']} @everyone <b>look</b>")

    assert "@everyone" not in comment(desk, text, catalogue)
