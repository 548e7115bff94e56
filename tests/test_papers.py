"""The papers tell the truth: their links lead somewhere, their commands exist, their forms are ones GitHub accepts."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
MARKDOWN = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / ".github").rglob("*.md"))]
FORMS = sorted(path for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
PAPERS = [*MARKDOWN, *sorted((ROOT / ".github").rglob("*.yml"))]

FENCE = re.compile(r"^ *(```+)[^\n]*\n(.*?)^ *\1 *$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
RUN = re.compile(r"^ *(?:- )?run: +(.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)|^\[[^\]]+\]: +<?([^\s>]+)>?", re.MULTILINE)

# https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
FORM_KEYS = {"name", "description", "title", "labels", "assignees", "projects", "type", "body"}
FIELD_KEYS = {
    "markdown": {"value"},
    "input": {"label", "description", "placeholder", "value"},
    "textarea": {"label", "description", "placeholder", "value", "render"},
    "dropdown": {"label", "description", "multiple", "options", "default"},
    "checkboxes": {"label", "description", "options"},
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """The text without its code: what is left may hold links."""
    return SPAN.sub("", FENCE.sub("", text))


def code(text: str) -> Iterator[str]:
    """Every line a reader may copy: fenced lines, code spans, and what a workflow runs."""
    for fence in FENCE.finditer(text):
        yield from fence[2].splitlines()
    yield from SPAN.findall(FENCE.sub("", text))
    yield from RUN.findall(text)


def commands(path: Path, program: str) -> set[str]:
    """The words that follow `program` in the code of a paper, variables such as `PORT=9000` left out."""
    pattern = re.compile(rf"(?:^|[\s/;&]){program} +(?:[A-Z]+=\S+ +)*([a-z][a-z-]*)")
    return {word for line in code(path.read_text("utf-8")) for word in pattern.findall(line.partition(" #")[0])}


def anchor(heading: str) -> str:
    """The fragment GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {
        anchor(heading) for heading in re.findall(r"^#+ +(.+)$", FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    }


def leads_nowhere(path: Path, target: str) -> bool:
    """Whether a relative link of the paper has no file, or no heading, at its end."""
    place, _, fragment = target.partition("#")
    end = path.parent / place if place else path
    if not end.exists():
        return True
    return bool(fragment) and end.suffix == ".md" and fragment not in anchors(end)


def relative_links(path: Path) -> list[str]:
    found = (first or second for first, second in LINK.findall(prose(path.read_text("utf-8"))))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def fields(form: Path) -> list[dict[str, Any]]:
    body = yaml.safe_load(form.read_text("utf-8"))["body"]
    assert isinstance(body, list)
    return body


@pytest.mark.parametrize("path", MARKDOWN, ids=name)
def test_every_relative_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    assert [target for target in relative_links(path) if leads_nowhere(path, target)] == []


@pytest.mark.parametrize("path", PAPERS, ids=name)
def test_every_make_command_is_a_target(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert commands(path, "make") - targets == set()


@pytest.mark.parametrize("path", PAPERS, ids=name)
def test_every_threatshelf_command_is_one_we_have(path: Path) -> None:
    ours = importlib.import_module("registry.cli").COMMANDS
    assert commands(path, "threatshelf") - set(ours) == set()


def test_contributing_names_the_commands_a_newcomer_needs() -> None:
    paper = ROOT / "CONTRIBUTING.md"
    assert commands(paper, "make") >= {"serve", "test", "quick", "check", "fix"}
    assert commands(paper, "threatshelf") >= {"check"}


def test_there_is_a_form_for_each_thing_people_report() -> None:
    assert {form.stem for form in FORMS} == {"threat", "mitigation", "attack-chain", "correction"}


def test_the_choice_of_forms_is_one_github_accepts() -> None:
    config = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/config.yml").read_text("utf-8"))
    assert set(config) <= {"blank_issues_enabled", "contact_links"}
    assert isinstance(config["blank_issues_enabled"], bool)


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_a_form_has_the_keys_github_requires(form: Path) -> None:
    data = yaml.safe_load(form.read_text("utf-8"))
    assert set(data) <= FORM_KEYS
    assert all(isinstance(data[key], str) and data[key] for key in ("name", "description", "title"))
    assert data["labels"]
    assert all(isinstance(label, str) for label in data["labels"])
    assert any(field["type"] != "markdown" for field in data["body"])


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_a_field_has_a_known_type_and_what_that_type_takes(form: Path) -> None:
    for field in fields(form):
        allowed = FIELD_KEYS[field["type"]]
        needed = "value" if field["type"] == "markdown" else "label"
        assert set(field) <= {"type", "id", "attributes", "validations"}
        assert set(field["attributes"]) <= allowed
        assert isinstance(field["attributes"][needed], str)
        assert set(field.get("validations", {})) <= {"required"}


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_ids_and_labels_are_unique_in_a_form(form: Path) -> None:
    asked = [field for field in fields(form) if field["type"] != "markdown"]
    ids = [field["id"] for field in asked]
    labels = [field["attributes"]["label"] for field in asked]
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", one) for one in ids)
    assert len(set(ids)) == len(ids)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_every_choice_of_a_form_is_a_distinct_text(form: Path) -> None:
    for field in fields(form):
        options = field["attributes"].get("options", [])
        texts = [option["label"] if field["type"] == "checkboxes" else option for option in options]
        assert all(isinstance(text, str) and text for text in texts)
        assert len(set(texts)) == len(texts)
        assert bool(texts) == (field["type"] in {"dropdown", "checkboxes"})


@pytest.mark.parametrize("form", FORMS, ids=name)
def test_a_form_first_says_where_a_live_vulnerability_goes(form: Path) -> None:
    first = fields(form)[0]
    opening = first["attributes"]["value"].partition("\n\n")[0]
    assert first["type"] == "markdown"
    assert "live vulnerability" in opening
    assert "security contact" in opening


def test_a_threat_is_reported_without_ids_techniques_or_ratings() -> None:
    fields_asked = [
        field for field in fields(ROOT / ".github/ISSUE_TEMPLATE/threat.yml") if field["type"] != "markdown"
    ]
    assert [field["id"] for field in fields_asked][:4] == ["what", "target", "likely", "helps"]
    asked = " ".join(f"{field['id']} {field['attributes']['label']}" for field in fields_asked)
    assert re.findall(r"ATLAS|STRIDE|CWE|impact|risk|\bT-[A-Z]+", asked) == []


def test_the_licence_of_the_templates_is_whole() -> None:
    text = (ROOT / "templates/LICENSE").read_text("utf-8")
    assert text.startswith("Attribution 4.0 International\n")
    assert re.findall(r"^Section (\d) -- ", text, re.MULTILINE) == list("12345678")
    assert text.endswith("Creative Commons may be contacted at creativecommons.org.\n")
