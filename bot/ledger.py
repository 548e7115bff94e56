"""The ledger of threat ids where it is kept: read, and appended to by compare and swap."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.clone import Clone, CloneError
from schema.ids import Ledger, Row, extends, read, write

BRANCH = "threat-ids"
FILE = "ledger.csv"
SNAPSHOT = "templates/threat-ids.csv"
REMOTES = ("upstream", "origin")
"""Where a clone looks for the ledger, in this order."""
MOST_REFUSALS = 3
"""How often in a row a branch may refuse and stay where it is before we believe that we may not write."""


class AppendError(Exception):
    """Rows could not be appended; the message says why and what to do."""


class NoLedgerError(AppendError):
    """There is no ledger where it was looked for."""


class ShorterLedgerError(AppendError):
    """The ledger lacks rows it once had, or has others in their place."""


class RefusedError(AppendError):
    """The branch does not take what we write, and not because somebody else was faster."""


class BusyError(AppendError):
    """Others were faster for as long as we were told to try."""


class LedgerStore(Protocol):
    """Where the ledger's text is kept."""

    @property
    def where(self) -> str:
        """The place in a user's words, such as `threat-ids of origin`."""

    def read(self) -> tuple[str, str]:
        """The text and a token of the state it was read in. NoLedgerError where there is none; never creates one."""

    def replace(self, token: str, text: str) -> bool:
        """Whether `text` took the place of what `token` names. False: refused, or nobody knows."""


@dataclass(frozen=True)
class Patience:
    """How long and how to wait: a pause and a clock in seconds, a number from 0 to 1 drawn anew at each call."""

    pause: Callable[[float], None]
    clock: Callable[[], float]
    draw: Callable[[], float]
    limit: float = 60.0

    def tries(self) -> Iterator[int]:
        """1, 2, 3 ... with a growing, jittered pause between them, until the time is up."""
        until, number = self.clock() + self.limit, 0
        while number == 0 or self.clock() < until:
            number += 1
            yield number
            self.pause(min(5.0, 0.05 * 2 ** min(number, 7)) * (0.1 + 0.9 * self.draw()))


@dataclass(frozen=True)
class Memory:
    """What somebody remembers of the ledger from elsewhere: how many rows it had, and with which text it began."""

    rows: int = 0
    text: str = ""


NOTHING = Memory()


def checked(text: str, memory: Memory = NOTHING) -> Ledger:
    """The ledger in the text. ShorterLedgerError when it lacks what is remembered, LedgerError when it is none."""
    ledger = read(text)
    if len(ledger.rows) < memory.rows or not extends(memory.text, text):
        raise ShorterLedgerError(
            f"the ledger has {len(ledger.rows)} rows and does not continue what is remembered of it: put its longest "
            "copy back before anything is appended."
        )
    return ledger


def append(
    store: LedgerStore, compute: Callable[[Ledger], Sequence[Row]], patience: Patience, memory: Memory = NOTHING
) -> Ledger:
    """The ledger with the rows in it that `compute` asks for, in one append; as it is when none are asked for.

    `compute` is asked again whenever somebody else was faster, so that it must answer no rows for what stands already.
    Raises an AppendError, or LedgerError when the ledger or a row is not sound.
    """
    refusals, tried, wanted = 0, "", ""
    for _ in patience.tries():
        text, token = store.read()
        ledger = checked(text, memory)
        if wanted and extends(wanted, text):
            return ledger  # the answer was lost, the rows were not
        refusals = refusals + 1 if token == tried else 0
        if refusals >= MOST_REFUSALS:
            raise RefusedError(_not_a_race(store))
        rows = compute(ledger)
        grown = ledger.extended(rows)
        if not rows or store.replace(token, write(grown)):
            return grown
        tried, wanted = token, write(grown)
    raise BusyError(f"{store.where} was changed by others all the time: try again later.")


def _not_a_race(store: LedgerStore) -> str:
    return (
        f"{store.where} does not take new rows, although nobody else has changed it: it needs the right to write "
        "contents, and no rule of the repository may restrict updates of the branch to others."
    )


@dataclass(frozen=True)
class CloneLedger:
    """The ledger on the branch of a clone's remote, over git alone."""

    clone: Clone

    @property
    def where(self) -> str:
        """The branch and the remote."""
        return f"the branch {BRANCH} of {self.clone.remote}"

    def read(self) -> tuple[str, str]:
        """The ledger's text and the commit it stands in."""
        commit = self.clone.head(BRANCH)
        blobs = tuple(blob for blob in self.clone.files(commit) if blob.path == FILE) if commit else ()
        if commit is None or not blobs:
            raise NoLedgerError(f"there is no {FILE} on {self.where}: run threatshelf ids init.")
        source = next(source for _, source in self.clone.contents(blobs))
        return source.decode("utf-8", "surrogateescape"), commit

    def replace(self, token: str, text: str) -> bool:
        """One commit on top of `token`, pushed only if the branch still points there."""
        files = {FILE: text.encode("utf-8", "surrogateescape")}
        commit = self.clone.committed(token, files, f"Threat ids: {text.count(chr(10)) - 1} rows\n")
        return self.clone.pushed(BRANCH, token, commit)

    def create(self, text: str) -> bool:
        """Whether the branch was begun with this ledger; False when it is there already or may not be made."""
        files = {FILE: text.encode("utf-8")}
        return self.clone.pushed(BRANCH, None, self.clone.committed(None, files, "Threat ids: the ledger begins\n"))


def nearest(root: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """The ledger's text as a clone can reach it, and where that was: upstream, else origin, else the snapshot on main.

    Raises NoLedgerError when there is none of these.
    """
    for remote in REMOTES:
        store = CloneLedger(Clone(root, remote, environment))
        try:
            return store.read()[0], store.where
        except (NoLedgerError, CloneError):
            continue
    snapshot = root / SNAPSHOT
    if snapshot.is_file() and not snapshot.is_symlink():
        return snapshot.read_bytes().decode("utf-8", "surrogateescape"), f"the snapshot {SNAPSHOT}"
    raise NoLedgerError(f"no ledger of threat ids was found: neither a remote's branch {BRANCH} nor {SNAPSHOT}.")


def writable(root: Path, environment: Mapping[str, str]) -> CloneLedger:
    """The ledger that a clone appends to: that of upstream, else of origin. NoLedgerError when neither has one."""
    for remote in REMOTES:
        clone = Clone(root, remote, environment)
        if clone.has_remote() and clone.head(BRANCH):
            return CloneLedger(clone)
    raise NoLedgerError(f"neither upstream nor origin has a branch {BRANCH}: run threatshelf ids init.")
