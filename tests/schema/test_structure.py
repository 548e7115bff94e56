"""Faults of structure: one clear sentence each, at the right words, and the same verdict from two engines."""

import copy
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from schema import structure
from schema.check import check
from schema.document import Document, read
from schema.finding import Finding, pointer
from schema.shipped import facts
from schema.text import line_at

DATA = Path(__file__).parent.parent / "data"
MINIMAL = (DATA / "minimal.yaml").read_text("utf-8")
FULL = (DATA / "full.yaml").read_text("utf-8")
FAULTS: list[dict[str, str]] = yaml.safe_load((DATA / "structure-faults.yaml").read_text("utf-8"))
FACTS = facts(date(2026, 11, 20))
SCHEMA = FACTS.schema
READ_AS_BOOLEAN = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
LONG = "x" * 301
WRONG: tuple[Any, ...] = ("", "No Key", LONG, 7, True, [], {}, ["a", "a"], {"colour": "red"}, [{"colour": "red"}])


def faults_of(text: str) -> list[Finding]:
    return [finding for finding in check(text.encode(), "template.yaml", FACTS).findings if finding.rule == "structure"]


def words_at(text: str, finding: Finding) -> str:
    place = finding.place
    assert place.line == place.end_line
    return line_at(text, place.line)[place.column - 1 : place.end_column - 1]


def data_of(text: str) -> Any:
    document = read(text.encode(), "template.yaml")
    assert isinstance(document, Document)
    return structure.typed(document, SCHEMA)


def ways(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value inside, not to the whole."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in entries:
        yield (*way, step)
        yield from ways(inner, (*way, step))


def changed(data: Any, way: tuple[str | int, ...], new: Any) -> Any:
    whole = copy.deepcopy(data)
    part = whole
    for step in way[:-1]:
        part = part[step]
    part[way[-1]] = new
    return whole


def without(data: Any, way: tuple[str | int, ...]) -> Any:
    whole = copy.deepcopy(data)
    part = whole
    for step in way[:-1]:
        part = part[step]
    del part[way[-1]]
    return whole


def fields(part: Mapping[str, Any], way: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field of the schema by its dotted name, what a `$ref` adds included."""
    whole = {**SCHEMA["$defs"].get(part.get("$ref", "").removeprefix("#/$defs/"), {}), **part}
    for name, inner in whole.get("properties", {}).items():
        yield f"{way}.{name}", inner
        yield from fields(inner, f"{way}.{name}")
    if "items" in whole:
        yield from fields(whole["items"], way)


def used(value: Any, way: str = "") -> Iterator[str]:
    if isinstance(value, list):
        yield from chain.from_iterable(used(item, way) for item in value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{way}.{name}"
            yield from used(inner, f"{way}.{name}")


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key == "$ref")
        yield from chain.from_iterable(references(value) for value in part.values())
    elif isinstance(part, list):
        yield from chain.from_iterable(references(value) for value in part)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["what"] for fault in FAULTS])
def test_a_fault_is_one_sentence_on_the_very_words(fault: dict[str, str]) -> None:
    assert MINIMAL.count(fault["instead_of"]) == 1
    text = MINIMAL.replace(fault["instead_of"], fault["put"].replace("LONG", LONG))
    found = [f for f in faults_of(text) if pointer(f.path) == fault["at"] and f.message == fault["says"]]
    assert [words_at(text, finding) for finding in found] == [fault["words"].replace("LONG", LONG)]


def test_a_wrong_name_and_the_field_it_hides_are_all_that_is_said() -> None:
    text = MINIMAL.replace("title: Desk assistant\nsummary", "titel: Desk assistant\nsummary")
    assert [pointer(finding.path) for finding in faults_of(text)] == ["/title", "/titel"]


def test_numbers_and_truth_values_are_typed_where_the_schema_asks_for_them_only() -> None:
    text = FULL.replace("version: 1.4.0", "version: 1.10.0").replace("title: Refund assistant", "title: 404")
    data = data_of(text)
    assert data["threats"][0]["risk"]["likelihood"] == 4
    assert data["worst_actions"][0]["reversible"] is False
    assert (data["version"], data["title"], data["schema_version"]) == ("1.10.0", "404", "1.0")
    assert faults_of(text) == []


def test_a_number_too_long_for_any_scale_stays_text() -> None:
    assert data_of(MINIMAL.replace("likelihood: 4", "likelihood: " + "9" * 400))["threats"][0]["risk"][
        "likelihood"
    ] == ("9" * 400)


@pytest.mark.parametrize("text", ["- a list\n", "only words\n", "{}\n"])
def test_what_is_no_template_at_all_is_said_once_for_each_missing_thing(text: str) -> None:
    found = faults_of(text)
    assert len({pointer(finding.path) for finding in found}) == len(found) > 0
    assert all(finding.message.endswith(".") for finding in found)


@pytest.mark.parametrize("text", [MINIMAL, FULL], ids=["minimal", "full"])
def test_both_engines_find_the_same_places(text: str) -> None:
    oracle = jsonschema.Draft202012Validator(SCHEMA)
    data = data_of(text)
    assert list(oracle.iter_errors(data)) == []
    for way in list(ways(data))[:: 3 if text is MINIMAL else 11]:
        for mutant in (without(data, way), *(changed(data, way, new) for new in WRONG)):
            assert _rust(mutant) == {tuple(error.absolute_path) for error in oracle.iter_errors(mutant)}, way


def _rust(data: Any) -> set[tuple[str | int, ...]]:
    """The places of all problems; a field unknown or missing counts for its mapping, as the engines say."""
    found = [(problem, "is missing" in problem.message) for problem in structure.problems(data, SCHEMA)]
    return {problem.path[:-1] if problem.on_key or missing else problem.path for problem, missing in found}


def test_a_wrong_value_is_one_problem_in_words() -> None:
    data = data_of(FULL)
    readable = [new for new in WRONG if not isinstance(new, int)]  # the reader makes text of all scalars
    for way in list(ways(data))[::5]:
        for new in readable:
            found = [problem for problem in structure.problems(changed(data, way, new), SCHEMA) if problem.path == way]
            said = [problem.message for problem in found if "is missing" not in problem.message]
            assert len(said) <= 1, said
            assert all(message.endswith((".", "?")) and "['" not in message for message in said), said


def test_the_full_template_uses_every_field() -> None:
    left = {name for name, _ in fields(SCHEMA)} - set(used(data_of(FULL)))
    assert {name for name in left if not name.startswith(".not_applicable.")} == set()
    assert faults_of(FULL) == []


def test_the_schema_is_valid_and_has_a_name_that_nobody_fetches() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == "urn:threatshelf:schema:template:1.0"


def test_every_reference_of_the_schema_stays_inside_it() -> None:
    names = set(references(SCHEMA))
    assert names == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


def test_a_schema_that_leads_elsewhere_is_not_followed() -> None:
    elsewhere = {**SCHEMA, "properties": {"title": {"$ref": "https://example.com/title.json"}}}
    with pytest.raises(Exception, match="nothing is fetched"):
        list(structure.problems({"title": "Desk assistant"}, elsewhere))


def test_every_field_says_what_it_is() -> None:
    for name, part in fields(SCHEMA):
        assert part.get("title"), name
        assert part.get("description", "").endswith((".", "?", "`")), name


def test_no_field_reads_as_a_truth_value_in_yaml_1_1() -> None:
    names = {name.rpartition(".")[2] for name, _ in fields(SCHEMA)}
    assert {name for name in names if name.casefold() in READ_AS_BOOLEAN} == set()


def test_every_pattern_says_in_words_what_it_wants() -> None:
    holders = [part for _, part in fields(SCHEMA)] + list(SCHEMA["$defs"].values())
    silent = [part.get("title") for part in holders if "pattern" in part and "patternErrorMessage" not in part]
    assert silent == []
