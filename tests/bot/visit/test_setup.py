"""`threatshelf bot doctor`: every way in which a set-up is wrong, said in one line; a good one is all ok."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appshelf import REPOSITORY, AppShelf
from bot.rights import EVENTS, of_the_app
from bot.visits import SWEEP, due
from registry.commands import setting_up
from registry.errors import CannotRunError
from registry.settings import Settings
from shelf import CONTENT, PEOPLE, Shelf

EXAMPLES = json.loads((Path(__file__).parents[2] / "github" / "data" / "webhooks.json").read_text(encoding="utf-8"))


@dataclass
class Good:
    """An App that is set up as it should be, and what the doctor says."""

    ours: AppShelf
    settings: Settings
    capture: pytest.CaptureFixture[str]

    def says(self) -> str:
        """Its faults, one a line; empty when all is well."""
        code = setting_up.run(self.ours.who, self.settings)
        lines = self.capture.readouterr().out.splitlines()
        faults = [line.removeprefix("TO DO  ") for line in lines if line.startswith("TO DO")]
        assert code == int(bool(faults))
        return "\n".join(faults)


@pytest.fixture
def good(shelf: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Good]:
    """Registered, installed, required, pinned, protected, delivered, swept."""
    ours = AppShelf(shelf, tmp_path)
    app = ours.app.app
    app.events[:] = EVENTS
    app.delivered.append(("ping", 202))
    app.hook = {
        "url": "https://shelf.example/webhooks/github",
        "content_type": "json",
        "secret": "********",
        "insecure_ssl": "0",
    }
    shelf.repository.commit({".github/workflows/bot.yml": "name: bot\n"}, "The workflow")
    shelf.repository.require(CONTENT, PEOPLE, app=ours.app)
    shelf.repository.protect("threat-ids", "deletion", "non_fast_forward")
    ours.visits.expect(REPOSITORY, SWEEP, time.time() + 600)
    yield Good(ours, Settings(database_url=ours.database, app_login=ours.app.login), capsys)
    ours.visits.close()


def test_a_good_set_up_is_all_ok(good: Good) -> None:
    assert good.says() == ""


def _without_checks(good: Good) -> None:
    del good.ours.app.installation.rights["checks"]


def _never_asked(good: Good) -> None:
    del good.ours.app.installation.rights["checks"]
    del good.ours.app.app.rights["checks"]


def _not_installed(good: Good) -> None:
    good.ours.app.installation.repositories.clear()


def _deaf(good: Good) -> None:
    good.ours.app.app.events.remove("issue_comment")


def _hook(**words: str) -> Callable[[Good], None]:
    return lambda good: good.ours.app.app.hook.update(words)


def _no_secret(good: Good) -> None:
    del good.ours.app.app.hook["secret"]


def _answered(status: int) -> Callable[[Good], None]:
    return lambda good: good.ours.app.app.delivered.append(("issues", status))


def _nothing_delivered(good: Good) -> None:
    good.ours.app.app.delivered.clear()


def _not_required(good: Good) -> None:
    good.ours.shelf.repository.state.rulesets.clear()


def _not_pinned(good: Good) -> None:
    _not_required(good)
    good.ours.shelf.repository.require(CONTENT, PEOPLE)


def _no_ledger(good: Good) -> None:
    good.ours.shelf.repository.state.rulesets.clear()
    good.ours.shelf.repository.require(CONTENT, PEOPLE, app=good.ours.app)
    good.ours.shelf.repository.push(None, "threat-ids")


def _said(words: str) -> Callable[[Good], object]:
    return lambda good: (good.ours.root / ".github" / "threatshelf.yml").write_text(
        words.format(app=good.ours.app.id), encoding="utf-8"
    )


def _sweep_overdue(good: Good) -> None:
    good.ours.visits.mark(REPOSITORY, SWEEP, time.time() - 4 * 3600)


def _nobody_works(good: Good) -> None:
    good.ours.visits.mark(REPOSITORY, 7, time.time() - 3600)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (_without_checks, "checks: write missing: the owner has to accept"),
        (_never_asked, "checks: write missing: add them in the App's settings"),
        (_not_installed, "not installed on this repository"),
        (_deaf, "not told of issue_comment"),
        (_hook(url="http://shelf.example/webhooks/github"), "https://<this server>/webhooks/github"),
        (_hook(url="https://shelf.example/hook"), "https://<this server>/webhooks/github"),
        (_hook(content_type="form"), "application/json"),
        (_hook(insecure_ssl="1"), "SSL verification"),
        (_no_secret, "THREATSHELF_WEBHOOK_SECRETS"),
        (_answered(401), "the secrets differ"),
        (_answered(404), "THREATSHELF_WEBHOOK_REPOSITORY"),
        (_answered(500), "it answers 500"),
        (_nothing_delivered, "delivered nothing yet"),
        (_not_required, "require `threatshelf / review` and `threatshelf / stage`"),
        (_not_required, "block deletions and block force pushes"),
        (_not_pinned, "expected source"),
        (_no_ledger, "threatshelf ids init"),
        (_said("bot: both\napp: {app}\n"), "is no mode"),
        (_sweep_overdue, "the sweep is overdue"),
        (_nobody_works, "a visit is due since"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(good: Good, spoil: Callable[[Good], object], sentence: str) -> None:
    spoil(good)

    assert sentence in good.says()


def test_a_login_that_is_not_the_apps(good: Good) -> None:
    good.settings = Settings(database_url=good.ours.database, app_login="another[bot]")

    assert good.says() == f"own doings make no visit due: set THREATSHELF_APP_LOGIN to {good.ours.app.login} " + (
        "where the server runs."
    )


def test_what_github_does_not_tell_is_a_line_too(good: Good) -> None:
    good.ours.shelf.github.hub.world.apps.clear()

    assert "404" in good.says()


# Actions alone


@pytest.fixture
def actions(good: Good) -> Good:
    """The same repository, where the workflows speak."""
    _said("bot: actions\n")(good)
    shelf = good.ours.shelf
    token = shelf.maintainer.token
    ran = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    client = shelf.client(token)
    client.ask("GET", f"/repos/{REPOSITORY}/actions/workflows/bot.yml")
    next(iter(shelf.repository.state.workflows.values())).scheduled.append(ran)
    environment = good.ours.environment | {"GITHUB_TOKEN": token}
    del environment["THREATSHELF_APP_KEY"]
    good.ours.given = environment
    return good


def test_actions_alone_is_all_ok(actions: Good) -> None:
    assert actions.says() == ""


@pytest.mark.parametrize(
    ("state", "hours", "sentence"),
    [
        ("disabled_inactivity", 1, "disabled inactivity: enable it again"),
        ("disabled_manually", 1, "disabled manually"),
        ("active", 4, "not started it for three hours"),
    ],
)
def test_a_schedule_that_is_not_alive(actions: Good, state: str, hours: int, sentence: str) -> None:
    workflow = next(iter(actions.ours.shelf.repository.state.workflows.values()))
    workflow.state = state
    workflow.scheduled[:] = [datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)]

    assert sentence in actions.says()


def test_without_a_token_it_says_so(actions: Good) -> None:
    del actions.ours.given["GITHUB_TOKEN"]

    assert "GITHUB_TOKEN" in actions.says()


def test_switched_off_is_said(actions: Good) -> None:
    actions.ours.given["THREATSHELF_BOT"] = "off"

    assert "THREATSHELF_BOT is off" in actions.says()


# The manifest


def test_the_manifest_asks_for_what_the_code_uses_and_no_more() -> None:
    found = json.loads(setting_up.manifest("shelf/threatshelf", "https://shelf.example/sub/"))

    assert found["hook_attributes"]["url"] == "https://shelf.example/sub/webhooks/github"
    assert found["default_permissions"] == dict(of_the_app())
    assert found["default_permissions"] == {
        "checks": "write", "contents": "write", "issues": "write", "merge_queues": "read", "metadata": "read",
        "pull_requests": "write", "statuses": "read",
    }  # fmt: skip
    heard = {event for event in EXAMPLES if event != "ping" and not event.startswith("installation")}
    assert set(found["default_events"]) == heard
    assert not any(due(event, {"repository": {}}).numbers for event in ("star", "ping"))


def test_a_manifest_for_an_address_that_github_cannot_reach() -> None:
    with pytest.raises(CannotRunError, match="https"):
        setting_up.manifest("shelf/threatshelf", "http://127.0.0.1:8000")


def test_the_page_for_the_first_day_tells_every_right() -> None:
    page = (Path(__file__).parents[3] / "site" / "docs" / "first-day.md").read_text(encoding="utf-8")
    rows = {tuple(cell.strip() for cell in line.split("|")[1:3]) for line in page.splitlines() if line.startswith("|")}

    found = {name.strip(): level for names, level in rows for name in names.split(",")}
    words = {"statuses": "commit statuses"}
    assert {
        words.get(name, name.replace("_", " ")): level for name, level in of_the_app().items()
    }.items() <= found.items()
