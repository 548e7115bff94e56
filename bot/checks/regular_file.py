"""A template is a regular file.

What: something under `templates/` that is a symbolic link, a submodule or an executable file.

Why: a link shows readers what it points at, a submodule shows another repository, and a template is never run. None of
them can be reviewed line by line.

Fix: commit the file itself, without the executable bit: `git update-index --chmod=-x <file>`.
"""

from collections.abc import Iterator

from bot.checks.check import Fault, check
from bot.facts import Change, PullRequest, Role
from bot.places import REGULAR, in_the_room
from schema.finding import Severity

_KINDS = {"120000": "a symbolic link", "160000": "a submodule", "100755": "executable", "040000": "a folder"}


def look(pull_request: PullRequest, _author: Role) -> Iterator[Fault]:
    """Whatever stands under `templates/` at the head and is no regular file."""
    for file in pull_request.files:
        if file.change is not Change.REMOVED and in_the_room(file.path) and file.mode != REGULAR:
            kind = _KINDS.get(file.mode, "no regular file")
            yield Fault(file.path, f"This is {kind}: commit a regular file that is not executable (mode {REGULAR}).")


CHECK = check(__name__, __doc__, Severity.ERROR, look)
