"""Where templates come from: the files of a checkout, or the history of its main line."""

import os
import re
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import IO

from registry import remembered
from registry.catalog import Catalogue, Gate, LedgerFile
from registry.errors import CannotRunError
from registry.life import State, lived, published_versions
from schema import shipped
from schema.document import MOST_BYTES
from schema.facts import PublishedVersion
from schema.ids import LedgerError
from schema.reports.text import visible

FOLDER = "templates"
NAME = "template.yaml"
LEDGER = "ledger.csv"
SNAPSHOT = f"{FOLDER}/threat-ids.csv"
LEDGER_REFS = tuple(f"refs/{place}/threat-ids" for place in ("remotes/upstream", "remotes/origin", "heads"))
"""Where a checkout keeps the ledger of threat ids, the first that is there; else it has the snapshot on main."""
MOST_LEDGER_BYTES = 64 * 1024 * 1024
BESIDE = ("LICENSE", "threat-ids.csv")
"""Files that may stand next to the templates' folders."""


@dataclass(frozen=True)
class Stray:
    """Something under templates/ that is not read, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class WorkingTree:
    """The templates as they lie in the folder now, in the order of their ids, and what else lies there."""

    states: tuple[State, ...]
    strays: tuple[Stray, ...]


@dataclass(frozen=True)
class History:
    """Every state of every template on the main line, oldest first; `commit` is its newest."""

    commit: str
    states: tuple[State, ...]


def working_tree(root: Path, today: date) -> WorkingTree:
    """What lies under `root`/templates. A link is never followed. CannotRunError when there is no such folder."""
    folder = root / FOLDER
    if folder.is_symlink() or not folder.is_dir():
        raise CannotRunError(f"there is no folder {FOLDER} in {root}: name the root of a checkout.")
    states: list[State] = []
    strays: list[Stray] = []
    for entry in sorted(folder.iterdir()):
        found = list(_entry(entry, f"{today.isoformat()}T00:00:00Z"))
        states += (item for item in found if isinstance(item, State))
        strays += (item for item in found if isinstance(item, Stray))
    return WorkingTree(tuple(states), tuple(strays))


def history(root: Path, ref: str = "main", template: str = "") -> History:
    """The states of one template, or of all, along the first parents of `ref`.

    CannotRunError when git, the checkout or the ref is missing, or when the clone is shallow.
    """
    commit = _whole(root, ref)
    changes = tuple(_changes(_log(root, commit, f"{FOLDER}/{template}".rstrip("/"))))
    with _blobs(root) as blob:
        states = tuple(_state(change, blob) for change in changes)
    return History(commit, states)


def _whole(root: Path, ref: str) -> str:
    """The commit that `ref` is, in a clone that has everything before it."""
    said = _git(
        root, "rev-parse", "--is-shallow-repository", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
    )
    shallow, commit = said.decode().split()
    if shallow == "true":
        raise CannotRunError(
            f"{root} is a shallow clone, so nobody can see when a version began: run git fetch --unshallow."
        )
    return commit


def ledger(root: Path, ref: str = "") -> LedgerFile | None:
    """The ledger of threat ids that this checkout knows, over local git alone; None when it knows none.

    It is the branch threat-ids of upstream, of origin or the checkout's own, as last fetched, else the snapshot at
    `ref` (empty: in the working tree). Raises CannotRunError when what stands there is no ledger.
    """
    for name, commit in _ledger_refs(root):
        body = _file_at(root, commit, LEDGER)
        if body is not None:
            return _sound(body, commit, name.removeprefix("refs/"))
    body = _file_at(root, ref, SNAPSHOT) if ref else _snapshot(root / SNAPSHOT)
    return None if body is None else _sound(body, "", SNAPSHOT)


def continues(root: Path, older: str, newer: str) -> bool:
    """Whether the history of the commit `newer` holds `older`; True as well where the checkout lacks one of them."""
    if not (_has_commit(root, older) and _has_commit(root, newer)):
        return True
    return not _git(root, "rev-list", "--max-count=1", older, f"^{newer}").strip()


def published(
    root: Path, template: str = "", known: LedgerFile | None = None
) -> Mapping[str, tuple[PublishedVersion, ...]]:
    """What the main line of this checkout has published of one template, or of all, by template id.

    `known` is the ledger as far as it is known here. Nothing where that cannot be known: no git, no such branch, a
    shallow clone. A past that was judged before is remembered: good enough for a check, never for publishing.
    """
    for ref in ("main", "origin/main"):
        try:
            return _published(root.resolve(), _whole(root, ref), template, known)
        except CannotRunError:
            continue
    return {}


@lru_cache(maxsize=4)
def _published(
    root: Path, commit: str, template: str, known: LedgerFile | None
) -> Mapping[str, tuple[PublishedVersion, ...]]:
    past: dict[str, list[_Change]] = {}
    for change in _changes(_log(root, commit, f"{FOLDER}/{template}".rstrip("/"))):
        past.setdefault(change.folder, []).append(change)
    today = datetime.now(UTC).date()
    world = (remembered.code(), today.isoformat(), known.text if known else "-")
    found: dict[str, tuple[PublishedVersion, ...]] = {}
    for folder, changes in past.items():
        asked = remembered.key((*world, folder, *(change.blob for change in changes)))
        found |= remembered.once(
            remembered.place(root, folder), asked, partial(_judged, root, tuple(changes), today, known)
        )
    return found


def _judged(
    root: Path, changes: Iterable["_Change"], today: date, known: LedgerFile | None
) -> Mapping[str, tuple[PublishedVersion, ...]]:
    # A ledger from here may lag behind the registry's: an id that it has counts, wherever it is bound by now.
    facts = replace(shipped.facts(today), ledger=known.ledger if known else None)
    gate = Gate(frozenset((*facts.vocabularies["known-threats"].entries, *(known.ledger.ids if known else ()))))
    with _blobs(root) as blob:
        states = [_state(change, blob) for change in changes]
    life = lived(states, Catalogue(), gate, facts, _silent)
    return {id_: published_versions(releases) for id_, releases in Catalogue(life.releases).by_id.items()}


def _ledger_refs(root: Path) -> tuple[tuple[str, str], ...]:
    """Name and commit of each ref there is, in the order of LEDGER_REFS; none without git."""
    try:
        said = _git(root, "for-each-ref", "--format=%(refname) %(objectname)", *LEDGER_REFS).decode().split("\n")
    except CannotRunError:
        return ()
    there = dict(line.split(" ") for line in said if line)
    return tuple((name, there[name]) for name in LEDGER_REFS if name in there)


def _file_at(root: Path, commit: str, path: str) -> bytes | None:
    """A file of a commit; None when it holds no regular file of this name."""
    listed = _git(root, "ls-tree", "--full-tree", "--long", "-z", commit, "--", path).decode("utf-8", "replace")
    about = listed.partition("\t")[0].split()
    if not about or about[0] not in _REGULAR:
        return None
    _, _, blob, size = about
    _refuse_huge(path, int(size))
    return _git(root, "cat-file", "blob", blob)


def _snapshot(file: Path) -> bytes | None:
    if not (file.parent.is_dir() and not file.parent.is_symlink() and stat.S_ISREG(_mode(file))):
        return None
    _refuse_huge(SNAPSHOT, file.stat().st_size)
    try:
        return file.read_bytes()
    except OSError as error:
        raise CannotRunError(f"{file} cannot be read: {error.strerror}.") from None


def _mode(file: Path) -> int:
    """Of the file itself, never of what a link leads to; 0 when there is none."""
    try:
        return file.lstat().st_mode
    except OSError:
        return 0


def _refuse_huge(path: str, size: int) -> None:
    if size > MOST_LEDGER_BYTES:
        raise CannotRunError(f"{path} has {size} bytes, more than a ledger of threat ids may have.")


def _sound(body: bytes, commit: str, place: str) -> LedgerFile:
    found = LedgerFile(body.decode("utf-8", "surrogateescape"), commit)
    try:
        _ = found.ledger
    except LedgerError as fault:
        raise CannotRunError(
            f"the ledger of threat ids in {place} cannot be read: {visible(str(fault)[:300])}."
        ) from None
    return found


_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _has_commit(root: Path, name: str) -> bool:
    if not _COMMIT.fullmatch(name):
        return False
    try:
        _git(root, "cat-file", "-e", f"{name}^{{commit}}")
    except CannotRunError:
        return False
    return True


def _silent(_step: str) -> None:
    """For those who do not want to be told."""


_KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


def _entry(entry: Path, at: str) -> Iterator[State | Stray]:
    shown = f"{FOLDER}/{entry.name}"
    if entry.is_symlink():
        yield Stray(shown, "is a link: a template is a folder with a file of its own")
    elif not entry.is_dir():
        if entry.name not in BESIDE:
            yield Stray(shown, "is not a template's folder and is not read")
    elif not _KEY.fullmatch(entry.name):
        yield Stray(shown, "is no template's folder: its name is lower-case words joined by hyphens")
    else:
        yield from _folder(entry, shown, at)


def _folder(folder: Path, shown: str, at: str) -> Iterator[State | Stray]:
    inside = sorted(folder.iterdir())
    for file in inside:
        if file.name != NAME:
            yield Stray(f"{shown}/{file.name}", f"is not read: a template is one file, {NAME}")
        elif stat.S_ISREG(file.lstat().st_mode):
            yield State(folder.name, f"{shown}/{NAME}", _read(file), "", at)
        else:
            yield Stray(f"{shown}/{NAME}", "is not a regular file; a link is not followed")
    if not any(file.name == NAME for file in inside):
        yield Stray(shown, f"holds no {NAME}")


def _read(file: Path) -> bytes:
    """At most one byte more than a template may have: the check then says that it is too large."""
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRunError(f"{file} cannot be read: {error.strerror}.") from None


@dataclass(frozen=True)
class _Change:
    """A template's file after a commit: `blob` is its object, empty when the file is gone or is no regular file."""

    folder: str
    blob: str
    commit: str
    at: str


_PATH = re.compile(rf"{FOLDER}/({_KEY.pattern})/{re.escape(NAME)}")
_REGULAR = ("100644", "100755")
_HEADER = "commit "


def _log(root: Path, commit: str, path: str) -> bytes:
    return _git(
        root, "log", "--first-parent", "--diff-merges=first-parent", "--reverse", "--raw", "-z", "--no-renames",
        "--no-abbrev", "--no-show-signature", f"--format={_HEADER}%H %ct", commit, "--", path,
    )  # fmt: skip


def _changes(log: bytes) -> Iterator[_Change]:
    """Read what `git log --raw -z` says: a header per commit, then for each file a `:modes objects letter` and a name.

    A name is read as a name wherever it stands, so that no file can pass itself off as a header.
    """
    commit = at = ""
    # Bytes that are not UTF-8 stay visible as such; a template's own path is ASCII.
    tokens = iter(log.decode("utf-8", "surrogateescape").split("\0"))
    for token in tokens:
        said = token.lstrip("\n")
        if said.startswith(_HEADER):
            _, commit, seconds = said.split(" ")
            at = datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        elif said.startswith(":"):
            _, mode, _, blob, _ = said.split(" ")
            path = _PATH.fullmatch(next(tokens))
            if path:
                yield _Change(path[1], blob if mode in _REGULAR else "", commit, at)


def _state(change: _Change, blob: "_Blob") -> State:
    source = blob(change.blob) if change.blob else None
    return State(change.folder, f"{FOLDER}/{change.folder}/{NAME}", source, change.commit, change.at)


class _Blob:
    """Reads objects through one `git cat-file --batch`."""

    def __init__(self, ask: IO[bytes], answer: IO[bytes]) -> None:
        self._ask, self._answer = ask, answer

    def __call__(self, name: str) -> bytes:
        self._ask.write(name.encode() + b"\n")
        self._ask.flush()
        said = self._answer.readline().split()
        if len(said) != 3:
            raise CannotRunError(f"the object {name} is missing in the repository: run git fsck.")
        size = int(said[2])
        kept = self._answer.read(min(size, MOST_BYTES + 1))
        left = size - len(kept) + 1  # the line end that follows every object
        while left:
            left -= len(self._answer.read(min(left, MOST_BYTES)))
        return kept


@contextmanager
def _blobs(root: Path) -> Iterator[_Blob]:
    command = _command(root, "cat-file", "--batch")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()) as process:  # noqa: S603  # no shell, a fixed program
        if process.stdin is None or process.stdout is None:
            raise CannotRunError("git gave no pipe to read objects through.")
        yield _Blob(process.stdin, process.stdout)
        process.stdin.close()


def _git(root: Path, *arguments: str) -> bytes:
    command = _command(root, *arguments)
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=_environment())  # noqa: S603  # no shell, a fixed program
    except FileNotFoundError:
        raise CannotRunError("git is missing: install it.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CannotRunError(said[0] if said else f"{root} has no commit {arguments[-1]}.")
    return done.stdout


def _command(root: Path, *arguments: str) -> list[str]:
    # No replacement objects: what is published is what the commit's hash says.
    return ["git", "--no-pager", "--no-replace-objects", "--literal-pathspecs", "-C", str(root), *arguments]


def _environment() -> dict[str, str]:
    """Without GIT_DIR and the like, which a hook sets and which would lead to another repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
