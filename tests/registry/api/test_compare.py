"""What changed between two versions, or two templates: as files, over the API, as data and to read."""

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from markdown_it import MarkdownIt

from registry import site
from registry.catalog import Catalogue, Release
from registry.exports import difference
from registry.pages import changes

FILE = "/v1/templates/desk-assistant/0.1.0...0.2.0"
EVIL = '<img src=x onerror=alert(1)> [x](javascript:a) | `|` </script> ## "'

Make = Callable[..., Release]
Text = Callable[..., str]


def test_the_difference_of_two_versions_is_a_file(client: httpx.Client, shelf: Any) -> None:
    files = dict(shelf.store.files())
    told = client.get(f"{FILE}.json")
    assert told.content == files[f"{FILE[1:]}.json"]
    assert told.headers["x-renderer"].startswith("threatshelf/")
    said = told.json()
    assert (said["before"]["version"], said["after"]["version"]) == ("0.1.0", "0.2.0")
    (change,) = said["changes"]
    assert (change["kind"], change["word"]) == ("template", "changed")
    assert {detail["field"] for detail in change["details"]} == {"version", "title"}
    assert (said["raise"], said["next_version"]) == ("patch", "0.1.1")


def test_any_other_two_versions_are_compared_when_asked_with_the_headers_of_a_file(client: httpx.Client) -> None:
    path = "/v1/templates/desk-assistant/0.2.0...0.1.0.md"
    told = client.get(path)
    assert told.text.startswith("# Desk assistant: what changed from 0.2.0 to 0.1.0\n")
    assert told.headers["etag"] == f'"{hashlib.sha256(told.content).hexdigest()}"'
    assert told.headers["content-disposition"] == 'attachment; filename="desk-assistant-0.2.0...0.1.0.md"'
    assert client.get(path, headers={"If-None-Match": told.headers["etag"]}).status_code == 304
    assert client.head(path).headers["etag"] == told.headers["etag"]


def test_two_templates_stand_side_by_side(client: httpx.Client) -> None:
    path = "/v1/compare?a=desk-assistant&b=mail-sorter"
    said = client.get(path).json()
    assert [said[side]["template"] for side in ("before", "after")] == ["desk-assistant", "mail-sorter"]
    assert (said["raise"], said["next_version"]) == (None, None)
    threats = {change["key"]: change for change in said["changes"] if change["kind"] == "threat"}
    # One id in both: the same threat, told under another key.
    assert threats["orders-in-letter"]["word"] == "renamed"
    assert threats["orders-in-letter"]["earlier"] == "orders-in-file"
    assert threats["orders-in-letter"]["id"] == "T-EXEC-002"
    to_read = client.get(path, headers={"Accept": "text/markdown"})
    assert "beside" in to_read.text.splitlines()[0]
    assert to_read.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/compare?a=desk-assistant", 422, "invalid-parameter"),
        ("/v1/compare?a=desk-assistant&b=../etc/passwd", 422, "invalid-parameter"),
        ("/v1/compare?a=desk-assistant&b=desk-assistant@1", 422, "invalid-parameter"),
        ("/v1/compare?a=desk-assistant&b=nothing", 404, "no-such-template"),
        ("/v1/templates/desk-assistant/0.1.0...9.9.9.json", 404, "no-such-template"),
        ("/v1/templates/desk-assistant/0.1.0...0.2.0.pdf", 404, "no-such-template"),
        ("/v1/templates/desk-assistant/0.1.0...0.2.0", 404, "no-such-template"),
    ],
)
def test_what_cannot_be_compared_is_said(client: httpx.Client, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_difference_in_a_form_nobody_makes_is_not_acceptable(client: httpx.Client) -> None:
    answer = client.get("/v1/compare?a=desk-assistant&b=mail-sorter", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")


def test_nothing_is_called_changed_where_nothing_is(client: httpx.Client) -> None:
    said = client.get("/v1/compare?a=desk-assistant&b=desk-assistant").json()
    assert (said["changes"], said["raise"]) == ([], "nothing")


def test_what_a_contributor_wrote_can_be_read_and_cannot_act(release: Make, text: Text) -> None:
    old, new = release(text()), release(text(title=f"'{EVIL}'"))
    told = difference.as_markdown(old.template, new.template).decode()
    tokens = MarkdownIt("commonmark").enable("table").parse(told)
    kinds = {child.type for token in tokens for child in (token, *(token.children or ()))}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}


def test_the_site_tells_what_changed_and_nothing_of_a_contributor_becomes_markup(release: Make, text: Text) -> None:
    old, new = release(text()), release(text(version="0.2.0", title=f"'{EVIL}'"), "2026-11-21T09:00:00Z")
    (page,) = changes.pages(site.shelf(Catalogue((old, new, release(text("mail-sorter"))))))
    assert page.path == "catalog/desk-assistant/changes.md"
    assert "0.1.0 to 0.2.0" in page.body
    assert '"../../../v1/templates/desk-assistant/0.1.0...0.2.0.md"' in page.body
    assert "<img" not in page.body
    assert "</script>" not in page.body
