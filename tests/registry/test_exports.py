"""Each format of a template: true to its bytes, complete, harmless."""

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from registry.api.wire_analysis import Analysis
from registry.catalog import Release
from registry.exports import EXPORTS, markdown, renderable, svg

Text = Callable[..., str]
Make = Callable[..., Release]

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SHIPPED = Path(__file__).parents[2] / "templates" / "local-coding-assistant" / "template.yaml"
EVIL = '<img src=x onerror=alert(1)> [x](javascript:a) | `|` </script> ## ``` "'


@pytest.fixture(scope="module")
def shipped(release: Make) -> Release:
    return release(SHIPPED.read_text(encoding="utf-8"))


def rendered(release: Release, extension: str) -> bytes:
    (export,) = [export for export in EXPORTS if export.extension == extension]
    return export.render(release)


def test_extensions_are_names_of_files_and_each_stands_once() -> None:
    names = [export.extension for export in EXPORTS]
    assert len(names) == len(set(names))
    assert names[:3] == ["yaml", "json", "md"]
    assert set(renderable()) <= set(EXPORTS)


def test_yaml_is_the_file_itself(shipped: Release) -> None:
    assert rendered(shipped, "yaml") == SHIPPED.read_bytes()


def test_json_holds_what_the_file_holds_in_canonical_form(release: Make, text: Text) -> None:
    told = rendered(release(text(title='"Größe \\\\ \\" <😀>"')), "json")
    data = json.loads(told)
    assert data["title"] == 'Größe \\ " <😀>'
    assert r'"title":"Größe \\ \" <😀>"'.encode() in told
    assert data["threats"][0]["risk"]["likelihood"] == 4
    assert list(data) == sorted(data)


def test_json_agrees_with_another_reader_of_yaml(shipped: Release) -> None:
    data = json.loads(rendered(shipped, "json"))
    told = yaml.load(shipped.source, Loader=yaml.BaseLoader)  # noqa: S506  # that loader makes nothing but text
    assert as_text(data) == told


def test_the_analysis_is_as_the_api_describes_it_and_says_of_which_bytes(shipped: Release) -> None:
    told = json.loads(rendered(shipped, "analysis.json"))
    found = Analysis.model_validate(told, extra="forbid")
    assert found.model_dump(by_alias=True) == told
    assert (found.template, found.version, found.sha256) == (shipped.id, shipped.version, shipped.sha256)
    assert [taint.reading for taint in found.taint] == ["as-it-comes", "as-advised"]
    elements = [element.key for element in shipped.template.diagram.elements]
    assert [radius.element for radius in found.blast[::2]] == elements
    assert {radius.element for radius in found.blast if radius.start == "steer"} == {
        element.key for element in shipped.template.diagram.elements if element.kind == "external"
    }
    parts = (found.coverage.by_threat, found.coverage.by_reason, found.coverage.open)
    assert (sum(parts), len(found.risk.cells)) == (found.coverage.asked, 25)


def test_the_analysis_of_a_drawing_too_tangled_leaves_the_blast_radii_out(release: Make, shipped: Release) -> None:
    data = json.loads(json.dumps(shipped.data))
    keys = [element["key"] for element in data["diagram"]["elements"]]
    data["diagram"]["flows"] = [{"key": f"f{i}", "from": keys, "to": keys, "carries": "x"} for i in range(300)]
    told = json.loads(rendered(release(json.dumps(data)), "analysis.json"))
    assert told["blast"] == []
    assert told["taint"][0]["elements"]


def as_text(data: object) -> object:
    """Every value as YAML without types reads it."""
    if isinstance(data, dict):
        return {key: as_text(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_text(item) for item in data]
    return str(data).lower() if isinstance(data, bool) else str(data)


def test_equal_releases_give_equal_bytes(release: Make, text: Text) -> None:
    for export in renderable():
        assert export.render(release(text())) == export.render(release(text())), export.extension


def test_the_report_has_every_part_of_a_template(shipped: Release) -> None:
    report = markdown.render(shipped).decode()
    headings = [line for line in report.splitlines() if line.startswith("## ")]
    for part in (
        *("Worst wrong actions", "Data-flow diagram", "Scope", "Assets", "Threat actors", "Assumptions", "STRIDE"),
        *("Threats", "Failure modes", "Attack chains", "Mitigations", "Residual risks", "Adopting it", "References"),
        "How to cite",
    ):
        assert f"## {part}" in headings
    for threat in shipped.template.threats:
        assert (threat.id or "id pending") in report
    assert report.count("\n```mermaid\n") == 1
    assert shipped.sha256 in report
    assert "| **Mapped against** | MITRE ATLAS 2026\\.09, MITRE ATT&amp;CK 19\\.1" in report
    assert "\n\n\n" not in report


def test_the_report_of_a_hostile_template_shows_it_and_does_nothing(release: Make, shipped: Release) -> None:
    """Every text of the shipped template ends in markup that would act."""
    told = markdown.render(release(json.dumps(poisoned(dict(shipped.data)))))
    page = READER.render(told.decode())
    assert "<img" not in page
    assert "<script" not in page
    assert 'href="javascript' not in page
    tables = [token for token in READER.parse(told.decode()) if token.type == "table_open"]
    assert len(tables) == sum(token.type == "table_open" for token in READER.parse(markdown.render(shipped).decode()))


def poisoned(data: object, key: str = "") -> object:
    """Every free text with markup behind it; keys and words of the schema stay as they are."""
    if isinstance(data, dict):
        return {name: poisoned(value, name) for name, value in data.items()}
    if isinstance(data, list):
        return [poisoned(item, key) for item in data]
    return f"{data} {EVIL}" if isinstance(data, str) and " " in data else data


def test_the_report_of_a_small_template_leaves_out_what_is_not_there(release: Make, text: Text) -> None:
    report = markdown.render(release(text())).decode()
    for part in ("Attack chains", "Failure modes", "Worst wrong actions", "Adopting it", "Compliance"):
        assert f"## {part}" not in report
    assert "## Threats" in report


def test_the_page_for_a_browser_loads_nothing_and_runs_nothing(shipped: Release) -> None:
    page = rendered(shipped, "html").decode()
    found = Elements()
    found.feed(page)
    assert not found.names & {"script", "link", "iframe", "img", "object", "form", "base"}
    assert not any(name.startswith("on") for name in found.attributes)
    assert {"h1", "table", "pre"} <= found.names
    assert ("svg" in found.names) == (svg.available() is None)  # drawn where Graphviz's libraries are
    assert f"<title>{shipped.template.title} {shipped.version}</title>" in page


def test_what_a_contributor_wrote_is_only_text_in_the_page(release: Make, text: Text) -> None:
    evil = release(text(title=f"'{EVIL}'", summary=f"'{EVIL}'"))
    found = Elements()
    found.feed(rendered(evil, "html").decode())
    assert not found.names & {"img", "script"}
    assert not any(name.startswith("on") for name in found.attributes)
    assert not any(address.startswith("javascript:") for address in found.addresses)


class Elements(HTMLParser):
    """The names of elements and attributes in a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src", "xlink:href")}
