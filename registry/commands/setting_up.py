"""What `threatshelf bot doctor` looks at, and how it says what is missing; and what an App is registered with."""

import json
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import TypeVar

from bot import rights
from bot.forge import ForgeError
from bot.github import asking
from bot.github.client import Client, app_itself, token_auth
from bot.setup import AppFacts, Branches, Queue, Schedule, SetUp, examined
from bot.visits import SWEEP
from registry.api.routes.webhook import PATH
from registry.commands.reviewing import Credentials, said
from registry.errors import CannotRunError
from registry.settings import Settings
from registry.store.visits import open_visits
from schema.reports.text import visible

Found = TypeVar("Found")


def run(who: Credentials, settings: Settings) -> int:
    """0: all is well; 1: something is to be done."""
    advice = examined(looked(who, settings), datetime.now(UTC))
    for one in advice:
        print(f"{'TO DO' if one.fault else 'ok   '}  {one.subject}{': ' if one.fault else ''}{visible(one.fault)}")
    left = sum(1 for one in advice if one.fault)
    print(f"{len(advice)} looked at, {left} to do.")
    return int(bool(left))


def manifest(repository: str, url: str) -> str:
    """What a GitHub App is registered with, in GitHub's own form; `url` is where the server is reached."""
    if not url.startswith("https://"):
        raise CannotRunError("GitHub delivers to an https address: give the server's, such as https://host/path.")
    address = url.rstrip("/")
    found = {
        "name": f"threatshelf-{repository.partition('/')[0]}",  # no two Apps of GitHub share a name
        "url": address,
        "hook_attributes": {"url": f"{address}{PATH}", "active": True},
        "public": False,
        "default_permissions": dict(rights.of_the_app()),
        "default_events": list(rights.EVENTS),
    }
    return json.dumps(found, indent=2)


def looked(who: Credentials, settings: Settings) -> SetUp:
    """How everything is set up; what cannot be read is said instead of it."""
    unread: list[str] = []
    mode = said(who.root).get("bot", "actions")
    app = _read(lambda: _app(who), unread) if mode == "app" else None
    branches, schedule = _branches(who, app, unread)
    return SetUp(
        mode=mode,
        is_off=who.environment.get("THREATSHELF_BOT", "").strip().lower() == "off",
        branches=branches,
        app=app,
        app_login=settings.app_login,
        schedule=schedule,
        queue=_queue(who, settings) if mode == "app" and "THREATSHELF_DATABASE_URL" in who.environment else None,
        unread=tuple(unread),
    )


def _read(ask: Callable[[], Found], unread: list[str]) -> Found | None:
    try:
        return ask()
    except ForgeError as failure:
        unread.append(f"{failure}.")
        return None


def _app(who: Credentials) -> AppFacts:
    with closing(Client(app_itself(who.app_key()), who.address)) as client:
        return asking.app(client, who.repository)


def _branches(who: Credentials, app: AppFacts | None, unread: list[str]) -> tuple[Branches | None, Schedule | None]:
    client = _client(who, app)
    if client is None:
        unread.append("rulesets cannot be read: install the App, or set GITHUB_TOKEN to a token that may read.")
        return None, None
    with closing(client):
        branches = _read(lambda: asking.branches(client, who.repository), unread)
        schedule = None if app else _read(lambda: asking.schedule(client, who.repository), unread)
    return branches, schedule


def _client(who: Credentials, app: AppFacts | None) -> Client | None:
    """As the App where it is installed, else as the token at hand."""
    if app is not None and app.granted is not None and not app.suspended:
        return who.app_client({"contents": "read"})
    token = who.environment.get("GITHUB_TOKEN", "")
    return Client(token_auth(token), who.address) if token else None


def _queue(who: Credentials, settings: Settings) -> Queue:
    visits = open_visits(settings.database_url)
    try:
        sweep, since = visits.due_at(who.repository, SWEEP), visits.waiting(time.time()).since
    finally:
        visits.close()
    return Queue(_moment(sweep), _moment(since))


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
