"""Taint, blast radius, coverage and risk on a template's page, in a real browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.slow

TEMPLATE = "catalog/local-coding-assistant/"
LIT = re.compile(r"\bis-on\b")
ABOUT, PICTURE = "[data-about]", '.dfd[data-level="1"]'


def open_page(page: Page, address: str) -> Locator:
    """The page, and the way from the origin's repository to the exec tool on it."""
    page.goto(address + TEMPLATE)
    return page.locator(".way", has_text="Repository work tree").filter(has_text="Exec tool on the host").first


def words(page: Page) -> list[str]:
    """What is written into the picture, over what is drawn."""
    return page.locator(f"{PICTURE} .word").all_text_contents()


def test_a_way_of_untrusted_data_is_lit_up_step_by_step_with_words(address: str, desk: Page) -> None:
    way = open_page(desk, address)
    way.get_by_role("button", name="Show in the diagram").click()
    assert sorted(words(desk)) == ["source", "step 1", "step 2"]
    for part in ("#el-repo-origin", "#fl-clone", "#el-worktree", "#el-exec-tool"):
        expect(desk.locator(part)).to_have_class(LIT)
    expect(desk.locator("#el-gateway")).not_to_have_class(LIT)
    expect(desk.locator("#el-worktree polygon").first).to_have_css("stroke", "none")  # a store stays open at both ends
    expect(desk.locator(ABOUT)).to_contain_text("13 reply")
    expect(desk.locator("#el-repo-origin")).to_be_in_viewport()
    desk.locator(ABOUT).get_by_role("button", name="Close").click()
    assert words(desk) == []
    expect(desk.locator("#el-gateway")).not_to_have_class(LIT)


def test_the_keyboard_alone_goes_from_way_to_way(address: str, desk: Page) -> None:
    way = open_page(desk, address)
    way.get_by_role("button").focus()
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Light up")).to_be_focused()
    first = desk.locator(ABOUT).inner_text()
    desk.keyboard.press("ArrowDown")
    expect(desk.locator(ABOUT)).not_to_have_text(first)
    assert "source" in words(desk)
    desk.keyboard.press("Escape")
    expect(desk.locator(ABOUT)).to_be_empty()
    assert words(desk) == []


def test_an_element_picked_in_the_picture_shows_what_falls_with_it(address: str, desk: Page) -> None:
    open_page(desk, address)
    desk.locator("#el-mcp-server").click()
    desk.get_by_role("button", name="Show what falls with it").click()
    told = words(desk)
    assert "starts here, held" in told
    assert "steered, 2 hops" in told
    expect(desk.locator("#el-sandbox .word")).to_have_text("held, 2 hops")
    expect(desk.locator(ABOUT)).to_contain_text("Worst actions in reach")
    expect(desk.get_by_label("Light up").locator("option:checked")).to_have_text("MCP server over stdio")


def test_every_word_in_the_picture_can_be_read_by_day_and_by_night(address: str, browser: Browser) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]  # a literal
        page = context.new_page()
        open_page(page, address).get_by_role("button").click()
        ink, ground = page.locator(".word").first.evaluate(
            "word => [word.querySelector('text'), word.querySelector('rect')].map(e => getComputedStyle(e).fill)"
        )
        assert contrast(ink, ground) > 4.5, scheme
        assert Axe().run(page, context=PICTURE).response["violations"] == []
        context.close()


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    lights = sorted(map(luminance, (one, other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    shares = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_on_a_phone_what_is_lit_comes_into_view_and_the_page_stays_in_place(address: str, phone: Page) -> None:
    open_page(phone, address).get_by_role("button").click()
    assert phone.locator(f"{PICTURE} .dfd__view").evaluate("view => view.scrollLeft") > 0
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    expect(phone.locator("#el-exec-tool")).to_be_in_viewport()


def test_nothing_covers_the_picture_before_something_is_chosen(address: str, desk: Page) -> None:
    open_page(desk, address)
    desk.locator(PICTURE).evaluate("figure => scrollBy(0, figure.getBoundingClientRect().top - innerHeight + 200)")
    top = desk.locator(f"{PICTURE} .dfd__view > svg").bounding_box()
    assert top is not None
    seen = "([x, y]) => document.elementFromPoint(x, y).closest('.dfd__view') !== null"
    assert desk.evaluate(seen, [top["x"] + top["width"] / 2, 795])


def test_without_scripts_every_way_and_radius_can_be_read(address: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    way = open_page(page, address)
    expect(way).to_be_visible()
    expect(way.get_by_role("link", name="on flow 15")).to_have_attribute("href", "#flow-clone")
    assert page.get_by_role("button", name="Show in the diagram").count() == 0
    page.locator("#blast").click()
    page.locator("#blast-mcp-server > summary").click()
    expect(page.locator("#blast-mcp-server")).to_contain_text("Worst actions in reach")
    context.close()


def test_on_paper_there_are_lists_and_no_controls(address: str, desk: Page) -> None:
    open_page(desk, address)
    desk.emulate_media(media="print")
    desk.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(desk.locator(".way").last).to_be_visible()
    expect(desk.get_by_label("Light up")).to_be_hidden()
    assert desk.locator(".show:visible").count() == 0


def test_the_three_parts_of_coverage_and_both_sides_of_the_risk_matrix_add_up(address: str, desk: Page) -> None:
    open_page(desk, address)
    parts = [int(part) for part in desk.locator(".cover__key b").all_inner_texts()]
    said = desk.locator(".cover").get_attribute("aria-label")
    assert said == (
        f"Of {sum(parts)} cells asked {parts[0]} are answered by a threat, {parts[1]} by a reason, {parts[2]} are open"
    )
    before = sum(map(int, desk.locator(".matrix td > a").all_inner_texts()))
    after = sum(int(text.split()[-1]) for text in desk.locator("td .matrix__after").all_inner_texts())
    assert before == after == desk.locator("[data-threat-row]").count()
