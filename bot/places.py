"""Which files of a pull request are templates, and which of them may be read at all."""

import re
import unicodedata

from bot.facts import Change, ChangedFile, PullRequest

ROOM = "templates/"
SNAPSHOT = "templates/threat-ids.csv"
LEDGER_BRANCH = "threat-ids"
REGULAR = "100644"
MOST_BYTES = 1_048_576
MOST_TEMPLATES = 20

_TEMPLATE = re.compile(r"templates/([a-z][a-z0-9-]{0,63})/template\.yaml")


def folder_of(path: str) -> str | None:
    """The folder (and so the id) of the template at this path; None when no template stands there."""
    match = _TEMPLATE.fullmatch(path)
    return match[1] if match else None


def in_the_room(path: str) -> bool:
    """Whether a person or a file system may take the path for one under `templates/`."""
    return unicodedata.normalize("NFKC", path).casefold().replace("\\", "/").lstrip("./").startswith(ROOM)


def path_at_base(file: ChangedFile) -> str:
    """Where the file stands at the commit the pull request is compared with, if it does."""
    return file.previous_path or file.path


def touches_templates(pull_request: PullRequest) -> bool:
    """Whether anything under `templates/` is changed, moved there or moved away; what GitHub does not show may be."""
    files = pull_request.files
    return pull_request.changed > len(files) or any(
        in_the_room(path) for file in files for path in (file.path, file.previous_path)
    )


def is_visited(pull_request: PullRequest) -> bool:
    """Whether it goes through the stages: open, no draft, to the default branch, with something under `templates/`."""
    return is_reviewed(pull_request) and not pull_request.draft and touches_templates(pull_request)


def is_reviewed(pull_request: PullRequest) -> bool:
    """Whether it gets gates: open, and to the default branch."""
    return pull_request.state == "open" and pull_request.base_ref == pull_request.default_branch


def templates(pull_request: PullRequest) -> tuple[ChangedFile, ...]:
    """The templates that stand at the head and are changed, in the order of their paths."""
    found = [file for file in pull_request.files if folder_of(file.path) and file.change is not Change.REMOVED]
    return tuple(sorted(found, key=lambda file: file.path))


def readable(pull_request: PullRequest) -> tuple[ChangedFile, ...]:
    """The templates whose bytes are worth fetching: regular files of a bearable size; none when there are too many."""
    found = templates(pull_request)
    if len(found) > MOST_TEMPLATES:
        return ()
    return tuple(file for file in found if file.mode == REGULAR and file.size <= MOST_BYTES)
