"""`threatshelf queue`: who waits, for whom and how long, and how long it took of late until somebody looked."""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.forge import ForgeError
from bot.waiting import WINDOW, Queue, Waiting, queue, since
from registry.commands.reviewing import credentials, moment
from registry.errors import CannotRunError
from schema.reports.text import visible

EXAMPLE = "threatshelf queue --repo owner/name"
MOST_TITLE = 60
_HOUR = 3600


def arguments(parser: argparse.ArgumentParser) -> None:
    """Of which repository."""
    parser.add_argument("--repo", default="", metavar="OWNER/NAME", help="default: GITHUB_REPOSITORY")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: nobody waits too long; 1: somebody does; 2: it could not run."""
    now = moment()
    try:
        found = queue(credentials(os.environ, Path(), args.repo).forge().threads(since(now)), now)
    except ForgeError as failure:
        raise CannotRunError(f"{failure}.") from None
    if args.format == "json":
        print(json.dumps(_as_json(found), indent=2))
    else:
        print("\n".join(map(visible, _as_text(found))))
    return int(bool(found.overdue))


def _as_json(found: Queue) -> dict[str, Any]:
    """Durations in seconds, moments in UTC; what has not come yet is null."""
    return {
        "moment": found.moment,
        "triage": {"days": WINDOW.days, "measured": found.measured, "p50": found.p50, "p90": found.p90},
        "waiting": [{name: None if value == "" else value for name, value in asdict(w).items()} for w in found.waiting],
    }


def _as_text(found: Queue) -> Iterator[str]:
    if not found.waiting:
        yield "Nobody waits."
    for waiting in found.waiting:
        yield _told(waiting)
    yield ""
    if found.p50 is None or found.p90 is None:
        yield f"Nothing was triaged in the last {WINDOW.days} days."
        return
    took = f"half within {_hours(found.p50)}, nine in ten within {_hours(found.p90)}"
    yield f"Triaged in the last {WINDOW.days} days: {found.measured}; {took}."


def _told(waiting: Waiting) -> str:
    title = waiting.title if len(waiting.title) <= MOST_TITLE else f"{waiting.title[: MOST_TITLE - 3]}..."
    return f"{waiting.kind} {waiting.number}, {waiting.stage}, {_hours(waiting.age)}{_notes(waiting)}: {title}"


def _notes(waiting: Waiting) -> str:
    late = f", OVERDUE since {waiting.due}" if waiting.overdue else ""
    return f"{late}, waits for its author" if waiting.asked else late


def _hours(seconds: int) -> str:
    """In hours up to two days, then in days."""
    return f"{seconds // _HOUR} h" if seconds < 48 * _HOUR else f"{seconds // (24 * _HOUR)} d"
