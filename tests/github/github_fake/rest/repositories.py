"""Repositories, their branches and commits, and who works on them."""

from __future__ import annotations

from typing import Any

from github_fake import founding
from github_fake.call import Call
from github_fake.render import commits, people, pulls
from github_fake.rights import NO_ACCESS, role_of
from github_fake.routes import R, route
from github_fake.rules import on_ref
from github_fake.state import Repository
from github_fake.wire import Answer, RefusedError, forbidden, invalid, not_found

LEGACY = {"maintain": "write", "triage": "read"}
"""`permission` knows four words only; `role_name` knows all."""


@route("GET", R, "metadata:read")
def repository(call: Call) -> Answer:
    """One repository; a token of a person also learns what he may do there."""
    return Answer(200, people.full_repository(call.hub, call.repository, call.token.user if call.token else None))


@route("GET", R + "/branches", "contents:read")
def branches(call: Call) -> Answer:
    """All branches by name."""
    found = list(call.hub.git(call.repository).refs("refs/heads/").items())
    return call.page(found, lambda pair: _short(call, pair[0].removeprefix("refs/heads/"), pair[1]))


def _short(call: Call, name: str, sha: str) -> dict[str, Any]:
    url = f"{people.repository_url(call.hub, call.repository)}/commits/{sha}"
    guarded = bool(on_ref(call.repository, f"refs/heads/{name}"))
    return {"name": name, "commit": {"sha": sha, "url": url}, "protected": guarded}


@route("GET", R + "/branches/{branch}", "contents:read")
def branch(call: Call) -> Answer:
    """One branch with its head commit."""
    where, name = call.repository, call.args["branch"]
    sha = call.hub.git(where).branch(name)
    if sha is None:
        raise RefusedError(404, "Branch not found")
    api = f"{people.repository_url(call.hub, where)}/branches/{name}"
    checks = {"enforcement_level": "off", "contexts": [], "checks": []}
    more = {
        "_links": {"self": api, "html": f"{call.hub.url}/{where.full_name}/tree/{name}"},
        "protection": {"enabled": False, "required_status_checks": checks},
        "protection_url": f"{api}/protection",
    }
    return Answer(200, _short(call, name, sha) | {"commit": commits.commit(call.hub, where, sha)} | more)


@route("GET", R + "/commits", "contents:read")
def list_commits(call: Call) -> Answer:
    """History of a branch or commit, newest first; of one path where asked."""
    where, query = call.repository, call.request.query
    start = call.hub.git(where).resolve(query.get("sha") or where.default_branch)
    if start is None:
        raise not_found()
    found = call.hub.git(where).history(start, path=query.get("path", ""))
    return call.page(found, lambda sha: commits.commit(call.hub, where, sha))


def commit_named(call: Call, name: str = "ref") -> str:
    """The commit a path names; 422 where there is none, as GitHub says it."""
    found = call.hub.git(call.repository).resolve(call.args[name])
    if found is None:
        raise RefusedError(422, f"No commit found for SHA: {call.args[name]}")
    return found


@route("GET", R + "/commits/{ref}", "contents:read")
def commit(call: Call) -> Answer:
    """One commit with its files; its bare name for the `sha` media type."""
    sha = commit_named(call)
    if call.request.headers.get("accept", "").endswith(".sha"):
        return Answer(200, sha.encode(), {"Content-Type": "application/vnd.github.sha"})
    return Answer(200, commits.commit_with_files(call.hub, call.repository, sha))


@route("GET", R + "/commits/{commit_sha}/pulls", "pull_requests:read")
def pulls_of_commit(call: Call) -> Answer:
    """Pull requests whose head it is, or which it merged."""
    sha = commit_named(call, "commit_sha")
    found = [i for i in call.repository.issues.values() if i.pull and sha in (i.pull.head_sha, i.pull.merge_sha)]
    return call.page(found, lambda i: pulls.simple(call.hub, i))


@route("GET", R + "/collaborators/{username}/permission", "metadata:read")
def permission(call: Call) -> Answer:
    """A person's role; "read" for a stranger to a public repository, with `role_name` telling the truth."""
    who, where = call.hub.user(call.args["username"]), call.repository
    role = role_of(where, who)
    if role == "none" and not where.private:
        role = "read"
    person = people.user(call.hub, who) | {"permissions": people.permissions(where, who), "role_name": role}
    return Answer(200, {"permission": LEGACY.get(role, role), "role_name": role, "user": person})


@route("GET", R + "/collaborators/{username}", "metadata:read")
def is_collaborator(call: Call) -> Answer:
    """204 for those with a role of their own, 404 for the rest."""
    if role_of(call.repository, call.hub.user(call.args["username"])) == "none":
        raise not_found()
    return Answer(204, absent=True)


@route("POST", R + "/forks", "contents:read", "read")
def fork(call: Call) -> Answer:
    """A fork in the person's own account; asked twice, the one there is."""
    if call.actor.kind != "user":
        raise forbidden(NO_ACCESS)
    made = founding.fork(call.hub, call.repository, call.user, call.body.get("name"))
    return Answer(202, people.full_repository(call.hub, made, call.user))


@route("GET", R + "/forks", "metadata:read")
def forks(call: Call) -> Answer:
    """Who forked it."""
    found = [r for r in call.hub.world.repositories.values() if r.parent is call.repository]
    return call.page(found, lambda r: people.repository(call.hub, r))


@route("GET", R + "/assignees/{assignee}", "metadata:read")
def may_be_assigned(call: Call) -> Answer:
    """204 for whoever may be assigned."""
    if not assignable(call.repository, call.args["assignee"]):
        raise not_found()
    return Answer(204, absent=True)


def assignable(where: Repository, login: str) -> bool:
    """Those with a role, the owner, and whoever wrote in a thread (asked there)."""
    return login == where.owner.login or where.collaborators.get(login, "none") != "none"


@route("PATCH", R, "administration:write", "admin")
def edit(call: Call) -> Answer:
    """Description and default branch."""
    where = call.repository
    if call.body.get("default_branch"):
        if call.hub.git(where).branch(call.body["default_branch"]) is None:
            raise invalid("Repository", "default_branch")
        where.default_branch = call.body["default_branch"]
    where.description = call.body.get("description", where.description)
    return Answer(200, people.full_repository(call.hub, where, call.user))


@route("DELETE", R, "administration:write", "admin")
def delete(call: Call) -> Answer:
    """Gone; pull requests from it stay, with a head that has no repository."""
    founding.delete(call.hub, call.repository)
    return Answer(204, absent=True)
