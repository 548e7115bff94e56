"""`threatshelf show`: what follows from a template's diagram and ratings, as a tree, a table or JSON."""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.commands.terminal import wants_colour
from registry.errors import CannotRunError
from schema import analysis, diagram, shipped, show, structure
from schema.document import MOST_BYTES, Document, read
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
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: shown; 2: no such file or element, or a file that cannot be read as a template."""
    template = _template(args.path)
    if args.blast is not None and args.blast not in template.elements:
        known = ", ".join(element.key for element in template.diagram.elements) or "none"
        raise CannotRunError(visible(f"the diagram has no element {args.blast}. It has: {known}."))
    if args.format == "json":
        print(json.dumps(_data(template, args), ensure_ascii=False, indent=2))
        return 0
    paint = _coloured if wants_colour() else _plain
    for line in _lines(template, args):
        print(paint(line))
    return 0


def _template(path: Path) -> Template:
    """The template in the file, as far as it can be read; faults of its form are counted on stderr."""
    document = read(_content(path), str(path))
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


def _content(path: Path) -> bytes:
    """The file's bytes, one more than allowed at most: the reader says that it is too large."""
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise CannotRunError(visible(f"{path} cannot be read: {error.strerror}.")) from None


def _readings(args: argparse.Namespace) -> tuple[Reading, ...]:
    return (args.reading,) if args.reading else tuple(Reading)


def _start(template: Template, args: argparse.Namespace) -> Power:
    return args.start or (Power.STEER if diagram.is_external(template, args.blast) else Power.HOLD)


def _data(template: Template, args: argparse.Namespace) -> dict[str, Any]:
    about: dict[str, Any] = {"template": template.id, "version": template.version}
    if args.coverage:
        return {**about, "coverage": analysis.coverage_data(template)}
    if args.risk:
        return {**about, "risk": analysis.risk_data(template)}
    if args.taint:
        return {**about, "taint": [analysis.taint_data(template, reading) for reading in _readings(args)]}
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
            yield from show.taint_lines(template, reading)
        else:
            yield from show.blast_lines(template, args.blast, _start(template, args), reading)


def _plain(line: Line) -> str:
    return "".join(visible(stretch.text) for stretch in line).rstrip()


def _coloured(line: Line) -> str:
    return "".join(map(_painted, line))


def _painted(stretch: Stretch) -> str:
    colour, text = _COLOURS[stretch.tone], visible(stretch.text)
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and text.strip() else text
