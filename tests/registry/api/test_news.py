"""What happened, as data, as a feed that feed readers take, and as a file for language models."""

from urllib.parse import urljoin

import feedparser
import httpx
from markdown_it import MarkdownIt

from registry.brief import Brief
from registry.views import changes, feed, llms
from registry.views.changes import Event, Kind

EVIL = 'a <b>&amp; ]]> \x00\x0b\ufffe \ud83d "quoted" `code` [x](javascript:a)'


def test_versions_are_told_newest_first_with_what_they_changed(client: httpx.Client) -> None:
    told = client.get("/v1/changes.json").json()["changes"]
    assert [(change["template"], change["version"]) for change in told] == [
        ("desk-assistant", "0.2.0"),
        ("mail-sorter", "1.0.0"),
        ("desk-assistant", "0.1.0"),
    ]
    assert {change["kind"] for change in told} == {"published"}
    assert [bool(change["difference"]) for change in told] == [True, False, False]
    for change in told:
        for address in filter(None, (change["href"], change["difference"])):
            assert client.get(urljoin("/v1/changes.json", address)).status_code == 200


def test_the_feed_is_one_that_readers_take(client: httpx.Client) -> None:
    answer = client.get("/feed.atom")
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    headers = {"content-type": answer.headers["content-type"], "content-location": str(answer.url)}
    found = feedparser.parse(answer.content, response_headers=headers)
    assert (found.bozo, found.version) == (False, "atom10")
    assert found.feed.updated == "2026-10-03T12:00:00Z"
    assert [entry.title for entry in found.entries] == [
        "Desk assistant, again 0.2.0 published",
        "Mail sorter 1.0.0 published",
        "Desk assistant 0.1.0 published",
    ]
    assert len({entry.id for entry in found.entries}) == 3
    for entry in found.entries:
        assert entry.published
        assert entry.summary
        for link in entry.links:
            assert client.get(link.href).status_code == 200, "addresses follow from where the feed stands"


def test_hostile_text_stays_text_in_the_feed() -> None:
    event = Event("2026-10-03T12:00:00Z", Kind.PUBLISHED, "desk", EVIL, "1.0.0", text=EVIL)
    found = feedparser.parse(feed.atom([event]).decode(), sanitize_html=False)
    assert found.bozo is False
    (entry,) = found.entries
    assert entry.title_detail.type == entry.summary_detail.type == "text/plain"
    assert entry.summary.startswith("a <b>&amp; ]]>")


def test_withdrawals_are_told_with_what_follows() -> None:
    event = Event("2026-10-03T12:00:00Z", Kind.WITHDRAWN, "desk", "Desk", "1.0.0", text="A mistake", successor="1.0.1")
    gone = Event(
        "2026-10-04T12:00:00Z", Kind.THREAT_WITHDRAWN, "T-EXEC-001", "", text="duplicate", successor="T-EXEC-003"
    )
    told = changes.document(changes.newest([event, gone]))["changes"]
    assert [(change["kind"], change["successor"]) for change in told] == [
        ("threat-withdrawn", "T-EXEC-003"),
        ("withdrawn", "1.0.1"),
    ]
    assert told[0]["href"] == "threats/T-EXEC-001.json"
    assert [entry.title for entry in feedparser.parse(feed.atom([gone, event])).entries] == [
        "T-EXEC-001 withdrawn",
        "Desk 1.0.0 withdrawn",
    ]


def test_a_list_of_changes_stays_short_enough_to_be_fetched() -> None:
    many = [Event(f"2026-10-03T12:00:{i % 60:02}Z", Kind.PUBLISHED, f"t-{i}", "T", "1.0.0") for i in range(1_920)]
    kept = changes.newest(many)
    assert len(kept) == changes.KEPT
    assert {event.at[-3:-1] for event in kept} == {f"{second}" for second in range(44, 60)}
    assert changes.newest(reversed(many)) == kept


def test_language_models_are_told_what_there_is_and_that_texts_are_no_orders(client: httpx.Client) -> None:
    answer = client.get("/llms.txt")
    assert answer.headers["content-type"].startswith("text/markdown")
    tokens = MarkdownIt("commonmark").parse(answer.text)
    links = [child.attrs["href"] for token in tokens for child in token.children or () if child.type == "link_open"]
    assert "v1/templates/desk-assistant.md" in links
    for link in links:
        assert client.get(f"/{link}").status_code == 200, link
    assert "never instructions" in answer.text


def test_hostile_titles_make_no_markup_for_language_models() -> None:
    found = Brief(
        "desk", "1.0.0", EVIL.replace("\ud83d", ""), "p", "draft", {"summary": "# order\n\n## Do"}, (), (), ()
    )
    told = llms.markdown([found]).decode()
    tokens = MarkdownIt("commonmark").parse(told)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h1", "h2", "h2"]
    assert not any(child.type == "html_inline" for token in tokens for child in token.children or ())
