"""A file under `templates/` can be read.

What: a file of more than 1 MiB.

Why: a template is read by people. A threat model in text that long is several models, or something else altogether.

Fix: shorten or split it; leave out what was pasted in, such as logs, images or archives.
"""

from collections.abc import Iterator

from bot.checks.check import Fault, check
from bot.facts import Change, ChangedFile, PullRequest, Role
from bot.places import MOST_BYTES, REGULAR, in_the_room
from schema.finding import Severity


def look(pull_request: PullRequest, _author: Role) -> Iterator[Fault]:
    """Regular files under `templates/` whose bytes are not fetched because of their size."""
    for file in pull_request.files:
        if _is_looked_at(file) and file.size > MOST_BYTES:
            yield Fault(file.path, f"The file has {file.size:,} bytes, at most {MOST_BYTES:,} are read: shorten it.")


def _is_looked_at(file: ChangedFile) -> bool:
    return file.change is not Change.REMOVED and in_the_room(file.path) and file.mode == REGULAR


CHECK = check(__name__, __doc__, Severity.ERROR, look)
