"""The page that checks a template, in a real browser, against the real server."""

import re
import socket
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Page, expect

from registry import publish
from registry.main import build_app
from registry.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(built: Path, tmp_path: Path) -> Iterator[str]:
    """The address of API and site together."""
    database = tmp_path / "catalogue.sqlite"
    publish.throw_away(ROOT, database, date(2026, 11, 20), lambda _: None)
    app = build_app(Settings(database_url=f"sqlite:///{database}", site=built))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        running = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        running.should_exit = True
        thread.join()


def test_a_pasted_template_is_judged_line_by_line(server: str, desk: Page) -> None:
    story = (ROOT / "tests/data/story.yaml").read_text("utf-8")
    good = re.sub(r"^ +id: T-.*\n", "", story, flags=re.MULTILINE)  # whose ids say what the shelf has to confirm
    desk.goto(f"{server}/contribute/")

    desk.get_by_label("Your template.yaml").fill(good.replace("zone: runner, runs_as", "zone: runer, runs_as", 1))
    desk.get_by_role("button", name="Check it").click()
    finding = desk.get_by_role("listitem").filter(has=desk.get_by_role("link", name="reference-exists"))
    expect(finding.first).to_contain_text("runer")
    expect(finding.first).to_contain_text("Line ")

    desk.get_by_label("Your template.yaml").fill(good)
    desk.get_by_role("button", name="Check it").click()
    expect(desk.get_by_text("Nothing to mend.")).to_be_visible()

    desk.get_by_label("Your template.yaml").fill("x" * 1_100_000)
    desk.get_by_role("button", name="Check it").click()
    expect(desk.get_by_text("Not checked:")).to_be_visible()


def test_an_address_that_leads_nowhere_offers_the_search(server: str, desk: Page) -> None:
    answer = desk.goto(f"{server}/no/such/page")
    assert answer
    assert answer.status == 404
    desk.get_by_label("What are you looking for?").fill("coding assistant")
    expect(desk.locator("[data-search-page]").get_by_role("link", name="Local coding assistant").first).to_be_visible()
