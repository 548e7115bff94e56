"""Rebuild what stands beside this file from GitHub's own packages.

    npm install --ignore-scripts @octokit/openapi@23.0.2 @octokit/graphql-schema@15.26.1 \\
        @octokit/webhooks-examples@7.6.1
    python refresh.py <folder that holds node_modules>

Kept are only the operations the fake serves and what they refer to, without texts and examples; and of the examples of
webhooks some that are valid by GitHub's own schemas (the first of each event never is).
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from github_fake import rest  # noqa: E402, F401  fills the list of routes
from github_fake.graphql.subset import stripped  # noqa: E402  the folder above has to be on the path first
from github_fake.routes import ROUTES  # noqa: E402  as above

TEXTS = ("description", "example", "examples", "externalDocs", "x-github", "summary", "tags", "deprecated", "x-octokit")
KEPT = ("parameters", "requestBody", "responses", "operationId")
PACKAGES = ("openapi", "graphql-schema", "webhooks-examples")
DELIVERIES = {
    "check_run": (6,),
    "installation": (1,),
    "installation_repositories": (1,),
    "issue_comment": (1, 3),
    "issues": (16,),
    "merge_group": (1,),
    "ping": (1,),
    "pull_request": (8, 12, 13, 16, 18, 22),
    "pull_request_review": (2,),
    "push": (1,),
}
"""Which examples of which event are kept."""


def bare(node: Any, inside: str = "") -> Any:
    """Without texts; a property that happens to be called "description" stays."""
    if isinstance(node, list):
        return [bare(one) for one in node]
    if not isinstance(node, dict):
        return node
    names = inside in ("properties", "schemas", "responses", "parameters")
    return {key: bare(value, key) for key, value in node.items() if names or key not in TEXTS}


def references(node: Any) -> set[str]:
    """Every `#/components/...` below."""
    if isinstance(node, list):
        return set().union(*map(references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values())) if node else own


def subset(whole: dict[str, Any], wanted: set[tuple[str, str]]) -> dict[str, Any]:
    """The operations wanted and the closure of what they refer to."""
    paths: dict[str, Any] = {}
    for method, template in sorted(wanted):
        operation = whole["paths"][template][method.lower()]
        kept = bare({key: operation[key] for key in KEPT if key in operation})
        for answer in kept["responses"].values():
            answer.pop("headers", None)
        paths.setdefault(template, {})[method.lower()] = kept
    components: dict[str, dict[str, Any]] = {}
    left = references(paths)
    while left:
        _, _, kind, name = left.pop().split("/")
        if name in components.get(kind, {}):
            continue
        found = bare(whole["components"][kind][name])
        found.pop("headers", None) if kind == "responses" else None
        components.setdefault(kind, {})[name] = found
        left |= references(found)
    ordered = {kind: dict(sorted(names.items())) for kind, names in sorted(components.items())}
    return {
        "openapi": whole["openapi"],
        "info": {"version": whole["info"]["version"]},
        "paths": paths,
        "components": ordered,
    }


def origin(sources: dict[str, Path]) -> str:
    """ORIGIN.md: package, version and digest of each file taken."""
    lines = ["# Where these files come from", ""]
    lines += ["GitHub's own descriptions, MIT (see LICENSE), cut to what the fake serves by `refresh.py`.", ""]
    lines += ["| package | version | file | sha256 |", "|---|---|---|---|"]
    for name, path in sources.items():
        package = json.loads((path.parents[0 if name == "graphql-schema" else 1] / "package.json").read_text())
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"| `@octokit/{name}` | {package['version']} | `{path.name}` | `{digest}` |")
    return "\n".join(lines) + "\n"


def deliveries(events: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The examples wanted, by their event."""
    found = {event["name"]: event["examples"] for event in events}
    return {name: [found[name][index] for index in wanted] for name, wanted in DELIVERIES.items()}


def main(folder: Path) -> None:
    """Write the descriptions, the deliveries, ORIGIN.md and LICENSE."""
    packages = {name: folder / "node_modules" / "@octokit" / name for name in PACKAGES}
    openapi = packages["openapi"] / "generated" / "api.github.com.json"
    schema = packages["graphql-schema"] / "schema.graphql"
    rest_part = subset(json.loads(openapi.read_text()), set(ROUTES))
    (HERE / "github-openapi.json").write_text(json.dumps(rest_part, separators=(",", ":"), ensure_ascii=False) + "\n")
    (HERE / "github.graphql").write_text(stripped(schema.read_text()))
    examples = packages["webhooks-examples"] / "api.github.com" / "index.json"
    kept = deliveries(json.loads(examples.read_text()))
    (HERE / "webhooks.json").write_text(json.dumps(kept, separators=(",", ":"), ensure_ascii=False) + "\n")
    sources = {"openapi": openapi, "graphql-schema": schema, "webhooks-examples": examples}
    (HERE / "ORIGIN.md").write_text(origin(sources))
    licences = [packages["openapi"] / "LICENSE", packages["graphql-schema"] / "LICENSE.md"]
    (HERE / "LICENSE").write_text("\n\n".join(path.read_text().strip() for path in licences) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
