"""What `threatshelf check` does with mended files: shows them as a patch, or writes them."""

import contextlib
import difflib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from registry.errors import CannotRunError
from schema.reports.text import visible

_NO_LINE_BREAK = "\\ No newline at end of file"


def patch(file: Path, before: str, after: str) -> Iterator[str]:
    """The unified difference of two texts, line by line, as `git apply` and `patch -p1` take it; empty when equal."""
    name = visible(file.as_posix().lstrip("/"))
    found = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}", lineterm="\n")
    for line in found:
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield _NO_LINE_BREAK


def write(file: Path, before: bytes, after: bytes) -> None:
    """Put `after` in the place of `before` in one step, with the same mode and owner.

    CannotRunError, and nothing is changed, for a symbolic link and for a file that no longer holds `before`.
    """
    refuse_link(file)
    try:
        _replace(file, before, after)
    except OSError as error:
        raise CannotRunError(f"{visible(str(file))} cannot be written: {error.strerror}.") from None


def refuse_link(file: Path) -> None:
    """CannotRunError for a symbolic link: what it leads to may be anybody's."""
    if file.is_symlink():
        raise CannotRunError(f"{visible(str(file))} is a symbolic link: name the file that it leads to.")


def _replace(file: Path, before: bytes, after: bytes) -> None:
    number, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    try:
        with os.fdopen(number, "wb") as stream:
            _like(stream.fileno(), file.lstat())
            stream.write(after)
            stream.flush()
            os.fsync(stream.fileno())
        if _bytes(file) != before:
            raise CannotRunError(f"{visible(str(file))} was changed while it was checked: run the check again.")
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)


def _like(number: int, known: os.stat_result) -> None:
    """Mode and owner of the file before; only root may give a file away, and for everybody else it is theirs."""
    with contextlib.suppress(PermissionError):
        os.fchown(number, known.st_uid, known.st_gid)
    os.fchmod(number, stat.S_IMODE(known.st_mode))


def _bytes(file: Path) -> bytes:
    number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(number, "rb") as stream:
        return stream.read()


def _lines(text: str) -> list[str]:
    """Lines end at a line feed and nowhere else: what other characters some programs end them at stays inside."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [last for last in lines[-1:] if last]
