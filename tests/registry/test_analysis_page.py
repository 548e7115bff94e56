"""A template's page tells where untrusted data gets to and what falls with an element, as far as it can be followed."""

import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from registry import site
from registry.catalog import Catalogue, Release
from registry.exports import svg
from registry.pages import template as template_page
from schema import shipped
from schema.check import check
from schema.template import from_data

REAL = Path(__file__).parents[2] / "templates" / "local-coding-assistant" / "template.yaml"


def page_of(release: Release, missing: str = "no pictures here") -> str:
    (page,) = template_page.pages(replace(site.shelf(Catalogue((release,))), missing=missing))
    return page.body


def drawn(**diagram: Any) -> Release:
    return Release(from_data({"id": "drawn", "title": "Drawn", "diagram": diagram}), {}, b"", "", "")


def tools(number: int) -> list[dict[str, Any]]:
    return [{"key": f"tool-{i}", "name": f"Tool {i}", "kind": "process"} for i in range(number)]


def text(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


@pytest.fixture(scope="module")
def real() -> Release:
    checked = check(REAL.read_bytes(), str(REAL), shipped.facts(date(2026, 11, 20)))
    assert checked.template is not None
    return Release(checked.template, checked.data, REAL.read_bytes(), "", "")


def test_all_that_can_be_lit_up_is_in_the_picture(real: Release) -> None:
    if reason := svg.available():
        pytest.skip(reason)
    page = page_of(real, missing="")
    parts = set(re.findall(r' id="((?:el|fl)-[^"]+)"', page))
    marks = [json.loads(unescape(found)) for found in re.findall(r'data-marks="([^"]*)"', page)]
    assert len(marks) > len(real.template.elements)
    assert {name for mark in marks for name in mark} <= parts
    assert all(mark[name] for mark in marks for name in mark if name.startswith("el-"))


def test_a_way_says_whether_the_advice_closes_it() -> None:
    release = drawn(
        zones=[{"key": "net", "trust": "untrusted"}],
        elements=[{"key": "stranger", "name": "Stranger", "kind": "external", "zone": "net"}, *tools(2)],
        flows=[
            {"key": "letter", "from": "stranger", "to": "tool-0", "carries": "letters", "gated_by": ["filter"]},
            {"key": "call", "from": "stranger", "to": "tool-1", "carries": "calls"},
        ],
    )
    gated = replace(
        release.template, mitigations=from_data({"mitigations": [{"key": "filter", "status": "available"}]}).mitigations
    )
    said = text(page_of(replace(release, template=gated)))
    assert "on flow 1 → to Tool 0 closed as advised" in said
    assert "on flow 2 → to Tool 1 open even as advised" in said
    assert "None of them carries out a worst action." in said


def test_without_strangers_nothing_is_said_to_be_reached() -> None:
    assert "No data that nobody vouches for gets to" in text(page_of(drawn(elements=tools(2))))


def test_a_long_list_ends_where_the_data_goes_on() -> None:
    flows = [{"key": f"f{i}", "from": "tool-0", "to": f"tool-{i}", "carries": "x"} for i in range(1, 61)]
    assert "and 20 more, in the data" in text(page_of(drawn(elements=tools(61), flows=flows)))


def test_of_a_drawing_too_tangled_the_page_says_how_to_ask() -> None:
    keys = [tool["key"] for tool in tools(50)]
    flows = [{"key": f"f{i}", "from": keys, "to": keys, "carries": "x"} for i in range(30)]
    said = text(page_of(drawn(elements=tools(50), flows=flows)))
    assert "threatshelf show template.yaml --blast <element>" in said
    assert "here it starts" not in said


def test_the_matrix_counts_a_threat_without_a_residual_rating_where_it_was(real: Release) -> None:
    one = {"key": "one", "title": "One", "risk": {"likelihood": 4, "impact": 4}}
    other = {**one, "key": "other", "title": "Other", "residual": {"likelihood": 1, "impact": 4}}
    template = replace(real.template, threats=from_data({"threats": [one, other]}).threats)
    page = page_of(replace(real, template=template))
    squares = re.findall(r"advice followed: </span>(\d+)", page)
    assert squares == ["1", "1"]
    assert "2 with likelihood 4 and impact 4" in page
