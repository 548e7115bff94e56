"""The snapshot of the ledger is left alone.

What: a pull request that changes `templates/threat-ids.csv`.

Why: the file is a copy of the ledger of threat ids, written on `main` by the registry itself. A copy that differs from
the ledger would give one number two meanings.

Fix: take the file out of the pull request: `git restore --source=origin/main templates/threat-ids.csv`.
"""

from collections.abc import Iterator

from bot.checks.check import Fault, check
from bot.facts import PullRequest, Role
from bot.places import SNAPSHOT
from schema.finding import Severity


def look(pull_request: PullRequest, _author: Role) -> Iterator[Fault]:
    """The snapshot changed, moved or deleted by anybody but the registry."""
    if pull_request.ours and not pull_request.from_fork:
        return
    if any(SNAPSHOT in (file.path, file.previous_path) for file in pull_request.files):
        yield Fault(SNAPSHOT, f"`{SNAPSHOT}` is written by the registry: take it out of the pull request.")


CHECK = check(__name__, __doc__, Severity.ERROR, look)
