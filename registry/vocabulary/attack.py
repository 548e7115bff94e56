"""MITRE ATT&CK as it is published: a STIX 2.1 bundle in which a revoked technique points at what replaced it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from registry.vocabulary.record import FormatError, Json, Official

_TECHNIQUE = re.compile(r"T[0-9]{4}(\.[0-9]{3})?")
Objects = Mapping[str, Json]


def read(source: bytes) -> Iterator[Official]:
    """The techniques of a file such as `enterprise-attack-19.1.json`; FormatError for another."""
    objects = _objects(source)
    collection = next(_of(objects, "x-mitre-collection"), None)
    if collection is None or "Enterprise" not in str(collection.get("name")):
        raise FormatError("it is not the collection of ATT&CK for Enterprise")
    tactics = _tactics(objects)
    entries = tuple(_techniques(objects, {one.pop("shortname"): one["id"] for one in tactics}))
    yield Official("attack", str(collection.get("x_mitre_version", "")), "", entries, tuple(tactics))


def _objects(source: bytes) -> Objects:
    """Every object of the bundle by its STIX id, in the order of the file."""
    try:
        bundle = json.loads(source)
    except (ValueError, RecursionError):
        raise FormatError("it is no JSON") from None
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        raise FormatError("it is no STIX bundle")
    return {str(one.get("id")): one for one in bundle.get("objects", ()) if isinstance(one, dict)}


def _of(objects: Objects, kind: str) -> Iterator[Json]:
    return (one for one in objects.values() if one.get("type") == kind)


def _tactics(objects: Objects) -> list[Json]:
    """In the order of the matrix, each with the short name by which techniques call it."""
    matrix = next(_of(objects, "x-mitre-matrix"), {})
    found = [objects[ref] for ref in matrix.get("tactic_refs", ()) if ref in objects]
    if not found:
        raise FormatError("it has no matrix of tactics")
    return [{"id": _id(one), "name": one.get("name"), "shortname": one.get("x_mitre_shortname")} for one in found]


def _techniques(objects: Objects, tactics: Mapping[str, str]) -> Iterator[Json]:
    successors, parents = _edges(objects, "revoked-by"), _edges(objects, "subtechnique-of")
    for one in _of(objects, "attack-pattern"):
        id_ = _id(one)
        if not _TECHNIQUE.fullmatch(id_):
            continue  # what was revoked before ids were given
        entry = {"id": id_, "name": str(one.get("name", ""))}
        if one.get("revoked"):
            yield {**entry, "status": "revoked", "replaced_by": _id(objects.get(successors.get(one["id"], ""), {}))}
        elif one.get("x_mitre_deprecated"):
            yield {**entry, "status": "deprecated"}
        else:
            yield {**entry, **_relations(one, tactics, objects.get(parents.get(one["id"], ""), {}))}


def _relations(one: Json, tactics: Mapping[str, str], parent: Json) -> Json:
    phases = [phase.get("phase_name") for phase in one.get("kill_chain_phases", ())]
    named = sorted(tactics[phase] for phase in phases if phase in tactics)
    if not named:
        raise FormatError(f"{_id(one)} is of no tactic that is listed")
    if not one.get("x_mitre_is_subtechnique"):
        return {"tactics": named}
    if not parent:
        raise FormatError(f"{_id(one)} is a sub-technique of nothing that is listed")
    return {"tactics": named, "parent": _id(parent)}


def _edges(objects: Objects, kind: str) -> dict[str, str]:
    """Source to target of the relationships of one kind that are in force."""
    relations = (one for one in _of(objects, "relationship") if one.get("relationship_type") == kind)
    return {str(one.get("source_ref")): str(one.get("target_ref")) for one in relations if not one.get("revoked")}


def _id(thing: Mapping[str, Any]) -> str:
    """The id people know it by; empty for what has none."""
    references = (one for one in thing.get("external_references", ()) if one.get("source_name") == "mitre-attack")
    known: Mapping[str, Any] = next(references, {})
    return str(known.get("external_id", ""))
