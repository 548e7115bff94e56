"""The OpenAPI document is true: every document has its schema, every example answers, nothing is left out."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from registry.publish import throw_away
from registry.settings import Settings
from registry.store.catalogue import Store, open_store, url_of

ROOT = Path(__file__).parents[3]
OURS = ("local-coding-assistant", "financial-analysis-agent")


@dataclass(frozen=True)
class Ours:
    """The catalogue of two of our own templates, and what the server says of itself."""

    store: Store
    client: httpx.Client
    document: Any


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, begun: Any, serve: Any) -> Iterator[Ours]:
    home = tmp_path_factory.mktemp("ours")
    begun(home / "checkout").write_ledger((ROOT / "templates" / "threat-ids.csv").read_text("utf-8"))
    for name in OURS:
        shutil.copytree(ROOT / "templates" / name, home / "checkout" / "templates" / name)
    database = home / "catalogue.db"
    throw_away(home / "checkout", database, date(2026, 11, 20), lambda _step: None)
    store = open_store(url_of(database))
    with serve(Settings(database_url=url_of(database))) as client:
        yield Ours(store, client, client.get("/openapi.json").json())
    store.close()


def closed(schema: Any) -> Any:
    """The same schema, under which a field that is not described is a fault."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    return {"additionalProperties": False, **made} if "properties" in schema else made


def schema_of(document: Any, path: str) -> Any:
    """The schema of what a GET of this path answers as JSON; None where the document says nothing of it."""
    for template, item in document["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", r"[^/]+?", re.escape(template))
        if "get" in item and re.fullmatch(pattern, f"/{path}"):
            return item["get"]["responses"]["200"]["content"].get("application/json", {}).get("schema")
    return None


def test_every_json_document_of_the_tree_is_as_its_schema_says(ours: Ours) -> None:
    components = closed(ours.document["components"])
    seen = set()
    for path, body in ours.store.files():
        is_template = re.fullmatch(r"v1/templates/[a-z-]+(/[0-9.]+)?\.json", path)
        if not path.endswith(".json") or is_template or path.startswith("schema/"):
            continue
        schema = schema_of(ours.document, path)
        assert schema, f"{path} has no schema"
        jsonschema.Draft202012Validator({**closed(schema), "components": components}).validate(json.loads(body))
        seen.add(json.dumps(schema))
    assert len(seen) >= 14


def test_a_template_as_json_is_as_the_published_schema_says(ours: Ours) -> None:
    schema = ours.client.get("/schema/v1/template.schema.json").json()
    for name in OURS:
        jsonschema.Draft202012Validator(schema).validate(ours.client.get(f"/v1/templates/{name}.json").json())


def test_answers_of_the_server_are_as_their_schemas_say(ours: Ours) -> None:
    components = closed(ours.document["components"])
    for path, query in (
        ("/v1/search", "?q=prompt"),
        ("/v1/compare", f"?a={OURS[0]}&b={OURS[1]}"),
    ):
        schema = ours.document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        told = ours.client.get(path + query).json()
        jsonschema.Draft202012Validator({**closed(schema), "components": components}).validate(told)
    schema = ours.document["paths"]["/v1/check"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    told = ours.client.post("/v1/check", content=b"id: x\nstatus: y\n").json()
    assert told["findings"]
    jsonschema.Draft202012Validator({**closed(schema), "components": components}).validate(told)


def test_a_problem_is_as_its_schema_says(ours: Ours) -> None:
    schema = {"$ref": "#/components/schemas/ProblemDocument", "components": closed(ours.document["components"])}
    for path in ("/v1/nothing", "/v1/search?limit=0", "/v1/compare?a=1&b=2"):
        jsonschema.Draft202012Validator(schema).validate(ours.client.get(path).json())


def example_of(parameter: Any) -> str:
    """The value that the document names for a parameter; empty for an optional one without."""
    if "example" in parameter:
        return str(parameter["example"])
    named = parameter.get("examples", {}) or parameter["schema"].get("examples", {})
    return str(next(iter(named.values()))["value"]) if named else ""


def test_every_example_answers_as_described(ours: Ours) -> None:
    for path, item in ours.document["paths"].items():
        for method, operation in item.items():
            parameters = operation.get("parameters", [])
            values = {p["name"]: example_of(p) for p in parameters if p["in"] == "path"}
            query = {p["name"]: example_of(p) for p in parameters if p["in"] == "query" and example_of(p)}
            content = None
            if "requestBody" in operation:
                (form,) = operation["requestBody"]["content"].values()
                content = ours.client.get(f"/{form['examples']['ours']['externalValue']}").content
            answer = ours.client.request(method.upper(), path.format(**values), params=query, content=content)
            assert answer.status_code == 200, path
            said = answer.headers["content-type"].partition(";")[0]
            described = operation["responses"]["200"]["content"]
            assert any(said == kind.partition(";")[0] for kind in described), path


def test_every_operation_says_what_it_is_for_and_has_a_name_of_its_own(ours: Ours) -> None:
    operations = [operation for item in ours.document["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation.get("summary") for operation in operations)
    assert ours.document["openapi"].startswith("3.1")


def test_every_file_of_the_tree_is_described(ours: Ours) -> None:
    known = [re.sub(r"\\\{\w+\\\}", r"[^/]+?", re.escape(path)) for path in ours.document["paths"]]
    for path, _ in ours.store.files():
        if not path.endswith("SHA256SUMS"):
            assert any(re.fullmatch(pattern, f"/{path}") for pattern in known), path
