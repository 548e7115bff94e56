"""Releases of templates, and what the catalogue says across them: lists, threats, the gate before publishing."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import groupby
from typing import Any

from schema.template import Template, Threat
from schema.versions import number

Known = Mapping[str, Mapping[str, Any]]
"""The entries of the vocabulary `known-threats`, by id."""


@dataclass(frozen=True)
class Release:
    """One version of one template: the file's very bytes, what they mean, and where they came from.

    `published` is the commit's time in UTC (`2026-11-20T09:00:00Z`); `commit` its full hash, empty for a working tree.
    """

    template: Template
    data: Mapping[str, Any]
    source: bytes
    published: str
    commit: str

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal digest of the file's bytes: its name in SHA256SUMS, its ETag, its digest in the catalogue."""
        return hashlib.sha256(self.source).hexdigest()

    @property
    def id(self) -> str:
        """The template's id."""
        return self.template.id

    @property
    def version(self) -> str:
        """The template's version."""
        return self.template.version


@dataclass(frozen=True)
class Catalogue:
    """Every version of every template. `commit` is the state they were read from, empty for a working tree."""

    releases: tuple[Release, ...] = ()
    commit: str = ""

    @cached_property
    def by_id(self) -> Mapping[str, tuple[Release, ...]]:
        """The versions of each template, newest first; templates in the order of their ids."""
        ordered = sorted(self.releases, key=lambda release: release.id)
        groups = groupby(ordered, key=lambda release: release.id)
        return {id_: tuple(sorted(group, key=_age, reverse=True)) for id_, group in groups}

    @cached_property
    def latest(self) -> tuple[Release, ...]:
        """The newest version of each template, in the order of their ids."""
        return tuple(versions[0] for versions in self.by_id.values())


@dataclass(frozen=True)
class Appearance:
    """A threat as one template tells it."""

    release: Release
    threat: Threat


@dataclass(frozen=True)
class ThreatPage:
    """A threat id that was ever given. `known` is its vocabulary entry, empty when it has none.

    `appearances` are those in the newest version of each template; `earlier` those in versions before, whose template
    carries the id no more.
    """

    id: str
    title: str
    category: str
    known: Mapping[str, Any] = field(default_factory=dict)
    appearances: tuple[Appearance, ...] = ()
    earlier: tuple[Appearance, ...] = ()


def threat_pages(catalogue: Catalogue, known: Known) -> tuple[ThreatPage, ...]:
    """Every id ever given, by its letters and then its number: the vocabulary's and those of all releases."""
    now = _by_threat_id(catalogue.latest)
    ever = _by_threat_id([release for versions in catalogue.by_id.values() for release in versions])
    ids = sorted({*known, *ever}, key=threat_order)
    return tuple(_threat_page(id_, known.get(id_, {}), now.get(id_, ()), ever.get(id_, ())) for id_ in ids)


def threat_order(id_: str) -> tuple[str, int]:
    """Sorts `T-EXEC-1000` behind `T-EXEC-999`."""
    letters, _, digits = id_.rpartition("-")
    return letters, int(digits) if digits.isdecimal() else -1


def _age(release: Release) -> tuple[int, ...]:
    return number(release.version)


def _by_threat_id(releases: Sequence[Release]) -> dict[str, tuple[Appearance, ...]]:
    found: dict[str, list[Appearance]] = {}
    for release in releases:
        for threat in release.template.threats:
            if threat.id:
                found.setdefault(threat.id, []).append(Appearance(release, threat))
    return {id_: tuple(appearances) for id_, appearances in found.items()}


def _threat_page(
    id_: str, known: Mapping[str, Any], now: Sequence[Appearance], ever: Sequence[Appearance]
) -> ThreatPage:
    still = {appearance.release.id for appearance in now}
    earlier: dict[str, Appearance] = {}
    for appearance in ever:
        if appearance.release.id not in still:
            earlier.setdefault(appearance.release.id, appearance)
    told = next(iter((*now, *ever)), None)
    title = known.get("title") or (told.threat.title if told else "")
    return ThreatPage(id_, str(title), category_of(id_), known, tuple(now), tuple(earlier.values()))


def category_of(id_: str) -> str:
    """The letters of the category in which the id was born: EXEC for `T-EXEC-003` and for `ACME-T-EXEC-003`."""
    return id_.split("-")[-2] if id_.count("-") >= 2 else ""


class Pending(Enum):
    """What the gate says of a threat that has no id yet."""

    REFUSED = "refused"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class Gate:
    """What a release is judged by: the ids that exist, what is done with threats that have none."""

    known: frozenset[str]
    pending: Pending = Pending.REFUSED


def refusals(release: Release, published: Sequence[Release], gate: Gate) -> tuple[str, ...]:
    """Why the release may not enter the catalogue, a sentence each; `published` are its template's releases so far."""
    return (
        *_ids_missing(release, gate.pending),
        *_ids_unknown(release, gate.known),
        *_ids_changed(release, published),
        *_version_taken(release, published),
    )


def losses(before: Catalogue, after: Catalogue, known: Known) -> tuple[str, ...]:
    """Why the whole may not replace what is published: a release or a threat id that would vanish or change."""
    kept = {(release.id, release.version): release for release in after.releases}
    ids = {page.id for page in threat_pages(after, known)}
    return (
        *(reason for old in before.releases for reason in _loss(old, kept.get((old.id, old.version)))),
        *(
            f"The threat id {page.id} was published and would have no page any more."
            for page in threat_pages(before, {})
            if page.id not in ids
        ),
    )


def _loss(old: Release, new: Release | None) -> Iterator[str]:
    if new is None:
        yield f"{old.id} {old.version} was published and would vanish."
    elif new.sha256 != old.sha256:
        yield f"{old.id} {old.version} was published with the digest {old.sha256} and would have {new.sha256}."
    elif new.published != old.published:
        yield f"{old.id} {old.version} was published on {old.published}; its date would become {new.published}."


_PRIVATE = re.compile(r"[A-Z]{2,8}-T-[A-Z]+-[0-9]{3,9}")


def _ids_missing(release: Release, pending: Pending) -> Iterator[str]:
    missing = [threat.key for threat in release.template.threats if not threat.id]
    if missing and pending is Pending.REFUSED:
        yield f"These threats have no id yet: {', '.join(missing)}. It is published once a maintainer gave them theirs."


def _ids_unknown(release: Release, known: frozenset[str]) -> Iterator[str]:
    """An id of a private shelf is that shelf's own business."""
    for threat in release.template.threats:
        if threat.id and threat.id not in known and not _PRIVATE.fullmatch(threat.id):
            yield f"{threat.id} on {threat.key} was never given: leave the line out, a maintainer gives the id."


def _ids_changed(release: Release, published: Sequence[Release]) -> Iterator[str]:
    """A key keeps its id for ever, and no id stands on two threats of one template."""
    bound = {threat.key: threat.id for old in reversed(published) for threat in old.template.threats if threat.id}
    seen: dict[str, str] = {}
    for threat in release.template.threats:
        if not threat.id:
            continue
        if bound.get(threat.key, threat.id) != threat.id:
            yield f"{threat.key} is published as {bound[threat.key]} and now says {threat.id}: an id never changes."
        if threat.id in seen:
            yield f"{threat.id} stands on {seen[threat.id]} and on {threat.key}: one id, one threat."
        seen.setdefault(threat.id, threat.key)


def _version_taken(release: Release, published: Sequence[Release]) -> Iterator[str]:
    """`published` comes newest first."""
    same = next((old for old in published if old.version == release.version), None)
    if same is not None and same.sha256 != release.sha256:
        yield f"{release.version} is published with other bytes (sha-256 {same.sha256}): raise the version."
    if same is None and published and _age(release) < _age(published[0]):
        yield f"{release.version} is below {published[0].version}, the newest published version: raise it."
