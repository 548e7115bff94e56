"""Git as a program: one command, many objects, and none of the surroundings that would lead it elsewhere."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from registry.errors import CannotRunError
from schema.document import MOST_BYTES

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def has_commit(root: Path, name: str) -> bool:
    """Whether the repository has a commit of this full hash."""
    if not _COMMIT.fullmatch(name):
        return False
    try:
        git(root, "cat-file", "-e", f"{name}^{{commit}}")
    except CannotRunError:
        return False
    return True


class Blob:
    """Reads objects through one `git cat-file --batch`, of each one byte more than a template may have."""

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
def blobs(root: Path) -> Iterator[Blob]:
    """What reads objects, as long as it is open."""
    command = _command(root, "cat-file", "--batch")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment()) as process:  # noqa: S603  # no shell, a fixed program
        if process.stdin is None or process.stdout is None:
            raise CannotRunError("git gave no pipe to read objects through.")
        yield Blob(process.stdin, process.stdout)
        process.stdin.close()


def git(root: Path, *arguments: str) -> bytes:
    """What one command says; CannotRunError with what git says when it fails."""
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
