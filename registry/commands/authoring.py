"""What the commands for authors share: a template's document or its first fault, and its bytes as git keeps them."""

import os
import subprocess
from pathlib import Path

from registry.errors import CannotRunError
from schema.document import MOST_BYTES, Document, read
from schema.finding import Finding
from schema.reports.text import visible


def at_revision(revision: str, path: str, folder: Path = Path()) -> bytes:
    """The bytes that git keeps as `revision:path`, seen from `folder`; CannotRunError where there are none."""
    place = f"{revision}:{path}"
    blob = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", place).decode().strip()
    if not blob or _git(folder, "cat-file", "-t", blob).strip() != b"blob":
        raise CannotRunError(f"git keeps no file {visible(place)}: name a commit and a path from its root.")
    if int(_git(folder, "cat-file", "-s", blob)) > MOST_BYTES:
        raise CannotRunError(f"{visible(place)} is larger than a template may be.")
    return _git(folder, "cat-file", "blob", blob)


def document_of(source: bytes, name: str) -> Document:
    """The document in these bytes; CannotRunError with the first fault where it cannot be read."""
    found = read(source, name)
    if isinstance(found, Document):
        return found
    raise CannotRunError(f"{first_fault(found)} threatshelf check shows everything.")


def first_fault(findings: tuple[Finding, ...]) -> str:
    """Where the first fault stands and what it says, on one line."""
    first = findings[0]
    return f"{visible(first.file)}:{first.place.line}:{first.place.column}: {first.message}"


def _git(folder: Path, *arguments: str) -> bytes:
    """What git says; nothing where it fails."""
    command = ["git", "--no-pager", "--literal-pathspecs", "-C", str(folder), *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603  # git, no shell
            command, capture_output=True, check=False, env={**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
        )
    except FileNotFoundError:
        raise CannotRunError("git is missing: install it.") from None
    return done.stdout if not done.returncode else b""
