"""What tests of several rooms share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

LONG = (
    "bot/test_*",
    "bot/visit/*",
    "bot/review/test_comment.py",
    "fuzz/*",
    "github/*",
    "registry/*_command.py",
    "registry/*_commands.py",
    "registry/api/*",
    "registry/test_api.py",
    "registry/test_holding.py",
    "registry/test_increments.py",
    "registry/test_ledger.py",
    "registry/test_operating.py",
    "registry/test_publish.py",
    "registry/test_search_questions.py",
    "registry/test_serving.py",
    "registry/test_settings.py",
    "registry/test_source.py",
    "schema/test_document.py",
    "schema/test_fmt.py",
    "schema/test_mutations.py",
    "schema/test_seeds.py",
    "schema/test_similarity.py",
    "schema/test_structure.py",
    "templates/*",
    "test_elsewhere.py",
)
"""Files that start processes, servers or git, or try thousands of inputs: left out of `make quick`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them slow, all of a file at once, so that nobody has to think of it test by test."""
    here = Path(__file__).parent
    for item in items:
        if any(item.path.relative_to(here).match(pattern) for pattern in LONG):
            item.add_marker(pytest.mark.slow)


# The same examples every time and no limit of the clock: a red run is a fault, never bad luck.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a check remembers of a checkout stays out of the cache of whoever runs the tests."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as player:
        started = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield started
        started.close()
