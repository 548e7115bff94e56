"""The templates that an author names on the command line: which files they are, and their bytes."""

from pathlib import Path

from registry.errors import CannotRunError
from schema.document import MOST_BYTES
from schema.reports.text import visible

NAME = "template.yaml"
STDIN = Path("-")
"""Stands for standard input where a command reads one file from there."""


def named(paths: list[Path]) -> list[Path]:
    """The files themselves, and every template below the folders, each once; CannotRunError where there is none."""
    return list(dict.fromkeys(file for path in paths or [Path("templates")] for file in _below(path)))


def content(file: Path) -> bytes:
    """The file's bytes, one more than a template may have at most; CannotRunError when it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRunError(f"{shown(file)} cannot be read: {error.strerror}.") from None


def shown(file: Path) -> str:
    """The name of a file as it may be written to a terminal."""
    return visible(str(file))


def _below(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(path.glob(f"**/{NAME}"))
        if not found:
            raise CannotRunError(f"there is no {NAME} below {shown(path)}: name a file, or a folder that holds one.")
        return found
    if not path.is_file():
        raise CannotRunError(f"there is no file {shown(path)}: name a {NAME} or a folder that holds one.")
    return [path]
