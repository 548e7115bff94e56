"""Every commit is signed off by whoever wrote it.

What: a pull request that touches templates and holds a commit without a line `Signed-off-by: Name <address>` with the
address of the commit's author or committer. Merges need none, nor the commits in which this reviewer writes threat ids.

Why: templates are published under CC-BY-4.0, and others build on them. With that line you certify the Developer
Certificate of Origin (https://developercertificate.org): that you may give this text away under that licence.

Fix: `git rebase --signoff main` and `git push --force-with-lease`. If you cannot rewrite your commits, add one more
whose message says, for each of them, `I hereby add my Signed-off-by to this commit: <its whole id>`.
"""

from collections.abc import Iterator

from bot.checks.check import Fault, check, named
from bot.facts import PullRequest, Role
from bot.places import touches_templates
from schema.finding import Severity

UNSIGNED = "{commits} no sign-off: {names}. Say `git rebase --signoff {base}` and push again, or see how else."
UNREAD = "{count:,} commits are more than I read, so nobody knows who signed them off. Make fewer of them."


def look(pull_request: PullRequest, _author: Role) -> Iterator[Fault]:
    """One fault for all commits without a sign-off, one for those that nobody read."""
    if not touches_templates(pull_request):
        return
    lacking = pull_request.unsigned
    if lacking:
        commits = "1 commit has" if len(lacking) == 1 else f"{len(lacking):,} commits have"
        names = named(commit[:10] for commit in lacking)
        yield Fault("", UNSIGNED.format(commits=commits, names=names, base=pull_request.default_branch))
    if pull_request.unread_commits:
        yield Fault("", UNREAD.format(count=pull_request.unread_commits))


CHECK = check(__name__, __doc__, Severity.ERROR, look)
