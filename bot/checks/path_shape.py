"""A file name is what it looks like.

What: a path with characters nobody sees, with letters or separators that only look like `templates/`, with a part that
some systems treat as special, or longer than 200 characters.

Why: reviewers approve what they see. A name that reads differently on another system puts the file somewhere else.

Fix: use `templates/<id>/template.yaml`, with small letters, digits and hyphens in the id.
"""

import re
from collections.abc import Iterator

from bot.checks.check import Fault, check, named
from bot.facts import PullRequest, Role
from bot.places import ROOM, folder_of, in_the_room, touches_templates
from schema.finding import Severity

LONGEST = 200

_SPECIAL_PART = re.compile(
    r"\.{1,2}|\.git|.*[ .]|(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?|.*:.*", re.IGNORECASE | re.DOTALL
)


def look(pull_request: PullRequest, _author: Role) -> Iterator[Fault]:
    """Names that deceive, and folders that are no template id."""
    if not touches_templates(pull_request):
        return
    for file in pull_request.files:
        reason = _reason(file.path)
        if reason:
            yield Fault(file.path, f"The name {named([file.path])} {reason}: use `templates/<id>/template.yaml`.")


def _reason(path: str) -> str:
    checks = (
        (len(path) > LONGEST, f"is longer than {LONGEST} characters"),
        (not path.isprintable() or "\\" in path, "holds characters that are not what they look like"),
        (any(_SPECIAL_PART.fullmatch(part) for part in path.split("/")), "has a part some systems treat as special"),
        (in_the_room(path) and not path.startswith(ROOM), f"only looks as if it stood under `{ROOM}`"),
        (_is_misnamed(path), "is no place for a template (small letters, digits and hyphens)"),
    )
    return next((reason for holds, reason in checks if holds), "")


def _is_misnamed(path: str) -> bool:
    name = path.rpartition("/")[2].casefold()
    return path.startswith(ROOM) and name in ("template.yaml", "template.yml") and folder_of(path) is None


CHECK = check(__name__, __doc__, Severity.ERROR, look)
