"""What the reviewer's tests share: real git repositories, a ledger, and a clock that nobody waits for."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clone import Clone
from bot.ledger import CloneLedger, Patience
from schema.ids import Ledger, write
from schema.transitions import Cause, seeded

AT = "2026-11-20T09:00:00Z"
BY = Cause(AT, "maintainer-a")
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
PEOPLE = {f"GIT_{role}_{part}": "a@localhost" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}


@dataclass(frozen=True)
class Place:
    """A bare repository and one clone of it."""

    bare: Path
    root: Path

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """One git command in the clone."""
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env={**ENVIRONMENT, **PEOPLE}, input=stdin, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def at(self, ref: str, path: str) -> bytes:
        """A file as the bare repository has it."""
        done = subprocess.run(
            ["git", "-C", str(self.bare), "cat-file", "blob", f"{ref}:{path}"],
            env=ENVIRONMENT, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout

    def put(self, files: dict[str, bytes], branch: str = "main") -> str:
        """Somebody pushes files onto a branch."""
        for path, source in files.items():
            file = self.root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(source)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        self.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
        return self.git("rev-parse", "HEAD")

    def another(self, name: str) -> Path:
        """One more clone."""
        folder = self.root.parent / name
        self.git("clone", "--quiet", str(self.bare), str(folder))
        return folder

    @property
    def clone(self) -> Clone:
        return Clone(self.root, "origin", ENVIRONMENT)

    @property
    def ledger(self) -> CloneLedger:
        return CloneLedger(self.clone)

    def refuse(self, lines: str) -> None:
        """A rule of the repository, as a hook."""
        hook = self.bare / "hooks" / "update"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{lines}\n")
        hook.chmod(0o755)


def seeds() -> Ledger:
    return Ledger().extended(seeded({"T-EXEC-001": "One", "T-EXEC-002": "Two"}, "openclaw-trust", BY))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A repository with a main branch and nothing else."""
    found = Place(tmp_path / "origin.git", tmp_path / "clone")
    found.root.mkdir()
    found.git("init", "--quiet", "--bare", "--initial-branch=main", str(found.bare))
    found.git("init", "--quiet", "--initial-branch=main")
    found.git("remote", "add", "origin", str(found.bare))
    found.put({"README.md": b"A shelf.\n"})
    return found


@pytest.fixture
def begun(place: Place) -> Place:
    """The same with a ledger of two ids."""
    assert place.ledger.create(write(seeds()))
    return place


@dataclass
class Waited:
    """A clock that stands still but for pauses."""

    now: float = 0.0
    pauses: int = 0

    def pause(self, seconds: float) -> None:
        assert 0 < seconds <= 5
        self.now += seconds
        self.pauses += 1


@pytest.fixture
def waited() -> Waited:
    return Waited()


@pytest.fixture
def patience(waited: Waited) -> Patience:
    return Patience(waited.pause, lambda: waited.now, lambda: 0.5)
