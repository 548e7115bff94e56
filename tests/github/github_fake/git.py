"""One bare repository on disk: its refs, its history and what differs between two commits."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from github_fake.diffs import FileChange, read_changes
from github_fake.objects import QUIET, Entry, Objects

SHA = re.compile(r"[0-9a-f]{40}")
NOTHING = "0" * 40
NEAR = 64
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


CONFIG = """[core]
	repositoryformatversion = 0
	bare = true
[gc]
	auto = 0
[receive]
	autogc = false
[uploadpack]
	allowAnySHA1InWant = true
"""


class GitRefusedError(Exception):
    """Git would not do it; the text is what git said."""


@dataclass
class Memory:
    """Answers that can never change, because commits cannot: kept for the whole network."""

    changes: dict[tuple[str, str], list[FileChange]]
    bases: dict[tuple[str, str], str | None]
    merges: dict[tuple[str, str], str | None]


class Git:
    """`frozen` refs, where given, stand in for those on disk (a read of the past)."""

    def __init__(self, path: Path, objects: Objects, memory: Memory) -> None:
        self.path = path
        self.objects = objects
        self.memory = memory
        self.frozen: dict[str, str] | None = None

    def run(self, *words: str, stdin: bytes = b"") -> bytes:
        """What git prints; GitRefusedError where it fails."""
        done = subprocess.run(
            ["git", "--git-dir", str(self.path), *words],
            input=stdin,
            capture_output=True,
            env=os.environ | QUIET,
            check=False,
        )
        if done.returncode:
            raise GitRefusedError(done.stderr.decode("utf-8", "replace").strip())
        return done.stdout

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Full name to object, sorted by name."""
        if self.frozen is not None:
            return {name: oid for name, oid in self.frozen.items() if name.startswith(prefix)}
        found = self._packed() | self._loose()
        return {name: found[name] for name in sorted(found) if name.startswith(prefix)}

    def _loose(self) -> dict[str, str]:
        files = [p for p in (self.path / "refs").rglob("*") if p.is_file() and p.suffix != ".lock"]
        return {str(p.relative_to(self.path)): p.read_text().strip() for p in files}

    def _packed(self) -> dict[str, str]:
        place = self.path / "packed-refs"
        lines = place.read_text().splitlines() if place.exists() else []
        pairs = [line.split(" ", 1) for line in lines if SHA.match(line)]
        return {name: oid for oid, name in pairs}

    def ref(self, name: str) -> str | None:
        """The object a full ref name points to."""
        if self.frozen is not None:
            return self.frozen.get(name)
        place = self.path / name
        if place.is_file():
            return place.read_text().strip()
        return self._packed().get(name)

    def branch(self, name: str) -> str | None:
        """The head commit of a branch."""
        return self.ref(f"refs/heads/{name}")

    def move(self, name: str, new: str | None, old: str | None) -> bool:
        """Set a ref if it still is `old` (None: absent), under the lock git itself would take; False when it is not."""
        if new is None:
            return self._drop(name, old)
        place = self.path / name
        lock = place.with_name(f"{place.name}.lock")
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            with lock.open("x") as draft:
                draft.write(f"{new}\n")
        except OSError:
            return False
        if self.ref(name) != old or place.is_dir():
            lock.unlink()
            return False
        lock.replace(place)
        return True

    def _drop(self, name: str, old: str | None) -> bool:
        try:
            self.run("update-ref", "-d", name, old or NOTHING)
        except GitRefusedError:
            return False
        return True

    def is_name(self, ref: str) -> bool:
        """Whether git would take this as a full ref name."""
        try:
            self.run("check-ref-format", ref)
        except GitRefusedError:
            return False
        return True

    def resolve(self, revision: str) -> str | None:
        """The commit a branch, tag, full ref or whole or shortened SHA names."""
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            found = self.ref(name) if name.startswith("refs/") else None
            if found:
                return found
        if SHA.fullmatch(revision):
            return revision if self.objects.commit(revision) else None
        return self._abbreviated(revision)

    def _abbreviated(self, revision: str) -> str | None:
        if revision == "HEAD":
            name = (self.path / "HEAD").read_text().removeprefix("ref: ").strip()
            return self.ref(name)
        if not re.fullmatch(r"[0-9a-f]{7,39}", revision):
            return None
        try:
            return self.run("rev-parse", "--verify", "-q", f"{revision}^{{commit}}").decode().strip()
        except GitRefusedError:
            return None

    def tree_of(self, revision: str) -> str | None:
        """The tree of a commit, or the tree itself."""
        commit = self.objects.commit(revision)
        if commit:
            return commit.tree
        found = self.objects.read(revision)
        return revision if found and found[0] == "tree" else None

    def file(self, commit: str, path: str) -> Entry | None:
        """The entry at a path of a commit."""
        tree = self.tree_of(commit)
        return self.objects.entry(tree, path) if tree else None

    def merge_base(self, one: str, other: str) -> str | None:
        """The newest commit both descend from."""
        key = (one, other)
        if key not in self.memory.bases:
            try:
                self.memory.bases[key] = self.run("merge-base", one, other).decode().split()[0]
            except GitRefusedError:
                self.memory.bases[key] = None
        return self.memory.bases[key]

    def descends(self, new: str, old: str) -> bool:
        """Whether `old` is `new` or one of its ancestors; the nearest ones are looked through without starting git."""
        seen, left = {new}, [new]
        while left and len(seen) < NEAR:
            commit = self.objects.commit(left.pop(0))
            fresh = [p for p in (commit.parents if commit else ()) if p not in seen]
            seen.update(fresh)
            left += fresh
            if old in seen:
                return True
        return bool(left) and self.merge_base(old, new) == old

    def history(self, *revisions: str, limit: int = 0, path: str = "") -> list[str]:
        """Commits from newest to oldest, as `git rev-list` takes them (`a`, `^b`)."""
        words = ["rev-list", "--topo-order", *([f"--max-count={limit}"] if limit else []), *revisions]
        return self.run(*words, *(["--", path] if path else ["--"])).decode().split()

    def changes(self, old: str | None, new: str) -> list[FileChange]:
        """What differs between two commits, renames found; from nothing where `old` is None."""
        key = (old or EMPTY_TREE, new)
        if key not in self.memory.changes:
            if old is None:
                self.objects.write("tree", b"")
            self.memory.changes[key] = self._diff(*key)
        return self.memory.changes[key]

    def _diff(self, old: str, new: str) -> list[FileChange]:
        common = ["diff-tree", "-r", "-M", "--no-color", "--no-ext-diff", "--full-index"]
        listing = self.run(*common, "-z", "--raw", "--numstat", "--no-abbrev", old, new)
        patches = self.run(*common, "-p", old, new) if listing else b""
        return read_changes(listing, patches)

    def line_shifts(self, old: str, new: str, path: str) -> bytes:
        """The bare hunks (no context) of one file between two commits."""
        return self.run("diff-tree", "-r", "-p", "-U0", "--no-color", "--no-ext-diff", old, new, "--", path)

    def merged_tree(self, one: str, other: str) -> str | None:
        """The tree both make together, or None where they conflict."""
        key = (one, other)
        if key not in self.memory.merges:
            try:
                answer = self.run("merge-tree", "--write-tree", "--no-messages", one, other)
                self.memory.merges[key] = answer.decode().split("\n", 1)[0]
            except GitRefusedError:
                self.memory.merges[key] = None
        return self.memory.merges[key]


class GitStore:
    """All bare repositories below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._networks: dict[Path, tuple[Objects, Memory]] = {}

    def create(self, path: Path) -> None:
        """A bare repository whose HEAD is main, as `git init --bare` would leave it, without hooks."""
        for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
            (path / folder).mkdir(parents=True)
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        (path / "config").write_text(CONFIG)

    def fork(self, source: Path, target: Path) -> None:
        """A copy with refs of its own and the same objects."""
        self.create(target)
        own = target / "objects"
        for folder in sorted(own.rglob("*"), reverse=True):
            folder.rmdir()
        own.rmdir()
        own.symlink_to((source / "objects").resolve(), target_is_directory=True)

    def open(self, path: Path) -> Git:
        """The repository at a path."""
        network = (path / "objects").resolve()
        if network not in self._networks:
            self._networks[network] = (Objects(path), Memory({}, {}, {}))
        return Git(path, *self._networks[network])

    def close(self) -> None:
        """End every git process kept open."""
        for objects, _ in self._networks.values():
            objects.close()
