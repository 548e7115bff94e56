"""The reviewer's comments in a real browser, as GitHub shows them: what is alive in them is ours."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from github_fake.page import page

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "bot/review/golden"
OURS = {"B", "BODY", "BR", "CODE", "DETAILS", "EM", "H3", "HEAD", "HTML", "LI", "P", "PRE", "STRONG", "SUB", "SUMMARY"}
OURS |= {"A", "UL", "BLOCKQUOTE"}
LOOK = """() => {
  const dead = node => node.parentElement && node.parentElement.closest('code')
  const walk = document.createTreeWalker(document, NodeFilter.SHOW_TEXT), words = []
  while (walk.nextNode()) if (!dead(walk.currentNode)) words.push(walk.currentNode.data)
  return {
    words: words.join(' '),
    elements: [...document.querySelectorAll('*')].map(e => [e.tagName, e.getAttributeNames(), !!dead(e)]),
    links: [...document.links].map(a => [a.href, a.className, a.textContent, !!a.querySelector('*')]),
    ran: Boolean(window.ran),
  }
}"""


@pytest.mark.parametrize("name", ["newcomer", "clean-update", "hostile"])
def test_nothing_of_a_contributor_is_alive_outside_code(name: str, desk: Page) -> None:
    asked: list[str] = []
    desk.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
    desk.add_init_script("window.alert = () => { window.ran = true }")
    desk.set_content(page((GOLDEN / f"{name}.md").read_text(encoding="utf-8")))
    seen = desk.evaluate(LOOK)

    assert not seen["ran"]
    assert asked == []
    assert {tag for tag, _, _ in seen["elements"]} <= OURS
    assert not [tag for tag, _, inside_code in seen["elements"] if inside_code]
    assert {attribute for _, named, _ in seen["elements"] for attribute in named} <= {"class", "href"}
    for address, kind, words, holds_more in seen["links"]:
        assert address.startswith(("https://forge.example/shelf/shelf/blob/", "https://pages.example/shelf/")), address
        assert (kind, holds_more) == ("", False), words
    for theirs in ("evil", "alert", "@", "<", "script", "maintainers", "tada", "GHSA"):
        assert theirs not in seen["words"], theirs


def test_the_site_shows_the_comments_word_for_word(address: str, desk: Page, phone: Page) -> None:
    for screen in (desk, phone):
        screen.goto(f"{address}reference/reviewer/")
        boxes = screen.locator(".said__text")
        assert boxes.locator("h3").all_text_contents() == [
            "❌ 10 errors to mend, 2 warnings to answer",
            "✅ Nothing to mend",
            "❌ 22 errors to mend, 6 warnings to answer",
        ]
        assert "wrong-folder-trusted" in boxes.nth(1).inner_text()
        assert "evil" not in "".join(link.get_attribute("href") or "" for link in boxes.locator("a").all())
        assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")
        screen.evaluate("document.querySelectorAll('main details').forEach(part => { part.open = true })")
        assert Axe().run(screen).response["violations"] == []
