"""What every template on the shelf holds beyond its rules: settings that parse, enough of all, true citations."""

import ast
import configparser
import csv
import json
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import json5
import pytest
import yaml

from schema import shipped, stride
from schema.check import Checked, check
from schema.finding import Severity
from schema.template import Mitigation, Template

FILES = sorted((Path(__file__).parents[2] / "templates").glob("*/template.yaml"))
WHOLE = ("candidate", "vetted")
INCIDENT = re.compile(r"CVE-[0-9]{4}-[0-9]+|GHSA(?:-[0-9a-z]{4}){3}|AML\.CS[0-9]{4}")
PLACEHOLDER = re.compile(r"\{\{([a-z0-9_]+)\}\}")

SERVICE = {
    *(
        "build",
        "cap_add",
        "cap_drop",
        "command",
        "configs",
        "container_name",
        "cpus",
        "depends_on",
        "deploy",
        "devices",
    ),
    *(
        "dns",
        "dns_search",
        "entrypoint",
        "env_file",
        "environment",
        "expose",
        "extra_hosts",
        "group_add",
        "healthcheck",
    ),
    *("hostname", "image", "init", "ipc", "labels", "logging", "mem_limit", "mem_reservation", "memswap_limit"),
    *("network_mode", "networks", "pid", "pids_limit", "platform", "ports", "privileged", "profiles", "pull_policy"),
    *("read_only", "restart", "runtime", "secrets", "security_opt", "shm_size", "stop_grace_period", "sysctls"),
    *("tmpfs", "ulimits", "user", "userns_mode", "volumes", "working_dir"),
}
"""https://github.com/compose-spec/compose-spec/blob/main/05-services.md, as far as an agent needs it."""
COMPOSE = {"configs", "name", "networks", "secrets", "services", "volumes"}
WITHOUT_SPEC = {"ConfigMap", "Secret", "ServiceAccount", "Namespace", "Role", "ClusterRole", "RoleBinding"}


@cache
def looked_at(file: Path) -> Checked:
    return check(file.read_bytes(), str(file), shipped.facts(date(2026, 11, 20), folder=file.parent.name))


def template(file: Path) -> Template:
    found = looked_at(file).template
    assert found is not None
    return found


def fragments() -> Iterator[Any]:
    for file in FILES:
        read = template(file)
        filled = {p.name: p.default or "1" for p in (read.adoption.parameters if read.adoption else ())}
        for mitigation in read.mitigations:
            if mitigation.config:
                yield pytest.param(mitigation, filled, id=f"{read.id}/{mitigation.key}")


def of_json(text: str) -> None:
    json.loads(text)


def of_yaml(text: str) -> None:
    for document in yaml.safe_load_all(text):
        assert isinstance(document, dict | list)
        if isinstance(document, dict) and "services" in document:
            of_compose(document)
        if isinstance(document, dict) and document.keys() & {"apiVersion", "kind"}:
            of_kubernetes(document)


def of_compose(document: Mapping[str, Any]) -> None:
    assert {key for key in document if not key.startswith("x-")} <= COMPOSE
    for service in document["services"].values():
        assert set(service) <= SERVICE
    named = {name for service in document["services"].values() for name in service.get("networks", ())}
    assert named <= set(document.get("networks", named)), "a network that is used has to be declared"


def of_kubernetes(document: Mapping[str, Any]) -> None:
    assert {"apiVersion", "kind", "metadata"} <= document.keys()
    assert document["metadata"]["name"]
    assert document["kind"] in WITHOUT_SPEC or document["spec"] is not None


def of_units(text: str) -> None:
    """A systemd unit names its sections before its settings, and may repeat a setting."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#", ";"))
    parser.read_string(text)
    assert parser.sections()


def of_nginx(text: str) -> None:
    """Every line opens a block, closes one, or is part of a directive that ends in a semicolon."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "x", text)
    bare = re.sub(r"#[^\n]*", "", bare)
    depth = 0
    for mark in re.findall(r"[{};]", bare):
        depth += {"{": 1, "}": -1, ";": 0}[mark]
        assert depth >= 0
    assert depth == 0
    assert bare.rstrip()[-1] in "};"


def of_table(text: str) -> None:
    assert len({len(row) for row in csv.reader(text.splitlines())}) == 1


def of_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "bash": of_shell,
    "csv": of_table,
    "ini": of_units,
    "json": of_json,
    "json5": json5.loads,
    "jsonc": json5.loads,
    "nginx": of_nginx,
    "python": ast.parse,
    "toml": tomllib.loads,
    "yaml": of_yaml,
}
UNPARSED = {"dockerfile", "nftables", "rego", "sql", "squid", "text"}
"""Languages nobody here reads: a reviewer does."""


@pytest.mark.parametrize(("mitigation", "filled"), list(fragments()))
def test_settings_to_copy_are_what_they_say_they_are(mitigation: Mitigation, filled: Mapping[str, str]) -> None:
    assert mitigation.config
    language, content = mitigation.config.language, mitigation.config.content
    text = PLACEHOLDER.sub(lambda found: filled.get(found[1], "1"), content)
    assert text.strip()
    if language not in UNPARSED:
        PARSERS[language](text)


@pytest.mark.parametrize(
    ("language", "broken"),
    [
        ("bash", "if true; do"),
        ("csv", "a,b\n1"),
        ("ini", "User=nobody"),
        ("json", "{a: 1}"),
        ("json5", "{a: }"),
        ("nginx", "server {\n  listen 443;\n"),
        ("python", "def f(:"),
        ("toml", "a = "),
        ("yaml", "a: [1"),
        ("yaml", "services: {a: {imagee: x}}"),
        ("yaml", "services: {a: {networks: [inner]}}\nnetworks: {outer: {}}"),
        ("yaml", "kind: Pod\nmetadata: {name: a}"),
    ],
)
def test_settings_with_a_mistake_are_noticed(language: str, broken: str) -> None:
    with pytest.raises((AssertionError, ValueError, SyntaxError, configparser.Error, yaml.YAMLError)):
        PARSERS[language](broken)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_nothing_is_found_and_nothing_is_left_open(file: Path) -> None:
    told = [f"{f.place.line}: {f.rule}" for f in looked_at(file).findings if f.severity is not Severity.HINT]
    assert told == []
    assert stride.coverage(template(file)).left == 0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_a_candidate_is_a_whole_threat_model(file: Path) -> None:
    read = template(file)
    if read.status not in WHOLE:
        pytest.skip(f"{read.id} is a {read.status}")
    assert len(read.threats) >= 12
    assert len(read.failure_modes) >= 6
    assert len(read.stories) >= 4
    assert len(read.attack_chains) >= 3
    assert all(any(step.broken_by for step in chain.steps) for chain in read.attack_chains)
    assert read.adoption is not None
    assert read.adoption.steps


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_what_is_cited_was_read_at_its_source(file: Path) -> None:
    known = shipped.vocabularies()["incidents"].entries
    read = template(file)
    parts = (*read.threats, *read.mitigations, *read.failure_modes, *read.stories, *read.diagram.elements)
    cited = {text for part in parts for text in part.evidence if INCIDENT.fullmatch(text)}
    assert sorted(id_ for id_ in cited if known.get(id_, {}).get("verification", "secondary") == "secondary") == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_references_are_public_addresses(file: Path) -> None:
    addresses = [urlsplit(source.url) for source in template(file).references if source.url]
    wrong = [a.geturl() for a in addresses if a.scheme != "https" or "." not in a.netloc or "example" in a.netloc]
    assert wrong == []
