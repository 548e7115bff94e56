"""Coverage of a framework: which of its entries templates have threats for, and which wait for one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry.brief import Brief, Json, ThreatBrief
from registry.views.telling import Telling, document, names, tellings, templates
from schema.facts import Vocabularies, Vocabulary

Entry = Mapping[str, Any]
Groups = Sequence[tuple[str, str, Sequence[Entry]]]
"""(id, name, entries) of each part of a framework."""


@dataclass(frozen=True)
class Framework:
    """A published list. `groups` parts its entries; `ids` are those of them that a threat stands for."""

    name: str
    title: str
    vocabulary: str
    groups: Callable[[Vocabularies], Groups]
    ids: Callable[[ThreatBrief], Sequence[str]]


@dataclass(frozen=True)
class Covered:
    """An entry of a framework and the threats that name it or one of its sub-techniques."""

    id: str
    name: str
    told: tuple[Telling, ...]

    @property
    def templates(self) -> tuple[str, ...]:
        """Ids of the templates."""
        return templates(self.told)

    @property
    def threats(self) -> tuple[str, ...]:
        """The distinct threats, by global id or `<template>/<key>`."""
        return names(self.told)


@dataclass(frozen=True)
class Group:
    """A part of a framework: a tactic, an edition, a list."""

    id: str
    name: str
    entries: tuple[Covered, ...]

    @property
    def covered(self) -> tuple[Covered, ...]:
        """Those that some template has a threat for."""
        return tuple(entry for entry in self.entries if entry.told)

    @property
    def gaps(self) -> tuple[Covered, ...]:
        """Those that none has."""
        return tuple(entry for entry in self.entries if not entry.told)


@dataclass(frozen=True)
class Coverage:
    """A framework held against all templates. An entry of several groups stands in each of them."""

    framework: Framework
    release: str
    groups: tuple[Group, ...]

    @property
    def entries(self) -> Mapping[str, Covered]:
        """Each entry once, by its id."""
        return {entry.id: entry for group in self.groups for entry in group.entries}

    @property
    def covered(self) -> int:
        """How many entries some template has a threat for."""
        return sum(bool(entry.told) for entry in self.entries.values())


def coverage(framework: Framework, briefs: Sequence[Brief], vocabularies: Vocabularies) -> Coverage:
    """The framework held against the templates."""
    entries = vocabularies[framework.vocabulary].entries
    told = _told(framework, briefs, entries)
    groups = tuple(
        Group(id_, name, tuple(_covered(entry, told) for entry in held))
        for id_, name, held in framework.groups(vocabularies)
    )
    return Coverage(framework, vocabularies[framework.vocabulary].release, groups)


def coverage_document(found: Coverage) -> Json:
    """`/v1/coverage/<framework>.json`."""
    return {
        "framework": found.framework.name,
        "title": found.framework.title,
        "release": found.release,
        "entries": len(found.entries),
        "covered": found.covered,
        "groups": [
            {
                "id": group.id,
                "name": group.name,
                "entries": [_entry(entry) for entry in group.covered],
                "gaps": [{"id": entry.id, "name": entry.name} for entry in group.gaps],
            }
            for group in found.groups
        ],
    }


def _entry(entry: Covered) -> Json:
    return {
        "id": entry.id,
        "name": entry.name,
        "templates": list(entry.templates),
        "threats": [document(telling, "../") for telling in entry.told],
    }


def _told(framework: Framework, briefs: Sequence[Brief], entries: Mapping[str, Entry]) -> dict[str, list[Telling]]:
    found: dict[str, list[Telling]] = {}
    for telling in tellings(briefs):
        ids = [id_ for id_ in framework.ids(telling.threat) if id_ in entries]
        for id_ in dict.fromkeys([*ids, *(str(entries[id_]["parent"]) for id_ in ids if entries[id_].get("parent"))]):
            found.setdefault(id_, []).append(telling)
    return found


def _covered(entry: Entry, told: Mapping[str, list[Telling]]) -> Covered:
    id_ = str(entry["id"])
    return Covered(id_, str(entry.get("name") or entry.get("title", "")), tuple(told.get(id_, ())))


def _current(vocabulary: Vocabulary) -> tuple[Entry, ...]:
    """Without entries that their publisher took back."""
    return tuple(entry for entry in vocabulary.entries.values() if not entry.get("status"))


def _tactics(name: str) -> Callable[[Vocabularies], Groups]:
    def groups(vocabularies: Vocabularies) -> Groups:
        entries = _current(vocabularies[name])
        return [
            (tactic["id"], tactic["name"], [entry for entry in entries if tactic["id"] in entry.get("tactics", ())])
            for tactic in vocabularies[name].raw["tactics"]
        ]

    return groups


def _editions(vocabularies: Vocabularies) -> Groups:
    """Newest first."""
    entries = _current(vocabularies["owasp-llm"])
    editions = sorted({str(entry["edition"]) for entry in entries}, reverse=True)
    return [(edition, f"Edition {edition}", [e for e in entries if e["edition"] == edition]) for edition in editions]


def _lists(vocabularies: Vocabularies) -> Groups:
    entries = _current(vocabularies["owasp-agentic"])
    return [
        (part["prefix"], f"{part['title']} {part['edition']}", [e for e in entries if _prefix(e) == part["prefix"]])
        for part in vocabularies["owasp-agentic"].raw["lists"]
    ]


def _prefix(entry: Entry) -> str:
    return str(entry["id"]).rstrip("0123456789")


def _categories(vocabularies: Vocabularies) -> Groups:
    entries = vocabularies["known-threats"].entries.values()
    ordered = sorted(vocabularies["categories"].entries.values(), key=lambda category: category["order"])
    return [(c["id"], c["name"], [e for e in entries if e["category"] == c["id"]]) for c in ordered]


def _weaknesses(vocabularies: Vocabularies) -> Groups:
    return [("cwe", "Weaknesses", _current(vocabularies["cwe"]))]


def _letters(vocabularies: Vocabularies) -> Groups:
    return [("stride", "STRIDE", sorted(vocabularies["stride"].entries.values(), key=lambda letter: letter["order"]))]


def _mapped(threat: ThreatBrief) -> Sequence[str]:
    return threat.maps_to


def _openclaw(threat: ThreatBrief) -> Sequence[str]:
    return [threat.id, *(name.id for name in threat.known_as if name.source == "openclaw/trust")]


def _stride(threat: ThreatBrief) -> Sequence[str]:
    return threat.stride


FRAMEWORKS = (
    Framework("atlas", "MITRE ATLAS", "atlas", _tactics("atlas"), _mapped),
    Framework("openclaw-trust", "OpenClaw's published threats", "known-threats", _categories, _openclaw),
    Framework("owasp-agentic", "OWASP lists for agents", "owasp-agentic", _lists, _mapped),
    Framework("owasp-llm", "OWASP Top 10 for LLM Applications", "owasp-llm", _editions, _mapped),
    Framework("attack", "MITRE ATT&CK for Enterprise", "attack", _tactics("attack"), _mapped),
    Framework("cwe", "Common Weakness Enumeration", "cwe", _weaknesses, _mapped),
    Framework("stride", "STRIDE", "stride", _letters, _stride),
)


def techniques(briefs: Sequence[Brief], vocabularies: Vocabularies) -> Iterator[tuple[Framework, Covered]]:
    """Every technique of ATLAS and ATT&CK that some template has a threat for, in the order of their ids."""
    for framework in FRAMEWORKS:
        if framework.name in ("atlas", "attack"):
            found = coverage(framework, briefs, vocabularies).entries
            yield from ((framework, found[id_]) for id_ in sorted(found) if found[id_].told)


def technique_document(framework: Framework, entry: Covered, vocabularies: Vocabularies) -> Json:
    """`/v1/techniques/<id>.json`."""
    known = vocabularies[framework.vocabulary].entries[entry.id]
    return {
        "id": entry.id,
        "name": entry.name,
        "framework": framework.name,
        "release": vocabularies[framework.vocabulary].release,
        "tactics": list(known.get("tactics", ())),
        "parent": known.get("parent"),
        "templates": list(entry.templates),
        "threats": [document(telling, "../") for telling in entry.told],
    }
