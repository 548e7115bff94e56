"""Git itself over HTTP: clone, fetch and push with a token, under the same rules as the API."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from github_fake import moving, rules
from github_fake.hub import Hub
from github_fake.objects import QUIET
from github_fake.rights import credential, has_role, may_push, reaches, token_for
from github_fake.rules import Move
from github_fake.state import Repository, Token
from github_fake.wire import Answer, RefusedError, Request

PATH = re.compile(r"/([^/]+)/([^/]+?)(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack)")
NOTHING = "0" * 40
HOOK = """#!/bin/sh
# Refuses what the fake found against a ref before git was started; forced moves can only be seen here.
printf '%s\\n' "$FAKE_REFUSED" | while IFS='|' read -r ref sentence; do
  if [ "$ref" = "$1" ]; then echo "GH013: Repository rule violations found for $1. $sentence" >&2; exit 1; fi
done || exit 1
case " $FAKE_NO_FORCE " in *" $1 "*)
  case "$2 $3" in *0000000000000000000000000000000000000000*) exit 0;; esac
  git merge-base --is-ancestor "$2" "$3" || { echo "GH013: Cannot force-push to $1" >&2; exit 1; };;
esac
exit 0
"""


def place(path: str) -> tuple[str, str] | None:
    """The repository's full name and what is asked of it; None for other paths."""
    found = PATH.fullmatch(path)
    return (f"{found[1]}/{found[2]}", found[3]) if found else None


def serve(hub: Hub, request: Request, full_name: str, wish: str) -> Answer:
    """One request of git's smart protocol; 401 asks git for a password, 403 is final."""
    service = request.query.get("service", "") if wish == "info/refs" else wish
    if service not in ("git-upload-pack", "git-receive-pack"):
        raise RefusedError(403, "Please upgrade your git client.")
    where = hub.repository(full_name)
    token = _token(hub, request)
    _authorise(where, token, service)
    if wish == "info/refs":
        listing = _git(where.path, service, request, b"", "--http-backend-info-refs")
        heading = _line(f"# service={service}\n".encode()) + b"0000"
        body = (
            listing
            if request.headers.get("git-protocol") == "version=2" and service.endswith("upload-pack")
            else heading + listing
        )
        return Answer(
            200, body, {"Content-Type": f"application/x-{service}-advertisement", "Cache-Control": "no-cache"}
        )
    if token is not None and service == "git-receive-pack":
        return _push(hub, request, where, token)
    return _result(service, _git(where.path, service, request, request.raw))


def _result(service: str, body: bytes) -> Answer:
    return Answer(200, body, {"Content-Type": f"application/x-{service}-result", "Cache-Control": "no-cache"})


def _token(hub: Hub, request: Request) -> Token | None:
    try:
        return token_for(hub, credential(request.headers))
    except RefusedError as refused:
        raise RefusedError(401, refused.message, WWW_Authenticate='Basic realm="GitHub"') from refused


def _authorise(where: Repository, token: Token | None, service: str) -> None:
    if token is None:
        if where.private or service == "git-receive-pack":
            raise RefusedError(401, "Requires authentication", WWW_Authenticate='Basic realm="GitHub"')
        return
    if where.private and not _sees(where, token):
        raise RefusedError(404, "Repository not found.")
    if service == "git-receive-pack" and not may_push(token, where):
        raise RefusedError(403, f"Permission to {where.full_name} denied to {token.user.login}.")


def _sees(where: Repository, token: Token) -> bool:
    return has_role(where, token.user, "read") if token.kind == "user" else reaches(token, where)


def _push(hub: Hub, request: Request, where: Repository, token: Token) -> Answer:
    """Let git do it, then follow every ref that has moved."""
    asked = list(commands(request.raw))
    refused = [f"{m.ref}|{sentence}" for m in asked for sentence in _known_refusals(hub, where, token, m)]
    no_force = [
        m.ref for m in asked if any(r["type"] == "non_fast_forward" for r in rules.binding(where, token, m.ref))
    ]
    hook = where.path / "hooks" / "update"
    if not hook.exists():
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(HOOK)
        hook.chmod(0o755)
    more = {"FAKE_REFUSED": "\n".join(refused), "FAKE_NO_FORCE": " ".join(no_force)}
    body = _git(where.path, "git-receive-pack", request, request.raw, **more)
    for step in asked:
        if hub.git(where).ref(step.ref) == step.new and step.old != step.new:
            moving.follow(hub, where, token, step)
    return _result("git-receive-pack", body)


def _known_refusals(hub: Hub, where: Repository, token: Token, step: Move) -> list[str]:
    """What can be told without the new objects; pull requests' own refs are nobody's."""
    if step.ref.startswith("refs/pull/"):
        return ["deny updating a hidden ref"]
    told = [r for r in rules.binding(where, token, step.ref) if r["type"] != "non_fast_forward"]
    return [sentence for r in told if (sentence := rules.broken(hub, where, r, step)) is not None]


def commands(raw: bytes) -> Iterator[Move]:
    """The moves a push asks for, from the head of its body."""
    at = 0
    while raw[at : at + 4] not in (b"0000", b""):
        size = int(raw[at : at + 4], 16)
        old, new, ref = raw[at + 4 : at + size].split(b"\0")[0].decode().strip().split(" ", 2)
        yield Move(ref, None if old == NOTHING else old, None if new == NOTHING else new)
        at += size


def _line(text: bytes) -> bytes:
    return f"{len(text) + 4:04x}".encode() + text


def _git(path: Path, service: str, request: Request, body: bytes, *more: str, **settings: str) -> bytes:
    environment = os.environ | QUIET | settings
    if "git-protocol" in request.headers:
        environment["GIT_PROTOCOL"] = request.headers["git-protocol"]
    words = ["git", service.removeprefix("git-"), "--stateless-rpc", *more, str(path)]
    return subprocess.run(words, input=body, capture_output=True, env=environment, check=False).stdout
