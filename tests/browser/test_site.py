"""The site in a real browser: nothing leaves the host, nothing fails, everybody can use it, diagrams can be read."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from registry.catalog import Release
from registry.exports import svg

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
TEMPLATE = "catalog/local-coding-assistant/"
KINDS = [
    "",
    "catalog/",
    TEMPLATE,
    TEMPLATE + "checklist/",
    "catalog/refund-assistant/",
    "threats/",
    "threats/T-EXEC-002/",
    "threats/T-RECON-002/",
    "coverage/",
    "coverage/atlas/",
    "coverage/recurring/",
    "coverage/controls/",
    "coverage/incidents/",
    "take/",
    "contribute/",
    "reference/",
    "reference/rules/",
    "reference/rules/stride-covered/",
    "reference/schema/",
    "reference/smallest/",
    "search/?q=sandbox",
]
"""One page of each kind."""
IDS = [*sorted(path.parent.name for path in ROOT.glob("templates/*/template.yaml")), "refund-assistant"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def test_no_request_leaves_the_host_and_nothing_fails(address: str, desk: Page) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    desk.on("request", lambda request: requests.append(request.url))
    desk.on("console", lambda message: complaints.append(f"{desk.url}: {message.text}"))
    desk.on("pageerror", lambda error: complaints.append(f"{desk.url}: {error}"))
    for path in KINDS:
        desk.goto(address + path)
        desk.wait_for_load_state("networkidle")
    assert [url for url in requests if not url.startswith((address, "data:", "blob:"))] == []
    assert len(requests) > len(KINDS)
    assert complaints == []


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESK, "light"), (DESK, "dark"), (PHONE, "light")], ids=["desk", "dark", "phone"]
)
def test_everybody_can_use_every_page(address: str, browser: Browser, size: Any, scheme: Any) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    faults = {}
    for path in KINDS:
        page.goto(address + path)
        open_everything(page)
        found = Axe().run(page).response["violations"]
        faults[path] = [(fault["id"], fault["nodes"][0]["target"]) for fault in found]
        assert (
            page.locator("body").get_attribute("data-md-color-scheme") == {"light": "default", "dark": "slate"}[scheme]
        )
    context.close()
    assert {path: found for path, found in faults.items() if found} == {}


def test_a_phone_never_scrolls_a_page_sideways(address: str, phone: Page) -> None:
    for path in KINDS:
        phone.goto(address + path)
        open_everything(phone)
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


def open_everything(page: Page) -> None:
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")
    page.evaluate("document.fonts.ready")


READ = """(svg) => {
  const box = (part) => { const r = part.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const texts = [...svg.querySelectorAll("text")].map((text) => ({ says: text.textContent, box: box(text) }));
  const within = [];
  for (const group of svg.querySelectorAll(".node, .cluster, .mark")) {
    const frame = group.querySelector(".mark > rect, ellipse, polygon, path") ?? group.querySelector("rect");
    const drawn = [...group.querySelectorAll("ellipse, polygon, polyline, path, rect")].map(box);
    if (!frame || !drawn.length) continue;
    const around = [Math.min(...drawn.map(b => b[0])), Math.min(...drawn.map(b => b[1])),
                    Math.max(...drawn.map(b => b[2])), Math.max(...drawn.map(b => b[3]))];
    for (const text of group.querySelectorAll("text")) within.push({ says: text.textContent, box: box(text), around });
  }
  const nodes = [...svg.querySelectorAll(".node")].map((node) => ({ says: node.textContent, box: box(node) }));
  const marks = [...svg.querySelectorAll(".mark")].map((mark) => ({ says: mark.textContent, box: box(mark) }));
  return { texts, within, nodes, marks };
}"""


def meet(one: list[float], other: list[float], slack: float = 0.75) -> bool:
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > slack and min(one[3], other[3]) - max(one[1], other[1]) > slack
    )


def leaves(text: list[float], around: list[float], slack: float = 0.75) -> bool:
    return (
        text[0] < around[0] - slack
        or text[1] < around[1] - slack
        or text[2] > around[2] + slack
        or text[3] > around[3] + slack
    )


def unreadable(read: dict[str, Any]) -> list[str]:
    """Every pair of texts that meet, text that leaves its frame, and number that stands on an element."""
    texts = read["texts"]
    pairs = [(a, b) for i, a in enumerate(texts) for b in texts[i + 1 :] if meet(a["box"], b["box"])]
    outside = [item for item in read["within"] if leaves(item["box"], item["around"])]
    covered = [(mark, node) for mark in read["marks"] for node in read["nodes"] if meet(mark["box"], node["box"])]
    return [
        *(f"{a['says']!r} meets {b['says']!r}" for a, b in pairs),
        *(f"{item['says']!r} leaves its frame" for item in outside),
        *(f"number {mark['says']} stands on {node['says']!r}" for mark, node in covered),
    ]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("id_", IDS)
def test_every_diagram_of_a_page_can_be_read(address: str, browser: Browser, id_: str, size: Any) -> None:
    context = browser.new_context(viewport=size)
    page = context.new_page()
    page.goto(f"{address}catalog/{id_}/")
    page.evaluate("document.fonts.ready")
    for level in ("1", "0"):
        page.get_by_role("button", name=f"Level {level}").click()
        drawn = page.locator(f'.dfd[data-level="{level}"] .dfd__view > svg')
        expect(drawn).to_be_visible()
        read = drawn.evaluate(READ)
        assert len(read["texts"]) > 2
        assert unreadable(read) == [], f"level {level}"
    context.close()


@pytest.mark.parametrize("id_", IDS)
def test_a_diagram_that_stands_alone_can_be_read(
    desk: Page, address: str, releases: dict[str, Release], id_: str
) -> None:
    desk.goto(address)  # for its font
    for picture in (svg.level_one(releases[id_]), svg.level_zero(releases[id_])):
        text = picture.decode().partition("?>")[2]
        desk.evaluate("(svg) => { document.body.innerHTML = svg; return document.fonts.ready }", text)
        read = desk.locator("body > svg").evaluate(READ)
        assert unreadable(read) == []


def test_a_reader_finds_a_template_with_the_keyboard_alone(address: str, desk: Page) -> None:
    page = desk
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("coding assistant")
    expect(page.locator("[data-found] a").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{TEMPLATE}**")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Local coding assistant")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(address: str, desk: Page) -> None:
    desk.goto(address + TEMPLATE)
    desk.keyboard.press("Tab")
    expect(desk.get_by_role("link", name="Skip to content")).to_be_focused()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    expect(desk.locator("#content a").first).to_be_focused()


def test_words_without_a_match_are_said_to_have_none(address: str, desk: Page) -> None:
    desk.goto(f"{address}search/?q=%D0%B6%D0%B6%D0%B6")
    expect(desk.locator("[data-search-page] [role=status]")).to_contain_text("Nothing found")


def test_words_that_are_markup_stay_words(address: str, desk: Page) -> None:
    desk.goto(f"{address}search/?q=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E")
    expect(desk.locator("[data-search-page] [role=status]")).to_contain_text("ound")
    assert desk.locator("img").count() == 0


def test_a_chosen_element_shows_its_threats_and_escape_lets_go(address: str, desk: Page) -> None:
    page = desk
    page.goto(address + TEMPLATE)
    page.locator("#el-gateway").click()
    about = page.locator("[data-about]")
    expect(about).to_contain_text("Gateway and agent runtime")
    threat = about.get_by_role("link", name="Text in a file, issue or page gives the agent orders")
    threat.hover()
    expect(page.locator("#zo-repo-content")).to_have_class("cluster zone trust-untrusted is-on")
    threat.click()
    expect(page.locator("#threat-hidden-instructions")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(about).to_be_empty()


def test_a_square_of_the_risk_matrix_leaves_its_threats(address: str, desk: Page) -> None:
    page = desk
    page.goto(address + TEMPLATE)
    square = page.locator(".matrix a").first
    number = int(square.inner_text())
    square.click()
    expect(page.locator(".threat[data-threat-row]:visible")).to_have_count(number)


def test_filters_leave_what_fits_and_say_how_much(address: str, desk: Page) -> None:
    page = desk
    page.goto(address + "catalog/")
    page.get_by_label("Search").last.fill("Customers ask an assistant for refunds")
    expect(page.locator("[data-card]:visible")).to_have_count(1)
    expect(page.get_by_text(f"1 of {len(IDS)} templates")).to_be_visible()
    page.get_by_label("Search").last.fill("no such thing")
    expect(page.get_by_text("No template fits.")).to_be_visible()
    page.get_by_role("button", name="Clear the filter").click()
    expect(page.locator("[data-card]:visible")).to_have_count(len(IDS))


def test_a_link_to_a_threat_opens_it(address: str, desk: Page) -> None:
    desk.goto(f"{address}{TEMPLATE}#threat-hidden-instructions")
    expect(desk.get_by_text("How you would notice").first).to_be_attached()
    assert desk.locator("details:has(#threat-hidden-instructions)").get_attribute("open") is not None
    expect(desk.locator("#threat-hidden-instructions")).to_be_in_viewport()


def test_the_command_is_copied_as_it_stands(address: str, browser: Browser) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + TEMPLATE)
    page.get_by_role("button", name="Copy: Command to download this template").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "curl -O http://127.0.0.1:8000/v1/templates/local-coding-assistant.yaml"
    context.close()


def test_the_pages_can_be_read_without_scripts(address: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + TEMPLATE)
    expect(page.locator('.dfd[data-level="0"] svg').first).to_be_visible()
    page.locator("#threat-hidden-instructions").click()
    expect(page.get_by_role("heading", name="How you would notice").first).to_be_visible()
    context.close()
