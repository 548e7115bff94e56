"""A pull request can be reviewed in one sitting.

What: more than 20 templates in one pull request, or more files than GitHub shows.

Why: every template is read by people from end to end. What is too much to read gets waved through.

Fix: split it; one template each is best.
"""

from collections.abc import Iterator

from bot.checks.check import Fault, check
from bot.facts import PullRequest, Role
from bot.places import MOST_TEMPLATES, templates, touches_templates
from schema.finding import Severity


def look(pull_request: PullRequest, _author: Role) -> Iterator[Fault]:
    """Too many templates, or files that cannot be seen."""
    if not touches_templates(pull_request):
        return
    shown, changed = len(pull_request.files), pull_request.changed
    if changed > shown:
        yield Fault("", f"{changed:,} files are changed and GitHub shows {shown:,} of them: split the pull request.")
    count = len(templates(pull_request))
    if count > MOST_TEMPLATES:
        yield Fault("", f"{count:,} templates are changed, at most {MOST_TEMPLATES} are reviewed together: split it.")


CHECK = check(__name__, __doc__, Severity.ERROR, look)
