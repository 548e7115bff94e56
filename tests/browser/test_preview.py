"""The preview in a real browser: saved is seen, nothing leaves the machine, nothing is blocked."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

THREATSHELF = Path(sys.executable).with_name("threatshelf")
STORY = Path(__file__).parents[1] / "data" / "story.yaml"


@pytest.fixture
def story(tmp_path: Path) -> Path:
    found = tmp_path / "template.yaml"
    found.write_bytes(STORY.read_bytes())
    return found


@pytest.fixture
def preview(story: Path) -> Iterator[str]:
    """The address that the command names."""
    process = subprocess.Popen([THREATSHELF, "preview", story, "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.communicate()


def test_what_is_saved_is_seen_without_a_hand(preview: str, story: Path, desk: Page) -> None:
    asked: list[str] = []
    said: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    desk.on("console", lambda message: said.append(message.text))
    desk.goto(preview)
    expect(desk.get_by_role("heading", level=1)).to_have_text("Release notes written by an agent")
    expect(desk.locator("#findings")).to_have_text("Nothing to mend.")
    text = story.read_text("utf-8")
    story.write_text(text.replace("title: Release notes written by an agent", "title: Notes by an agent"), "utf-8")
    expect(desk.get_by_role("heading", level=1)).to_have_text("Notes by an agent")
    story.write_text(text.replace("status: draft", "status: drafd", 1), "utf-8")
    expect(desk.locator("#findings")).to_contain_text("Did you mean draft?")
    origin = preview.partition("/catalog/")[0]
    assert all(url.startswith((f"{origin}/", "data:")) for url in asked)
    assert said == []


def test_a_way_of_untrusted_data_is_drawn_in_the_preview_too(preview: str, desk: Page) -> None:
    desk.goto(preview)
    desk.get_by_role("button", name="Show in the diagram").first.click()
    expect(desk.locator('.dfd[data-level="1"] .word').first).to_have_text("source")
