"""The one way into the catalogue: what a source holds passes the gate, becomes a tree and is stored, all or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from registry.catalog import Catalogue, Gate, Known, LedgerFile, Pending, Release, losses
from registry.errors import CannotRunError
from registry.exports import renderable
from registry.life import Life, Progress, Refusal, State, lived, restored
from registry.listings import entries
from registry.source import SNAPSHOT, Stray, continues, history, ledger, working_tree
from registry.store.catalogue import Publication, Snapshot, Store, StoredRelease, is_throw_away, open_store, url_of
from registry.tree import LEDGER, File, Library, Lifetime, tree
from schema import shipped
from schema.content import content_digest
from schema.document import Document, read
from schema.facts import Facts, PublishedVersion
from schema.rules import RULES
from schema.structure import typed
from schema.versions import number


@dataclass(frozen=True)
class Outcome:
    """What a publication did: releases that are new, releases that stay, newest states that were refused."""

    catalogue: Catalogue
    published: tuple[Release, ...]
    kept: tuple[Release, ...]
    refused: tuple[Refusal, ...]
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The templates of a working tree as a catalogue, and what could not be part of it."""

    catalogue: Catalogue
    refused: tuple[Refusal, ...]
    strays: tuple[Stray, ...]


def renderer() -> str:
    """The name under which this release of the software signs what it renders."""
    return f"threatshelf/{version('threatshelf')}"


def library() -> Library:
    """What this release of the software brings to every tree."""
    return Library(
        exports=renderable(),
        vocabularies=shipped.vocabularies(),
        vocabulary_files={name: shipped.vocabulary_bytes(name) for name in shipped.vocabulary_names()},
        schema_file=shipped.schema_bytes(),
        rules=RULES,
    )


def files_of(catalogue: Catalogue) -> tuple[File, ...]:
    """The whole tree of a catalogue, made by this release of the software; nothing of a working tree is for ever."""
    made = tree(catalogue, library(), renderer())
    if catalogue.commit:
        return tuple(made)
    return tuple(replace(file, lifetime=Lifetime.WORKING) for file in made)


def publish(store: Store, root: Path, ref: str, now: datetime, progress: Progress) -> Outcome:
    """Publish every version on the main line of the checkout that passes the gate.

    Raises CannotRunError when the history or the ledger of threat ids cannot be read, when something published would be
    lost (then nothing is written), or when somebody else published at the same time.
    """
    seen, before = store.snapshot(), shown(store, now.date())
    progress(f"reading the history of {ref}")
    found = history(root, ref)
    numbers = _numbers(root, found.commit)  # after main: an id's row is written before it stands in a file
    facts = replace(shipped.facts(now.date()), ledger=numbers.ledger)
    life = lived(found.states, before, Gate(bound=numbers.bound), facts, progress)
    after = Catalogue(life.releases, found.commit, numbers)
    lost = (*losses(before, after, _known(facts)), *_rewritten(root, before.ledger, numbers))
    if lost:
        raise CannotRunError(f"nothing was published: {lost[0]}")
    _write(store, after, seen, now, progress)
    return _outcome(before, after, life)


def throw_away(root: Path, database: Path, today: date, progress: Progress) -> Outcome:
    """Make a new catalogue out of the working tree; threats without an id are allowed in it.

    The file is replaced; CannotRunError when it is a kept catalogue.
    """
    reading = from_working_tree(root, today, progress)
    store = _emptied(database)
    try:
        _write(store, reading.catalogue, store.snapshot(), datetime.now(UTC), progress)
    finally:
        store.close()
    releases = reading.catalogue.releases
    return Outcome(reading.catalogue, releases, (), reading.refused, reading.strays)


def from_working_tree(root: Path, today: date, progress: Progress) -> Reading:
    """The templates as they lie there now, as a catalogue that nobody keeps."""
    found = working_tree(root, today)
    numbers = ledger(root)
    facts = replace(shipped.facts(today), ledger=numbers.ledger if numbers else None)
    given = frozenset((*_known(facts), *(facts.ledger.ids if facts.ledger else ())))
    life = lived(found.states, Catalogue(), Gate(given, Pending.ALLOWED), facts, progress)
    return Reading(Catalogue(life.releases, "", numbers), life.refused, found.strays)


def shown(store: Store, today: date) -> Catalogue:
    """What the store holds: every release, and the ledger that was published with them."""
    facts = shipped.facts(today)
    releases = tuple(_restored(stored, facts) for stored in store.releases())
    return Catalogue(releases, store.snapshot().commit, kept_ledger(store))


def kept_versions(store: Store, template: str) -> tuple[PublishedVersion, ...]:
    """What rules may know of the releases of one template that the store holds, oldest first."""
    releases = store.releases(template) if template else ()
    return tuple(_version(stored) for stored in sorted(releases, key=lambda stored: number(stored.version)))


@lru_cache(maxsize=256)
def _version(stored: StoredRelease) -> PublishedVersion:
    """A release never changes: whoever asks again need not wait until it is read again."""
    document = read(stored.source, f"{stored.template}/template.yaml")
    if not isinstance(document, Document):
        raise _unreadable(stored)
    return PublishedVersion(stored.version, stored.sha256, content_digest(typed(document, shipped.template_schema())))


def kept_ledger(store: Store) -> LedgerFile | None:
    """The ledger as it was published last; None when none was."""
    file = store.read(LEDGER)
    return _ledger_file(file.blob.body, file.commit) if file else None


@lru_cache(maxsize=2)
def _ledger_file(body: bytes, commit: str) -> LedgerFile:
    """One object for one ledger, so that many who ask at once read it one time."""
    return LedgerFile(body.decode(), commit)


def _restored(stored: StoredRelease, facts: Facts) -> Release:
    file = f"templates/{stored.template}/template.yaml"
    state = State(stored.template, file, stored.source, stored.commit, stored.published)
    release = restored(state, facts)
    if release is None:
        raise _unreadable(stored)
    return release


def _unreadable(stored: StoredRelease) -> CannotRunError:
    return CannotRunError(f"{stored.template} {stored.version} is published, and this Threatshelf cannot read it.")


def _known(facts: Facts) -> Known:
    return facts.vocabularies["known-threats"].entries


def _numbers(root: Path, commit: str) -> LedgerFile:
    found = ledger(root, commit)
    if found is None:
        raise CannotRunError(
            f"there is no ledger of threat ids in {root}, neither a branch threat-ids nor {SNAPSHOT}: run threatshelf "
            "ids init and threatshelf ids settle."
        )
    return found


def _rewritten(root: Path, old: LedgerFile | None, new: LedgerFile) -> Iterator[str]:
    if old is not None and not continues(root, old.commit, new.commit):
        yield (
            f"The ledger of threat ids was published from the commit {old.commit}, which is not among those before "
            f"{new.commit}: the branch threat-ids was rewritten."
        )


def _write(store: Store, catalogue: Catalogue, seen: Snapshot, now: datetime, progress: Progress) -> None:
    progress("rendering")
    files = files_of(catalogue)
    progress(f"writing {len(files)} files")
    publication = Publication(
        files=files,
        releases=[_stored(release) for release in catalogue.releases],
        entries=tuple(entries(catalogue, shipped.vocabularies())),
        commit=catalogue.commit,
        renderer=renderer(),
        written=now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    store.publish(publication, seen)


def _stored(release: Release) -> StoredRelease:
    return StoredRelease(release.id, release.version, release.sha256, release.published, release.commit, release.source)


def _outcome(before: Catalogue, after: Catalogue, life: Life) -> Outcome:
    known = {(release.id, release.version) for release in before.releases}
    new = tuple(release for release in after.releases if (release.id, release.version) not in known)
    old = tuple(release for release in after.releases if (release.id, release.version) in known)
    return Outcome(after, new, old, life.refused)


def _emptied(database: Path) -> Store:
    """A new catalogue in this file, in place of a throw-away one."""
    if not is_throw_away(database):
        raise CannotRunError(f"{database} is no throw-away catalogue: name another file, this one is left alone.")
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        database.with_name(name).unlink(missing_ok=True)
    database.parent.mkdir(parents=True, exist_ok=True)
    return open_store(url_of(database))
