"""Git's objects as bytes: written loose, read through one long-lived `git cat-file`."""

import hashlib
import os
import subprocess
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

QUIET = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "LC_ALL": "C"}
"""Nothing of the machine's own configuration may change what git does here."""
KINDS = {"40000": "tree", "160000": "commit"}


@dataclass(frozen=True)
class Entry:
    """One line of a tree; `mode` is git's, without a leading zero ("100644", "40000")."""

    mode: str
    oid: str
    name: str

    @property
    def kind(self) -> str:
        """Blob, tree or commit."""
        return KINDS.get(self.mode, "blob")

    @property
    def long_mode(self) -> str:
        """Six digits, as REST writes it."""
        return self.mode.rjust(6, "0")


@dataclass(frozen=True)
class Signature:
    """Who and when, in a commit; `when` is seconds since the epoch, written as UTC."""

    name: str
    email: str
    when: int

    def line(self) -> str:
        """As it stands in a commit object."""
        return f"{self.name} <{self.email}> {self.when} +0000"


@dataclass(frozen=True)
class CommitObject:
    """A parsed commit."""

    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str


class Objects:
    """The objects of one network: a repository and its forks share them, as on GitHub."""

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir
        self._reader: subprocess.Popen[bytes] | None = None
        self._kept: dict[str, tuple[str, bytes]] = {}

    def close(self) -> None:
        """End the reader."""
        if self._reader is None:
            return
        assert self._reader.stdin is not None
        assert self._reader.stdout is not None
        self._reader.stdin.close()
        self._reader.wait()
        self._reader.stdout.close()
        self._reader = None

    def read(self, oid: str) -> tuple[str, bytes] | None:
        """Kind and content, or None where there is no such object."""
        if oid not in self._kept:
            found = self._ask(oid)
            if found is None:
                return None
            self._kept[oid] = found
        return self._kept[oid]

    def _ask(self, oid: str) -> tuple[str, bytes] | None:
        if self._reader is None:
            command = ["git", "--git-dir", str(self.git_dir), "cat-file", "--batch"]
            environment = os.environ | QUIET
            self._reader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        assert self._reader.stdin is not None
        assert self._reader.stdout is not None
        self._reader.stdin.write(oid.encode() + b"\n")
        self._reader.stdin.flush()
        heading = self._reader.stdout.readline().split()
        if len(heading) != 3:
            return None
        content = self._reader.stdout.read(int(heading[2]))
        self._reader.stdout.read(1)
        return heading[1].decode(), content

    def write(self, kind: str, content: bytes) -> str:
        """Store and name it; the same bytes have the same name."""
        whole = f"{kind} {len(content)}".encode() + b"\0" + content
        oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        place = self.git_dir / "objects" / oid[:2] / oid[2:]
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            draft = place.with_name(f"tmp_obj_{oid[2:]}")
            draft.write_bytes(zlib.compress(whole, 1))
            draft.replace(place)
        self._kept[oid] = (kind, content)
        return oid

    def blob(self, oid: str) -> bytes | None:
        """The bytes of a blob."""
        return self._of_kind(oid, "blob")

    def _of_kind(self, oid: str, kind: str) -> bytes | None:
        found = self.read(oid)
        return found[1] if found and found[0] == kind else None

    def entries(self, tree: str) -> list[Entry]:
        """The lines of a tree; empty where it is not one."""
        content = self._of_kind(tree, "tree") or b""
        found: list[Entry] = []
        start = 0
        while start < len(content):
            end = content.index(b"\0", start)
            mode, _, name = content[start:end].partition(b" ")
            found.append(
                Entry(mode.decode(), content[end + 1 : end + 21].hex(), name.decode("utf-8", "surrogateescape"))
            )
            start = end + 21
        return found

    def write_tree(self, entries: Iterable[Entry]) -> str:
        """Store a tree; git sorts folders as though their name ended in a slash."""
        lines = sorted(entries, key=_tree_order)
        content = b"".join(f"{e.mode} ".encode() + _name(e) + b"\0" + bytes.fromhex(e.oid) for e in lines)
        return self.write("tree", content)

    def commit(self, oid: str) -> CommitObject | None:
        """A commit, parsed."""
        content = self._of_kind(oid, "commit")
        return parse_commit(content) if content is not None else None

    def write_commit(self, commit: CommitObject) -> str:
        """Store a commit."""
        heading = [f"tree {commit.tree}", *(f"parent {p}" for p in commit.parents)]
        heading += [f"author {commit.author.line()}", f"committer {commit.committer.line()}"]
        return self.write("commit", ("\n".join(heading) + "\n\n" + commit.message).encode())

    def entry(self, tree: str, path: str) -> Entry | None:
        """The entry at `a/b/c` below a tree."""
        here: Entry | None = Entry("40000", tree, "")
        for part in path.strip("/").split("/"):
            if here is None or here.kind != "tree":
                return None
            here = next((e for e in self.entries(here.oid) if e.name == part), None)
        return here

    def walk(self, tree: str, prefix: str = "") -> Iterable[tuple[str, Entry]]:
        """Every entry below a tree with its whole path, folders before what they hold."""
        for entry in self.entries(tree):
            yield prefix + entry.name, entry
            if entry.kind == "tree":
                yield from self.walk(entry.oid, f"{prefix}{entry.name}/")

    def replace(self, tree: str | None, changes: dict[str, Entry | None]) -> str:
        """The tree with the entries at these paths set, or taken away where None; empty folders vanish."""
        here = {e.name: e for e in self.entries(tree)} if tree else {}
        below: dict[str, dict[str, Entry | None]] = {}
        for path, entry in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = entry
            elif entry is None:
                here.pop(name, None)
            else:
                here[name] = Entry(entry.mode, entry.oid, name)
        for name, inner in below.items():
            old = here.get(name)
            folder = self.replace(old.oid if old and old.kind == "tree" else None, inner)
            here.pop(name, None)
            if self.entries(folder):
                here[name] = Entry("40000", folder, name)
        return self.write_tree(here.values())


def _name(entry: Entry) -> bytes:
    return entry.name.encode("utf-8", "surrogateescape")


def _tree_order(entry: Entry) -> bytes:
    return _name(entry) + (b"/" if entry.kind == "tree" else b"")


def parse_commit(content: bytes) -> CommitObject:
    """Read a commit object; headers nobody asks for (signatures, encodings) are passed over."""
    heading, _, message = content.decode("utf-8", "replace").partition("\n\n")
    fields = [line.partition(" ") for line in heading.splitlines() if not line.startswith(" ")]
    first = {key: value for key, _, value in reversed(fields)}
    parents = tuple(value for key, _, value in fields if key == "parent")
    return CommitObject(first["tree"], parents, _signature(first["author"]), _signature(first["committer"]), message)


def _signature(line: str) -> Signature:
    name, _, rest = line.partition(" <")
    email, _, when = rest.partition("> ")
    return Signature(name, email, int(when.split()[0]))
