"""The one renderer of diagrams: Graphviz inside pygraphviz with the project's own font, so equal bytes everywhere."""

import atexit
import os
import re
import shutil
import tempfile
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path

from registry.catalog import Release
from registry.exports import marks
from registry.exports.marks import Box
from schema import drawing
from schema.dot import printable
from schema.drawing import FlowMark
from schema.marking import NOTHING, Marking
from schema.template import Template

MISSING = (
    "Diagrams are left out: Graphviz's system libraries are missing. "
    "On Debian: apt-get install libglib2.0-0 libx11-6 libxext6 libxrender1 libexpat1"
)
FONTS = f"{drawing.FONT}, Verdana, sans-serif"
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_HREF, _HINT = f"{{{_XLINK}}}href", f"{{{_XLINK}}}title"
_CHARACTER = 0.62
"""Width of a character of the font, as a part of its size; on the wide side."""
_FONTCONFIG = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
_one_at_a_time = threading.Lock()  # Graphviz keeps global state


class RendererMissingError(RuntimeError):
    """Graphviz's system libraries are not on this machine."""


def available() -> str | None:
    """None when diagrams can be drawn here, else one line that names what to install."""
    with _one_at_a_time:
        try:
            _graphviz()
        except ImportError:
            return MISSING
    return None


def level_one(release: Release) -> bytes:
    """The level-1 diagram that stands alone, with what each flow carries; RendererMissingError without Graphviz."""
    return level_one_marked(release.template, NOTHING)


def level_one_marked(template: Template, marking: Marking) -> bytes:
    """The same with something brought out; RendererMissingError without Graphviz."""
    return _numbered(template, drawing.dot_level_one(template, marking), marking)


def level_one_bare(release: Release) -> bytes:
    """The level-1 diagram for a page that has the table of flows beside it; RendererMissingError without Graphviz."""
    return _numbered(release.template, drawing.dot_level_one_bare(release.template), NOTHING)


def _numbered(template: Template, dot: str, marking: Marking) -> bytes:
    root = _draw(dot)
    desc = f"{marking.title}. {_contents(template)}" if marking.title else _contents(template)
    _describe(root, f"{template.diagram.system}: level-1 data-flow diagram", desc)
    _set_marks(root, drawing.flow_marks(template, marking))
    return _bytes(root)


def level_zero(release: Release) -> bytes:
    """The level-0 diagram as an SVG that stands alone; RendererMissingError without Graphviz."""
    template = release.template
    root = _draw(drawing.dot_level_zero(template))
    desc = "The system as one process among the external entities it exchanges data with."
    _describe(root, f"{template.diagram.system}: level-0 data-flow diagram", desc)
    return _bytes(root)


def _contents(template: Template) -> str:
    parts = template.diagram
    return f"Elements: {len(parts.elements)}. Trust zones: {len(parts.zones)}. Data flows: {len(parts.flows)}."


def _draw(dot: str) -> ET.Element:
    with _one_at_a_time:
        try:
            svg = _graphviz()(dot)
        except ImportError as error:
            raise RendererMissingError(MISSING) from error
    # The bytes are Graphviz's own: no entities, and every text in them was escaped on its way in.
    return _tidy(ET.fromstring(svg))  # noqa: S314  # see above


@cache
def _graphviz() -> Callable[[str], bytes]:
    """The drawing function. Fontconfig reads its settings once, at the first drawing, so that one happens here."""
    folder = Path(tempfile.mkdtemp(prefix="threatshelf-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with _environment("FONTCONFIG_FILE", str(_font_settings(folder))), _silence():
        import pygraphviz  # noqa: PLC0415 - only now may it look for fonts, and it may be unable to load

        def render(dot: str) -> bytes:
            graph = pygraphviz.AGraph(string=dot)
            try:
                return bytes(graph.draw(format="svg", prog="dot"))
            finally:
                graph.close()

        render(f'digraph {{ a [fontname="{drawing.FONT}" label=<a<B>a</B>>] }}')
    return render


def _font_settings(folder: Path) -> Path:
    """Fontconfig's settings and copies of the fonts: it needs them to the end, and writes into their folder."""
    for font in files("registry").joinpath("fonts").iterdir():
        if font.name.endswith(".ttf"):
            (folder / font.name).write_bytes(font.read_bytes())
    settings = folder / "fonts.conf"
    settings.write_text(_FONTCONFIG.format(fonts=folder, cache=folder / "cache"), "utf-8")
    return settings


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """The variable set for as long as needed: a browser started later must see the machine's own fonts."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing on the error stream: Fontconfig also looks through the machine's settings, and remarks on newer ones."""
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def _tidy(root: ET.Element) -> ET.Element:
    """No fixed size, no titles that say `n3`, no blanks between elements; what a thing is called becomes its title."""
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    for parent in list(root.iter()):
        for title in parent.findall(_tag("title")):
            parent.remove(title)
    for element in root.iter():
        _tidy_one(element)
    return root


def _tidy_one(element: ET.Element) -> None:
    element.tail = None
    if element.tag != _tag("text"):
        element.text = None
    if not element.get("id", "").startswith(("el-", "fl-", "zo-", "l0-")):
        element.attrib.pop("id", None)  # two pictures on a page may not share the names Graphviz gives
    if "font-family" in element.attrib:
        element.set("font-family", FONTS)
    hint = element.attrib.pop(_HINT, "")
    if hint:
        title = ET.Element(_tag("title"))
        title.text = hint
        element.insert(0, title)


def _describe(root: ET.Element, title: str, desc: str) -> None:
    title = printable(title)
    root.set("role", "img")
    root.set("aria-label", title)
    for place, (name, text) in enumerate((("title", title), ("desc", desc))):
        element = ET.Element(_tag(name))
        element.text = text
        root.insert(place, element)


def _set_marks(root: ET.Element, wanted: Mapping[str, FlowMark]) -> None:
    """Numbers come last in the file, so that no line runs through one; `data-flow` says whose number it is."""
    arrows = {name: group for group in root.iter(_tag("g")) if (name := group.get("id", "")) in wanted}
    paths = {name: arrow.find(f".//{_tag('path')}") for name, arrow in arrows.items()}
    lines = {name: marks.points_of(path.get("d", "")) for name, path in paths.items() if path is not None}
    places = marks.place(lines, list(_readable(root)))
    graph = root.find(_tag("g"))
    for name, arrow in arrows.items():
        if graph is not None and name in places:
            link = ET.SubElement(graph, _tag("a"), {"class": "mark", "data-flow": name, **_link_of(arrow)})
            link.extend(arrow.findall(f".//{_tag('title')}"))
            if wanted[name].faded:
                link.set("opacity", "0.45")
            link.extend(_mark(places[name], wanted[name]))
            for line in arrow.iter(_tag("a")):
                line.set("tabindex", "-1")  # its number is the stop for the keyboard


def _link_of(arrow: ET.Element) -> dict[str, str]:
    link = arrow.find(f".//{_tag('a')}")
    return {} if link is None else {_HREF: link.get(_HREF, "")}


def _mark(middle: marks.Point, mark: FlowMark) -> tuple[ET.Element, ET.Element]:
    x, y = middle
    box = marks.box_around(middle)
    fill, ink, line = (
        (drawing.DANGER, drawing.PAPER, drawing.DANGER)
        if mark.untrusted
        else (drawing.PAPER, drawing.INK, drawing.MUTED)
    )
    size = {"width": f"{marks.WIDTH:g}", "height": f"{marks.HEIGHT:g}", "rx": "5"}
    place = {"x": f"{box.left:.2f}", "y": f"{box.top:.2f}"}
    look = {"text-anchor": "middle", "font-family": FONTS, "font-weight": "bold", "font-size": "11.00", "fill": ink}
    text = ET.Element(_tag("text"), {"x": f"{x:.2f}", "y": f"{y + 4:.2f}", **look})
    text.text = str(mark.number)
    return ET.Element(_tag("rect"), {**place, **size, "fill": fill, "stroke": line}), text


def _readable(root: ET.Element) -> Iterator[Box]:
    """What no mark may cover: elements, and the captions of zones."""
    for group in root.iter(_tag("g")):
        kind = group.get("class", "").split(" ")[0]
        if kind == "node":
            yield _around_shapes(group)
        if kind == "cluster":
            yield from (_around_text(text) for text in group.iter(_tag("text")))


def _around_shapes(group: ET.Element) -> Box:
    points = [point for shape in group.iter() for point in _corners(shape)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs) - 3, min(ys) - 3, max(xs) + 3, max(ys) + 3)


def _corners(shape: ET.Element) -> list[marks.Point]:
    if shape.tag == _tag("ellipse"):
        cx, cy, rx, ry = (float(shape.get(name, "0")) for name in ("cx", "cy", "rx", "ry"))
        return [(cx - rx, cy - ry), (cx + rx, cy + ry)]
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", shape.get("points", ""))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _around_text(text: ET.Element) -> Box:
    size = float(text.get("font-size", "12"))
    left, base = float(text.get("x", "0")), float(text.get("y", "0"))
    return Box(left - 2, base - size, left + len(text.text or "") * size * _CHARACTER, base + size / 3)


def _bytes(root: ET.Element) -> bytes:
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _tag(name: str) -> str:
    return f"{{{_SVG}}}{name}"
