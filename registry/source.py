"""Where templates come from: the files of a checkout, or the history of its main line."""

import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path

from registry import remembered, withdrawn
from registry.catalog import Catalogue, Gate, LedgerFile
from registry.errors import CannotRunError
from registry.git import Blob, blobs, git, has_commit
from registry.life import State, lived, published_versions
from schema import shipped
from schema.document import MOST_BYTES
from schema.facts import PublishedVersion
from schema.ids import LedgerError
from schema.reports.text import visible

FOLDER = "templates"
NAME = "template.yaml"
WITHDRAWN = withdrawn.NAME
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
    withdrawn: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """What is to be read of one template: its states, oldest first, and what its withdrawn.yaml says now.

    `withdrawn` is empty where there is no such file, None where it is as it was.
    """

    folder: str
    states: tuple[State, ...] = ()
    withdrawn: bytes | None = None


@dataclass(frozen=True)
class Line:
    """What the main line changed since a commit, or ever (then it is whole), template by template."""

    commit: str
    is_whole: bool
    changes: Mapping[str, tuple["_Change", ...]]


def working_tree(root: Path, today: date) -> WorkingTree:
    """What lies under `root`/templates. A link is never followed. CannotRunError when there is no such folder."""
    folder = root / FOLDER
    if folder.is_symlink() or not folder.is_dir():
        raise CannotRunError(f"there is no folder {FOLDER} in {root}: name the root of a checkout.")
    states: list[State] = []
    strays: list[Stray] = []
    taken: dict[str, bytes] = {}
    for entry in sorted(folder.iterdir()):
        found = list(_entry(entry, f"{today.isoformat()}T00:00:00Z"))
        states += (item for item in found if isinstance(item, State))
        strays += (item for item in found if isinstance(item, Stray))
        if _TAKEN in found:
            taken[entry.name] = _read(entry / WITHDRAWN)
    return WorkingTree(tuple(states), tuple(strays), taken)


def line(root: Path, ref: str, since: str, again: Iterable[str]) -> Line:
    """What the first parents of `ref` changed behind the commit `since`, and the whole past of the templates `again`.

    Everything where `since` is empty or is not on that line. CannotRunError when git, the
    checkout or the ref is missing, or when the clone is shallow.
    """
    commit = _whole(root, ref)
    is_whole = not _is_behind(root, since, commit)
    found: dict[str, list[_Change]] = {}
    for change in _changes(_log(root, commit if is_whole else f"{since}..{commit}", FOLDER)):
        found.setdefault(change.folder, []).append(change)
    for folder in () if is_whole else again:
        found[folder] = list(_changes(_log(root, commit, f"{FOLDER}/{folder}")))
    return Line(commit, is_whole, {folder: tuple(found[folder]) for folder in sorted(found)})


def works(root: Path, found: Line) -> Iterator[Work]:
    """What the line changed, template by template in the order of their ids, each read when it is asked for."""
    with blobs(root) as blob:
        for folder, changes in found.changes.items():
            states = tuple(_state(change, blob) for change in changes if change.name == NAME)
            yield Work(folder, states, _withdrawn(changes, blob, found))


def _withdrawn(changes: Sequence["_Change"], blob: Blob, found: Line) -> bytes | None:
    told = [change for change in changes if change.name == WITHDRAWN]
    if not told:
        return b"" if found.is_whole else None
    return (blob(told[-1].blob) if told[-1].blob else None) or b""


def _is_behind(root: Path, older: str, newer: str) -> bool:
    """Whether the commit is one of the first parents before `newer`, or `newer` itself."""
    if not has_commit(root, older):
        return False
    between = git(root, "rev-list", "--first-parent", f"{older}..{newer}").decode().split()
    if not between:
        return older == newer
    parents = git(root, "rev-list", "--max-count=1", "--parents", between[-1]).decode().split()
    return parents[1:2] == [older]


def _whole(root: Path, ref: str) -> str:
    """The commit that `ref` is, in a clone that has everything before it."""
    said = git(
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
    if not (has_commit(root, older) and has_commit(root, newer)):
        return True
    return not git(root, "rev-list", "--max-count=1", older, f"^{newer}").strip()


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
        if change.name == NAME:
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
    with blobs(root) as blob:
        states = [_state(change, blob) for change in changes]
    life = lived(states, Catalogue(), gate, facts, _silent)
    return {id_: published_versions(releases) for id_, releases in Catalogue(life.releases).by_id.items()}


def _ledger_refs(root: Path) -> tuple[tuple[str, str], ...]:
    """Name and commit of each ref there is, in the order of LEDGER_REFS; none without git."""
    try:
        said = git(root, "for-each-ref", "--format=%(refname) %(objectname)", *LEDGER_REFS).decode().split("\n")
    except CannotRunError:
        return ()
    there = dict(line.split(" ") for line in said if line)
    return tuple((name, there[name]) for name in LEDGER_REFS if name in there)


def _file_at(root: Path, commit: str, path: str) -> bytes | None:
    """A file of a commit; None when it holds no regular file of this name."""
    listed = git(root, "ls-tree", "--full-tree", "--long", "-z", commit, "--", path).decode("utf-8", "replace")
    about = listed.partition("\t")[0].split()
    if not about or about[0] not in _REGULAR:
        return None
    _, _, blob, size = about
    _refuse_huge(path, int(size))
    return git(root, "cat-file", "blob", blob)


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


def _silent(_step: str) -> None:
    """For those who do not want to be told."""


_KEY = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


_TAKEN = object()
"""Stands for a file that names versions taken back."""


def _entry(entry: Path, at: str) -> Iterator[object]:
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


def _folder(folder: Path, shown: str, at: str) -> Iterator[object]:
    inside = sorted(folder.iterdir())
    for file in inside:
        if file.name == WITHDRAWN and stat.S_ISREG(file.lstat().st_mode):
            yield _TAKEN
        elif file.name != NAME:
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
    """A file of a template after a commit: `blob` is its object, empty when the file is gone or is no regular file."""

    folder: str
    name: str
    blob: str
    commit: str
    at: str


_PATH = re.compile(rf"{FOLDER}/({_KEY.pattern})/({re.escape(NAME)}|{re.escape(WITHDRAWN)})")
_REGULAR = ("100644", "100755")
_HEADER = "commit "


def _log(root: Path, commit: str, path: str) -> bytes:
    return git(
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
                yield _Change(path[1], path[2], blob if mode in _REGULAR else "", commit, at)


def _state(change: _Change, blob: Blob) -> State:
    source = blob(change.blob) if change.blob else None
    return State(change.folder, f"{FOLDER}/{change.folder}/{NAME}", source, change.commit, change.at)
