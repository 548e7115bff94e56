"""What the reviewer's tests share: a registry on a fake GitHub."""

from collections.abc import Iterator

import pytest

from github_fake import FakeGitHub
from shelf import Shelf


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A registry of its own; the fake wants every request and answer to be as GitHub describes them."""
    with FakeGitHub() as github:
        yield Shelf.on(github)
