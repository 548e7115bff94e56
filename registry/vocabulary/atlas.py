"""MITRE ATLAS as it is published: YAML in format 6, techniques by id and every relation on its own."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from registry.vocabulary.record import FormatError, Json, Official

_TECHNIQUE = re.compile(r"AML\.T[0-9]{4}(\.[0-9]{3})?")
_STUDIES = "https://atlas.mitre.org/studies/"


def read(source: bytes) -> Iterator[Official]:
    """The techniques and the case studies of a file such as `dist/v6/ATLAS-2026.09.yaml`; FormatError for another."""
    data = _data(source)
    release = str(data["collection"].get("version", ""))
    released = str(data["collection"].get("modified-date", ""))
    if not re.fullmatch(r"[0-9]{4}\.[0-9]{2}(\.[0-9]+)?", release):
        raise FormatError("the collection does not state the release of its content, such as 2026.09")
    entries = tuple(_technique(id_, one, data) for id_, one in data["techniques"].items())
    yield Official("atlas", release, released, entries, tuple(_tactics(data)))
    studies = data.get("case-studies") or {}
    yield Official("atlas-case-studies", release, released, tuple(_study(id_, one) for id_, one in studies.items()))


def _data(source: bytes) -> Any:
    try:
        data = yaml.load(source, Loader=_Texts)  # noqa: S506 - the loader knows no type but text
    except (yaml.YAMLError, RecursionError, ValueError):
        raise FormatError("it is no YAML") from None
    if not isinstance(data, dict) or not str(data.get("format-version", "")).startswith("6."):
        raise FormatError("it is not in format 6: take a file of `dist/v6`")
    for part in ("collection", "tactics", "techniques", "relationships"):
        if not isinstance(data.get(part), dict):
            raise FormatError(f"it has no `{part}`")
    return data


class _Texts(yaml.CBaseLoader):
    """Every scalar is text: a release is no number and a day no date."""


def _technique(id_: str, technique: Any, data: Any) -> Json:
    if not _TECHNIQUE.fullmatch(id_):
        raise FormatError("a technique has an id of another form than AML.T0000 or AML.T0000.000")
    entry = {"id": id_, "name": _name(technique, id_), "tactics": sorted(_targets(data, id_, "achieves"))}
    if not entry["tactics"] or not set(entry["tactics"]) <= set(data["tactics"]):
        raise FormatError(f"{id_} achieves no tactic that is listed")
    if "." not in id_.removeprefix("AML."):
        return entry
    parents = _targets(data, id_, "specializes")
    if len(parents) != 1 or parents[0] not in data["techniques"]:
        raise FormatError(f"{id_} does not specialise one technique that is listed")
    return {**entry, "parent": parents[0]}


def _tactics(data: Any) -> Iterator[Json]:
    """In the order of the matrix; a tactic outside it comes last."""
    edges = _edges(data, "ATLAS-matrix", "sequences")
    placed = sorted(edges, key=lambda edge: int(edge.get("position", 0)))
    order = list(dict.fromkeys([*(edge.get("target", "") for edge in placed), *data["tactics"]]))
    for id_ in order:
        if id_ in data["tactics"]:
            yield {"id": id_, "name": _name(data["tactics"][id_], id_)}


def _study(id_: str, study: Any) -> Json:
    return {"id": id_, "name": _name(study, id_), "url": _STUDIES + id_}


def _name(thing: Any, id_: str) -> str:
    name = thing.get("name") if isinstance(thing, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise FormatError(f"{id_} has no name")
    return name.strip()


def _targets(data: Any, source: str, kind: str) -> list[str]:
    return [str(edge.get("target", "")) for edge in _edges(data, source, kind)]


def _edges(data: Any, source: str, kind: str) -> list[Json]:
    of_source = data["relationships"].get(source)
    edges = of_source.get(kind) if isinstance(of_source, dict) else None
    return [edge for edge in edges if isinstance(edge, dict)] if isinstance(edges, list) else []
