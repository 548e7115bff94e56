"""People, Apps, installations and repositories as REST writes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from github_fake.clock import stamp
from github_fake.hub import Hub
from github_fake.rights import has_role, role_of
from github_fake.state import App, Installation, Repository, User

USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def user(hub: Hub, who: User) -> dict[str, Any]:
    """simple-user."""
    api = f"{hub.url}/users/{quote(who.login)}"
    page = f"apps/{who.login.removesuffix('[bot]')}" if who.kind == "Bot" else who.login
    return {
        "login": who.login,
        "id": who.id,
        "node_id": who.node_id,
        "avatar_url": f"{hub.url}/avatars/u/{who.id}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{hub.url}/{page}",
        "type": who.kind,
        "site_admin": False,
        "user_view_type": "public",
    } | {key: api + tail for key, tail in USER_LINKS.items()}


def user_or_none(hub: Hub, who: User | None) -> dict[str, Any] | None:
    """The same, or null."""
    return user(hub, who) if who else None


def profile(hub: Hub, who: User) -> dict[str, Any]:
    """public-user."""
    blank = dict.fromkeys(("company", "location", "email", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    times = dict.fromkeys(("created_at", "updated_at"), "2020-01-01T00:00:00Z")
    return user(hub, who) | blank | counts | times | {"name": who.name, "blog": ""}


def own_profile(hub: Hub, who: User) -> dict[str, Any]:
    """private-user."""
    counts = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
    more = {"two_factor_authentication": True, "user_view_type": "private"}
    return profile(hub, who) | dict.fromkeys(counts, 0) | more


def app(hub: Hub, what: App) -> dict[str, Any]:
    """Integration."""
    return {
        "id": what.id,
        "slug": what.slug,
        "node_id": what.node_id,
        "client_id": f"Iv1.{what.id}",
        "owner": user(hub, what.owner),
        "name": what.slug,
        "description": "",
        "external_url": hub.url,
        "html_url": f"{hub.url}/apps/{what.slug}",
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.created_at),
        "permissions": {"metadata": "read"} | what.rights,
        "events": what.events,
    }


def app_or_none(hub: Hub, what: App | None) -> dict[str, Any] | None:
    """The same, or null."""
    return app(hub, what) if what else None


def installation(hub: Hub, what: Installation) -> dict[str, Any]:
    """Installation."""
    return {
        "id": what.id,
        "account": user(hub, what.account),
        "repository_selection": "selected",
        "access_tokens_url": f"{hub.url}/app/installations/{what.id}/access_tokens",
        "repositories_url": f"{hub.url}/installation/repositories",
        "html_url": f"{hub.url}/settings/installations/{what.id}",
        "app_id": what.app.id,
        "app_slug": what.app.slug,
        "target_id": what.account.id,
        "target_type": what.account.kind,
        "permissions": {"metadata": "read"} | what.rights,
        "events": what.app.events,
        "single_file_name": None,
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.created_at),
        "suspended_by": None,
        "suspended_at": None,
    }


def repository_url(hub: Hub, what: Repository) -> str:
    """Where the API keeps it."""
    return f"{hub.url}/repos/{what.full_name}"


def minimal_repository(hub: Hub, what: Repository) -> dict[str, Any]:
    """minimal-repository: names and links."""
    api = repository_url(hub, what)
    return {
        "id": what.id,
        "node_id": what.node_id,
        "name": what.name,
        "full_name": what.full_name,
        "private": what.private,
        "owner": user(hub, what.owner),
        "html_url": f"{hub.url}/{what.full_name}",
        "description": what.description,
        "fork": what.parent is not None,
        "url": api,
    } | {key: api + tail for key, tail in REPOSITORY_LINKS.items()}


def repository(hub: Hub, what: Repository, viewer: User | None = None) -> dict[str, Any]:
    """The description's `repository`; with a viewer, what he may do there."""
    opened = sum(i.state == "open" for i in what.issues.values())
    forks = sum(r.parent is what for r in hub.world.repositories.values())
    web = f"{hub.url}/{what.full_name}"
    switches = ("has_issues", "has_projects", "has_downloads", "has_wiki")
    off = ("has_pages", "has_discussions", "archived", "disabled", "is_template", "web_commit_signoff_required")
    none = ("homepage", "language", "mirror_url", "license")
    body = minimal_repository(hub, what) | dict.fromkeys(switches, True) | dict.fromkeys(off, False)
    body |= dict.fromkeys(none) | dict.fromkeys(("size", "stargazers_count", "watchers_count", "watchers"), 0)
    body |= {
        "default_branch": what.default_branch,
        "forks": forks,
        "forks_count": forks,
        "open_issues": opened,
        "open_issues_count": opened,
        "clone_url": f"{web}.git",
        "git_url": f"{web}.git",
        "ssh_url": f"{web}.git",
        "svn_url": web,
        "topics": [],
        "visibility": "private" if what.private else "public",
        "allow_forking": True,
        "created_at": stamp(what.created_at),
        "updated_at": stamp(hub.clock.now),
        "pushed_at": stamp(hub.clock.now),
    }
    return body | ({"permissions": permissions(what, viewer)} if viewer else {})


def permissions(what: Repository, viewer: User) -> dict[str, bool]:
    """What a person may do there, in the five words GitHub uses."""
    words = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
    return {word: has_role(what, viewer, role) for word, role in words.items()}


def full_repository(hub: Hub, what: Repository, viewer: User | None = None) -> dict[str, Any]:
    """full-repository: with where it was forked from."""
    body = repository(hub, what, viewer) | {"network_count": 0, "subscribers_count": 0}
    if what.owner.kind == "Organization":
        body["organization"] = user(hub, what.owner)
    if what.parent:
        body |= {"parent": repository(hub, what.parent), "source": repository(hub, what.parent)}
    return body


def association(what: Repository, who: User) -> str:
    """author_association: never to be trusted for rights."""
    if who.login == what.owner.login:
        return "OWNER"
    role = role_of(what, who)
    if role != "none":
        return "MEMBER" if what.owner.kind == "Organization" else "COLLABORATOR"
    merged = any(i.pull and i.pull.merged_at and i.user is who for i in what.issues.values())
    return "CONTRIBUTOR" if merged else "NONE"
