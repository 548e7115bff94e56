"""Releases of templates, and what the catalogue says across them: lists, threats, the gate before publishing."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import groupby
from typing import Any

from registry.withdrawn import Withdrawal
from schema.ids import Ledger, Row, State, extends, read, subject_of
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
class Record:
    """What the ledger says of a threat id: its rows, oldest first, and what they amount to.

    Where nothing is written about an id it counts as published. `successor` is the published id that follows a
    withdrawn one; `withdrawal` the row that ended it.
    """

    state: State = State.PUBLISHED
    title: str = ""
    history: tuple[Row, ...] = ()
    withdrawal: Row | None = None
    successor: str | None = None

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whom the number is held for, or published for, or was given up for: those that make its state."""
        newest = {row.binding: row for row in self.history}.values()
        return tuple(dict.fromkeys(row.subject for row in newest if row.subject and row.state is self.state))


@dataclass(frozen=True)
class LedgerFile:
    """The ledger of threat ids as it is kept. `commit` is the one it stands in, empty for the snapshot on main."""

    text: str
    commit: str = ""

    @cached_property
    def ledger(self) -> Ledger:
        """What the text means. Raises LedgerError when it is no ledger."""
        return read(self.text)

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal digest of the file's bytes."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def bound(self) -> frozenset[tuple[str, str]]:
        """(id, subject) of every binding ever published; a withdrawal takes none away, so that old releases stand."""
        rows = self.ledger.bindings.values()
        return frozenset((row.id, row.subject) for row in rows if row.state is State.PUBLISHED)

    def record(self, threat_id: str) -> Record:
        """What is written about an id."""
        state = self.ledger.state(threat_id)
        if state is None:
            return Record()
        return Record(
            state=state,
            title=next(iter(self.ledger.titles(threat_id)), ""),
            history=self._rows[threat_id],
            withdrawal=self.ledger.withdrawn.get(threat_id),
            successor=self.ledger.successor(threat_id),
        )

    @cached_property
    def _rows(self) -> Mapping[str, tuple[Row, ...]]:
        found: dict[str, list[Row]] = {}
        for row in self.ledger.rows:
            found.setdefault(row.id, []).append(row)
        return {threat_id: tuple(rows) for threat_id, rows in found.items()}


@dataclass(frozen=True)
class Catalogue:
    """Every version of every template. `commit` is the state they were read from, empty for a working tree.

    `ledger` is the ledger of threat ids as it stood right after that; None where there is none. `withdrawn` says, by
    template id, which versions were taken back.
    """

    releases: tuple[Release, ...] = ()
    commit: str = ""
    ledger: LedgerFile | None = None
    withdrawn: Mapping[str, tuple[Withdrawal, ...]] = field(default_factory=dict)

    @cached_property
    def by_id(self) -> Mapping[str, tuple[Release, ...]]:
        """The versions of each template, newest first; templates in the order of their ids."""
        ordered = sorted(self.releases, key=lambda release: release.id)
        groups = groupby(ordered, key=lambda release: release.id)
        return {id_: tuple(sorted(group, key=_age, reverse=True)) for id_, group in groups}

    @cached_property
    def latest(self) -> tuple[Release, ...]:
        """The newest version of each template that was not taken back, in the order of their ids."""
        found = (listed(releases, self.withdrawn.get(id_, ())) for id_, releases in self.by_id.items())
        return tuple(releases[0] for releases in found if releases)


def listed(releases: Sequence[Release], withdrawn: Sequence[Withdrawal]) -> tuple[Release, ...]:
    """Those releases of a template that were not taken back."""
    taken = {row.version for row in withdrawn}
    return tuple(release for release in releases if release.version not in taken)


@dataclass(frozen=True)
class Appearance:
    """A threat as one template tells it."""

    release: Release
    threat: Threat


@dataclass(frozen=True)
class ThreatPage:
    """A threat id that was ever given. `known` is its vocabulary entry, empty when it has none.

    `appearances` are those in the newest version of each template; `earlier` those in versions before, whose template
    carries the id no more. An id that was never published has no title: nobody has reviewed one.
    """

    id: str
    title: str
    category: str
    known: Mapping[str, Any] = field(default_factory=dict)
    appearances: tuple[Appearance, ...] = ()
    earlier: tuple[Appearance, ...] = ()
    record: Record = Record()

    @property
    def state(self) -> State:
        """RESERVED, PUBLISHED, REJECTED or WITHDRAWN."""
        return self.record.state


def threat_pages(catalogue: Catalogue, known: Known) -> tuple[ThreatPage, ...]:
    """Every id ever given, by its letters and then its number: of the ledger, the vocabulary and all releases."""
    now = _by_threat_id(catalogue.latest)
    ever = _by_threat_id([release for versions in catalogue.by_id.values() for release in versions])
    ledger = catalogue.ledger
    ids = sorted({*known, *ever, *(ledger.ledger.ids if ledger else ())}, key=threat_order)
    return tuple(
        _threat_page(
            id_, known.get(id_, {}), ledger.record(id_) if ledger else Record(), (now.get(id_, ()), ever.get(id_, ()))
        )
        for id_ in ids
    )


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
    id_: str, known: Mapping[str, Any], record: Record, told: tuple[Sequence[Appearance], Sequence[Appearance]]
) -> ThreatPage:
    """`told` is where the id stands now, and wherever it stood, newest versions first."""
    now, ever = told
    still = {appearance.release.id for appearance in now}
    earlier: dict[str, Appearance] = {}
    for appearance in ever:
        if appearance.release.id not in still:
            earlier.setdefault(appearance.release.id, appearance)
    title = title_of(known, record, [appearance.threat.title for appearance in (*now, *ever)])
    return ThreatPage(id_, title, category_of(id_), known, tuple(now), tuple(earlier.values()), record)


def title_of(known: Mapping[str, Any], record: Record, told: Sequence[str]) -> str:
    """What an id is called: by the vocabulary, by the ledger, or as the templates tell it.

    Text of a contributor becomes the id's own only once it is published.
    """
    if record.state in (State.RESERVED, State.REJECTED):
        return ""
    return next((str(title) for title in (known.get("title"), record.title, *told) if title), "")


def category_of(id_: str) -> str:
    """The letters of the category in which the id was born: EXEC for `T-EXEC-003` and for `ACME-T-EXEC-003`."""
    return id_.split("-")[-2] if id_.count("-") >= 2 else ""


class Pending(Enum):
    """What the gate says of a threat that has no id yet."""

    REFUSED = "refused"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class Gate:
    """What a release is judged by.

    `bound` are the (id, subject) pairs that may stand in it; None asks only whether an id is one of `known`. `pending`
    is what happens to threats that have none.
    """

    known: frozenset[str] = frozenset()
    pending: Pending = Pending.REFUSED
    bound: frozenset[tuple[str, str]] | None = None


def refusals(release: Release, published: Sequence[Release], gate: Gate) -> tuple[str, ...]:
    """Why the release may not enter the catalogue, a sentence each; `published` are its template's releases so far."""
    return (
        *_ids_missing(release, gate.pending),
        *(_ids_unknown(release, gate.known) if gate.bound is None else _ids_unbound(release, gate.bound)),
        *_ids_changed(release, published),
        *_version_taken(release, published),
    )


def losses(before: Catalogue, after: Catalogue, known: Known) -> tuple[str, ...]:
    """Why the whole may not replace what is published: a release, a row of the ledger or a threat id that would vanish
    or change, or too many ids withdrawn at once.
    """
    kept = {(release.id, release.version): release for release in after.releases}
    ids = {page.id for page in threat_pages(after, known)}
    return (
        *(reason for old in before.releases for reason in _loss(old, kept.get((old.id, old.version)))),
        *(_ledger_loss(before.ledger, after.ledger) if before.ledger else ()),
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


def _ledger_loss(old: LedgerFile, new: LedgerFile | None) -> Iterator[str]:
    if new is None or not extends(old.text, new.text):
        yield (
            f"The ledger of threat ids was published with {len(old.ledger.rows)} rows (sha-256 {old.sha256}), and this "
            "one does not begin with them: put its longest copy back on the branch threat-ids."
        )
        return
    published = [id_ for id_ in old.ledger.ids if old.ledger.state(id_) is State.PUBLISHED]
    withdrawn = [id_ for id_ in published if new.ledger.state(id_) is State.WITHDRAWN]
    if len(withdrawn) > max(1, len(published) // _MOST_WITHDRAWN):
        yield (
            f"{len(withdrawn)} of {len(published)} published threat ids would be withdrawn at once, more than one in "
            f"{_MOST_WITHDRAWN}: if that is meant, publish earlier commits of the branch threat-ids first."
        )


_MOST_WITHDRAWN = 10
"""One id in this many may be withdrawn between two publications, and always a single one."""

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


def _ids_unbound(release: Release, bound: frozenset[tuple[str, str]]) -> Iterator[str]:
    for threat in release.template.threats:
        if threat.id and (threat.id, subject_of(release.id, threat.key)) not in bound:
            yield f"`{threat.id}` on {threat.key} is not bound to it in the ledger: run threatshelf ids settle."


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
