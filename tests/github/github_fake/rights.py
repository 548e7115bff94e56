"""Who may do what: people by their role in a repository, Apps and GITHUB_TOKEN by the rights of their token."""

from __future__ import annotations

import base64
import json
from typing import Any

from github_fake.call import Call
from github_fake.hub import Hub
from github_fake.routes import Route
from github_fake.state import ROLES, Repository, Token, User
from github_fake.wire import RefusedError, forbidden, not_found

LEVELS = ("none", "read", "write", "admin")
NO_ACCESS = "Resource not accessible by integration"
BAD_JWT = "A JSON web token could not be decoded"


def credential(headers: dict[str, str]) -> str | None:
    """The bare token of an Authorization header: `token x`, `Bearer x`, or Basic with it as the password."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("token", "bearer"):
        return value.strip()
    if scheme.lower() == "basic":
        return base64.b64decode(value).decode().partition(":")[2]
    return None


def is_jwt(value: str) -> bool:
    """Whether it has the three parts of a JSON web token."""
    return value.count(".") == 2 and value.startswith("ey")


def token_for(hub: Hub, value: str | None) -> Token | None:
    """The token by its value; None without one, 401 where it is unknown, revoked or too old."""
    if value is None or is_jwt(value):
        return None
    found = hub.world.tokens.get(value)
    if found is None or found.revoked or (found.expires_at and found.expires_at <= hub.clock.now):
        raise RefusedError(401, "Bad credentials")
    return found


def app_of_jwt(hub: Hub, value: str) -> int:
    """The App a well-formed JSON web token speaks for; its signature is not looked at."""
    try:
        head, claims = (_json_part(part) for part in value.split(".")[:2])
        lasts = int(claims["exp"]) - int(claims["iat"])
        app = int(claims["iss"])
    except (ValueError, KeyError, TypeError) as problem:
        raise RefusedError(401, BAD_JWT) from problem
    if head.get("alg") != "RS256":
        raise RefusedError(401, BAD_JWT)
    if lasts > 11 * 60:
        raise RefusedError(401, "'Expiration time' claim ('exp') is too far in the future")
    if app not in hub.world.apps:
        raise RefusedError(404, "Integration not found")
    return app


def _json_part(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def role_of(repository: Repository, user: User) -> str:
    """The role a person has there; the owner of a personal repository is its admin."""
    if user.login == repository.owner.login:
        return "admin"
    return repository.collaborators.get(user.login, "none")


def has_role(repository: Repository, user: User, least: str) -> bool:
    """Whether a person's role reaches that far; anyone may read what is public."""
    role = role_of(repository, user)
    if role == "none" and not repository.private:
        role = "read"
    return ROLES.index(role) >= ROLES.index(least)


def reaches(token: Token, repository: Repository) -> bool:
    """Whether an App's token was given for that repository."""
    return repository.full_name in token.repositories


def has_right(token: Token, resource: str, level: str) -> bool:
    """Whether an App's token holds a right; metadata can always be read."""
    held = token.rights.get(resource, "read" if resource == "metadata" else "none")
    return LEVELS.index(held) >= LEVELS.index(level)


def may_push(token: Token, repository: Repository) -> bool:
    """Whether a token may move branches there."""
    if token.kind == "user":
        return has_role(repository, token.user, "write")
    return reaches(token, repository) and has_right(token, "contents", "write")


def authorise(call: Call, route: Route) -> None:
    """Raise what GitHub would answer where the caller may not; silent otherwise."""
    if route.right == "app:jwt":
        if call.jwt_app is None:
            raise RefusedError(401, BAD_JWT)
        return
    if call.jwt_app is not None:
        raise RefusedError(401, BAD_JWT)
    if call.token is None:
        _anonymous(call, route)
    else:
        _with_token(call, call.token, route)


def _with_token(call: Call, token: Token, route: Route) -> None:
    if "repo" in call.args:
        _in_repository(call, token, route)
    elif route.right == "self:read" and token.kind != "user":
        raise forbidden(NO_ACCESS)


def _anonymous(call: Call, route: Route) -> None:
    if route.method != "GET" or not route.right.endswith(":read") or route.right.startswith("self"):
        raise RefusedError(401, "Requires authentication")
    if "repo" in call.args and call.repository.private:
        raise not_found()


def _in_repository(call: Call, token: Token, route: Route) -> None:
    repository = call.repository
    if token.kind == "user":
        _person(token.user, repository, route.role)
        return
    if not reaches(token, repository):
        if repository.private:
            raise not_found()
        if route.method != "GET":
            raise forbidden(NO_ACCESS)
        return
    if not any(has_right(token, resource, route.level) for resource in _resources(call, route)):
        raise forbidden(NO_ACCESS)


def _person(user: User, repository: Repository, least: str) -> None:
    if repository.private and not has_role(repository, user, "read"):
        raise not_found()
    if not has_role(repository, user, least):
        raise forbidden(f"Must have {'admin rights' if least == 'admin' else f'{least} access'} to Repository.")


def _resources(call: Call, route: Route) -> tuple[str, ...]:
    """The rights that would do, any one of them."""
    if route.resource != "thread":
        return (route.resource,)
    number = call.args.get("issue_number")
    if number and number.isdigit():
        return resources_of_thread(is_pull=call.hub.issue(call.repository, int(number)).pull is not None)
    return resources_of_thread(is_pull="comment_id" in call.args and _comment_on_pull(call))


def resources_of_thread(*, is_pull: bool) -> tuple[str, ...]:
    """Issues for an issue; for a pull request either."""
    return ("issues", "pull_requests") if is_pull else ("issues",)


def _comment_on_pull(call: Call) -> bool:
    number = call.args["comment_id"]
    threads = call.repository.issues.values()
    return any(i.pull is not None and any(str(c.id) == number for c in i.comments) for i in threads)
