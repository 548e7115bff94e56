"""One fake for each test with the usual cast, and PyGithub clients that neither wait nor retry."""

from collections.abc import Callable, Iterator

import pytest
from github import Github

from github_fake import FakeGitHub
from github_fake.accounts import AppHandle, Person
from github_fake.handles import PullHandle, RepositoryHandle
from github_fake.stage import Stage

Client = Callable[[str], Github]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Serves until the test ends; what strays from GitHub's description fails the test."""
    with FakeGitHub() as running:
        ready = Stage.set(running)
        yield ready
        ready.close()


@pytest.fixture
def fake(stage: Stage) -> FakeGitHub:
    """The server."""
    return stage.fake


@pytest.fixture
def client(stage: Stage) -> Client:
    """Makes a PyGithub client for a token."""
    return stage.client


@pytest.fixture
def shelf(stage: Stage) -> RepositoryHandle:
    """threatshelf/registry, with a template on main."""
    return stage.shelf


@pytest.fixture
def writer(stage: Stage) -> Person:
    """A maintainer."""
    return stage.writer


@pytest.fixture
def stranger(stage: Stage) -> Person:
    """Somebody with an account and no role."""
    return stage.stranger


@pytest.fixture
def app(stage: Stage) -> AppHandle:
    """The reviewer's App, installed."""
    return stage.app


@pytest.fixture
def pull(stage: Stage) -> PullHandle:
    """A fork's pull request that changes line 10 of the template and adds a file."""
    return stage.pull
