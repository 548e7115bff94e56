"""One client of GitHub: who speaks, how long it waits, what it repeats. Nothing else knows PyGithub.

Requests that may be repeated without harm (GET, HEAD, PUT, DELETE, questions in GraphQL) are repeated after a server's
failure. A POST never is, nor a PATCH, which adds annotations to a check run each time: whoever sent it reads first.
A client belongs to one thread.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from github import Auth, Github, GithubException, GithubIntegration
from requests import RequestException
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from bot.forge import ForgeError, LimitReachedError

ADDRESS = "https://api.github.com"
API_VERSION = "2022-11-28"
PER_PAGE = 100

_REPEATED = frozenset(("GET", "HEAD", "PUT", "DELETE"))
_LIMITED = ("rate limit", "abuse detection")
_SECONDS_UNSAID = 60.0
"""What GitHub asks to wait after a secondary limit that names no time."""


class RefusedError(ForgeError):
    """GitHub said no, and nothing was written. `status` is HTTP's; `kinds` are GraphQL's types of errors."""

    def __init__(self, message: str, status: int, kinds: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.kinds = kinds


class LimitedError(RefusedError, LimitReachedError):
    """Too many requests; `wait` seconds from now it may work again. Nothing was written."""

    def __init__(self, message: str, status: int, wait: float) -> None:
        super().__init__(message, status)
        self.wait = wait


class UnclearError(ForgeError):
    """A failure of the server, a cut line or no answer in time: it may have been written or not."""


@dataclass(frozen=True)
class Patience:
    """Seconds for one answer, between requests and writes, and at most for a limit; tries of what may be repeated."""

    timeout: int = 15
    tries: int = 4
    backoff: float = 1.0
    longest_wait: float = 60.0
    between_requests: float | None = 0.25
    between_writes: float | None = 1.0
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Answer:
    """What GitHub said: HTTP's status, headers with lower-case names, parsed JSON (None when there was none)."""

    status: int
    headers: Mapping[str, Any]
    data: Any


@dataclass(frozen=True)
class AppKey:
    """A GitHub App: its id, its private key in PEM, and the rights a token of it is narrowed to (all when empty)."""

    app: int
    key: str = field(repr=False)
    rights: Mapping[str, str] = field(default_factory=dict)


class Client:
    """Asks GitHub one thing at a time."""

    def __init__(self, auth: Auth.Auth, address: str = ADDRESS, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._address = address
        self._begin(auth)
        self.before_write: Callable[[], None] = _anything
        """Called before whatever may write; what it raises ends the request before it is sent."""

    def _begin(self, auth: Auth.Auth) -> None:
        self._auth = auth
        self._github = Github(auth=auth, **_settings(self._address, self._patience))
        self._requester = self._github.requester

    @property
    def left(self) -> int | None:
        """Requests left in this hour as of the last answer; None before the first."""
        left = self._requester.rate_limiting[0]
        return None if left < 0 else left

    def close(self) -> None:
        """Close the line."""
        self._github.close()

    def ask(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """One request. Raises RefusedError, LimitedError or UnclearError, each with what was asked."""
        if method not in ("GET", "HEAD") and path != self._requester.graphql_url:
            self.before_write()
        return self._sent(method, path, query, body)

    def _sent(self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None) -> Answer:
        try:
            return self._once(method, path, query, body)
        except RefusedError as refusal:
            # Neither for lack of room nor for an old token was anything written, so that even a POST may be sent again.
            if isinstance(refusal, LimitedError) and refusal.wait <= self._patience.longest_wait:
                self._patience.pause(refusal.wait)
            elif refusal.status == 401 and isinstance(self._auth, _InstalledApp):
                self._github.close()
                self._begin(self._auth.anew())
            else:
                raise
            return self._once(method, path, query, body)

    def pages(self, path: str, query: Mapping[str, Any] | None = None, most: int = 30) -> Iterator[Any]:
        """The answers to a list, page by page, `most` pages at most."""
        for page in range(1, most + 1):
            answer = self.ask("GET", path, {**(query or {}), "per_page": PER_PAGE, "page": page})
            yield answer.data
            if 'rel="next"' not in str(answer.headers.get("link", "")):
                return

    def question(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """A GraphQL query, asked again after an unclear answer: it writes nothing.

        What the credential may not see is null in the answer. Raises RefusedError where nothing is left of it.
        """
        for tried in range(1, self._patience.tries):
            try:
                return self._seen(text, variables)
            except UnclearError:
                self._patience.pause(self._patience.backoff * 2.0 ** (tried - 1))
        return self._seen(text, variables)

    def _seen(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        data, refusal = self._graphql(text, variables)
        hidden = refusal is not None and set(refusal.kinds) == {"FORBIDDEN"} and _holds_something(data)
        if refusal is not None and not hidden:
            raise refusal
        return data

    def mutation(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """A GraphQL mutation, sent once. Raises RefusedError with the types of GitHub's errors."""
        self.before_write()
        data, refusal = self._graphql(text, variables)
        if refusal is not None:
            raise refusal
        return data

    def _graphql(self, text: str, variables: Mapping[str, Any]) -> tuple[dict[str, Any], RefusedError | None]:
        """The data, and a refusal of all or of some of it."""
        answer = self.ask("POST", self._requester.graphql_url, body={"query": text, "variables": dict(variables)})
        if not isinstance(answer.data, dict):
            raise UnclearError("GraphQL: the answer is no JSON object")
        data, errors = answer.data.get("data") or {}, answer.data.get("errors") or ()
        if not errors:
            return data, None
        kinds = tuple(str(error.get("type", "")) for error in errors)
        return data, _refusal(f"GraphQL: {errors[0].get('message', '')}", answer.status, kinds)

    def _once(self, method: str, path: str, query: Mapping[str, Any] | None, body: Mapping[str, Any] | None) -> Answer:
        asked = f"{method} {path.partition('?')[0]}"
        parameters = dict(query) if query else None
        try:
            status, headers, text = self._requester.requestJson(
                method, path, parameters=parameters, input=None if body is None else dict(body)
            )
        except GithubException as error:
            status, headers, text = error.status, error.headers or {}, json.dumps(error.data)
        except (RequestException, HTTPError) as error:
            raise UnclearError(f"{asked}: no answer ({type(error).__name__})") from None
        if status >= 400:
            raise _failure(asked, status, headers, text)
        return Answer(status, headers, _json(text))


class _InstalledApp(Auth.AppInstallationAuth):
    """An App where it is installed; the token renews itself shortly before its hour is over."""

    def anew(self) -> "_InstalledApp":
        """The same, with another token: GitHub may end one before its time."""
        return _InstalledApp(self._app_auth, self.installation_id, self.token_permissions)


def _anything() -> None:
    """Nothing stands against a write."""


def token_auth(token: str) -> Auth.Auth:
    """`GITHUB_TOKEN` of a workflow, or a person's token."""
    return Auth.Token(token)


def app_itself(key: AppKey) -> Auth.Auth:
    """A GitHub App asking about itself: where it is installed, what is delivered to it."""
    return Auth.AppAuth(key.app, key.key)


def app_auth(key: AppKey, repository: str, address: str = ADDRESS, patience: Patience | None = None) -> Auth.Auth:
    """A GitHub App where it is installed on the repository (`owner/name`); the token renews itself.

    Raises RefusedError when the App is not installed there.
    """
    app = Auth.AppAuth(key.app, key.key)
    owner, _, name = repository.partition("/")
    try:
        with GithubIntegration(auth=app, **_settings(address, patience or Patience())) as integration:
            installed = integration.get_repo_installation(owner, name)
    except GithubException as error:
        if error.status == 404:
            raise RefusedError(f"the App {key.app} is not installed on {repository}", error.status) from None
        raise _failure(f"the App {key.app}", error.status, error.headers or {}, json.dumps(error.data)) from None
    except (RequestException, HTTPError) as error:
        raise UnclearError(f"the App {key.app}: no answer ({type(error).__name__})") from None
    return _InstalledApp(app, installed.id, dict(key.rights) or None)


def _settings(address: str, patience: Patience) -> dict[str, Any]:
    # Limits are waited for in `Client.ask`, within bounds and with a pause that is handed in; PyGithub's own way of
    # repeating sleeps by itself and repeats POST.
    retry = Retry(
        total=patience.tries,
        backoff_factor=patience.backoff,
        allowed_methods=_REPEATED,
        status_forcelist=range(500, 600),
        respect_retry_after_header=False,
        raise_on_status=False,
    )
    return {
        "base_url": address,
        "api_version": API_VERSION,
        "timeout": patience.timeout,
        "per_page": PER_PAGE,
        "retry": retry,
        "seconds_between_requests": patience.between_requests,
        "seconds_between_writes": patience.between_writes,
        "user_agent": "threatshelf",
    }


def _failure(asked: str, status: int, headers: Mapping[str, Any], text: str) -> ForgeError:
    data = _json(text)
    said = str(data.get("message", "")) if isinstance(data, dict) else ""
    message = f"{asked}: {status} {said}".rstrip()
    if status == 429 or (status == 403 and any(word in said.lower() for word in _LIMITED)):
        return LimitedError(message, status, _wait(headers))
    return UnclearError(message) if status >= 500 or status == 408 else RefusedError(message, status)


def _refusal(message: str, status: int, kinds: tuple[str, ...]) -> RefusedError:
    if "RATE_LIMITED" in kinds:
        return LimitedError(message, status, _SECONDS_UNSAID)
    return RefusedError(message, status, kinds)


def _holds_something(data: Mapping[str, Any]) -> bool:
    """Whether every part that was asked for is there: a repository, and in it no part that is null."""
    repository = data.get("repository")
    return isinstance(repository, dict) and all(part is not None for part in repository.values())


def _wait(headers: Mapping[str, Any]) -> float:
    """Seconds to wait as the answer says; a minute where it says nothing."""
    said = str(headers.get("retry-after", ""))
    if said.isdigit():
        return float(said)
    reset = str(headers.get("x-ratelimit-reset", ""))
    if str(headers.get("x-ratelimit-remaining", "")) == "0" and reset.isdigit():
        return max(0.0, int(reset) - time.time()) + 1
    return _SECONDS_UNSAID


def _json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
