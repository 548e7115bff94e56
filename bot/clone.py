"""A clone and one of its remotes: what a branch there holds, and a new commit put onto it only if it has not moved."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

LONGEST_WAIT = 120
"""Seconds that a git command may take, network included."""
_REMOTE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_KEPT = re.compile(r"GIT_(SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|CONFIG_.*|SSL_.*|PROXY_SSL_.*|TRACE.*)")
"""What says how to reach a remote; all other variables of git's own could lead to another repository."""
_IDENTITY = {"NAME": "Threatshelf", "EMAIL": "threatshelf@localhost"}
_REGULAR = ("100644", "100755")


class CloneError(Exception):
    """Git could not do it; the message is git's first line or ours."""


@dataclass(frozen=True)
class Blob:
    """A regular file of a commit."""

    path: str
    mode: str
    name: str


def isolated(given: Mapping[str, str]) -> dict[str, str]:
    """The environment for git: the way to the remote stays, what a hook sets goes, nobody is asked for a password."""
    kept = {name: value for name, value in given.items() if not name.startswith("GIT_") or _KEPT.fullmatch(name)}
    who = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in _IDENTITY.items()}
    return {**kept, **who, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}


@dataclass(frozen=True)
class Clone:
    """A folder with a clone, the name of a remote, and the environment that git gets (see `isolated`)."""

    root: Path
    remote: str
    environment: Mapping[str, str]

    def has_remote(self) -> bool:
        """Whether the clone knows the remote by this name; a path or an address is none."""
        known = self._git("remote").decode("utf-8", "replace").split("\n")
        return bool(_REMOTE.fullmatch(self.remote)) and self.remote in known

    def head(self, branch: str) -> str | None:
        """The commit the remote's branch points at, fetched; None when there is no such branch."""
        self._known()
        ref = f"refs/heads/{branch}"
        said = self._git("ls-remote", "--quiet", "--", self.remote, ref).decode("ascii", "replace")
        commit = next((line.partition("\t")[0] for line in said.splitlines() if line.endswith(f"\t{ref}")), None)
        if commit is None:
            return None
        if not _OBJECT.fullmatch(commit):
            raise CloneError(f"{self.remote} names no commit for {ref}.")
        if not self._tried("cat-file", "-e", f"{commit}^{{commit}}"):
            self._git(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--no-recurse-submodules",
                "--", self.remote, ref,
            )  # fmt: skip
        return commit

    def files(self, commit: str, under: str = "") -> tuple[Blob, ...]:
        """The regular files of a commit below a folder; links and submodules are left out."""
        listed = self._git("ls-tree", "-r", "-z", commit, *([f"{under}/"] if under else [])).decode("utf-8", "replace")
        entries = (entry.partition("\t") for entry in listed.split("\0") if entry)
        split = ((about.split(" "), path) for about, _, path in entries)
        return tuple(Blob(path, about[0], about[2]) for about, path in split if about[0] in _REGULAR)

    def contents(self, blobs: tuple[Blob, ...]) -> Iterator[tuple[Blob, bytes]]:
        """The bytes of each file."""
        answer = self._git("cat-file", "--batch", stdin="".join(f"{blob.name}\n" for blob in blobs).encode())
        at = 0
        for blob in blobs:
            header = answer[at : answer.find(b"\n", at)]
            size = header.rpartition(b" ")[2]
            if not size.isdigit():
                raise CloneError(f"the clone lacks the object {blob.name}: run git fsck.")
            start = at + len(header) + 1
            at = start + int(size) + 1
            yield blob, answer[start : at - 1]

    def committed(self, parent: str | None, files: Mapping[str, bytes], message: str) -> str:
        """A commit on top of `parent` (None: a first one) with these files in it, all others as they are."""
        modes = {blob.path: blob.mode for blob in self.files(parent)} if parent else {}
        lines = []
        for path, source in files.items():
            name = self._git("hash-object", "-w", "--stdin", stdin=source).decode().strip()
            lines.append(f"{modes.get(path, '100644')} {name}\t{path}\0")
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            self._git("read-tree", parent or "--empty", extra=index)
            self._git("update-index", "-z", "--index-info", stdin="".join(lines).encode(), extra=index)
            tree = self._git("write-tree", extra=index).decode().strip()
        on = ("-p", parent) if parent else ()
        return self._git("commit-tree", tree, *on, stdin=message.encode()).decode().strip()

    def pushed(self, branch: str, expected: str | None, commit: str) -> bool:
        """Whether the branch went from `expected` (None: not there) to `commit`. False: refused, or nobody knows."""
        self._known()
        ref = f"refs/heads/{branch}"
        # The lease is the comparison: without it a branch deleted meanwhile would come back as if new. The commit is a
        # child of what is expected, so nothing is ever forced but the branch that is ours alone.
        return self._tried(
            "push", "--quiet", "--no-verify", "--no-follow-tags", "--recurse-submodules=no",
            f"--force-with-lease={ref}:{expected or ''}", "--", self.remote, f"{commit}:{ref}",
        )  # fmt: skip

    def _known(self) -> None:
        if not self.has_remote():
            raise CloneError(f"there is no remote {self.remote!r} in {self.root}: see git remote.")

    def _tried(self, *arguments: str) -> bool:
        try:
            self._git(*arguments)
        except CloneError:
            return False
        return True

    def _git(self, *arguments: str, stdin: bytes = b"", extra: Mapping[str, str] | None = None) -> bytes:
        command = [
            "git", "--no-pager", "--no-replace-objects", "--literal-pathspecs", "-C", str(self.root),
            "-c", f"core.hooksPath={os.devnull}", "-c", "gc.auto=0", "-c", "maintenance.auto=false", *arguments,
        ]  # fmt: skip
        environment = {**isolated(self.environment), **(extra or {})}
        try:
            done = subprocess.run(  # noqa: S603  # no shell, a fixed program, every argument after a `--` or an object's name
                command, input=stdin, capture_output=True, check=False, env=environment, timeout=LONGEST_WAIT
            )
        except FileNotFoundError:
            raise CloneError("git is missing: install it.") from None
        except subprocess.TimeoutExpired:
            raise CloneError(f"git {arguments[0]} took more than {LONGEST_WAIT} seconds.") from None
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise CloneError(said[0] if said else f"git {arguments[0]} failed.")
        return done.stdout
