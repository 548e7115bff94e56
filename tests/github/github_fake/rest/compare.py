"""Two commits side by side."""

from __future__ import annotations

from github_fake.call import Call
from github_fake.git import Git
from github_fake.render import commits, people
from github_fake.routes import R, route
from github_fake.state import Repository
from github_fake.wire import Answer, not_found

FILES = 300


@route("GET", R + "/compare/{basehead}", "contents:read")
def compare(call: Call) -> Answer:
    """`base...head`, each a branch, a commit or `owner:branch` of the network; files on the first page only."""
    base_name, _, head_name = call.args["basehead"].partition("...")
    hub, where, git = call.hub, call.repository, call.hub.git(call.repository)
    base, head = _side(call, base_name), _side(call, head_name)
    middle = git.merge_base(base, head)
    if middle is None:
        raise not_found()
    ahead = list(reversed(_between(git, middle, head)))
    behind = _between(git, middle, base)
    shown, links = call.cut(ahead)
    web = f"{hub.url}/{where.full_name}/compare/{call.args['basehead']}"
    body = {
        "url": f"{people.repository_url(hub, where)}/compare/{call.args['basehead']}",
        "html_url": web,
        "permalink_url": web,
        "diff_url": f"{web}.diff",
        "patch_url": f"{web}.patch",
        "base_commit": commits.commit(hub, where, base),
        "merge_base_commit": commits.commit(hub, where, middle),
        "status": _status(len(ahead), len(behind)),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [commits.commit(hub, where, sha) for sha in shown],
    }
    if call.request.query.get("page", "1") == "1":
        body["files"] = [commits.diff_entry(hub, where, head, c) for c in git.changes(middle, head)[:FILES]]
    return Answer(200, body, links)


def _between(git: Git, old: str, new: str) -> list[str]:
    return [] if old == new else git.history(new, f"^{old}")


def _status(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    if ahead:
        return "ahead"
    return "behind" if behind else "identical"


def _side(call: Call, name: str) -> str:
    owner, colon, branch = name.partition(":")
    where = _fork_of(call, owner) if colon else call.repository
    found = call.hub.git(where).resolve(branch if colon else name)
    if found is None:
        raise not_found()
    return found


def _fork_of(call: Call, owner: str) -> Repository:
    """The repository of that owner in the same network."""
    network = [r for r in call.hub.world.repositories.values() if r.owner.login.lower() == owner.lower()]
    root = call.repository.parent or call.repository
    for where in network:
        if root in (where, where.parent):
            return where
    raise not_found()
