"""A checkout of made-up templates of 12 threats each, and the ledger of their ids, to measure publishing with."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.generated import template
from schema import ids
from schema.ids import Ledger, Row, State, ThreatId, subject_of

THREATS, FLOWS = 12, 10
_AT = "2026-11-20T09:00:00Z"


@dataclass(frozen=True)
class Shelf:
    """A git repository with so many templates on its main line."""

    root: Path
    number: int

    @classmethod
    def made(cls, root: Path, number: int) -> "Shelf":
        """In this folder, which is made; every template in one commit."""
        root.mkdir()
        shelf = cls(root, number)
        shelf._git("init", "--quiet", "--initial-branch=main")
        for i in range(number):
            shelf._write(i, template(i, THREATS, FLOWS))
        ledger = Ledger().extended(row for i in range(number) for j in range(THREATS) for row in _rows(i, j))
        shelf._commit()
        blob = shelf._git("hash-object", "-w", "--stdin", stdin=ids.write(ledger))
        tree = shelf._git("mktree", stdin=f"100644 blob {blob}\tledger.csv\n")
        shelf._git("update-ref", "refs/heads/threat-ids", shelf._git("commit-tree", tree, "-m", "ids"))
        return shelf

    def changes(self, i: int) -> None:
        """One template gets its next version, on the main line."""
        newer = template(i, THREATS, FLOWS).replace("version: 0.1.0", "version: 0.2.0").replace("stranger", "outsider")
        self._write(i, newer)
        self._commit()

    def _write(self, i: int, text: str) -> None:
        for j in range(THREATS):
            key = f"\n  - key: threat-{j}\n"
            text = text.replace(key, f"{key}    id: {_id(i, j)}\n")
        folder = self.root / "templates" / _name(i)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "template.yaml").write_text(text, encoding="utf-8")

    def _commit(self) -> None:
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", "made up")

    def _git(self, *arguments: str, stdin: str = "") -> str:
        who = {f"GIT_{role}_{what}": "bench" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        command = ["git", "-C", self.root, *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, check=True)
        return done.stdout.strip()


def _name(i: int) -> str:
    return f"generated-{i:04}"


def _id(i: int, j: int) -> str:
    return str(ThreatId("", "EXEC", 1 + i * THREATS + j))


def _rows(i: int, j: int) -> Iterator[Row]:
    subject = subject_of(_name(i), f"threat-{j}")
    yield Row(_AT, _id(i, j), State.RESERVED, subject, 1, "bench")
    yield Row(_AT, _id(i, j), State.PUBLISHED, subject, 1, "bench", f"Case {j}")
