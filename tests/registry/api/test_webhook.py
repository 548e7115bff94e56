"""Deliveries of GitHub: believed when they are signed, marked as due, never more than that."""

import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from registry.commands.hearing import marker
from registry.errors import CannotRunError
from registry.main import build_app
from registry.settings import Settings, from_environment
from registry.store.catalogue import url_of
from registry.store.visits import KeptVisits, open_visits

EXAMPLES = json.loads((Path(__file__).parents[2] / "github" / "data" / "webhooks.json").read_text(encoding="utf-8"))
SHELF = "Codertocat/Hello-World"
NEW, OLD = "the-new-secret-of-the-hook", "the-old-secret-of-the-hook"
MOST = 25 * 1024 * 1024
Served = Callable[..., Any]


@dataclass
class Hook:
    """A server that hears, and what it has marked."""

    client: httpx.Client
    visits: KeptVisits

    def deliver(self, event: str, body: bytes, secret: str = NEW, **headers: str) -> httpx.Response:
        """As GitHub does it."""
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        said = {
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/044aadd",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        return self.client.post("/webhooks/github", content=body, headers=said | headers)

    def due(self) -> list[int]:
        """The numbers that are due, each taken and done."""
        found = []
        while (taken := self.visits.take(2_000.0, 60)) is not None:
            assert taken.repository == SHELF
            found.append(taken.number)
            self.visits.done(taken)
        return found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A repository, and a secret that is being changed."""
    return Settings(
        database_url=url_of(tmp_path / "shelf.db"),
        webhook_repository=SHELF,
        webhook_secrets=(NEW, OLD),
        app_login="threatshelf[bot]",
    )


@pytest.fixture
def hook(settings: Settings, serve: Served) -> Iterator[Hook]:
    """The server of a registry that hears."""
    visits = open_visits(settings.database_url)
    with serve(settings, marker(visits, settings, lambda: 1_000.0)) as client:
        yield Hook(client, visits)
    visits.close()


def payload(event: str, index: int = 0) -> Any:
    """One of GitHub's examples, from the shelf's repository."""
    found = json.loads(json.dumps(EXAMPLES[event][index]))
    if "repository" in found:
        found["repository"]["full_name"] = SHELF
    return found


def delivery(event: str, index: int = 0) -> bytes:
    return json.dumps(payload(event, index)).encode()


@pytest.mark.parametrize(
    ("event", "index", "numbers"),
    [
        *(("pull_request", index, [2]) for index in (0, 1, 2, 3, 4, 5)),
        ("pull_request_review", 0, [2]),
        *(("issue_comment", index, [1]) for index in (0, 1)),
        ("issues", 0, [1]),
        ("check_run", 0, []),
        ("ping", 0, []),
        ("installation", 0, [0]),
    ],
)
def test_githubs_own_examples_mark_their_number(hook: Hook, event: str, index: int, numbers: list[int]) -> None:
    named = {payload(event, index).get(kind, {}).get("number") for kind in ("pull_request", "issue")} - {None}

    answer = hook.deliver(event, delivery(event, index))

    assert (answer.status_code, answer.content) == (202, b"")
    assert hook.due() == (sorted(named) or numbers)


def test_a_push_to_main_makes_everything_due_and_another_nothing(hook: Hook) -> None:
    push = payload("push")
    branch = push["repository"]["default_branch"]

    hook.deliver("push", json.dumps(push | {"ref": "refs/heads/other"}).encode())
    assert hook.due() == []
    hook.deliver("push", json.dumps(push | {"ref": f"refs/heads/{branch}"}).encode())
    assert hook.due() == [0]


def test_a_group_of_the_merge_queue_names_its_pull_request(hook: Hook) -> None:
    group = payload("merge_group")
    group["merge_group"]["head_ref"] = f"refs/heads/gh-readonly-queue/main/pr-12-{'a' * 40}"

    hook.deliver("merge_group", json.dumps(group).encode())

    assert hook.due() == [12]


def test_redelivered_replayed_and_out_of_order_it_is_one_visit(hook: Hook) -> None:
    synchronize, opened = delivery("pull_request", 5), delivery("pull_request", 1)
    number = payload("pull_request", 1)["number"]

    for body in (synchronize, opened, synchronize, synchronize, opened):
        assert hook.deliver("pull_request", body).status_code == 202
    assert hook.due() == [number]

    hook.deliver("pull_request", opened)
    assert hook.due() == [number], "what is replayed later is looked at once more, and nothing else"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha1=" + "0" * 40},
        {"X-Hub-Signature-256": "sha256="},
    ],
)
def test_what_is_forged_marks_nothing(hook: Hook, headers: dict[str, str]) -> None:
    answer = hook.deliver("pull_request", delivery("pull_request"), **headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "bad-signature")
    assert hook.due() == []


def test_a_signature_is_for_these_bytes_alone(hook: Hook) -> None:
    body = delivery("pull_request")
    signature = "sha256=" + hmac.new(NEW.encode(), body, hashlib.sha256).hexdigest()

    answer = hook.deliver("pull_request", body + b" ", **{"X-Hub-Signature-256": signature})

    assert answer.status_code == 401
    assert hook.due() == []


def test_githubs_own_example_of_a_signature(settings: Settings, serve: Served) -> None:
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    known = replace(settings, webhook_secrets=("It's a Secret to Everybody",))
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    with serve(known, lambda _event, _payload: None) as client:
        said = {"X-Hub-Signature-256": signature, "X-GitHub-Event": "ping"}
        answer = client.post("/webhooks/github", content=b"Hello, World!", headers=said)

    assert answer.json()["code"] == "unreadable-delivery", "it is signed, and no JSON"


def test_a_secret_is_changed_without_a_gap(hook: Hook) -> None:
    assert hook.deliver("pull_request", delivery("pull_request"), OLD).status_code == 202
    assert hook.deliver("pull_request", delivery("pull_request"), NEW).status_code == 202
    assert hook.deliver("pull_request", delivery("pull_request"), "some-other-secret").status_code == 401


def test_of_another_repository_nothing_is_marked(hook: Hook) -> None:
    strange = payload("pull_request")
    strange["repository"]["full_name"] = "somebody/else"

    assert hook.deliver("pull_request", json.dumps(strange).encode()).status_code == 202
    assert hook.due() == []


def test_our_own_doings_mark_nothing(hook: Hook) -> None:
    own = payload("issue_comment")
    own["sender"]["login"] = "threatshelf[bot]"

    assert hook.deliver("issue_comment", json.dumps(own).encode()).status_code == 202
    assert hook.due() == []


def test_25_megabytes_are_taken_and_a_byte_more_is_not(hook: Hook) -> None:
    body = delivery("pull_request")
    full = body + b" " * (MOST - len(body))

    assert hook.deliver("pull_request", full).status_code == 202
    assert hook.due() == [payload("pull_request")["number"]]
    assert hook.deliver("pull_request", full + b" ").status_code == 413
    assert hook.due() == []


def test_a_body_that_hides_its_length_is_cut_off(hook: Hook) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 3 * MOST:
            sent += 1 << 20
            yield b" " * (1 << 20)

    said = {"X-Hub-Signature-256": "sha256=" + "0" * 64, "X-GitHub-Event": "push"}
    answer = hook.client.post("/webhooks/github", content=endless(), headers=said)

    assert answer.status_code == 413
    assert hook.due() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"a":' + b"[" * 100_000, b"\xff\xfe", b"payload=%7B%7D"],
    ids=lambda body: body[:9],
)
def test_what_is_no_event_is_refused_in_one_sentence(hook: Hook, body: bytes) -> None:
    answer = hook.deliver("pull_request", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable-delivery")
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize("number", [-1, 0, "7", None, 2**63, [7], True])
def test_a_number_that_is_none_marks_nothing(hook: Hook, number: object) -> None:
    odd = payload("pull_request")
    odd["pull_request"]["number"] = number

    assert hook.deliver("pull_request", json.dumps(odd).encode()).status_code == 202
    assert hook.due() == []


def test_a_burst_is_no_stranger_to_be_slowed_down(hook: Hook) -> None:
    answers = {hook.deliver("ping", delivery("ping")).status_code for _ in range(40)}

    assert answers == {202}


def test_only_so_many_may_make_us_hold_bytes(hook: Hook) -> None:
    url = hook.client.base_url
    head = (
        f"POST /webhooks/github HTTP/1.1\r\nHost: {url.host}\r\nContent-Length: 1000\r\nX-GitHub-Event: push\r\n"
        "X-Hub-Signature-256: sha256=0\r\n\r\n{"
    ).encode()
    slow = [socket.create_connection((url.host, url.port or 80)) for _ in range(8)]
    for line in slow:
        line.sendall(head)
    # A request of our own on each side of them, so that all eight are being read.
    tries = [hook.deliver("ping", delivery("ping")).status_code for _ in range(50)]
    for line in slow:
        line.close()

    assert tries[-1] == 503


def test_a_server_that_is_to_hear_does_not_start_without_a_secret(settings: Settings) -> None:
    with pytest.raises(CannotRunError, match="THREATSHELF_WEBHOOK_SECRETS"):
        build_app(replace(settings, webhook_secrets=()), lambda _event, _payload: None)


def test_without_a_repository_there_is_no_such_address(settings: Settings, serve: Served) -> None:
    with serve(replace(settings, webhook_repository="")) as client:
        assert client.post("/webhooks/github", content=b"{}").status_code in (404, 405)


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("THREATSHELF_WEBHOOK_SECRETS", "short", "at least 16"),
        ("THREATSHELF_WEBHOOK_SECRETS", f"{NEW},", "at least 16"),
        ("THREATSHELF_WEBHOOK_SECRETS", f"{NEW},{OLD},{OLD}", "one secret, or two"),
        ("THREATSHELF_WEBHOOK_REPOSITORY", "https://host/owner/name", "owner/name"),
        ("THREATSHELF_APP_LOGIN", "threatshelf", r"threatshelf\[bot\]"),
    ],
)
def test_settings_that_make_no_sense(variable: str, value: str, advice: str) -> None:
    with pytest.raises(CannotRunError, match=advice) as told:
        from_environment({variable: value})
    assert NEW not in str(told.value)
