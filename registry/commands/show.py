"""`threatshelf show`: what follows from a template's diagram and ratings, as a tree, a table, JSON or a picture."""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from registry.commands.files import content
from registry.commands.terminal import wants_colour
from registry.errors import CannotRunError
from registry.exports import svg
from schema import analysis, drawing, marking, shipped, show, structure
from schema.document import Document, read
from schema.marking import Marking
from schema.reach import Reading
from schema.reach_blast import Power
from schema.reports.text import visible
from schema.show import Line, Stretch, Tone
from schema.template import Template, from_data

EXAMPLE = "threatshelf show templates/local-coding-assistant/template.yaml --blast mcp-server"

_COLOURS = {
    Tone.PLAIN: "",
    Tone.HEAD: "1",
    Tone.FAINT: "2",
    Tone.CRITICAL: "1;31",
    Tone.HIGH: "31",
    Tone.MEDIUM: "33",
    Tone.LOW: "32",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which file, which view, and how to say it."""
    parser.add_argument("path", type=Path, metavar="template.yaml", help="the template")
    view = parser.add_mutually_exclusive_group(required=True)
    view.add_argument("--taint", action="store_true", help="where data gets to that nobody vouches for, with the paths")
    view.add_argument("--blast", metavar="ELEMENT", help="what falls when this element is held or steered")
    view.add_argument("--coverage", action="store_true", help="STRIDE cells answered by a threat, by a reason, open")
    view.add_argument("--risk", action="store_true", help="the risk matrix, and the threats from worst to least")
    parser.add_argument(
        "--reading",
        type=Reading,
        choices=tuple(Reading),
        metavar="READING",
        help="as-it-comes (gates in place count) or as-advised (those to switch on too); default: both",
    )
    parser.add_argument(
        "--start",
        type=Power,
        choices=tuple(Power),
        metavar="START",
        help="for --blast: hold (full control) or steer (it acts on what is sent); default: steer for an external",
    )
    parser.add_argument("--to", metavar="ELEMENT", help="for --taint: only the ways to this element")
    parser.add_argument(
        "--format",
        choices=("text", "json", *_PICTURES),
        default="text",
        help="for people or for machines; svg, dot and mermaid draw --taint or --blast into the diagram",
    )


def run(args: argparse.Namespace) -> int:
    """0: shown; 2: no such file or element, nothing to draw, or a file that cannot be read as a template."""
    template = _template(args.path)
    _refuse(template, args)
    if args.format in _PICTURES:
        sys.stdout.buffer.write(_picture(template, args))
    elif args.format == "json":
        print(json.dumps(_data(template, args), ensure_ascii=False, indent=2))
    else:
        _print(_lines(template, args))
    return 0


def _refuse(template: Template, args: argparse.Namespace) -> None:
    """Raise CannotRunError for what cannot be shown."""
    for key in (args.blast, args.to):
        if key is not None and key not in template.elements:
            known = ", ".join(element.key for element in template.diagram.elements) or "none"
            raise CannotRunError(visible(f"the diagram has no element {key}. It has: {known}."))
    if args.to is not None and not args.taint:
        raise CannotRunError("--to goes with --taint: it names the element whose ways are shown.")
    if args.format in _PICTURES and (args.coverage or args.risk):
        raise CannotRunError(f"--format {args.format} draws --taint or --blast; for the rest there is text and json.")


def _picture(template: Template, args: argparse.Namespace) -> bytes:
    """The level-1 diagram with the ways or the blast radius brought out, in one reading: as it comes unless asked."""
    reading = _readings(args)[0]
    if args.taint:
        found = marking.of_taint(template, reading, args.to or "")
    else:
        found = marking.of_blast(template, args.blast, _start(template, args), reading)
    return _PICTURES[args.format](template, found)


def _svg(template: Template, found: Marking) -> bytes:
    try:
        return svg.level_one_marked(template, found)
    except svg.RendererMissingError as error:
        raise CannotRunError(str(error)) from None


def _dot(template: Template, found: Marking) -> bytes:
    return drawing.dot_level_one(template, found).encode()


def _mermaid(template: Template, found: Marking) -> bytes:
    return drawing.mermaid(template, found).encode()


_PICTURES: Mapping[str, Callable[[Template, Marking], bytes]] = {"svg": _svg, "dot": _dot, "mermaid": _mermaid}


def _print(lines: Iterable[Line]) -> None:
    """In the width of the terminal; what is not read on one is never broken."""
    width = shutil.get_terminal_size((sys.maxsize, 24)).columns
    paint = _coloured if wants_colour() else _plain
    for line in lines:
        for part in show.fitted(line, width):
            print(paint(part))


def _template(path: Path) -> Template:
    """The template in the file, as far as it can be read; faults of its form are counted on stderr."""
    document = read(content(path), str(path))
    if not isinstance(document, Document):
        first = document[0]
        raise CannotRunError(visible(f"{first.file}:{first.place.line}:{first.place.column}: {first.message}"))
    schema = shipped.template_schema()
    data = structure.typed(document, schema)
    faults = len(tuple(structure.problems(data, schema)))
    if faults:
        said = "a fault" if faults == 1 else f"{faults} faults"
        print(
            visible(f"{path} has {said} of form, so not everything is shown: run threatshelf check."), file=sys.stderr
        )
    return from_data(data)


def _readings(args: argparse.Namespace) -> tuple[Reading, ...]:
    return (args.reading,) if args.reading else tuple(Reading)


def _start(template: Template, args: argparse.Namespace) -> Power:
    return args.start or analysis.usual_start(template, args.blast)


def _data(template: Template, args: argparse.Namespace) -> dict[str, Any]:
    about: dict[str, Any] = {"template": template.id, "version": template.version}
    if args.coverage:
        return {**about, "coverage": analysis.coverage_data(template)}
    if args.risk:
        return {**about, "risk": analysis.risk_data(template)}
    if args.taint:
        return {
            **about,
            "taint": [analysis.taint_data(template, reading, args.to or "") for reading in _readings(args)],
        }
    start = _start(template, args)
    return {**about, "blast": [analysis.blast_data(template, args.blast, start, r) for r in _readings(args)]}


def _lines(template: Template, args: argparse.Namespace) -> Iterator[Line]:
    if args.coverage:
        yield from show.coverage_lines(template)
    elif args.risk:
        yield from show.risk_lines(template)
    else:
        yield from _of_readings(template, args)


def _of_readings(template: Template, args: argparse.Namespace) -> Iterator[Line]:
    for place, reading in enumerate(_readings(args)):
        if place:
            yield ()
        if args.taint:
            yield from show.taint_lines(template, reading, args.to or "")
        else:
            yield from show.blast_lines(template, args.blast, _start(template, args), reading)


def _plain(line: Line) -> str:
    return "".join(visible(stretch.text) for stretch in line).rstrip()


def _coloured(line: Line) -> str:
    return "".join(map(_painted, line))


def _painted(stretch: Stretch) -> str:
    colour, text = _COLOURS[stretch.tone], visible(stretch.text)
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and text.strip() else text
