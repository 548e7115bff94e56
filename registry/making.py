"""One template's share of a publication: its states judged, and what the catalogue keeps of it made ready."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from registry.brief import Brief, to_json
from registry.catalog import Catalogue, Gate, Release
from registry.errors import CannotRunError
from registry.life import Refusal, State, lived, restored
from registry.listings import entries
from registry.source import NAME, WITHDRAWN, Work
from registry.store.writing import About, Piece, StoredRelease, ready
from registry.tree import (
    File,
    Library,
    Template,
    compared,
    difference_paths,
    files_of_versions,
    newest_paths,
    template_files,
)
from registry.withdrawn import Withdrawal, WithdrawalError, unknown, withdrawals
from registry.withdrawn import losses as rows_lost
from schema.facts import Facts


class Extent(Enum):
    """How much of a template is judged and rendered."""

    NEW = "new"
    """What its newest states bring; the files of versions that are there already stay."""
    EVERY_FILE = "every file"
    """Its newest states are judged, and every file is rendered anew."""
    FROM_NOTHING = "from nothing"
    """Every state is judged as if nothing were published, and the versions have to be those that are."""


@dataclass(frozen=True)
class Task:
    """A template to be worked on, and what is published of it: releases in any order, rows of versions taken back."""

    work: Work
    before: tuple[StoredRelease, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()


@dataclass(frozen=True)
class Conditions:
    """What holds for every template of a publication."""

    gate: Gate
    facts: Facts
    library: Library
    renderer: str
    extent: Extent


@dataclass(frozen=True)
class Made:
    """What became of a template: the releases that are new, how many stay, what was refused or would be lost.

    `brief` is None for a template that never had a release; `before` is the brief that it had.
    """

    id: str
    piece: Piece
    new: tuple[StoredRelease, ...] = ()
    kept: int = 0
    refused: tuple[Refusal, ...] = ()
    lost: tuple[str, ...] = ()
    brief: Brief | None = None


def make(conditions: Conditions, task: Task) -> Made:
    """One template. Raises CannotRunError when a published version can be read no more."""
    id_, facts = task.work.folder, conditions.facts
    stored = () if conditions.extent is Extent.FROM_NOTHING else task.before
    published = tuple(restored_release(one, facts) for one in stored)
    life = lived(task.work.states, Catalogue(published), conditions.gate, facts, _silent)
    releases = tuple(release for release in life.releases if release.id == id_)
    lost = tuple(_losses(task.before, releases))
    rows, refused = _withdrawn(task, [release.version for release in releases])
    refused = (*life.refused, *refused)
    if not releases:
        return Made(id_, Piece(about=About(id_, is_refused=bool(refused))), refused=refused, lost=lost)
    before = Template(Catalogue(published).by_id.get(id_, ()), task.withdrawn)
    after = Template(Catalogue(releases).by_id[id_], rows)
    known = {one.version for one in task.before}
    new = tuple(stored_release(release) for release in releases if release.version not in known)
    files, gone = _files(before, after, conditions)
    piece = piece_of(after, files, conditions.library, bool(refused))
    piece = replace(piece, gone=gone, releases=new)
    return Made(id_, piece, new, len(releases) - len(new), refused, lost, after.brief)


def piece_of(template: Template, files: Sequence[File], library: Library, is_refused: bool = False) -> Piece:  # noqa: FBT001, FBT002  # plain data on its way
    """The files made ready, and what is kept of the template beside them."""
    found = tuple(entry for release in template.listed[:1] for entry in entries(release, library.vocabularies))
    told = zlib.compress(json.dumps(to_json(template.brief)).encode())
    about = About(template.id, told, found, template.withdrawn, is_refused)
    return Piece(ready(files), about=about)


def restored_release(stored: StoredRelease, facts: Facts) -> Release:
    """The release as it was published. Raises CannotRunError when this software cannot read it."""
    file = f"templates/{stored.template}/{NAME}"
    release = restored(State(stored.template, file, stored.source, stored.commit, stored.published), facts)
    if release is None:
        raise CannotRunError(f"{stored.template} {stored.version} is published, and this Threatshelf cannot read it.")
    return release


def stored_release(release: Release) -> StoredRelease:
    """The release as it is kept."""
    return StoredRelease(release.id, release.version, release.sha256, release.published, release.commit, release.source)


def _losses(before: Sequence[StoredRelease], releases: Sequence[Release]) -> Iterator[str]:
    """Why these releases may not take the place of what is published: a version would vanish or change."""
    found = {release.version: release for release in releases}
    for old in before:
        new = found.get(old.version)
        if new is None:
            yield f"{old.template} {old.version} was published and would vanish."
        elif (new.sha256, new.published) != (old.sha256, old.published):
            told = f"{old.sha256} on {old.published}"
            yield f"{old.template} {old.version} was published as {told}, and would be {new.sha256} on {new.published}."


def _withdrawn(task: Task, versions: Sequence[str]) -> tuple[tuple[Withdrawal, ...], tuple[Refusal, ...]]:
    """The rows that hold from now on: those before, if the file is at fault."""
    if task.work.withdrawn is None:
        return task.withdrawn, ()
    file = f"templates/{task.work.folder}/{WITHDRAWN}"
    try:
        rows = withdrawals(task.work.withdrawn, file) if task.work.withdrawn else ()
    except WithdrawalError as fault:
        return task.withdrawn, (Refusal(file, "", (str(fault),)),)
    reasons = (*rows_lost(task.withdrawn, rows), *unknown(rows, versions))
    return (task.withdrawn, (Refusal(file, "", reasons),)) if reasons else (rows, ())


def _files(before: Template, after: Template, conditions: Conditions) -> tuple[tuple[File, ...], tuple[str, ...]]:
    """The files to write, and the paths that are no more."""
    known, signed = conditions.library, conditions.renderer
    if conditions.extent is not Extent.NEW:
        return tuple(template_files(after, known, signed)), ()
    changed = _changed(before, after)
    if not changed:
        return (), ()
    files = tuple(files_of_versions(after, changed, known, signed))
    paths = {file.path for file in files}
    return files, tuple(path for path in _superseded(before, known) if path not in paths)


def _changed(before: Template, after: Template) -> tuple[Release, ...]:
    """The releases that are new, and those that were taken back just now."""
    had = {release.version for release in before.releases}
    taken = {row.version for row in after.withdrawn} - {row.version for row in before.withdrawn}
    return tuple(release for release in after.releases if release.version not in had or release.version in taken)


def _superseded(before: Template, library: Library) -> Iterator[str]:
    """The paths that depend on which version is the newest."""
    if before.releases:
        yield from newest_paths(before.id, library)
        for older, newer in sorted(compared(before)):
            yield from difference_paths(before.id, older, newer).values()


def _silent(_step: str) -> None:
    """Told by whoever collects the results."""
