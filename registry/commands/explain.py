"""`threatshelf explain`: the page of a rule in the terminal, or every rule in one line each."""

import argparse
import difflib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.checks import CHECKS
from registry.commands.terminal import wrapped
from registry.errors import CannotRunError
from registry.examples import example
from registry.pages.page import Documented, Example
from registry.settings import from_environment
from schema.reports.text import page_of, visible
from schema.rules import RULES

EXAMPLE = "threatshelf explain reference-exists"

_OF_TEMPLATES, _OF_PULL_REQUESTS = "template", "pull request"
_PART = re.compile(r"^(What|Why|Fix):\s+", re.MULTILINE)


@dataclass(frozen=True)
class _Entry:
    """Something with a page, and what it looks at."""

    subject: str
    rule: Documented


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which rule, how to say it, and where the examples are."""
    parser.add_argument("rule", nargs="?", default="", help="the name of a rule (default: list all of them)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout with the examples (default: here)"
    )


def run(args: argparse.Namespace) -> int:
    """0: explained; 2: there is no such rule."""
    entries = [_Entry(_OF_TEMPLATES, rule) for rule in RULES]
    entries += [_Entry(_OF_PULL_REQUESTS, check) for check in CHECKS]
    chosen = [_named(args.rule, entries)] if args.rule else []
    if args.format == "json":
        value = _full(chosen[0], args.root) if chosen else {"rules": [_brief(entry) for entry in entries]}
        print(json.dumps(value, ensure_ascii=False, indent=2))
        return 0
    for line in _page(chosen[0].rule, example(args.root, chosen[0].rule.name)) if chosen else _list(entries):
        print(visible(line))
    return 0


def _named(name: str, entries: list[_Entry]) -> _Entry:
    by_name = {entry.rule.name: entry for entry in entries}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), by_name, n=3, cutoff=0.5)
    advice = f"did you mean {', '.join(near)}? " if near else ""
    raise CannotRunError(f"there is no rule {visible(name)[:80]}: {advice}threatshelf explain lists them all.")


def _list(entries: list[_Entry]) -> Iterator[str]:
    widest = max(len(entry.rule.name) for entry in entries)
    for subject in (_OF_TEMPLATES, _OF_PULL_REQUESTS):
        rules = [entry.rule for entry in entries if entry.subject == subject]
        yield f"What every {subject} is checked for ({len(rules)}):"
        for rule in rules:
            yield from wrapped(f"  {rule.severity:7}  {rule.name:{widest}}  ", rule.title).splitlines()
        yield ""
    yield "threatshelf explain <rule>: what it finds, why that matters, how to mend it."


def _page(rule: Documented, shown: Example | None) -> Iterator[str]:
    yield f"{rule.name}: {rule.severity}, since {rule.since}"
    yield rule.title
    for heading, text in _parts(rule.page).items():
        yield from ("", heading, *_indented(text))
    if shown:
        yield from ("", "It finds", *_indented(shown.bad), "", "It is silent on", *_indented(shown.good))
    yield from ("", page_of(rule.name, from_environment().public_address))


def _indented(text: str) -> Iterator[str]:
    return (f"    {line}".rstrip() for line in text.splitlines())


def _parts(page: str) -> dict[str, str]:
    """What, Why and Fix, each with its text, which begins with a capital."""
    pieces = _PART.split(page.partition("\n")[2])[1:]
    texts = (text.strip() for text in pieces[1::2])
    return {name: text[:1].upper() + text[1:] for name, text in zip(pieces[::2], texts, strict=True)}


def _brief(entry: _Entry) -> dict[str, Any]:
    rule = entry.rule
    return {"name": rule.name, "severity": str(rule.severity), "subject": entry.subject, "title": rule.title}


def _full(entry: _Entry, root: Path) -> dict[str, Any]:
    """All there is to say: `example` is null outside a checkout."""
    rule, shown = entry.rule, example(root, entry.rule.name)
    return {
        **_brief(entry),
        "since": rule.since,
        **{name.lower(): text for name, text in _parts(rule.page).items()},
        "page": page_of(rule.name, from_environment().public_address),
        "example": {"bad": shown.bad, "good": shown.good} if shown else None,
    }
