"""The one way into the catalogue: what a source holds passes the gate, becomes a tree and is stored, all or nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from importlib.metadata import version
from itertools import chain
from pathlib import Path

from registry.backtest import backtest
from registry.catalog import Catalogue, Gate, Known, LedgerFile, Pending, losses
from registry.cores import available, spread
from registry.errors import CannotRunError
from registry.exports import renderable
from registry.life import Progress, Refusal, lived
from registry.making import Conditions, Extent, Made, Task, make, piece_of, restored_release, stored_release
from registry.signing import Signer
from registry.source import (
    SNAPSHOT,
    WITHDRAWN,
    Line,
    Stray,
    Work,
    WorkingTree,
    continues,
    ledger,
    line,
    working_tree,
    works,
)
from registry.store.catalogue import Publication, Snapshot, Store, StoredRelease, is_throw_away, open_store, url_of
from registry.store.writing import Piece, Scope, named
from registry.tree import (
    LEDGER,
    File,
    Library,
    Lifetime,
    Shown,
    across,
    discovery,
    names,
    paths_of,
    template_files,
    templates_of,
    tree,
)
from registry.withdrawn import Withdrawal, WithdrawalError, withdrawals, written
from schema import shipped
from schema.content import content_digest
from schema.document import Document, read
from schema.facts import Facts, PublishedVersion
from schema.ids import State
from schema.rules import RULES
from schema.structure import typed
from schema.versions import number


@dataclass(frozen=True)
class Source:
    """Where a publication comes from: a checkout, the branch or commit whose first parents count, and how much anew."""

    root: Path
    ref: str = "main"
    extent: Extent = Extent.NEW


@dataclass(frozen=True)
class Outcome:
    """What a publication did: releases that are new, how many stay, newest states that were refused."""

    commit: str
    published: tuple[StoredRelease, ...]
    kept: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Reading:
    """The templates of a working tree as a catalogue, and what could not be part of it."""

    catalogue: Catalogue
    refused: tuple[Refusal, ...]
    strays: tuple[Stray, ...]


def renderer() -> str:
    """The name under which this release of the software signs what it renders."""
    return f"threatshelf/{version('threatshelf')}"


def library(signer: Signer | None = None) -> Library:
    """What this release of the software brings to every tree; `signer` is who signs it."""
    return Library(
        exports=renderable(),
        vocabularies=shipped.vocabularies(),
        vocabulary_files={name: shipped.vocabulary_bytes(name) for name in shipped.vocabulary_names()},
        schema_file=shipped.schema_bytes(),
        rules=RULES,
        backtest=backtest(),
        signer=signer,
    )


def files_of(catalogue: Catalogue) -> tuple[File, ...]:
    """The whole tree of a catalogue, made by this release of the software; nothing of a working tree is for ever."""
    made = tree(catalogue, library(), renderer())
    return tuple(made) if catalogue.commit else tuple(_working(file) for file in made)


def _working(file: File) -> File:
    return replace(file, lifetime=Lifetime.WORKING)


def publish(store: Store, source: Source, now: datetime, progress: Progress) -> Outcome:
    """Publish every version on the main line of the checkout that passes the gate.

    Only what was committed since the last publication is read, unless that cannot be known or something else is asked
    for. Raises CannotRunError when the history or the ledger of threat ids cannot be read, when something published
    would be lost (then nothing is written), or when somebody else published at the same time.
    """
    progress(f"reading the history of {source.ref}")
    seen = store.snapshot()
    run = _begun(store, source, seen, now.date())
    _run(run, seen, now, progress)
    new = tuple(release for made in run.made for release in made.new)
    refused = tuple(refusal for made in run.made for refusal in made.refused)
    return Outcome(run.commit, new, store.versions() - len(new), refused)


def take_back(store: Store, row: Withdrawal, now: datetime, progress: Progress) -> Mapping[str, tuple[Withdrawal, ...]]:
    """Withdraw every version that the last publication brought, so that lists show what they showed before it.

    `row` says who does so and why. Gives all rows of each template, to be written into its withdrawn.yaml. Raises
    CannotRunError when the last publication brought no version.
    """
    seen, facts = store.snapshot(), shipped.facts(now.date())
    brought = store.brought(seen.serial)
    if not brought:
        raise CannotRunError("the last publication brought no version: there is nothing to take back.")
    known, kept = store.withdrawn(), kept_ledger(store)
    rows = {id_: _with_rows(store, id_, brought, (known.get(id_, ()), row)) for id_ in sorted(dict(brought))}
    tasks = [
        Task(Work(id_, withdrawn=written(rows[id_]).encode()), store.releases(id_), known.get(id_, ())) for id_ in rows
    ]
    conditions = Conditions(Gate(), facts, library(store.signer), renderer(), Extent.NEW)
    _run(_Run(store, seen.commit, tasks, len(tasks), (kept, kept), conditions), seen, now, progress)
    return rows


def _with_rows(
    store: Store, id_: str, brought: Sequence[tuple[str, str]], told: tuple[tuple[Withdrawal, ...], Withdrawal]
) -> tuple[Withdrawal, ...]:
    """The rows that a template had, and one for each version that was brought; `told` holds both."""
    before, row = told
    gone = [version for template, version in brought if template == id_]
    taken = {*gone, *(old.version for old in before)}
    left = [stored.version for stored in store.releases(id_) if stored.version not in taken]
    successor = max(left, key=number, default="")
    return (*before, *(replace(row, version=version, superseded_by=successor) for version in gone))


@dataclass
class _Run:
    """A publication under way: what is to be done by which conditions, and what has been made of it so far.

    `ledgers` are the one that is published and the one to publish.
    """

    store: Store
    commit: str
    tasks: Iterable[Task]
    templates: int
    ledgers: tuple[LedgerFile | None, LedgerFile | None]
    conditions: Conditions
    made: list[Made] = field(default_factory=list)


def _run(run: _Run, seen: Snapshot, now: datetime, progress: Progress) -> None:
    moment = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    scope = Scope.PART if run.conditions.extent is Extent.NEW else Scope.WHOLE
    run.store.publish(Publication(_pieces(run, progress), run.commit, renderer(), moment, scope), seen)


def _begun(store: Store, source: Source, seen: Snapshot, today: date) -> _Run:
    goes_on = source.extent is Extent.NEW and seen.renderer == renderer()
    found = line(source.root, source.ref, seen.commit if goes_on else "", store.refused() if goes_on else ())
    before = kept_ledger(store)
    numbers = _numbers(source.root, found.commit)  # after main: an id's row is written before it stands in a file
    facts = replace(shipped.facts(today), ledger=numbers.ledger)
    lost = losses(Catalogue(ledger=before), Catalogue(ledger=numbers), _known(facts))
    for reason in (*lost, *_rewritten(source.root, before, numbers)):
        raise _nothing_published(reason)
    extent = source.extent if not found.is_whole or source.extent is not Extent.NEW else Extent.EVERY_FILE
    conditions = Conditions(Gate(bound=numbers.bound), facts, library(store.signer), renderer(), extent)
    tasks = _tasks(store, source.root, found, extent)
    return _Run(store, found.commit, tasks, len(found.changes), (before, numbers), conditions)


def _nothing_published(reason: str) -> CannotRunError:
    return CannotRunError(f"nothing was published: {reason}")


def _pieces(run: _Run, progress: Progress) -> Iterator[Piece]:
    """Template by template, rendered on every core; then what speaks of several, which knows only their briefs."""
    cores = min(available(), run.templates // _FEWEST)
    for made in spread(partial(make, run.conditions), run.tasks, cores):
        for reason in made.lost:
            raise _nothing_published(reason)
        for release in made.new:
            progress(f"{release.template} {release.version}")
        run.made.append(replace(made, piece=Piece()))
        yield made.piece
    progress("rendering what speaks of several templates")
    yield _across(run)


_FEWEST = 4
"""Templates for each core below which starting another process takes longer than it saves."""


def _tasks(store: Store, root: Path, found: Line, extent: Extent) -> Iterator[Task]:
    """What the line changed; when all is made anew, also what is published and stands on the line no more."""
    withdrawn = store.withdrawn()
    published = () if extent is Extent.NEW else store.templates()
    rest = (Work(id_) for id_ in published if id_ not in found.changes)
    for work in chain(works(root, found), rest):
        yield Task(work, store.releases(work.folder), withdrawn.get(work.folder, ()))


def _across(run: _Run) -> Piece:
    known = run.conditions.library
    new = {made.id: made.brief for made in run.made if made.brief}
    if run.conditions.extent is not Extent.NEW:
        shown_ = Shown(tuple(new[id_] for id_ in sorted(new)), run.commit, run.ledgers[1])
        return Piece(tuple(named(file) for file in across(shown_, known, renderer(), None)))
    old = {found.id: found for found in run.store.briefs()}
    briefs = {**old, **new}
    shown_ = Shown(tuple(briefs[id_] for id_ in sorted(briefs)), run.commit, run.ledgers[1])
    changed = [found for id_ in new if new[id_] != old.get(id_) for found in (new[id_], old.get(id_)) if found]
    if not changed and run.ledgers[0] == run.ledgers[1]:
        return Piece((named(discovery(shown_, known, renderer())),))
    return _touched(shown_, frozenset(name for found in changed for name in names(found, known)), run)


def _touched(shown_: Shown, touched: frozenset[str], run: _Run) -> Piece:
    """The files about what a publication touched, and the lists; a file that nothing has a part in any more is gone."""
    moved = _moved(*run.ledgers)
    about = None if moved is None else touched | moved
    files = tuple(named(file) for file in across(shown_, run.conditions.library, renderer(), about))
    paths = {one.file.path for one in files}
    return Piece(files, tuple(path for name in sorted(touched) for path in paths_of(name) if path not in paths))


def _moved(before: LedgerFile | None, after: LedgerFile | None) -> frozenset[str] | None:
    """The ids of which the ledger says something new; None when that may change what is said of any other."""
    rows = after.ledger.rows[len(before.ledger.rows) if before else 0 :] if after else ()
    return None if any(row.state is State.WITHDRAWN for row in rows) else frozenset(row.id for row in rows)


def throw_away(root: Path, database: Path, today: date, progress: Progress) -> Reading:
    """Make a new catalogue out of the working tree; threats without an id are allowed in it.

    The file is replaced; CannotRunError when it is a kept catalogue.
    """
    reading = from_working_tree(root, today, progress)
    store = _emptied(database)
    try:
        progress("rendering")
        written = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        store.publish(Publication(_of_working_tree(reading.catalogue), "", renderer(), written), store.snapshot())
    finally:
        store.close()
    return reading


def _of_working_tree(catalogue: Catalogue) -> Iterator[Piece]:
    known, signed = library(), renderer()
    templates = templates_of(catalogue)
    for template in templates:
        made = piece_of(template, [_working(file) for file in template_files(template, known, signed)], known)
        yield replace(made, releases=tuple(stored_release(release) for release in template.releases))
    shown_ = Shown(tuple(template.brief for template in templates), "", catalogue.ledger)
    yield Piece(tuple(named(_working(file)) for file in across(shown_, known, signed, None)))


def from_working_tree(root: Path, today: date, progress: Progress) -> Reading:
    """The templates as they lie there now, as a catalogue that nobody keeps."""
    found = working_tree(root, today)
    numbers = ledger(root)
    facts = replace(shipped.facts(today), ledger=numbers.ledger if numbers else None)
    given = frozenset((*_known(facts), *(facts.ledger.ids if facts.ledger else ())))
    life = lived(found.states, Catalogue(), Gate(given, Pending.ALLOWED), facts, progress)
    taken, refused = _taken(found)
    return Reading(Catalogue(life.releases, "", numbers, taken), (*life.refused, *refused), found.strays)


def _taken(found: WorkingTree) -> tuple[dict[str, tuple[Withdrawal, ...]], tuple[Refusal, ...]]:
    """The versions taken back by template, and the files that say so in no way that can be read."""
    rows: dict[str, tuple[Withdrawal, ...]] = {}
    refused = []
    for folder, source in found.withdrawn.items():
        file = f"templates/{folder}/{WITHDRAWN}"
        try:
            rows[folder] = withdrawals(source, file)
        except WithdrawalError as fault:
            refused.append(Refusal(file, "", (str(fault),)))
    return rows, tuple(refused)


def shown(store: Store, today: date) -> Catalogue:
    """What the store holds: every release, and the ledger that was published with them."""
    facts = shipped.facts(today)
    releases = tuple(restored_release(stored, facts) for stored in store.releases())
    return Catalogue(releases, store.snapshot().commit, kept_ledger(store), store.withdrawn())


def kept_versions(store: Store, template: str) -> tuple[PublishedVersion, ...]:
    """What rules may know of the releases of one template that the store holds, oldest first."""
    releases = store.releases(template) if template else ()
    return tuple(_version(stored) for stored in sorted(releases, key=lambda stored: number(stored.version)))


@lru_cache(maxsize=256)
def _version(stored: StoredRelease) -> PublishedVersion:
    """A release never changes: whoever asks again need not wait until it is read again."""
    document = read(stored.source, f"{stored.template}/template.yaml")
    if not isinstance(document, Document):
        raise CannotRunError(f"{stored.template} {stored.version} is published, and this Threatshelf cannot read it.")
    return PublishedVersion(stored.version, stored.sha256, content_digest(typed(document, shipped.template_schema())))


def kept_ledger(store: Store) -> LedgerFile | None:
    """The ledger as it was published last; None when none was."""
    file = store.read(LEDGER)
    return _ledger_file(file.blob.body, file.commit) if file else None


@lru_cache(maxsize=2)
def _ledger_file(body: bytes, commit: str) -> LedgerFile:
    """One object for one ledger, so that many who ask at once read it one time."""
    return LedgerFile(body.decode(), commit)


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


def _emptied(database: Path) -> Store:
    """A new catalogue in this file, in place of a throw-away one."""
    if not is_throw_away(database):
        raise CannotRunError(f"{database} is no throw-away catalogue: name another file, this one is left alone.")
    for name in (database.name, f"{database.name}-wal", f"{database.name}-shm"):
        database.with_name(name).unlink(missing_ok=True)
    database.parent.mkdir(parents=True, exist_ok=True)
    return open_store(url_of(database))
