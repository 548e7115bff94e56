"""The reference of the schema: every field of a template with its type, allowed values and meaning."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.pages.html import fill
from registry.pages.page import Page, Shelf

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """One field: where it stands (`threats[].risk.likelihood`), what it may hold and what it means."""

    path: str
    title: str
    kind: str
    required: bool
    allowed: tuple[str, ...]
    description: str
    limits: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return "field-" + self.path.replace("[]", "").replace(".", "-").replace("_", "-")


@dataclass(frozen=True)
class Section:
    """A field at the top of the file with everything inside it."""

    field: Field
    inner: tuple[Field, ...]


def pages(shelf: Shelf) -> Iterator[Page]:
    """`reference/schema/`."""
    body = fill("schema.html", sections=sections(shelf.schema), schema=shelf.schema, kinds=_kinds(shelf.schema))
    yield Page("reference/schema.md", "Schema", "Every field of a template, from the published schema.", body)


def sections(schema: Node) -> tuple[Section, ...]:
    """The fields at the top of the schema, in its order."""
    return tuple(Section(next(found), tuple(found)) for found in map(iter, _tops(schema)))


def _tops(schema: Node) -> Iterator[list[Field]]:
    for name in schema["properties"]:
        yield list(_fields(schema, schema, "", name))


def _fields(schema: Node, parent: Node, prefix: str, name: str) -> Iterator[Field]:
    """The field `name` of `parent`, whose own path and a dot are `prefix`, and everything inside it."""
    path, node = f"{prefix}{name}", parent["properties"][name]
    found = _resolved(schema, node)
    items = _resolved(schema, found.get("items", {}))
    yield Field(
        path=path,
        title=str(found.get("title", "")),
        kind=_kind(found, items, node),
        required=name in parent.get("required", ()),
        allowed=tuple(map(str, found.get("enum", items.get("enum", ())))),
        description=str(found.get("description", "")),
        limits=_limits(found),
    )
    inside, within = (items, f"{path}[].") if items.get("properties") else (found, f"{path}.")
    for inner in inside.get("properties", {}):
        yield from _fields(schema, inside, within, inner)


def _resolved(schema: Node, node: Node) -> Node:
    """The node with what its `$ref` says under its own words."""
    ref = str(node.get("$ref", ""))
    return {**schema["$defs"][ref.rpartition("/")[2]], **node} if ref.startswith("#/$defs/") else node


def _kind(found: Node, items: Node, node: Node) -> str:
    name = str(node.get("$ref", "")).rpartition("/")[2]
    if name and name != "stride":
        return name if "properties" not in found else "mapping"
    if found.get("type") == "array":
        return f"list of {_item_kind(items, found)}"
    if isinstance(found.get("type"), list):
        return "key or list of keys"
    return {"object": "mapping", "string": "text", "boolean": "true or false"}.get(found["type"], str(found["type"]))


def _item_kind(items: Node, found: Node) -> str:
    ref = str(found.get("items", {}).get("$ref", "")).rpartition("/")[2]
    return "mappings" if "properties" in items else f"{ref}s" if ref in ("key", "word") else ref or "texts"


def _limits(found: Node) -> tuple[str, ...]:
    said = []
    if "minimum" in found:
        said.append(f"{found['minimum']} to {found['maximum']}")
    if found.get("maxItems"):
        said.append(f"at most {found['maxItems']}")
    if "default" in found:
        said.append(f"default {str(found['default']).lower()}")
    return tuple(said)


def _kinds(schema: Node) -> list[tuple[str, Node]]:
    return [(name, node) for name, node in schema["$defs"].items() if "properties" not in node]
