"""Whether the reviewer is set up as it should be: what was found, and for each fault what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.gates import CONTENT, PEOPLE
from bot.rights import EVENTS, of_the_app

SWEEP_LATE = timedelta(hours=3)
"""The schedule is hourly, and GitHub's is often late."""
WAITING_LONG = timedelta(minutes=10)
_LEVELS = ("none", "read", "write", "admin")


@dataclass(frozen=True)
class Hook:
    """The App's webhook: its address, content type, whether it has a secret and checks certificates; last answers."""

    url: str
    content_type: str
    has_secret: bool
    checks_certificates: bool
    answers: tuple[int, ...] = ()
    """HTTP statuses of the last deliveries, newest first; 0 where nobody answered."""


@dataclass(frozen=True)
class AppFacts:
    """The App as GitHub knows it. `granted` is None where it is not installed on the repository."""

    id: int
    login: str
    rights: Mapping[str, str]
    events: frozenset[str]
    granted: Mapping[str, str] | None
    suspended: bool
    hook: Hook


@dataclass(frozen=True)
class Rules:
    """What holds for a branch: the types of its rules; each required check with the App it is pinned to, or None."""

    types: frozenset[str]
    required: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Branches:
    """The rules of the default branch, and of the ledger's; None where there is no ledger."""

    default: Rules
    ledger: Rules | None


@dataclass(frozen=True)
class Schedule:
    """The workflow that sweeps: GitHub's word for its state, and when its schedule started it last."""

    state: str
    last: datetime | None


@dataclass(frozen=True)
class Queue:
    """The database of visits: when the sweep is due, and since when the first visit that nobody took."""

    sweep_at: datetime | None
    waiting_since: datetime | None


@dataclass(frozen=True)
class SetUp:
    """All that is known. Parts that a mode does not have, or that could not be read, are None; `unread` says why."""

    mode: str
    is_off: bool
    branches: Branches | None = None
    app: AppFacts | None = None
    app_login: str = ""
    schedule: Schedule | None = None
    queue: Queue | None = None
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Advice:
    """What was looked at, and what is to be done about it; empty when it is well."""

    subject: str
    fault: str = ""


def examined(found: SetUp, now: datetime) -> tuple[Advice, ...]:
    """Everything that was looked at, in the order of setting it up."""
    return (
        *_mode(found),
        *(_app(found.app, found.app_login) if found.app else ()),
        *(_gates(found.branches.default, found.app) if found.branches else ()),
        *(_ledger(found.branches.ledger) if found.branches else ()),
        *_alive(found, now),
        *(Advice("what GitHub tells", sentence) for sentence in found.unread),
    )


def _mode(found: SetUp) -> Iterator[Advice]:
    unknown = found.mode not in ("actions", "app")
    yield Advice(
        "one mode is on",
        f"`bot: {found.mode}` is no mode: write `bot: actions` or `bot: app` into .github/threatshelf.yml on the "
        "default branch."
        if unknown
        else "",
    )
    yield Advice(
        "it is not switched off",
        "the variable THREATSHELF_BOT is off: nothing is said until it is removed." if found.is_off else "",
    )


def _app(app: AppFacts, login: str) -> Iterator[Advice]:
    yield Advice("permissions", _missing_rights(app))
    missing = sorted(set(EVENTS) - app.events)
    yield Advice("events", f"the App is not told of {', '.join(missing)}: subscribe it to them." if missing else "")
    yield from _hook(app.hook)
    right = app.login if login != app.login else ""
    yield Advice(
        "own doings make no visit due", f"set THREATSHELF_APP_LOGIN to {right} where the server runs." if right else ""
    )


def _missing_rights(app: AppFacts) -> str:
    if app.granted is None:
        return "the App is not installed on this repository: install it there."
    if app.suspended:
        return "the App's installation is suspended: the owner of the repository has to lift that."
    lacking = [f"{name}: {level}" for name, level in of_the_app().items() if not _holds(app.granted, name, level)]
    if not lacking:
        return ""
    asked = all(_holds(app.rights, *one.split(": ")) for one in lacking)
    advice = "the owner has to accept the App's new permissions" if asked else "add them in the App's settings"
    return f"{', '.join(lacking)} missing: {advice}."


def _holds(rights: Mapping[str, str], name: str, level: str) -> bool:
    return _LEVELS.index(rights.get(name, "none")) >= _LEVELS.index(level)


def _hook(hook: Hook) -> Iterator[Advice]:
    yield Advice(
        "address of the webhook",
        ""
        if hook.url.startswith("https://") and hook.url.endswith("/webhooks/github")
        else "the webhook has to lead to https://<this server>/webhooks/github.",
    )
    yield Advice(
        "form of the webhook", "" if hook.content_type == "json" else "choose application/json as its content type."
    )
    yield Advice(
        "secret of the webhook",
        "" if hook.has_secret else "set one, and the same in THREATSHELF_WEBHOOK_SECRETS where the server runs.",
    )
    yield Advice("certificates are checked", "" if hook.checks_certificates else "turn on SSL verification.")
    yield Advice("the server is reached", _reached(hook.answers))


def _reached(answers: tuple[int, ...]) -> str:
    if not answers:
        return "GitHub has delivered nothing yet: comment on a pull request, then look again."
    if 200 <= answers[0] < 300:
        return ""
    causes = {401: "the secrets differ", 404: "THREATSHELF_WEBHOOK_REPOSITORY is not set", 0: "nobody answers"}
    cause = causes.get(answers[0], f"it answers {answers[0]}")
    return f"the last delivery did not arrive: {cause}. See Recent Deliveries in the App's settings."


def _gates(default: Rules, app: AppFacts | None) -> Iterator[Advice]:
    required = default.required
    missing = [name for name in (CONTENT, PEOPLE) if name not in required]
    yield Advice(
        "gates are required",
        f"a ruleset of the default branch has to require {' and '.join(f'`{name}`' for name in missing)}."
        if missing
        else "",
    )
    if app is None:
        return
    loose = [name for name in (CONTENT, PEOPLE) if name in required and required[name] != app.id]
    yield Advice(
        "gates are pinned to the App",
        f"choose the App as the expected source of {' and '.join(f'`{name}`' for name in loose)} in the ruleset."
        if loose
        else "",
    )


def _ledger(rules: Rules | None) -> Iterator[Advice]:
    yield Advice(
        "there is a ledger of ids", "" if rules else "run threatshelf ids init in a clone with the right to push."
    )
    if rules is None:
        return
    lacking = {"deletion": "block deletions", "non_fast_forward": "block force pushes"}
    missing = [words for kind, words in lacking.items() if kind not in rules.types]
    yield Advice(
        "the ledger is protected",
        f"a ruleset of the branch threat-ids has to {' and '.join(missing)}." if missing else "",
    )


def _alive(found: SetUp, now: datetime) -> Iterator[Advice]:
    if found.schedule:
        yield Advice("the sweep runs", _of_schedule(found.schedule, now))
    if found.queue:
        yield Advice("the sweep runs", _of_queue(found.queue, now))
        since = found.queue.waiting_since
        late = since is not None and now - since > WAITING_LONG
        yield Advice(
            "a worker is at work",
            f"a visit is due since {since:%H:%M} UTC: start threatshelf bot work." if late and since else "",
        )


def _of_schedule(schedule: Schedule, now: datetime) -> str:
    if schedule.state != "active":
        return f"the workflow bot.yml is {schedule.state.replace('_', ' ')}: enable it again under Actions."
    if schedule.last is None or now - schedule.last > SWEEP_LATE:
        return "its schedule has not started it for three hours: GitHub may be late, else disable and enable it."
    return ""


def _of_queue(queue: Queue, now: datetime) -> str:
    if queue.sweep_at is None:
        return "no worker has ever run on this database: start threatshelf bot work."
    return "the sweep is overdue: start threatshelf bot work." if now - queue.sweep_at > SWEEP_LATE else ""
