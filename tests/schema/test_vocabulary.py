"""The shipped vocabularies: complete, related rightly, in one form, and equal to the facts they were made from."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from schema.risk import LEVELS, level
from schema.shipped import NotShippedError, template_schema, vocabularies, vocabulary_bytes, vocabulary_names
from schema.template import Rating

COUNTS = {
    "atlas": 212,
    "atlas-case-studies": 73,
    "attack": 858,
    "categories": 8,
    "compliance": 647,
    "controls": 122,
    "cwe": 966,
    "incidents": 117,
    "known-threats": 37,
    "owasp-agentic": 27,
    "owasp-llm": 20,
    "patterns": 12,
    "risk-matrix": 0,  # its cells are no entries
    "stride": 6,
}
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII")
ANNEXES = {f"Annex {roman}": number for number, roman in enumerate(ROMAN)}
ORACLES = os.environ.get("THREATSHELF_ORACLES")
needs_oracles = pytest.mark.skipif(
    ORACLES is None, reason="THREATSHELF_ORACLES names no folder of facts to compare with"
)


def entries(name: str) -> Mapping[str, Mapping[str, Any]]:
    return vocabularies()[name].entries


def active(name: str) -> set[str]:
    return {key for key, entry in entries(name).items() if "status" not in entry}


def raw_entries(name: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = json.loads(vocabulary_bytes(name)).get("entries", [])
    return records


def key(entry: Mapping[str, Any]) -> str:
    return f"{entry['framework']}:{entry['id']}" if "framework" in entry else entry["id"]


def natural(entry: Mapping[str, Any]) -> list[str | int]:
    """Numbers count as numbers, an annex by the number its Roman numeral stands for."""
    number = ANNEXES.get(entry["id"])
    text = key(entry) if number is None else f"{entry['framework']}:Annex {number}"
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]


def rendered(raw: Mapping[str, Any]) -> str:
    """The one form of a vocabulary file: a key a line, and in a list of records a record a line."""
    return "{\n" + ",\n".join(f"  {json.dumps(name)}: {block(value)}" for name, value in raw.items()) + "\n}\n"


def block(value: object) -> str:
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(f"    {json.dumps(record, ensure_ascii=False)}" for record in value) + "\n  ]"


def oracle(name: str) -> Any:
    return json.loads((Path(ORACLES or "") / "facts" / "vocabulary" / f"{name}.json").read_text(encoding="utf-8"))


def named(records: list[dict[str, Any]]) -> dict[str, str]:
    return {record["id"]: record["name"] for record in records}


def replacements(records: list[dict[str, Any]]) -> dict[str, str | None]:
    return {record["id"]: record.get("replaced_by") for record in records}


# Form


def test_every_vocabulary_is_there_and_complete() -> None:
    assert {name: len(vocabularies()[name].entries) for name in vocabulary_names()} == COUNTS


@pytest.mark.parametrize("name", COUNTS)
def test_a_file_has_one_form(name: str) -> None:
    text = vocabulary_bytes(name).decode("utf-8")
    assert text == rendered(json.loads(text))


@pytest.mark.parametrize("name", COUNTS)
def test_ids_are_unique_and_in_natural_order(name: str) -> None:
    records = raw_entries(name)
    assert len({key(record) for record in records}) == len(records)
    assert records == sorted(records, key=natural)


@pytest.mark.parametrize("name", COUNTS)
def test_a_file_says_what_it_is_and_under_which_licence(name: str) -> None:
    vocabulary = vocabularies()[name]
    assert vocabulary.name == name
    assert vocabulary.title
    assert vocabulary.release
    assert vocabulary.licence
    assert vocabulary.raw["source"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("atlas", "Copyright 2021-2026 MITRE"),
        ("atlas-case-studies", "Copyright 2021-2026 MITRE"),
        ("attack", "© 2026 The MITRE Corporation. This work is reproduced and distributed with the permission of"),
        ("attack", "provided that you reproduce MITRE's copyright designation and this license in any such copy"),
        ("cwe", "Copyright (c) 2006-2026 The MITRE Corporation"),
        ("cwe", "on the condition that you reproduce MITRE's copyright designation and this license in any such copy"),
        ("owasp-llm", "OWASP GenAI Security Project, under CC BY-SA 4.0"),
        ("owasp-agentic", "OWASP GenAI Security Project, under CC BY-SA 4.0"),
        ("known-threats", "openclaw/trust (commit eee55ba of 2026-02-09"),
    ],
)
def test_a_notice_that_a_licence_demands_is_kept(name: str, words: str) -> None:
    assert words in vocabularies()[name].raw["notice"]


@pytest.mark.parametrize("name", COUNTS)
def test_every_address_is_https(name: str) -> None:
    assert b"http://" not in vocabulary_bytes(name)


# Relations


@pytest.mark.parametrize("name", ["atlas", "attack"])
def test_parents_and_tactics_exist(name: str) -> None:
    tactics = {tactic["id"] for tactic in vocabularies()[name].raw["tactics"]}
    for entry in (entries(name)[key] for key in active(name)):
        assert entry["tactics"]
        assert set(entry["tactics"]) <= tactics
        assert entry.get("parent", entry["id"]) in active(name)
        assert entry.get("parent") == (entry["id"].rpartition(".")[0] if is_sub_technique(entry["id"]) else None)


def is_sub_technique(technique: str) -> bool:
    return "." in technique.removeprefix("AML.")


@pytest.mark.parametrize("name", ["atlas", "attack"])
def test_a_replacement_is_active(name: str) -> None:
    revoked = [entry for entry in entries(name).values() if entry.get("status") == "revoked"]
    assert revoked
    assert {entry["replaced_by"] for entry in revoked} <= active(name)


def test_a_successor_is_of_the_next_edition() -> None:
    old = [entry for entry in entries("owasp-llm").values() if entry["edition"] == "2025"]
    new = {name for name, entry in entries("owasp-llm").items() if entry["edition"] == "2026"}
    assert {entry["successor"] for entry in old} == new
    assert all(name.endswith(f":{entry['edition']}") for name, entry in entries("owasp-llm").items())


def test_an_id_of_the_agentic_lists_is_of_a_stated_edition() -> None:
    editions = {part["prefix"]: part["edition"] for part in vocabularies()["owasp-agentic"].raw["lists"]}
    for name, entry in entries("owasp-agentic").items():
        assert entry["edition"] == editions[name.rstrip("0123456789")]


def test_a_known_threat_cites_what_is_active() -> None:
    for name, threat in entries("known-threats").items():
        assert name.startswith(f"T-{threat['category']}-")
        assert set(threat["techniques"]) <= active("atlas")
        assert set(threat.get("attack", ())) <= active("attack")
        assert set(threat["stride"]) <= set(entries("stride"))


def test_a_category_suits_every_known_threat_in_it() -> None:
    for name, threat in entries("known-threats").items():
        suited = set(entries("categories")[threat["category"]]["tactics"])
        assert any(suited & set(entries("atlas")[technique]["tactics"]) for technique in threat["techniques"]), name


def test_the_categories_take_in_every_tactic() -> None:
    tactics = {tactic["id"] for tactic in vocabularies()["atlas"].raw["tactics"]}
    assert {tactic for entry in entries("categories").values() for tactic in entry["tactics"]} == tactics


@pytest.mark.parametrize(
    ("name", "spelt"), [("categories", "RECON ACCESS EXEC PERSIST EVADE DISC EXFIL IMPACT"), ("stride", "S T R I D E")]
)
def test_a_list_with_a_reading_order_states_it(name: str, spelt: str) -> None:
    assert sorted(entries(name), key=lambda one: entries(name)[one]["order"]) == spelt.split()


def test_control_ids_are_well_formed() -> None:
    assert all(re.fullmatch(r"OC-[A-Z]{2,4}-\d{2}", name) for name in entries("controls"))
    assert all(entry["setting"] and entry["protects"] for entry in entries("controls").values())


def test_an_incident_says_how_it_was_verified() -> None:
    words = vocabularies()["incidents"].raw["verification"]
    for incident in entries("incidents").values():
        assert incident["verification"] in words
        assert incident["source"].startswith("https://")
        assert "templates" not in incident


def test_case_studies_among_the_incidents_are_atlas_case_studies() -> None:
    cited = {name for name in entries("incidents") if name.startswith("AML.CS")}
    assert cited
    assert cited <= set(entries("atlas-case-studies"))


def test_compliance_frameworks_are_those_of_the_schema() -> None:
    schema = template_schema()["properties"]["compliance"]["items"]["properties"]["framework"]["enum"]
    listed = [framework["id"] for framework in vocabularies()["compliance"].raw["frameworks"]]
    assert listed == schema
    assert {entry["framework"] for entry in entries("compliance").values()} == set(listed)


def test_two_frameworks_may_use_one_id() -> None:
    assert entries("compliance")["gdpr:Art. 5"]["title"] != entries("compliance")["eu-ai-act:Art. 5"]["title"]


def test_the_25_cells_match_the_bands() -> None:
    matrix = vocabularies()["risk-matrix"].raw
    bands = {band["name"]: range(band["from"], band["to"] + 1) for band in matrix["levels"]}
    pairs = [(cell["likelihood"], cell["impact"]) for cell in matrix["cells"]]
    assert pairs == [(likelihood, impact) for likelihood in range(1, 6) for impact in range(1, 6)]
    for cell in matrix["cells"]:
        assert cell["score"] == cell["likelihood"] * cell["impact"]
        assert [name for name, band in bands.items() if cell["score"] in band] == [cell["level"]]


def test_the_published_matrix_is_the_one_that_is_used() -> None:
    matrix = vocabularies()["risk-matrix"].raw
    assert tuple(band["name"] for band in matrix["levels"]) == LEVELS
    for cell in matrix["cells"]:
        assert level(Rating(likelihood=cell["likelihood"], impact=cell["impact"])) == cell["level"]


def test_the_scale_has_five_words_each_way() -> None:
    matrix = vocabularies()["risk-matrix"].raw
    assert [step["word"] for step in matrix["likelihood"]] == ["rare", "unlikely", "possible", "likely", "certain"]
    assert [step["word"] for step in matrix["impact"]] == ["negligible", "minor", "moderate", "major", "severe"]
    assert [step["value"] for step in matrix["likelihood"] + matrix["impact"]] == [1, 2, 3, 4, 5] * 2


# The reader


@pytest.mark.parametrize("name", ["", "nobody", "../v1/template.schema", "atlas.json"])
def test_an_unknown_vocabulary_is_refused(name: str) -> None:
    with pytest.raises(NotShippedError, match="no vocabulary"):
        vocabulary_bytes(name)


@pytest.mark.parametrize("version", ["", "1", "1.99", "2.0", "../1.0", "1/../1.0"])
def test_an_unknown_schema_version_is_refused(version: str) -> None:
    with pytest.raises(NotShippedError, match="no template schema"):
        template_schema(version)


def test_nobody_can_spoil_the_schema_for_others() -> None:
    template_schema()["properties"].clear()
    assert template_schema()["properties"]


def test_entries_cannot_be_replaced() -> None:
    with pytest.raises(TypeError):
        entries("stride")["S"]["name"] = "another"  # type: ignore[index]  # the very write that must fail


# The facts the files were made from


@needs_oracles
@pytest.mark.parametrize("name", ["atlas", "attack"])
def test_techniques_equal_the_facts(name: str) -> None:
    facts = oracle(name)
    gone = facts.get("retired", []) + facts.get("revoked", []) + facts.get("deprecated", [])
    assert named(raw_entries(name)) == named(facts["techniques"] + gone)
    assert replacements(raw_entries(name)) == replacements(facts["techniques"] + gone)
    assert vocabularies()[name].raw["tactics"] == [
        {key: tactic[key] for key in ("id", "name", "former_names") if tactic.get(key)}
        for tactic in sorted(facts["tactics"], key=lambda one: one["order"])
    ]
    for technique in facts["techniques"]:
        assert entries(name)[technique["id"]]["tactics"] == technique["tactics"]
        assert entries(name)[technique["id"]].get("parent") == technique["parent"]
        assert entries(name)[technique["id"]].get("former_names", []) == technique.get("former_names", [])


@needs_oracles
def test_case_studies_equal_the_facts() -> None:
    assert named(raw_entries("atlas-case-studies")) == named(oracle("atlas")["case_studies"])


@needs_oracles
def test_owasp_lists_equal_the_facts() -> None:
    old, new, agentic = oracle("owasp-llm-2025"), oracle("owasp-llm-2026"), oracle("owasp-agentic")
    assert named(raw_entries("owasp-llm")) == named(old["entries"] + new["entries"])
    for entry in old["entries"]:
        assert entries("owasp-llm")[entry["id"]]["successor"] == entry["successor_2026"]
    assert named(raw_entries("owasp-agentic")) == named(agentic["asi"]["entries"] + agentic["threats"]["entries"])


@needs_oracles
def test_weaknesses_equal_the_facts() -> None:
    facts = oracle("cwe")["entries"]
    assert named(raw_entries("cwe")) == named(facts)
    assert set(entries("cwe")) - active("cwe") == {entry["id"] for entry in facts if entry["status"] == "Deprecated"}
