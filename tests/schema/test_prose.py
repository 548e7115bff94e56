"""Which sentences are a template's own, and that no template of the registry holds one of another."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schema.document import Document, read
from schema.prose import sentences, tellings
from schema.rules.prose_own import look
from schema.shipped import facts
from schema.template import Template, from_data

FILES = sorted((Path(__file__).parents[2] / "templates").glob("*/template.yaml"))
LONG = "The agent reads whatever the stranger wrote and does at once what it was told."
OTHER = "Nobody looks at the table of grants until the quarter is over and gone."


def template(file: Path) -> Template:
    document = read(file.read_bytes(), file.name)
    assert isinstance(document, Document)
    return from_data(document.data)


def own(summary: str) -> list[str]:
    return [sentence.text for sentence in sentences(Template(summary=summary))]


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        (f"{LONG} {OTHER}", [LONG, OTHER]),
        (f"Short. {LONG}\n\nShort too", [LONG]),
        (f"{LONG[:-1]}\n\n{OTHER}", [LONG[:-1], OTHER]),
        (f"Since 2026.2.14 {LONG}", [f"Since 2026.2.14 {LONG}"]),
        (f'It says "{LONG}" and stops.', []),
        (f"Run `{LONG}` and stop.", []),
        ("one two three four five six seven eight nine ten eleven.", []),
        (f"({LONG}) Then it stops.", [f"({LONG}"]),
    ],
)
def test_a_sentence_is_long_and_in_own_words(summary: str, found: list[str]) -> None:
    assert own(summary) == found


def test_commands_and_titles_of_references_are_nobodys_own() -> None:
    held = from_data({"mitigations": [{"key": "a", "verify": LONG}], "references": [{"key": "b", "title": LONG}]})
    assert not list(sentences(held))


def test_case_and_marks_make_no_other_sentence() -> None:
    same = [LONG, LONG.upper(), LONG.replace(" at", ", at"), LONG.replace(".", "!")]
    assert len({sentence.digest for text in same for sentence in sentences(Template(summary=text))}) == 1


def test_a_sentence_is_told_of_two_templates_at_most_and_once_of_each() -> None:
    others = [Template(id=name, summary=f"{LONG} {LONG}") for name in ("a", "b", "c")]
    (told,) = tellings(others).values()
    assert [telling.template for telling in told] == ["a", "b"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_no_sentence_of_a_template_of_the_registry_stands_in_another(file: Path) -> None:
    every = {one: template(one) for one in FILES}
    known = replace(facts(date(2026, 11, 20)), elsewhere=tellings(every.values()))
    assert [problem.message for problem in look(every[file], known)] == []
