"""What a clone changes, seen as the pull request it may become: from git alone, before anything is pushed."""

import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot import places
from bot.facts import Change, ChangedFile, Contents, PullRequest
from registry.commands.reviewing import moment
from registry.errors import CannotRunError

MAIN_LINES = ("upstream/main", "origin/main", "main")
"""What a contribution is compared with, the first that is there."""
AUTHOR = "you"

_CHANGES = {"A": Change.ADDED, "D": Change.REMOVED, "R": Change.RENAMED, "C": Change.ADDED}


@dataclass(frozen=True)
class Difference:
    """A pull request that nobody has opened yet, and its bytes. `against`: the line it was compared with."""

    pull_request: PullRequest
    contents: Contents
    against: str


def difference(root: Path, against: str = "", number: int = 0) -> Difference:
    """The working tree, files not added to git yet included, against where it left the main line.

    `number`: of the pull request that it belongs to, so that ids reserved for it are known as its own; 0 for none.
    Raises CannotRunError where there is no git, no commit or no main line.
    """
    top = Path(_git(root, "rev-parse", "--show-toplevel").strip())
    line = _main_line(top, against)
    base = _git(top, "merge-base", "HEAD", line).strip()
    files = (*_tracked(top, base), *_untracked(top))
    pull_request = PullRequest(
        number=number,
        title="",
        author=AUTHOR,
        state="open",
        draft=False,
        merged=False,
        opened_at=moment(),
        closed_at="",
        base_ref="main",
        base_sha=base,
        default_branch="main",
        head_ref="HEAD",
        head_sha=_git(top, "rev-parse", "HEAD").strip(),
        head_repository=None,
        repository="",
        changed=len(files),
        files=files,
    )
    return Difference(pull_request, _contents(top, pull_request), line)


def _main_line(top: Path, against: str) -> str:
    for name in (against,) if against else MAIN_LINES:
        if _tried(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"):
            return name
    looked = against or ", ".join(MAIN_LINES)
    raise CannotRunError(f"there is nothing to compare with ({looked}): name a branch or commit with --against.")


def _tracked(top: Path, base: str) -> Iterator[ChangedFile]:
    """`git diff --raw -z`: `:mode mode oid oid X` and one path, or two for a rename, each ended by NUL."""
    words = iter(
        _git(top, "diff", "--raw", "-z", "--no-abbrev", "--find-renames", "--no-ext-diff", base, "--").split("\0")
    )
    for about in words:
        if not about:
            return
        _, mode, _, _, letter = about.split(" ")
        path = next(words)
        previous, path = (path, next(words)) if letter[0] in "RC" else ("", path)
        change = _CHANGES.get(letter[0], Change.MODIFIED)
        gone = change is Change.REMOVED
        yield ChangedFile(path, change, previous, "" if gone else mode, size=-1 if gone else _size(top / path))


def _untracked(top: Path) -> Iterator[ChangedFile]:
    for path in _git(top, "ls-files", "--others", "--exclude-standard", "-z").split("\0"):
        if path:
            yield ChangedFile(path, Change.ADDED, mode=_mode(top / path), size=_size(top / path))


def _mode(file: Path) -> str:
    mode = file.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "120000"
    return "100755" if mode & stat.S_IXUSR else places.REGULAR


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return -1


def _contents(top: Path, pull_request: PullRequest) -> Contents:
    files = [file for file in places.readable(pull_request) if (top / file.path).is_file()]
    base = pull_request.base_sha
    before = {file.path: file.previous_path or file.path for file in files}
    there = {path for path in before.values() if _tried(top, "cat-file", "-e", f"{base}:{path}")}
    return Contents(
        head={file.path: (top / file.path).read_bytes() for file in files},
        base={path: _bytes(top, "cat-file", "blob", f"{base}:{path}") for path in there},
    )


def _tried(root: Path, *arguments: str) -> bool:
    try:
        _bytes(root, *arguments)
    except CannotRunError:
        return False
    return True


def _git(root: Path, *arguments: str) -> str:
    return _bytes(root, *arguments).decode("utf-8", "surrogateescape")


def _bytes(root: Path, *arguments: str) -> bytes:
    command = ["git", "--no-pager", "--literal-pathspecs", "-C", str(root), *arguments]
    environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment)  # noqa: S603  # git, no shell
    except FileNotFoundError:
        raise CannotRunError("git is missing: install it.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise CannotRunError(f"{root}: {said[0] if said else 'git failed'}.")
    return done.stdout
