"""Diagrams: whatever a contributor writes, the picture is a picture, says what the template says and hides nothing."""

import hashlib
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from registry.catalog import Release
from registry.exports import marks, svg
from registry.exports.marks import Box
from schema import drawing, shipped
from schema.check import check
from schema.picture import MOST_ARROWS, is_untrusted
from schema.template import Template, from_data

ROOT = Path(__file__).parents[2]
REAL = ROOT / "templates" / "local-coding-assistant" / "template.yaml"
HOSTILE = 'a"b\\N<script>alert(1)</script>&amp;]]>\n```\n%%{init}%% end | ]\x00\ud800'
"""What somebody may try: quotes, Graphviz's and Mermaid's own marks, ends of things, characters XML does not have."""
needs_graphviz = pytest.mark.skipif(svg.available() is not None, reason=str(svg.available()))


def release_of(template: Template) -> Release:
    return Release(template, {}, b"", "", "")


@pytest.fixture(scope="module")
def real() -> Release:
    source = REAL.read_bytes()
    checked = check(source, "template.yaml", shipped.facts(date(2026, 11, 20)))
    assert checked.template is not None
    return Release(checked.template, checked.data, source, "", "")


def small(**changes: Any) -> Template:
    """Two zones, an external that nobody vouches for, a process and a store; `changes` replace parts of the diagram."""
    diagram: Mapping[str, Any] = {
        "system": "Mail sorter",
        "zones": [
            {"key": "internet", "name": "Internet", "trust": "untrusted"},
            {"key": "house", "name": "House", "trust": "high", "enforced_by": "a door", "strength": "strong"},
        ],
        "elements": [
            {"key": "stranger", "name": "Stranger", "kind": "external", "zone": "internet"},
            {"key": "maker", "name": "Maker", "kind": "external", "zone": "internet"},
            {"key": "sorter", "name": "Sorter", "kind": "process", "zone": "house", "supplier": "maker"},
            {"key": "box", "name": "Box", "kind": "store", "zone": "house"},
        ],
        "flows": [
            {"from": "stranger", "to": "sorter", "carries": "letters", "returns": "answers"},
            {"key": "keep", "from": "sorter", "to": "box", "carries": "sorted letters"},
        ],
    }
    return from_data({"diagram": {**diagram, **changes}})


def parsed(picture: bytes) -> ET.Element:
    return ET.fromstring(picture)  # noqa: S314 - our own renderer's


def ids(picture: bytes) -> set[str]:
    return {part.get("id", "") for part in parsed(picture).iter()}


def words(picture: bytes) -> str:
    return " ".join(text.text or "" for text in parsed(picture).iter("{http://www.w3.org/2000/svg}text"))


@needs_graphviz
def test_every_element_flow_and_zone_is_there_under_its_key() -> None:
    picture = svg.level_one(release_of(small()))
    assert {"el-stranger", "el-sorter", "el-box", "zo-internet", "zo-house", "fl-stranger-to-sorter", "fl-keep"} <= ids(
        picture
    )
    links = {part.get("{http://www.w3.org/1999/xlink}href") for part in parsed(picture).iter()}
    assert {"#element-sorter", "#flow-keep", "#zone-house"} <= links


@needs_graphviz
def test_a_picture_stands_alone() -> None:
    for picture in (svg.level_one(release_of(small())), svg.level_zero(release_of(small()))):
        root = parsed(picture)
        assert root.get("viewBox")
        assert (root.get("width"), root.get("height"), root.get("role")) == (None, None, "img")
        assert [child.tag.partition("}")[2] for child in root][:2] == ["title", "desc"]
        assert "Mail sorter" in str(root[0].text)
        assert b"<!--" not in picture
        assert b"http://" not in picture.replace(b"http://www.w3.org/", b"")


@needs_graphviz
def test_under_the_picture_stands_what_each_flow_carries() -> None:
    said = words(svg.level_one(release_of(small())))
    assert "letters · back: answers" in said
    assert "sorted letters" in said
    assert "letters" not in words(svg.level_one_bare(release_of(small())))


@needs_graphviz
def test_untrusted_content_differs_in_more_than_colour() -> None:
    picture = parsed(svg.level_one(release_of(small())))
    flows = {part.get("id"): part for part in picture.iter() if "edge" in part.get("class", "").split()}
    tainted, clean = (
        next(line for line in flows[name].iter() if line.tag.endswith("path"))
        for name in ("fl-stranger-to-sorter", "fl-keep")
    )
    assert tainted.get("stroke-dasharray")
    assert not clean.get("stroke-dasharray")


@pytest.mark.parametrize(
    ("flow", "untrusted"),
    [
        ({"from": "stranger", "to": "sorter", "carries": "letters"}, True),
        ({"from": "stranger", "to": "sorter", "carries": "letters", "untrusted": False}, False),
        ({"from": "sorter", "to": "box", "carries": "letters"}, False),
        ({"from": "sorter", "to": "box", "carries": "letters", "untrusted": True}, True),
        ({"from": "sorter", "to": "stranger", "carries": "question"}, False),
        ({"from": "sorter", "to": "stranger", "carries": "question", "returns": "answer"}, True),
        ({"from": "sorter", "to": "stranger", "carries": "question", "returns": "answer", "untrusted": False}, True),
    ],
)
def test_where_untrusted_content_begins(flow: dict[str, Any], untrusted: bool) -> None:  # noqa: FBT001 - expected
    template = small(flows=[flow])
    assert is_untrusted(template, template.diagram.flows[0]) is untrusted


@needs_graphviz
def test_a_list_of_ends_is_one_arrow_for_each_pair_with_one_number() -> None:
    template = small(flows=[{"key": "all", "from": ["stranger", "box"], "to": "sorter", "carries": "things"}])
    assert {"fl-all", "fl-all.2"} <= ids(svg.level_one(release_of(template)))
    assert [mark.number for mark in drawing.flow_marks(template).values()] == [1, 1]


@needs_graphviz
def test_hostile_text_is_only_text() -> None:
    template = small(
        system=HOSTILE,
        zones=[{"key": "internet", "name": HOSTILE, "trust": HOSTILE, "enforced_by": HOSTILE, "strength": HOSTILE}],
        elements=[
            {"key": HOSTILE, "name": HOSTILE, "kind": HOSTILE, "zone": "internet"},
            {"key": "sorter", "name": HOSTILE, "kind": "process", "zone": "internet", "supplier": HOSTILE},
            {"key": "box", "name": HOSTILE, "kind": "store", "zone": HOSTILE},
        ],
        flows=[{"key": HOSTILE, "from": [HOSTILE, "box"], "to": "sorter", "carries": HOSTILE, "returns": HOSTILE}],
    )
    for picture in (svg.level_one(release_of(template)), svg.level_zero(release_of(template))):
        assert {part.tag.partition("}")[2] for part in parsed(picture).iter()} <= DRAWN
        said = re.sub(r"\s", "", words(picture))
        assert "<script>alert(1)</script>" in said
        assert "\\N" in said
    links = {part.get("{http://www.w3.org/1999/xlink}href", "#") for part in parsed(picture).iter()}
    assert {link[0] for link in links} == {"#"}


DRAWN = {"svg", "g", "a", "title", "desc", "text", "path", "polygon", "polyline", "ellipse", "rect"}


@needs_graphviz
def test_text_without_end_is_cut_and_words_without_end_are_broken() -> None:
    template = small(elements=[{"key": "sorter", "name": "x" * 300, "kind": "process", "zone": "house"}], flows=[])
    box = parsed(svg.level_one_bare(release_of(template))).get("viewBox", "").split()
    assert float(box[2]) < 600


@needs_graphviz
@pytest.mark.parametrize(
    "zones",
    [
        [],
        [{"key": "internet", "inside": "house"}, {"key": "house", "inside": "internet"}],
        [{"key": "house", "inside": "house"}],
        [{"key": "house"}, {"key": "house", "inside": "house"}],
    ],
    ids=["none", "a circle", "inside itself", "one key twice"],
)
def test_zones_that_make_no_sense_hide_no_element(zones: list[dict[str, str]]) -> None:
    template = small(zones=[{"name": "A zone", "trust": "low", **zone} for zone in zones])
    assert {"el-stranger", "el-maker", "el-sorter", "el-box"} <= ids(svg.level_one(release_of(template)))


def test_lists_that_multiply_are_cut_and_the_picture_says_so() -> None:
    many = [f"e{i}" for i in range(50)]
    template = small(
        elements=[{"key": key, "name": key, "kind": "process"} for key in many],
        flows=[{"key": f"f{i}", "from": many, "to": many, "carries": "all"} for i in range(300)],
    )
    assert len(drawing.flow_marks(template)) == MOST_ARROWS
    assert "749400 of 750000 arrows are left out." in drawing.dot_level_one_bare(template)


def test_flows_without_ends_are_left_out() -> None:
    template = small(flows=[{"from": "nobody", "to": "sorter", "carries": "nothing"}])
    assert drawing.flow_marks(template) == {}


@needs_graphviz
def test_level_zero_is_one_process_and_an_arrow_for_each_way() -> None:
    picture = svg.level_zero(release_of(small()))
    root = parsed(picture)
    classes = [part.get("class", "") for part in root.iter()]
    assert sum("process" in name for name in classes) == 1
    assert sum("external" in name for name in classes) == 2
    assert sum(name.startswith("edge") for name in classes) == 3  # letters in, answers out, what the maker supplies
    assert {"l0-stranger", "l0-maker", "l0-system"} <= ids(picture)
    assert "supplies Sorter" in words(picture)


def test_mermaid_holds_hostile_text_inside_its_labels() -> None:
    template = small(
        zones=[{"key": "internet", "name": HOSTILE, "trust": "untrusted"}],
        elements=[
            {"key": "stranger", "name": HOSTILE, "kind": "external", "zone": "internet"},
            {"key": "b", "name": "b"},
        ],
        flows=[{"from": "stranger", "to": "b", "carries": HOSTILE}],
    )
    label = r'"(?:[\w .,:\'/+-]|#\d+;)*"'
    lines = drawing.mermaid(template).splitlines()
    shapes = (
        r"flowchart LR",
        rf"subgraph z\d+\[{label}\]",
        rf"n\d+(\[{label}\]|\(\[{label}\]\)|\[\({label}\)\])(:::external)?",
        r"end",
        rf"n\d+ (--|-\.) {label} (-->|\.->) n\d+",
        r"classDef external stroke-width:2px",
    )
    assert [line for line in lines if not any(re.fullmatch(shape, line) for shape in shapes)] == []
    assert "`" not in drawing.mermaid(template)


@needs_graphviz
def test_numbers_cover_neither_elements_nor_captions_nor_each_other(real: Release) -> None:
    root = parsed(svg.level_one_bare(real))
    numbers = [rect_of(part) for part in root.iter() if part.get("class") == "mark"]
    assert len(numbers) == len(drawing.flow_marks(real.template))
    assert [pair for pair in combinations(numbers, 2) if pair[0].meets(pair[1])] == []
    ellipses = [ellipse_of(part) for part in root.iter() if part.tag.endswith("ellipse")]
    assert [pair for pair in ((a, b) for a in numbers for b in ellipses) if pair[0].meets(pair[1])] == []


def rect_of(mark: ET.Element) -> Box:
    rect = next(part for part in mark if part.tag.endswith("rect"))
    x, y, width, height = (float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
    return Box(x, y, x + width, y + height)


def ellipse_of(part: ET.Element) -> Box:
    x, y, rx, ry = (float(part.get(name, "0")) for name in ("cx", "cy", "rx", "ry"))
    return Box(x - rx, y - ry, x + rx, y + ry)


def test_a_number_moves_along_its_line_out_of_the_way() -> None:
    line = [(float(x), 0.0) for x in range(0, 201, 5)]
    assert marks.place({"a": line}, [])["a"] == (100.0, 0.0)
    x, _ = marks.place({"a": line}, [Box(80, -10, 120, 10)])["a"]
    assert not marks.box_around((x, 0.0)).meets(Box(80, -10, 120, 10))


DIGESTS = """
import hashlib, sys
from pathlib import Path
from datetime import date
from schema import shipped
from schema.check import check
from registry.catalog import Release
from registry.exports import svg
source = Path(sys.argv[1]).read_bytes()
checked = check(source, "template.yaml", shipped.facts(date(2026, 11, 20)))
release = Release(checked.template, checked.data, source, "", "")
print(hashlib.sha256(svg.level_one(release) + svg.level_zero(release)).hexdigest())
"""


@needs_graphviz
def test_the_same_bytes_whatever_fonts_the_machine_has(real: Release, tmp_path: Path) -> None:
    here = hashlib.sha256(svg.level_one(real) + svg.level_zero(real)).hexdigest()
    assert hashlib.sha256(svg.level_one(real) + svg.level_zero(real)).hexdigest() == here
    empty = tmp_path / "fonts.conf"
    empty.write_text("<fontconfig></fontconfig>")
    environment = {**os.environ, "FONTCONFIG_FILE": str(empty), "HOME": str(tmp_path), "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", DIGESTS, REAL], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
    )
    assert done.stdout.strip() == here
    assert done.stderr == ""


@needs_graphviz
def test_drawing_leaves_the_environment_alone() -> None:
    assert "fonts.conf" not in os.environ.get("FONTCONFIG_FILE", "")
