"""What the browser's tests share: the built site behind a real server with its own policy, and a real Chromium."""

import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from bot.checks import CHECKS
from registry import site
from registry.catalog import Catalogue, Release
from registry.exports import svg
from schema import shipped
from schema.check import check

ROOT = Path(__file__).parents[2]
FILES = [*sorted(ROOT.glob("templates/*/template.yaml")), ROOT / "tests/data/full.yaml"]
PREFIX = "/shelf"
"""The site is served under a path of its own, as on GitHub Pages: every link has to be relative."""


def release_of(file: Path) -> Release:
    """The release that this file is, whatever the rules say of it."""
    checked = check(file.read_bytes(), str(file), shipped.facts(date(2026, 11, 20)))
    assert checked.template is not None
    return Release(checked.template, checked.data, file.read_bytes(), "2026-11-20T09:00:00Z", "")


@pytest.fixture(scope="session")
def releases() -> dict[str, Release]:
    """This checkout's templates, and one that uses every field there is, by id."""
    return {release.id: release for release in map(release_of, FILES)}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, releases: dict[str, Release]) -> Path:
    """Their site."""
    if svg.available():
        pytest.skip(str(svg.available()))
    out = tmp_path_factory.mktemp("site") / PREFIX.strip("/")
    site.build(site.shelf(Catalogue(tuple(releases.values())), CHECKS), out, ROOT, lambda _: None)
    return out


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder under the site's policy, and says nothing about it."""

    policy = ""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_request(self, *_: object) -> None:
        """No line for each file."""


@pytest.fixture(scope="session")
def address(built: Path) -> Iterator[str]:
    """Where the site is served, with a slash at the end."""
    handler = type("Served", (Quiet,), {"policy": (built / site.POLICY).read_text("utf-8").strip()})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(built.parent))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}/"
        server.shutdown()


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """A page on a wide screen."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()
