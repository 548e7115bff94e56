"""Five documents of the field and eleven patterns as templates: nothing is lost, and a page says where it is."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from registry.catalog import Release
from registry.exports import json as json_export
from registry.exports import markdown as markdown_export
from schema import risk, shipped
from schema.check import Checked, check
from schema.finding import Severity
from schema.template import Template

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SEEDS = sorted((DATA / "seeds").glob("*.yaml"))
PATTERNS = sorted((DATA / "patterns").glob("*.yaml"))
PAGE = (ROOT / "site" / "docs" / "reference" / "seeds.md").read_text("utf-8")
FACTS = shipped.facts(date(2026, 11, 20))

WARNINGS: Mapping[str, Mapping[str, str]] = {
    "contributed-threat": {"stride-covered": "a first contribution tells of two threats and claims no coverage"},
    "forum": {"stride-covered": "the posts go through STRIDE for two elements only"},
}
"""Per document the rules that may warn, each with the reason why its fact was not invented."""

ROW = re.compile(r"^\| (?P<fact>.+) \| `?(?P<field>[^`|]+?)`? \| ?(?P<held>.*?) ?\|$")


def checked(file: Path) -> Checked:
    return check(file.read_bytes(), str(file), FACTS)


def seed(name: str) -> Template:
    template = checked(DATA / "seeds" / f"{name}.yaml").template
    assert template is not None
    return template


def rules(result: Checked, severity: Severity) -> set[str]:
    return {finding.rule for finding in result.findings if finding.severity is severity}


def rows() -> Iterator[tuple[str, str, str]]:
    """File, field and what it holds, for each line of the page's tables."""
    for section in PAGE.split("\n## ")[1:]:
        file = re.search(r"^`(tests/data/seeds/.+\.yaml)`$", section, re.MULTILINE)
        assert file, section[:60]
        for line in section.splitlines():
            row = ROW.match(line)
            if row and row["fact"] not in ("Fact", "---"):
                yield file[1], row["field"], row["held"]


def values(data: Any, field: str) -> list[Any]:
    """Everything that stands at a field such as `threats[].known_as[].rated`."""
    found = [data]
    for name in field.split("."):
        found = [value[name.removesuffix("[]")] for value in found if name.removesuffix("[]") in value]
        if name.endswith("[]"):
            found = [item for value in found for item in value]
    return found


def in_schema(field: str) -> bool:
    schema = shipped.template_schema()
    node: Mapping[str, Any] = schema
    for name in field.split("."):
        node = resolved(schema, resolved(schema, node).get("properties", {}).get(name.removesuffix("[]"), {}))
        if name.endswith("[]"):
            node = resolved(schema, node.get("items", {}))
    return bool(node)


def resolved(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(node.get("$ref", "")).removeprefix("#/$defs/")
    definition: Mapping[str, Any] = schema["$defs"][name] if name else node
    return definition


@pytest.mark.parametrize("file", SEEDS, ids=lambda file: file.stem)
def test_a_document_passes_and_warns_only_where_the_reason_is_known(file: Path) -> None:
    result = checked(file)

    assert rules(result, Severity.ERROR) == set()
    assert rules(result, Severity.WARNING) == set(WARNINGS.get(file.stem, {}))


@pytest.mark.parametrize("file", PATTERNS, ids=lambda file: file.stem)
def test_a_pattern_passes_structure_and_references(file: Path) -> None:
    assert rules(checked(file), Severity.ERROR) == set()


def test_every_pattern_of_the_list_but_the_open_one_has_its_draft() -> None:
    known = {entry for entry in FACTS.vocabularies["patterns"].entries if entry != "other"}
    templates = [checked(file).template for file in PATTERNS]

    assert Counter(template.pattern for template in templates if template) == Counter(known)
    assert {template.status for template in templates if template} == {"draft"}
    assert sum(len(template.threats) for template in templates if template) == 180


@pytest.mark.parametrize("file", [*SEEDS, *PATTERNS], ids=lambda file: file.stem)
def test_a_file_comes_back_from_its_exports(file: Path) -> None:
    result = checked(file)
    assert result.template is not None
    release = Release(result.template, result.data, file.read_bytes(), "2026-11-20T09:00:00Z", "a" * 40)

    as_json = json_export.render(release)
    again = check(as_json, "template.yaml", FACTS)
    report = markdown_export.render(release).decode()

    assert json.loads(as_json) == result.data
    assert again.data == result.data
    assert rules(again, Severity.ERROR) == set()
    assert report.count("\n#### ") + report.count("\n### ") >= len(result.template.threats)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("hobby-vm", "T-001 in BILROST, rated 20 on the scale 1 to 25, likelihood x impact"),
        ("small-product", "3 in PLAYBOOK, rated Medium for what remains"),
        ("small-product", "| sensitivity: critical | Vault |"),
        ("cli-through-proxy", "CC6.6 (read as: security logging)"),
        ("forum", "Failure: The lab joins the main network."),
        ("forum", "Evidence: FORUM"),
    ],
)
def test_a_report_tells_what_the_source_said(name: str, words: str) -> None:
    result = checked(DATA / "seeds" / f"{name}.yaml")
    assert result.template is not None
    release = Release(result.template, result.data, b"", "2026-11-20T09:00:00Z", "a" * 40)

    assert words in markdown_export.render(release).decode()


def test_the_register_of_ten_keeps_its_scores_and_its_status() -> None:
    threats = seed("hobby-vm").threats

    assert [threat.known_as[0].id for threat in threats] == [f"T-{number:03}" for number in range(1, 11)]
    assert [threat.known_as[0].rated for threat in threats] == [
        str(threat.risk.likelihood * threat.risk.impact) for threat in threats if threat.risk
    ]
    assert Counter(threat.status for threat in threats) == {"fixed": 2, "open": 3, "mitigated": 2, "partial": 3}


def test_the_twenty_four_threats_keep_their_letters_severities_and_gap_levels() -> None:
    threats = seed("cli-through-proxy").threats
    named = [f"{letter}-{number:02}" for letter in "STRIDE" for number in range(1, 5)]

    assert [threat.known_as[0].id for threat in threats] == named
    assert all(threat.known_as[0].id[0] in threat.stride for threat in threats)
    assert [risk.level(threat.risk) for threat in threats] == [threat.known_as[0].rated for threat in threats]
    # The document's own totals say 7 Medium and 3 Low; its rows say this.
    assert Counter(risk.level(threat.risk) for threat in threats) == {"Critical": 5, "High": 9, "Medium": 9, "Low": 1}
    assert Counter(threat.gap_level for threat in threats) == {"critical": 4, "high": 12, "medium": 8}


def test_every_gap_and_control_of_the_twenty_four_is_there() -> None:
    template = seed("cli-through-proxy")
    existing = {item.key for item in template.mitigations if item.status in ("in-place", "planned")}
    named = [key for threat in template.threats for key in threat.mitigated_by]

    assert sum(len(threat.gaps) for threat in template.threats) == 85
    assert sum(key in existing for key in named) == 36
    assert sum(key not in existing for key in named) == 92


def test_priorities_and_compliance_gaps_are_there() -> None:
    template = seed("cli-through-proxy")
    names = {threat.key: threat.known_as[0].id for threat in template.threats}
    assert template.adoption
    first = [names[key] for step in template.adoption.steps if step.when == "before-production" for key in step.threats]

    assert first == ["E-04", "E-02", "E-01", "I-01", "S-01"]
    assert [(line.control, line.status) for line in template.compliance] == [
        ("CC6.1", "partial"),
        ("CC6.6", "missing"),
        ("CC6.8", "missing"),
        ("CC7.2", "partial"),
        ("Art. 17", "missing"),
        ("Art. 25", "partial"),
        ("Art. 30", "missing"),
    ]


def test_residual_words_of_the_skeleton_come_out_of_its_ratings() -> None:
    rated = [threat for threat in seed("small-product").threats if threat.known_as]

    assert [threat.known_as[0].rated for threat in rated] == ["Low", "Low", "Medium", "Low", "Low"]
    assert [risk.level(threat.residual) for threat in rated if threat.residual] == [
        "Low",
        "Low",
        "Medium",
        "Low",
        "Low",
    ]


def test_the_forum_has_both_stride_tables_all_layers_and_the_chain() -> None:
    template = seed("forum")
    lines = Counter(target for answer in template.stride_answers for target in answer.targets)
    chain = [technique for step in template.attack_chains[0].steps for technique in step.maps_to]

    assert lines["document-parser"] == 6
    assert {assumption.layer for assumption in template.assumptions} == {
        "environment",
        "deployment",
        "operation",
        "threat",
    }
    assert chain == ["T1543", "T1053.003", "T1613", "T1552", "T1570", "T1210", "T1071", "T1095"]
    assert len(template.stories) == 3


@pytest.mark.parametrize(("file", "field", "held"), list(rows()))
def test_the_page_names_a_field_that_exists_and_what_stands_there(file: str, field: str, held: str) -> None:
    if field == "derived":
        assert not held
        return
    data = checked(ROOT / file).data
    words = {str(value).lower() if isinstance(value, bool) else str(value) for value in values(data, field)}

    assert in_schema(field)
    assert held in words if held else not words


def test_the_page_has_a_table_for_each_document() -> None:
    assert {file for file, _, _ in rows()} == {str(file.relative_to(ROOT)) for file in SEEDS}
