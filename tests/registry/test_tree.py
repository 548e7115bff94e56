"""The tree of files: the same for the same input, whole in itself, true about its own digests."""

import hashlib
import json
import posixpath
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from registry.api import wire, wire_analysis, wire_views
from registry.bundle import PATH
from registry.catalog import Catalogue, LedgerFile
from registry.publish import files_of, library
from registry.tree import File, Lifetime, tree


@pytest.fixture
def files(catalogue: Catalogue, numbers: LedgerFile) -> dict[str, File]:
    return {file.path: file for file in tree(replace(catalogue, ledger=numbers), library(), "threatshelf/test")}


def content(files: dict[str, File], path: str) -> Any:
    return json.loads(files[path].body)


def test_the_tree_is_sorted_and_equal_for_equal_input(catalogue: Catalogue) -> None:
    once = list(tree(catalogue, library(), "threatshelf/test"))
    backwards = Catalogue(tuple(reversed(catalogue.releases)), catalogue.commit)
    assert once == list(tree(backwards, library(), "threatshelf/test"))
    paths = [file.path for file in once]
    assert paths == sorted(set(paths))


def test_a_template_is_there_as_latest_and_in_every_version(files: dict[str, File], catalogue: Catalogue) -> None:
    old, new = catalogue.releases[:2]
    assert files["v1/templates/desk-assistant.yaml"].body == new.source
    assert files["v1/templates/desk-assistant/0.1.0.yaml"].body == old.source
    assert [v["version"] for v in content(files, "v1/templates/desk-assistant/versions.json")["versions"]] == [
        "0.10.0", "0.1.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "lifetime", "renderer"),
    [
        ("v1/templates/desk-assistant.yaml", Lifetime.LATEST, ""),
        ("v1/templates/desk-assistant.md", Lifetime.LATEST, "threatshelf/test"),
        ("v1/templates/desk-assistant/0.1.0.yaml", Lifetime.IMMUTABLE, ""),
        ("v1/templates/desk-assistant/0.1.0.json", Lifetime.IMMUTABLE, ""),
        ("v1/templates/desk-assistant/0.1.0.md", Lifetime.RENDERED, "threatshelf/test"),
        ("v1/catalog.json", Lifetime.LATEST, ""),
    ],
)
def test_what_follows_from_the_template_alone_is_for_ever(
    files: dict[str, File], path: str, lifetime: Lifetime, renderer: str
) -> None:
    assert (files[path].lifetime, files[path].renderer) == (lifetime, renderer)


def test_nothing_of_a_working_tree_is_for_ever(catalogue: Catalogue) -> None:
    assert {file.lifetime for file in files_of(Catalogue(catalogue.releases))} == {Lifetime.WORKING}


def test_every_folder_has_sums_that_sha256sum_confirms(files: dict[str, File], tmp_path: Path) -> None:
    for file in files.values():
        place = tmp_path / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.body)
    folders = {posixpath.dirname(path) for path in files}
    for folder in folders:
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / folder, capture_output=True, check=True
        )
        named = {line.split("  ")[1] for line in files[posixpath.join(folder, "SHA256SUMS")].body.decode().splitlines()}
        held = {posixpath.basename(path) for path in files if posixpath.dirname(path) == folder}
        assert named == held - {"SHA256SUMS"}
        assert len(done.stdout.splitlines()) == len(named)


def test_digests_in_the_lists_are_those_of_the_files(files: dict[str, File]) -> None:
    (page,) = content(files, "v1/catalog.json")["pages"]
    assert page["sha256"] == sha256(files[f"v1/{page['href']}"])
    for template in content(files, f"v1/{page['href']}")["templates"]:
        assert template["sha256"] == sha256(files[f"v1/templates/{template['id']}.yaml"])
    for version in content(files, "v1/templates/desk-assistant/versions.json")["versions"]:
        assert version["sha256"] == sha256(files[f"v1/templates/desk-assistant/{version['version']}.yaml"])
    for vocabulary in content(files, "v1/vocabularies.json")["vocabularies"]:
        assert vocabulary["sha256"] == sha256(files[f"v1/{vocabulary['href']}"])


def test_every_link_is_relative_and_leads_to_a_file(files: dict[str, File]) -> None:
    followed = 0
    lists = [path for path in files if fnmatch(path, "v1/*.json") and not fnmatch(path, "v1/vocabularies/*")]
    for path in lists:
        for link in links(content(files, path)):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(path), link)) in files, (path, link)
            followed += 1
    assert followed > 50


def test_the_discovery_document_composes_addresses_that_exist(files: dict[str, File]) -> None:
    discovery = content(files, ".well-known/threatshelf.json")
    values = {
        "id": "desk-assistant", "before": "0.1.0", "version": "0.10.0", "format": "yaml", "page": "1",
        "threat": "T-EXEC-002", "vocabulary": "atlas", "framework": "owasp-llm",
    }  # fmt: skip
    for address in discovery["addresses"].values():
        path = posixpath.normpath(posixpath.join(".well-known", address.format(**values)))
        assert path in files or path == PATH, "only the bundle is made out of all of them"
    assert {f"{{{name}}}" for name in values} == set(discovery["placeholders"])
    for form in discovery["formats"]:
        assert f"v1/templates/desk-assistant.{form['format']}" in files
    assert discovery["commit"] == "b" * 40


def test_each_document_is_as_the_api_describes_it(files: dict[str, File]) -> None:
    models = {
        "v1/catalog.json": wire.CatalogueIndex,
        "v1/catalog/1.json": wire.CataloguePage,
        "v1/templates/desk-assistant/versions.json": wire.Versions,
        "v1/templates/desk-assistant.analysis.json": wire_analysis.Analysis,
        "v1/templates/desk-assistant/0.1.0.analysis.json": wire_analysis.Analysis,
        "v1/threats.json": wire.Threats,
        "v1/threats/T-EXEC-002.json": wire.Threat,
        "v1/threats/T-DISC-001.json": wire.Threat,
        "v1/threats/T-EXEC-001.json": wire.Threat,
        "v1/threats/T-EXEC-008.json": wire.Threat,
        "v1/vocabularies.json": wire.Vocabularies,
        "v1/rules.json": wire.Rules,
        "v1/controls.json": wire_views.Controls,
        "v1/incidents.json": wire_views.Incidents,
        **{path: wire_views.FrameworkCoverage for path in files if fnmatch(path, "v1/coverage/*.json")},
        **{path: wire_views.Technique for path in files if fnmatch(path, "v1/techniques/*.json")},
        **{path: wire_views.Control for path in files if fnmatch(path, "v1/controls/*.json")},
    }
    for path, model in models.items():
        told = content(files, path)
        assert model.model_validate(told, extra="forbid").model_dump(exclude_unset=True, by_alias=True) == told, path


def test_every_known_threat_id_has_a_file(files: dict[str, File]) -> None:
    known = library().vocabularies["known-threats"].entries
    listed = [threat["id"] for threat in content(files, "v1/threats.json")["threats"]]
    assert set(listed) == {*known, "T-EXEC-007", "T-EXEC-008"}
    assert len(known) == 37
    assert all(f"v1/threats/{id_}.json" in files for id_ in listed)


def test_a_threat_says_how_each_template_answers_it(files: dict[str, File]) -> None:
    threat = content(files, "v1/threats/T-EXEC-002.json")
    assert (threat["title"], threat["category_name"]) == ("Indirect Prompt Injection", "Execution")
    desk, mail = threat["templates"]
    assert (desk["template"], desk["version"], desk["standing"]) == ("desk-assistant", "0.10.0", "unsolved")
    assert mail["risk"] == {"likelihood": 4, "impact": 3, "score": 12, "level": "High"}


def test_every_id_of_the_ledger_is_listed_with_its_state(files: dict[str, File]) -> None:
    threats = {threat["id"]: threat for threat in content(files, "v1/threats.json")["threats"]}
    states = {id_: threats[id_]["state"] for id_ in ("T-EXEC-001", "T-EXEC-002", "T-EXEC-007", "T-EXEC-008")}
    assert list(states.values()) == ["WITHDRAWN", "PUBLISHED", "RESERVED", "REJECTED"]
    assert threats["T-EXEC-001"]["title"] == "Direct Prompt Injection"
    assert threats["T-EXEC-007"]["title"] == threats["T-EXEC-008"]["title"] == ""


def test_a_threat_tells_its_history_and_its_end(files: dict[str, File]) -> None:
    gone, held = (content(files, f"v1/threats/{id_}.json") for id_ in ("T-EXEC-001", "T-EXEC-008"))
    assert gone["withdrawn"] == {
        "reason": "duplicate", "note": "The same as <b>T-EXEC-003</b>.", "successor": "T-EXEC-003",
    }  # fmt: skip
    assert (held["state"], held["withdrawn"], held["title"], held["templates"]) == ("REJECTED", None, "", [])
    nothing = {"superseded_by": None, "note": None}
    assert held["history"] == [
        {"at": f"2026-10-0{day}T12:00:00Z", "state": state, "subject": "mail-sorter/closed", "pull_request": 12,
         "reason": reason, **nothing}
        for day, state, reason in ((1, "RESERVED", None), (2, "REJECTED", "closed"))
    ]  # fmt: skip


def test_the_ledger_is_a_file_of_the_tree_and_its_digest_stands_beside_the_ids(
    files: dict[str, File], numbers: LedgerFile
) -> None:
    file = files["v1/ledger.csv"]
    assert file == File("v1/ledger.csv", numbers.text.encode(), "text/csv; charset=utf-8", Lifetime.LATEST, "c" * 40)
    assert content(files, "v1/threats.json")["ledger"] == {
        "commit": "c" * 40, "rows": 44, "sha256": sha256(file), "href": "ledger.csv",
    }  # fmt: skip
    snapshot = {file.path: file for file in tree(Catalogue(ledger=LedgerFile(numbers.text)), library(), "x")}
    assert content(snapshot, "v1/threats.json")["ledger"]["commit"] is None


def test_without_a_ledger_nothing_leads_to_one(catalogue: Catalogue) -> None:
    bare = {file.path: file for file in tree(catalogue, library(), "threatshelf/test")}
    assert "v1/ledger.csv" not in bare
    assert "ledger" not in content(bare, ".well-known/threatshelf.json")["addresses"]
    told = content(bare, "v1/threats.json")
    assert (told["ledger"], {threat["state"] for threat in told["threats"]}) == (None, {"PUBLISHED"})
    assert content(bare, "v1/threats/T-EXEC-002.json")["history"] == []


def test_a_threat_without_id_is_told_by_its_template_alone(catalogue: Catalogue) -> None:
    pending = [file for file in tree(catalogue, library(), "x") if file.path.startswith("v1/threats/T")]
    assert all(b'"id": ""' not in file.body for file in pending)


def test_the_schema_and_the_vocabularies_are_the_shipped_files(files: dict[str, File]) -> None:
    root = Path(__file__).parents[2] / "schema"
    assert files["schema/v1/template.schema.json"].body == (root / "v1" / "template.schema.json").read_bytes()
    for file in sorted((root / "vocabulary").glob("*.json")):
        assert files[f"v1/vocabularies/{file.name}"].body == file.read_bytes()


def test_an_empty_catalogue_is_a_whole_tree_too() -> None:
    files = {file.path: file for file in tree(Catalogue(), library(), "threatshelf/test")}
    assert content(files, "v1/catalog.json") == {"templates": 0, "page_size": 500, "pages": []}


def sha256(file: File) -> str:
    return hashlib.sha256(file.body).hexdigest()


def links(told: Any) -> Iterator[str]:
    """Every address in a document: an `href`, that of all versions, those of `files`."""
    if isinstance(told, list):
        yield from chain.from_iterable(links(item) for item in told)
    elif isinstance(told, dict):
        yield from (told[key] for key in ("href", "checklist", "all_versions") if key in told)
        yield from told.get("files", {}).values()
        yield from chain.from_iterable(links(value) for key, value in told.items() if key != "files")
