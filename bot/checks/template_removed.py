"""A published template stays.

What: a template that is deleted or moved to another folder. For a maintainer it is a warning: a take-down may need it.

Why: adopters have pinned it, and its threats carry ids for good. A template that vanishes cannot tell anybody why.

Fix: keep the file and set `status: deprecated` with `retired: {because, superseded_by}`. A renamed template is a new
one that carries the ids over, with the old one deprecated.
"""

from collections.abc import Iterator

from bot.checks.check import Fault, check
from bot.facts import Change, ChangedFile, PullRequest, Role
from bot.places import folder_of
from schema.finding import Severity

_MESSAGE = "A published template is not {done}: keep it, and say `status: deprecated` and `retired`."


def look(pull_request: PullRequest, author: Role) -> Iterator[Fault]:
    """Templates of the base that are no longer where they stood."""
    severity = Severity.WARNING if author.at_least(Role.MAINTAIN) else None
    for file in pull_request.files:
        if file.change is Change.REMOVED and folder_of(file.path):
            yield Fault(file.path, _MESSAGE.format(done="deleted"), severity)
        if _moves_away(file):
            yield Fault(file.previous_path, _MESSAGE.format(done="moved"), severity)


def _moves_away(file: ChangedFile) -> bool:
    return file.change is Change.RENAMED and bool(folder_of(file.previous_path)) and file.previous_path != file.path


CHECK = check(__name__, __doc__, Severity.ERROR, look)
