"""What an App asks about itself, and the tokens its installations are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from github_fake import tokens
from github_fake.call import Call
from github_fake.clock import stamp
from github_fake.render import people
from github_fake.rights import LEVELS
from github_fake.routes import R, route
from github_fake.state import App, Installation
from github_fake.wire import Answer, RefusedError, not_found


def _app(call: Call) -> App:
    assert call.jwt_app is not None
    return call.hub.world.apps[call.jwt_app]


def _own(call: Call) -> list[Installation]:
    app = _app(call)
    return [i for i in call.hub.world.installations.values() if i.app is app]


def _installation(call: Call) -> Installation:
    number = call.number("installation_id")
    found = next((i for i in _own(call) if i.id == number), None)
    if found is None:
        raise not_found()
    return found


@route("GET", "/app", "app:jwt")
def app(call: Call) -> Answer:
    """The App itself."""
    return Answer(200, people.app(call.hub, _app(call)))


@route("GET", "/app/hook/config", "app:jwt")
def hook(call: Call) -> Answer:
    """Where its deliveries go."""
    return Answer(200, _app(call).hook)


@route("GET", "/app/hook/deliveries", "app:jwt")
def deliveries(call: Call) -> Answer:
    """What was delivered, newest first."""
    sent = list(enumerate(_app(call).delivered, 1))
    return Answer(200, [_delivery(call, *one) for one in reversed(sent)])


def _delivery(call: Call, number: int, sent: tuple[str, int]) -> dict[str, Any]:
    event, status = sent
    return {
        "id": number,
        "guid": f"00000000-0000-4000-8000-{number:012d}",
        "delivered_at": stamp(call.hub.clock.now),
        "redelivery": False,
        "duration": 0.1,
        "status": "OK" if status < 300 else "Invalid HTTP Response",
        "status_code": status,
        "event": event,
        "action": None,
        "installation_id": None,
        "repository_id": None,
    }


@route("GET", "/app/installations", "app:jwt")
def installations(call: Call) -> Answer:
    """Where it is installed."""
    return call.page(_own(call), lambda i: people.installation(call.hub, i))


@route("GET", "/app/installations/{installation_id}", "app:jwt")
def installation(call: Call) -> Answer:
    """One installation."""
    return Answer(200, people.installation(call.hub, _installation(call)))


@route("GET", R + "/installation", "app:jwt")
def installation_of_repository(call: Call) -> Answer:
    """The App's installation that reaches a repository."""
    found = next((i for i in _own(call) if call.repository.full_name in i.repositories), None)
    if found is None:
        raise not_found()
    return Answer(200, people.installation(call.hub, found))


@route("POST", "/app/installations/{installation_id}/access_tokens", "app:jwt")
def access_token(call: Call) -> Answer:
    """A token for an hour, narrowed to the rights and repositories named; `expires_at` is in the machine's own time."""
    where = _installation(call)
    rights = _narrowed(where, call.body.get("permissions"))
    names = call.body.get("repositories")
    full = frozenset(where.repositories if names is None else {f"{where.account.login}/{name}" for name in names})
    if not full <= where.repositories:
        raise RefusedError(422, "There is at least one repository that does not exist or is not accessible")
    token = tokens.for_installation(call.hub, where, rights, full)
    ends = stamp(datetime.now(UTC) + timedelta(hours=1))
    body = {"token": token.value, "expires_at": ends, "permissions": rights, "repository_selection": "selected"}
    shown = [people.repository(call.hub, call.hub.repository(name)) for name in sorted(full)]
    return Answer(201, body | {"repositories": shown} if names is not None else body)


def _narrowed(where: Installation, wanted: dict[str, str] | None) -> dict[str, str]:
    """What is asked for, as long as the installation has it."""
    if wanted is None:
        return dict(where.rights)
    for resource, level in wanted.items():
        held = where.rights.get(resource, "read" if resource == "metadata" else "none")
        if LEVELS.index(level) > LEVELS.index(held):
            raise RefusedError(422, "The permissions requested are not granted to this installation.")
    return dict(wanted)


@route("GET", "/installation/repositories", "metadata:read")
def repositories(call: Call) -> Answer:
    """What an installation's token reaches."""
    if call.token is None or call.token.kind == "user":
        raise RefusedError(403, "You must authenticate with an installation access token in order to list repositories")
    found = [call.hub.repository(name) for name in sorted(call.token.repositories)]
    answer = call.counted_page("repositories", found, lambda r: people.repository(call.hub, r))
    return Answer(200, answer.body | {"repository_selection": "selected"}, answer.headers)


@route("DELETE", "/installation/token", "metadata:write")
def revoke(call: Call) -> Answer:
    """Give the token up before its hour is over."""
    call.actor.revoked = True
    return Answer(204, absent=True)
