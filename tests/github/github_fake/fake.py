"""The fake itself: starts, answers, remembers what was asked, and stops."""

from __future__ import annotations

import copy
import hashlib
import json
import tempfile
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from github_fake import founding, githttp, limits, rest
from github_fake.accounts import AppHandle, Person
from github_fake.call import Call
from github_fake.clock import Clock
from github_fake.contract import Contract, shipped
from github_fake.faults import Fault, Faults
from github_fake.git import GitStore
from github_fake.graphql import execute
from github_fake.handles import RepositoryHandle
from github_fake.hub import Event, Hub
from github_fake.rights import app_of_jwt, authorise, credential, is_jwt, token_for
from github_fake.routes import ROUTES, Route, Router
from github_fake.server import Server
from github_fake.state import App, Token, World
from github_fake.tokens import ACTIONS_APP_ID, READ_ONLY, for_actions
from github_fake.wire import Answer, RefusedError, Request

VERSION = "2022-11-28"
assert rest.GROUPS


@dataclass(frozen=True)
class Served:
    """One request and how it was answered; status 0 is a line that was cut."""

    method: str
    path: str
    status: int
    login: str | None


class ContractError(AssertionError):
    """The fake or its client strayed from GitHub's own description."""


class FakeGitHub:
    """`with FakeGitHub() as github:` serves on loopback until the block ends, then wants `violations` to be empty."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="github-")
        self._router = Router(ROUTES)
        self._contract: Contract = shipped()
        self.clock = Clock()
        self.faults = Faults()
        self.calls: list[Served] = []
        self.violations: list[str] = []
        self._past: World | None = None
        self.hub = Hub("", World(), GitStore(Path(self._folder.name)), self.clock)
        self._server = Server(self._dispatch)
        self.url = self.hub.url = self._server.url
        self._actions = self._own_app()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, raised: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()
        if raised is not None and self.violations:
            raised.add_note("\n".join(self.violations))
        elif self.violations:
            raise ContractError("\n".join(self.violations))

    def close(self) -> None:
        """End the server and every git process, and remove the folder."""
        self.faults.released.set()
        self._server.close()
        self.hub.store.close()
        self._folder.cleanup()

    @property
    def events(self) -> list[Event]:
        """Every delivery so far, oldest first."""
        return self.hub.events

    @property
    def run_events(self) -> list[Event]:
        """Those that start workflow runs: what GITHUB_TOKEN caused does not, nor what waits for a click."""
        return [e for e in self.events if e.starts_runs and not e.awaits_approval]

    def forgive(self) -> list[str]:
        """Hand over the violations so far and forget them: for tests that mean to break the contract."""
        found, self.violations[:] = list(self.violations), []
        return found

    def requests(self, method: str = "", containing: str = "") -> list[Served]:
        """Those of a method whose path holds a text."""
        return [c for c in self.calls if method in ("", c.method) and containing in c.path]

    def person(self, login: str, name: str | None = None) -> Person:
        """The account of that login, made where it is new, with a token."""
        with self.hub.lock:
            return Person(self.hub, founding.user(self.hub, login, "User", name))

    def repository(self, owner: str, name: str) -> RepositoryHandle:
        """An organisation's repository with a first commit on main; the one there is, where there is one."""
        with self.hub.lock:
            known = self.hub.world.repositories.get(f"{owner}/{name}".lower())
            if known is None:
                known = founding.repository(self.hub, founding.user(self.hub, owner, "Organization"), name)
                handle = RepositoryHandle(self.hub, known)
                handle.commit({founding.START_FILE: f"# {name}\n"}, message="Initial commit", branch="main")
                self.hub.events.clear()
            return RepositoryHandle(self.hub, known)

    def app(self, slug: str, rights: dict[str, str], *repositories: RepositoryHandle) -> AppHandle:
        """A GitHub App, installed on those repositories with all its rights."""
        with self.hub.lock:
            number = self.hub.world.next_id("app")
            made = self._make_app(number, slug, rights)
            return AppHandle.install(self.hub, made, [r.state for r in repositories])

    def actions_token(self, repository: RepositoryHandle, rights: dict[str, str]) -> str:
        """GITHUB_TOKEN of a job with those `permissions`."""
        with self.hub.lock:
            return for_actions(self.hub, repository.state, self._actions, rights).value

    def fork_pull_token(self, repository: RepositoryHandle) -> str:
        """GITHUB_TOKEN of a `pull_request` run for a fork: it may read."""
        return self.actions_token(repository, READ_ONLY)

    def token(self, value: str) -> Token:
        """What the fake knows about a token: to revoke it, or to see its pool."""
        return self.hub.world.tokens[value]

    def spend(self, value: str, *, left: int, resource: str = "core") -> None:
        """Use a token's pool up until so many requests are left in this hour."""
        token = self.token(value)
        ends = limits.state(self.hub, token, resource)["reset"]
        moment = self.clock.now.fromtimestamp(ends, self.clock.now.tzinfo)
        self.hub.world.spent[token.pool, resource] = (token.limit - left, moment)

    def _own_app(self) -> App:
        return self._make_app(ACTIONS_APP_ID, "github-actions", {})

    def _make_app(self, number: int, slug: str, rights: dict[str, str]) -> App:
        bot = founding.user(self.hub, f"{slug}[bot]", "Bot")
        owner = founding.user(self.hub, "github", "Organization")
        made: App = self.hub.note(App(number, slug, owner, bot, dict(rights), self.clock.now))
        self.hub.world.apps[number] = made
        return made

    # One request, from the socket to the answer.

    def _dispatch(self, request: Request) -> Answer | None:
        fault = self.faults.hit(request, "answer", "cut", "hang")
        if fault and fault.kind == "hang":
            self.faults.released.wait()
        with self.hub.lock:
            if fault and fault.kind in ("cut", "hang"):
                self.calls.append(Served(request.method, request.path, 0, None))
                return None
            return self._faulty(request, fault)

    def _faulty(self, request: Request, fault: Fault | None) -> Answer | None:
        """Do what is asked unless a fault stands in for it, then let a late fault have the last word."""
        if fault is not None:
            return self._finish(request, None, fault.answer)
        answer = self._serve(request)
        late = self.faults.hit(request, "late", "late-cut")
        if late is None:
            return answer
        status = 0 if late.kind == "late-cut" else late.answer.status
        self.calls[-1] = replace(self.calls[-1], status=status)
        return None if late.kind == "late-cut" else late.answer

    def _serve(self, request: Request) -> Answer:
        token: Token | None = None
        asked = githttp.place(request.path)
        try:
            if asked:
                return self._finish(request, None, githttp.serve(self._view(request), request, *asked))
            value = credential(request.headers)
            token = token_for(self.hub, value)
            # What an App asks about itself comes from a pool of its own, which no test gets to the bottom of.
            if request.path != "/rate_limit" and not (value and is_jwt(value)):
                limits.spend(self.hub, token, _resource(request))
            answer = self._graphql(request, token) if request.path == "/graphql" else self._rest(request, token, value)
        except RefusedError as refused:
            answer = refused.answer()
        except ContractError as problem:
            answer = RefusedError(500, str(problem)).answer()
        except Exception:
            words = f"the fake failed at {request.method} {request.target}\n{traceback.format_exc()}"
            self.violations.append(words)
            answer = RefusedError(500, words).answer()
        return self._finish(request, token, self._unchanged(request, token, answer))

    def _view(self, request: Request) -> Hub:
        """The world as it is, or as it was before the last write where a stale read is due."""
        if _writes(request):
            if self.faults.waits_for_write:
                self._past = self._snapshot()
            act = self.faults.hit(request, "meanwhile")
            self.hub.meanwhile = act.act if act and act.act else _nothing
            return self.hub
        if self._past is not None and self.faults.hit(request, "stale"):
            return replace(self.hub, world=self._past)
        return self.hub

    def _snapshot(self) -> World:
        past = copy.deepcopy(self.hub.world)
        for where in past.repositories.values():
            where.frozen_refs = self.hub.git(self.hub.world.repositories[where.full_name.lower()]).refs()
        return past

    def _rest(self, request: Request, token: Token | None, value: str | None) -> Answer:
        found = self._router.find(request.method, request.path)
        if found is None:
            self.violations.append(f"not served: {request.method} {request.path}")
            raise RefusedError(404, "Not Found")
        route, args = found
        self._check_request(route, request)
        app = app_of_jwt(self.hub, value) if value and is_jwt(value) else None
        hub = self._view(request)
        if token is not None:
            token = hub.world.tokens.get(token.value, token)
        call = Call(hub, request, args, token, app)
        try:
            authorise(call, route)
            answer = route.handler(call)
        except RefusedError as refused:
            answer = refused.answer()
        self._check_answer(route, answer)
        return answer

    def _check_request(self, route: Route, request: Request) -> None:
        try:
            problems = self._contract.request_problems(route, request)
        except json.JSONDecodeError as problem:
            self.violations.append(f"{request.method} {request.path}: {problem}")
            raise RefusedError(400, "Problems parsing JSON") from problem
        if problems:
            self.violations += [f"client: {request.method} {request.target}: {p}" for p in problems]
            raise RefusedError(422, "Invalid request.\n\n" + "\n".join(problems))

    def _check_answer(self, route: Route, answer: Answer) -> None:
        problems = self._contract.answer_problems(route, answer)
        if problems:
            words = [f"fake: {route.method} {route.template} {answer.status}: {p}" for p in problems]
            self.violations += words
            raise ContractError("\n".join(words))

    def _graphql(self, request: Request, token: Token | None) -> Answer:
        if token is None:
            raise RefusedError(401, "This endpoint requires you to be authenticated.")
        hub = self._view(request)
        body, mistakes = execute.answer(hub, hub.world.tokens.get(token.value, token), request.body)
        self.violations += [f"client: GraphQL: {words}" for words in mistakes]
        return Answer(200, body)

    def _unchanged(self, request: Request, token: Token | None, answer: Answer) -> Answer:
        """ETag on what was read; 304, which costs nothing, for who has it already."""
        if request.method != "GET" or answer.status != 200 or isinstance(answer.body, bytes):
            return answer
        digest = hashlib.sha256(json.dumps([answer.body, answer.headers]).encode()).hexdigest()[:40]
        tag = f'W/"{digest}"'
        if request.headers.get("if-none-match") == tag:
            limits.give_back(self.hub, token, _resource(request))
            return Answer(304, headers={"ETag": tag}, absent=True)
        return answer.with_headers(ETag=tag)

    def _finish(self, request: Request, token: Token | None, answer: Answer) -> Answer:
        """Count the call and add the headers every answer has."""
        self.calls.append(Served(request.method, request.path, answer.status, token.user.login if token else None))
        number = f"{len(self.calls):04X}:FAKE"
        more = {"X-GitHub-Request-Id": number, "X-GitHub-Api-Version-Selected": VERSION}
        more |= limits.headers(self.hub, token, _resource(request))
        return Answer(answer.status, answer.body, more | answer.headers, answer.absent)


def _nothing() -> None:
    """Nobody is faster."""


def _resource(request: Request) -> str:
    return "graphql" if request.path == "/graphql" else "core"


def _writes(request: Request) -> bool:
    if request.path == "/graphql":
        return execute.is_mutation(request.body)
    return request.method not in ("GET", "HEAD") and not request.path.endswith("/git-upload-pack")
