"""Making credentials of each kind."""

from __future__ import annotations

from datetime import timedelta

from github_fake.hub import Hub
from github_fake.state import App, Installation, Repository, Token, User

READ_ONLY = dict.fromkeys(("actions", "checks", "contents", "issues", "pull_requests", "statuses"), "read")
ACTIONS_APP_ID = 15368
INSTALLATION_LIMIT = 5000
ACTIONS_LIMIT = 1000


def _keep(hub: Hub, token: Token) -> Token:
    hub.world.tokens[token.value] = token
    return token


def for_user(hub: Hub, who: User) -> Token:
    """A person's token: it may do what the person may."""
    value = f"ghp_{hub.world.next_id('token'):036d}"
    return _keep(hub, Token(value, "user", who, INSTALLATION_LIMIT, f"user ID {who.id}"))


def for_installation(hub: Hub, where: Installation, rights: dict[str, str], repositories: frozenset[str]) -> Token:
    """An App's token for an hour."""
    value = f"ghs_{hub.world.next_id('token'):036d}"
    pool = f"installation ID {where.id}"
    token = Token(
        value, "installation", where.app.bot, INSTALLATION_LIMIT, pool, where.app, where, rights, repositories
    )
    token.expires_at = hub.clock.now + timedelta(hours=1)
    return _keep(hub, token)


def for_actions(hub: Hub, where: Repository, app: App, rights: dict[str, str]) -> Token:
    """GITHUB_TOKEN of one job; all of a repository share one pool of 1,000 an hour."""
    value = f"ghs_{hub.world.next_id('token'):036d}"
    pool = f"installation of {where.full_name}"
    reach = frozenset({where.full_name})
    token = Token(value, "actions", app.bot, ACTIONS_LIMIT, pool, app, None, dict(rights), reach)
    token.expires_at = hub.clock.now + timedelta(hours=24)
    return _keep(hub, token)
