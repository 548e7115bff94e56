"""Every threat on main gets its id, and the ledger learns what stands there: ledger first, file second.

A run looks at main and the ledger as they are and does what is missing. It may stop between any two steps; the next one
goes on.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Protocol

from bot.clone import Clone
from bot.ledger import SNAPSHOT, AppendError, BusyError, LedgerStore, Memory, Patience, RefusedError, append, checked
from schema.document import MOST_BYTES, Document, read
from schema.entries import with_ids
from schema.ids import CATEGORIES, Ledger, Row, is_subject, parse_id, subject_of, write
from schema.template import Threat, from_data
from schema.transitions import (
    Cause,
    Standing,
    Wish,
    closed,
    dropped,
    duplicates,
    published,
    settled,
    settled_id,
    together,
)

FOLDER = "templates"
MOST_REFUSALS = 3
_PATH = re.compile(r"templates/([a-z][a-z0-9]*(?:-[a-z0-9]+)*)/template\.yaml")


PROPOSAL = "bot/threat-ids"
"""The branch on which the ids wait for a person where main takes no commit of ours; nobody else writes there."""


class MainRefusesError(RefusedError):
    """Main does not take the commit with the ids. `commit` is main's head, `files` and `message` what it was to get."""

    def __init__(self, where: str, commit: str, files: Mapping[str, bytes], message: str) -> None:
        super().__init__(f"{where} does not take the commit with the ids: a rule of the repository forbids it.")
        self.commit, self.files, self.message = commit, files, message


class NoMainError(AppendError):
    """There is no main branch to settle."""


@dataclass(frozen=True)
class Ended:
    """Pull requests that came to an end: merged ones, and those closed unmerged for long enough.

    Has to be gathered before main is read: what was merged by then stands on the main that is read.
    """

    merged: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Occasion:
    """Why a run settles: whose doing, which shelf's prefix (empty: the public one), what ended.

    `snapshot` writes the snapshot of the ledger even where no id is written.
    """

    cause: Cause
    prefix: str = ""
    ended: Ended = Ended()
    snapshot: bool = False


@dataclass(frozen=True)
class Main:
    """The main branch as it was read: its commit, and the bytes of its templates and of the ledger's snapshot."""

    commit: str
    files: Mapping[str, bytes]

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """Every template that can be read, by its id."""
        found = (
            (match[1], read(source, path)) for path, source in self.files.items() if (match := _PATH.fullmatch(path))
        )
        return {template: document for template, document in found if isinstance(document, Document)}

    @cached_property
    def unreadable(self) -> frozenset[str]:
        """The ids of templates that cannot be read: nobody knows which threats they hold."""
        there = (match[1] for path in self.files if (match := _PATH.fullmatch(path)))
        return frozenset(template for template in there if template not in self.documents)

    @cached_property
    def threats(self) -> Mapping[str, Threat]:
        """Every threat that the ledger can name, by its subject; of two with one subject neither."""
        found: dict[str, list[Threat]] = {}
        for template, document in self.documents.items():
            for threat in from_data(document.data).threats:
                found.setdefault(subject_of(template, threat.key), []).append(threat)
        return {name: threats[0] for name, threats in found.items() if len(threats) == 1 and is_subject(name)}

    @property
    def snapshot(self) -> str:
        """The ledger as main remembers it; empty when it does not."""
        return self.files.get(SNAPSHOT, b"").decode("utf-8", "surrogateescape")


class MainStore(Protocol):
    """Where the main branch is kept."""

    @property
    def where(self) -> str:
        """The place in a user's words, such as `main of origin`."""

    def read(self) -> Main:
        """The branch as it is now. NoMainError where there is none."""

    def replace(self, commit: str, files: Mapping[str, bytes], message: str) -> bool:
        """Whether one commit with these files was put on top of `commit`. False: refused, or nobody knows."""


@dataclass(frozen=True)
class Settled:
    """What a run did: the ledger now, its rows since the run began, the ids written, the subjects left out."""

    ledger: Ledger
    rows: tuple[Row, ...] = ()
    written: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()


def wishes(main: Main, prefix: str) -> tuple[Wish, ...]:
    """A wish for every threat that has no id and a category there is."""
    return tuple(
        Wish(subject, threat.category, prefix)
        for subject, threat in main.threats.items()
        if not threat.id and threat.category in CATEGORIES
    )


def rows_before(ledger: Ledger, main: Main, occasion: Occasion) -> tuple[Row, ...]:
    """What has to stand in the ledger before the files are written: a number for every threat without an id."""
    return settled(ledger, wishes(main, occasion.prefix), occasion.ended.merged, occasion.cause)


def missing_ids(ledger: Ledger, main: Main, occasion: Occasion) -> Mapping[str, str]:
    """The id of every threat on main that has none and for which the ledger knows one, by subject.

    An id that the template has already is not written a second time: the threat has an old key of another one.
    """
    taken = {(_template(subject), threat.id) for subject, threat in main.threats.items() if threat.id}
    found: dict[str, str] = {}
    for subject in (subject for subject, threat in main.threats.items() if not threat.id):
        threat_id = settled_id(ledger, subject, occasion.ended.merged)
        if threat_id and (_template(subject), threat_id) not in taken:
            taken.add((_template(subject), threat_id))
            found[subject] = threat_id
    return found


def edited(ledger: Ledger, main: Main, occasion: Occasion) -> Mapping[str, bytes]:
    """The files of the commit: templates with their ids written in, and the snapshot; empty when nothing is missing."""
    ids = missing_ids(ledger, main, occasion)
    files = dict(_with_ids(main, ids))
    snapshot = write(ledger)
    if (files or occasion.snapshot) and snapshot != main.snapshot:
        files[SNAPSHOT] = snapshot.encode()
    return files


def rows_after(ledger: Ledger, main: Main, occasion: Occasion) -> tuple[Row, ...]:
    """What the ledger learns from main: published ids, and reservations that came to nothing."""
    cause, ended = occasion.cause, occasion.ended
    standing = tuple(
        Standing(subject, threat.id, threat.title) for subject, threat in main.threats.items() if parse_id(threat.id)
    )
    hidden = _out_of_sight(ledger, main)
    there = hidden | frozenset(main.threats)
    gone = [partial(dropped, subjects_on_main=there, cause=cause.of(number)) for number in sorted(ended.merged)]
    shut = [partial(closed, standing=standing, hidden=hidden, cause=cause.of(n)) for n in sorted(ended.closed)]
    public = partial(published, standing=standing, cause=cause)
    return together(ledger, [public, *gone, *shut, partial(duplicates, cause=cause)])


def settle(ledgers: LedgerStore, mains: MainStore, occasion: Occasion, patience: Patience) -> Settled:
    """Do what is missing: rows, one commit, rows. Raises an AppendError, or LedgerError for a ledger that is not sound.

    A main that has moved is looked at anew; one that refuses the commit and stays where it is raises RefusedError.
    """
    begun = checked(ledgers.read()[0])
    main, written = _files_settled(ledgers, mains, occasion, patience)
    after = partial(rows_after, main=main, occasion=occasion)
    ledger = append(ledgers, after, patience, Memory(text=main.snapshot))
    left = tuple(subject for subject, threat in main.threats.items() if not threat.id)
    return Settled(ledger, ledger.rows[len(begun.rows) :], written, left)


def _files_settled(
    ledgers: LedgerStore, mains: MainStore, occasion: Occasion, patience: Patience
) -> tuple[Main, Mapping[str, str]]:
    """Main with the ids in it, and which of them this run wrote."""
    refusals, tried = 0, ""
    for _ in patience.tries():
        main = mains.read()
        refusals = refusals + 1 if main.commit == tried else 0
        before = partial(rows_before, main=main, occasion=occasion)
        ledger = append(ledgers, before, patience, Memory(text=main.snapshot))
        files = edited(ledger, main, occasion)
        if not files:
            return main, {}
        if refusals >= MOST_REFUSALS:
            raise MainRefusesError(mains.where, main.commit, files, _message(ledger))
        if mains.replace(main.commit, files, _message(ledger)):
            now = Main(main.commit, {**main.files, **files})
            return now, {
                name: threat.id for name, threat in now.threats.items() if not main.threats[name].id and threat.id
            }
        tried = main.commit
    raise BusyError(f"{mains.where} was changed by others all the time: try again later.")


def _with_ids(main: Main, ids: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    for template, document in main.documents.items():
        keys = {name.partition("/")[2]: id_ for name, id_ in ids.items() if _template(name) == template}
        source = with_ids(document, keys).encode() if keys else b""
        # An id could make a file too large to be read again.
        if source and source != document.text.encode() and len(source) <= MOST_BYTES:
            yield document.file, source


def _message(ledger: Ledger) -> str:
    """Names the ledger that the ids come from, so that a shorter or another one can be told from it."""
    digest = hashlib.sha256(write(ledger).encode()).hexdigest()
    return f"Threat ids, as in the first {len(ledger.rows)} rows of the ledger\n\nLedger-sha256: {digest}\n"


def _out_of_sight(ledger: Ledger, main: Main) -> frozenset[str]:
    """The subjects of templates that cannot be read: they may well be there."""
    return frozenset(subject for _, subject, _ in ledger.bindings if _template(subject) in main.unreadable)


def _template(subject: str) -> str:
    return subject.partition("/")[0]


@dataclass(frozen=True)
class CloneMain:
    """The main branch of a clone's remote, over git alone."""

    clone: Clone
    branch: str = "main"

    @property
    def where(self) -> str:
        """The branch and the remote."""
        return f"the branch {self.branch} of {self.clone.remote}"

    def read(self) -> Main:
        """The branch's templates and snapshot as the remote has them now."""
        commit = self.clone.head(self.branch)
        if commit is None:
            raise NoMainError(f"there is no {self.where}.")
        blobs = tuple(
            blob for blob in self.clone.files(commit, FOLDER) if blob.path == SNAPSHOT or _PATH.fullmatch(blob.path)
        )
        return Main(commit, {blob.path: source for blob, source in self.clone.contents(blobs)})

    def replace(self, commit: str, files: Mapping[str, bytes], message: str) -> bool:
        """One commit on top of `commit`, pushed only if the branch still points there."""
        return self.clone.pushed(self.branch, commit, self.clone.committed(commit, files, message))

    def propose(self, refusal: MainRefusesError) -> bool:
        """Whether the same commit stands on a branch of its own now, in place of what stood there."""
        there = self.clone.head(PROPOSAL)
        if there is not None:
            blobs = tuple(blob for blob in self.clone.files(there) if blob.path in refusal.files)
            if {blob.path: source for blob, source in self.clone.contents(blobs)} == refusal.files:
                return True
        commit = self.clone.committed(refusal.commit, refusal.files, refusal.message)
        return self.clone.pushed(PROPOSAL, there, commit)
