"""`threatshelf suggest`: what a threat told in plain words is like, to be read through and decided by a person."""

import argparse
import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from registry.commands.files import content
from registry.commands.terminal import asked, chosen, somebody_is_there, wrapped
from registry.errors import CannotRunError
from schema import shipped, structure
from schema.document import Document, read
from schema.ids import CATEGORIES
from schema.reports.text import visible
from schema.similarity import MOST_CHARACTERS, Match
from schema.suggestion import Example, Known, Suggestion, examples, known, recall, suggest
from schema.template import Template, from_data

EXAMPLE = 'threatshelf suggest "A web page the agent reads tells it to mail our keys to a stranger" --category EXFIL'
LIMITS = (
    "Suggestions, compared word by word with threats already known; nothing here understands the text. Without a "
    "category the right technique is among the five about half the time, with one three times in five. What is new "
    "resembles nothing: read the techniques before you cite one. Texts in other languages than English find little."
)
_NOTHING = "none: it shares no word with what is known"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The text, its category, and whose templates are the examples."""
    parser.add_argument("text", nargs="?", default="", help="the threat in a sentence or more; - reads it from stdin")
    parser.add_argument("--category", choices=CATEGORIES, default="", help="where it belongs: narrows the techniques")
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: here)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")
    parser.add_argument("--measure", action="store_true", help="instead: how often it is right on what is known here")


def run(args: argparse.Namespace) -> int:
    """0: said; 2: no text, or a template that cannot be read."""
    asks = args.format == "text" and args.text != "-" and somebody_is_there()
    worked = tuple(examples(shipped.vocabularies(), _templates(args.root)))
    if args.measure:
        return _measure(worked, args.format)
    text = _text(args.text, asks)
    about = known(shipped.vocabularies(), worked)
    category = args.category or (_asked_category(suggest(about, text)) if asks else "")
    found = suggest(about, text, category)
    if args.format == "json":
        print(json.dumps(_as_json(about, found), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_as_text(about, found)))
    return 0


def _text(said: str, asks: object) -> str:
    text = sys.stdin.read(MOST_CHARACTERS) if said == "-" else said
    if not text.strip() and asks:
        text = asked("What happens, and what follows from it? ")
    if not text.strip():
        raise CannotRunError(f"say the threat in a sentence: {EXAMPLE}")
    return text


def _asked_category(guess: Suggestion) -> str:
    """The category, which tells more of the techniques than any likeness; a guess stands there only if it is clear."""
    likely = guess.categories[0] if guess.clear_category else ""
    print("What is gained by it?")
    for number, (name, entry) in enumerate(shipped.vocabularies()["categories"].entries.items(), 1):
        print(wrapped(f"{number:>4}  {name:<9}", entry["meaning"]))
    answer = chosen(CATEGORIES, f"Category, by name or number [{likely or 'not sure'}]: ", likely)
    print()
    return answer


def _templates(root: Path) -> Iterator[Template]:
    """The templates of the checkout, as far as they can be read; none outside a checkout."""
    schema = shipped.template_schema()
    for file in sorted((root / "templates").glob("*/template.yaml")):
        document = read(content(file), str(file))
        if isinstance(document, Document):
            yield from_data(structure.typed(document, schema))


def _as_text(about: Known, found: Suggestion) -> Iterator[str]:
    names = {id_: entry["name"] for id_, entry in shipped.vocabularies()["categories"].entries.items()}
    likely = [f"{one} ({names[one]})" for one in found.categories]
    if found.clear_category and likely:
        yield f"Category: {likely[0]}"
    else:
        yield wrapped("Category: ", f"none stands out; likely {', '.join(likely)}" if likely else _NOTHING)
    yield from _section("Known threats it resembles:", [_threat(about.examples[match.key]) for match in found.threats])
    yield from _section(_heading(found), [_technique(match) for match in found.techniques])
    yield ""
    yield from textwrap.wrap(LIMITS, 79)


def _section(heading: str, lines: list[str]) -> Iterator[str]:
    yield ""
    yield heading
    yield from (textwrap.fill(line, 79, initial_indent="  ", subsequent_indent="    ") for line in lines or [_NOTHING])


def _heading(found: Suggestion) -> str:
    said = "the first stands out" if found.clear_technique else "none stands out, read them all"
    return f"ATLAS techniques to look at ({said}):" if found.techniques else "ATLAS techniques to look at:"


def _threat(example: Example) -> str:
    return visible(f"{example.title} ({example.category}, {example.key})")


def _technique(match: Match) -> str:
    return f"{match.key:<14} {_name(match.key)}"


def _name(technique: str) -> str:
    """A sub-technique's name says little without its parent's."""
    entries = shipped.vocabularies()["atlas"].entries
    entry = entries[technique]
    return f"{entries[entry['parent']]['name']}: {entry['name']}" if "parent" in entry else str(entry["name"])


def _as_json(about: Known, found: Suggestion) -> dict[str, Any]:
    threats = [(match, about.examples[match.key]) for match in found.threats]
    return {
        "categories": list(found.categories),
        "clear_category": found.clear_category,
        "threats": [
            {"key": one.key, "title": one.title, "category": one.category, "likeness": round(match.likeness, 3)}
            for match, one in threats
        ],
        "techniques": [
            {"id": match.key, "name": _name(match.key), "likeness": round(match.likeness, 3)}
            for match in found.techniques
        ],
        "clear_technique": found.clear_technique,
        "limits": LIMITS,
    }


def _measure(worked: tuple[Example, ...], form: str) -> int:
    figures = recall(shipped.vocabularies(), worked)
    if form == "json":
        print(json.dumps({what: dict(zip(("1", "3", "5"), found, strict=True)) for what, found in figures.items()}))
        return 0
    print("Share of threats whose right one is among the first 1, 3 and 5, each threat left out in turn:")
    for what, found in figures.items():
        print(f"  {what:<26} {'  '.join(f'{share:.2f}' for share in found)}")
    return 0
