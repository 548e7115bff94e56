"""Versions are taken back by maintainers.

What: a pull request that changes a template's `withdrawn.yaml`, by an author who does not maintain the repository.

Why: a version that is withdrawn leaves the lists, and everybody who has pinned it is told so. That is for the people to
say who answer for the catalogue.

Fix: take the file out of the pull request, and tell the maintainers what is wrong with the version: in an issue, or as
SECURITY.md says when it is harmful.
"""

import re
from collections.abc import Iterator

from bot.checks.check import Fault, check
from bot.facts import PullRequest, Role
from schema.finding import Severity

_FILE = re.compile(r"templates/[^/]+/withdrawn\.yaml", re.IGNORECASE)


def look(pull_request: PullRequest, author: Role) -> Iterator[Fault]:
    """One fault for each such file, wherever it was or goes."""
    if author.at_least(Role.MAINTAIN):
        return
    for file in pull_request.files:
        for path in dict.fromkeys((file.path, file.previous_path)):
            if _FILE.fullmatch(path):
                yield Fault(path, "Only maintainers take versions back: leave this file as it is, and tell them why.")


CHECK = check(__name__, __doc__, Severity.ERROR, look)
