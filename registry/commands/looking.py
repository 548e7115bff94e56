"""Many files checked, on every core there is, and told in the order in which they were named."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry.commands import around
from registry.commands.elsewhere import told
from registry.commands.files import content
from registry.errors import CannotRunError
from schema.check import Checked, check
from schema.facts import Telling
from schema.finding import Finding
from schema.mending import Judge

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

FEWEST = 8
"""Files for each core below which starting another process takes longer than it saves."""


@dataclass(frozen=True)
class World:
    """What is known outside the files: the day, their checkouts, and the long sentences of the other templates."""

    today: date
    checkouts: Mapping[Path, around.Known]
    elsewhere: Mapping[str, tuple[Telling, ...]]

    def judge(self, file: Path) -> Judge:
        """The check of this file, whatever it holds."""
        facts = replace(around.facts(file, self.today, self.checkouts), elsewhere=self.elsewhere)
        return partial(check, file=str(file), facts=facts)


@dataclass(frozen=True)
class Looked:
    """A file and what was found in it; text to quote from, and data where it is asked for, if something was found."""

    file: Path
    findings: tuple[Finding, ...]
    text: str = ""
    data: Any = None


def world(files: Sequence[Path], today: date) -> World:
    """What these files can be judged by. Raises CannotRunError."""
    shelved = [file for file in files if around.checkout(file)]
    elsewhere = told(map(content, shelved)) if len(files) > 1 else {}
    return World(today, around.known(shelved), elsewhere)


def looked(files: Sequence[Path], known: World, kept: "Kept") -> Iterator[Looked]:
    """Each file checked, one after the other as they are asked for; `kept` says what of. Raises CannotRunError."""
    cores = min(_cores(), len(files) // FEWEST)
    look = partial(_look, known, kept)
    return _spread(files, look, cores) if cores > 1 else map(look, files)


Kept = Callable[[Path, bytes, Checked], Looked]
"""What of a check of a file, whose bytes are these, is kept for telling it."""


def with_data(file: Path, source: bytes, checked: Checked) -> Looked:
    """Everything that any form tells."""
    return replace(without_data(file, source, checked), data=checked.data if checked.findings else None)


def without_data(file: Path, source: bytes, checked: Checked) -> Looked:
    """Findings, and the text to quote from also when the file could not be read as a template."""
    if not checked.findings:
        return Looked(file, ())
    text = checked.document.text if checked.document else source.decode("utf-8", "replace")
    return Looked(file, checked.findings, text)


def _look(known: World, kept: Kept, file: Path) -> Looked:
    source = content(file)
    return kept(file, source, known.judge(file)(source))


def _cores() -> int:
    """How many this process may use; one where processes cannot be forked safely."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


_Look = Callable[[Path], Looked]


def _spread(files: Sequence[Path], look: _Look, cores: int) -> Iterator[Looked]:
    """Dealt out in turn and collected in turn; a process waits when its pipe is full, so that memory stays flat."""
    from multiprocessing import get_context  # noqa: PLC0415 - slow to import, and few files need it

    context = get_context("fork")
    lanes: list[Connection[Any, Any]] = []
    sys.stdout.flush()  # a fork would write what waits here once more
    for first in range(cores):
        receiver, sender = context.Pipe(duplex=False)
        context.Process(target=_work, args=(files[first::cores], look, sender), daemon=True).start()
        sender.close()
        lanes.append(receiver)
    for lane in islice(cycle(lanes), len(files)):
        yield _received(lane)


def _received(lane: "Connection[Any, Any]") -> Looked:
    try:
        answer = lane.recv()
    except EOFError:
        raise CannotRunError("a process that was checking files has ended too early: run the check again.") from None
    if isinstance(answer, CannotRunError):
        raise answer
    return answer  # type: ignore[no-any-return]  # what _work sends


def _work(files: Sequence[Path], look: _Look, sender: "Connection[Any, Any]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever interrupts has no use for a traceback of each process
    for file in files:
        try:
            sender.send(look(file))
        except CannotRunError as reason:
            sender.send(reason)
        except BrokenPipeError:
            return  # nobody reads on
