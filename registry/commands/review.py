"""`threatshelf review`: what the reviewer would say, on the terminal, before anything is pushed."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bot.case import Case
from bot.clone import CloneError
from bot.facts import Role
from bot.forge import ForgeError
from bot.gates import CONTENT
from bot.judgement import SeenTemplate, judge
from bot.ledger import AppendError, checked, nearest
from bot.review import Review, counted, review
from bot.reviewer import Line, Outcome, Visit, rehearse
from bot.steps import (
    CommitIds,
    Label,
    Minimize,
    PostFindings,
    React,
    Reword,
    Say,
    SetStatus,
    Step,
    Suggest,
    Unsay,
    Unsuggest,
)
from registry.commands.difference import Difference, difference
from registry.commands.reviewing import credentials, desk, facts, house, moment
from registry.errors import CannotRunError
from schema.finding import Finding
from schema.ids import Ledger, LedgerError
from schema.reports.plain import as_json
from schema.reports.text import as_text, page_of, visible

EXAMPLE = "threatshelf review"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which clone, or which pull request."""
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the clone (default: here)")
    parser.add_argument("--against", default="", metavar="REF", help="compare with this instead of the main line")
    parser.add_argument(
        "--pull", type=int, default=0, metavar="N", help="the pull request it belongs to, if there is one"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="with --pull: ask GitHub, print the steps a visit would take, take none"
    )
    parser.add_argument("--repo", default="", metavar="OWNER/NAME", help="for --dry-run (default: GITHUB_REPOSITORY)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: no error (--dry-run: whatever the steps); 1: an error; 2: it could not run."""
    if args.dry_run and args.format == "json":
        raise CannotRunError("--dry-run speaks to people only: leave --format json out.")
    if args.dry_run:
        return _rehearsed(args)
    seen = difference(args.root, args.against, args.pull)
    found, pages = review(_case(args.root, seen)), house(args.root, os.environ).pages
    for line in _json(found, seen, pages) if args.format == "json" else map(visible, _text(found, seen, pages)):
        print(line)
    return int(found.errors > 0)


def _case(root: Path, seen: Difference) -> Case:
    ledger = _ledger(root)
    known = replace(facts(root), ledger=ledger)
    return Case(
        pull_request=seen.pull_request,
        judgement=judge(seen.pull_request, seen.contents, known),
        ledger=ledger,
        moment=moment(),
        house=house(root, os.environ),
        roles={seen.pull_request.author: Role.READ},
    )


def _ledger(root: Path) -> Ledger | None:
    try:
        return checked(nearest(root, os.environ)[0])
    except (AppendError, LedgerError, CloneError) as reason:
        print(f"The ids are judged by the files alone: {reason}", file=sys.stderr)
        return None


def _json(found: Review, seen: Difference, pages: str) -> Iterator[str]:
    """ASCII only: the name of a file need not be text."""
    told = {
        "against": seen.against,
        "errors": found.errors,
        "warnings": found.warnings,
        "findings": [as_json(finding, pages) for finding in found.findings],
        "templates": [_template(template) for template in found.templates],
        "ids": {numbered.subject: numbered.id for numbered in found.ids.numbered},
    }
    yield json.dumps(told, indent=2)


def _template(template: SeenTemplate) -> dict[str, Any]:
    """`before` is null for a new template; both are where an error of structure stands in the way."""
    return {
        "template": template.folder,
        "new": template.is_new,
        "changes": [asdict(line) for line in template.changes],
        "before": asdict(template.before) if template.before else None,
        "now": asdict(template.now) if template.now else None,
    }


def _text(found: Review, seen: Difference, pages: str) -> Iterator[str]:
    if found.content is None or not seen.pull_request.files:
        yield f"Nothing differs from {seen.against}."
        return
    for finding in found.findings:
        yield from _about(finding, seen, pages)
    yield from _changes(found)
    yield from _ids(found)
    yield f"{_verdict(found)} (compared with {seen.against})"


def _about(finding: Finding, seen: Difference, pages: str) -> Iterator[str]:
    if finding.file in seen.contents.head:
        source = seen.contents.head[finding.file].decode("utf-8", "replace")
        yield from as_text([finding], source, pages)
        return
    where = f"{finding.file}: " if finding.file else ""
    yield f"{where}{finding.severity} {finding.rule}"
    yield from (f"    {finding.message}", f"    {page_of(finding.rule, pages)}", "")


def _changes(found: Review) -> Iterator[str]:
    for template in found.templates:
        if template.sound and template.is_new:
            yield f"{template.folder}: a new template with {counted(len(template.threats), 'threat')}"
        for change in template.changes:
            yield f"{template.folder}: {change.words}{': ' if change.keys else ''}{change.joint.join(change.keys)}"


def _ids(found: Review) -> Iterator[str]:
    for numbered in found.ids.numbered:
        yield f"{numbered.subject}: {numbered.id}"
    if found.ids.without:
        yield f"{counted(found.ids.without, 'threat')} without an id: ids are given at review, never chosen."


def _verdict(found: Review) -> str:
    sign = "would be red" if found.errors else "would be green"
    return f"{CONTENT} {sign}: {counted(found.errors, 'error')}, {counted(found.warnings, 'warning')}"


def _rehearsed(args: argparse.Namespace) -> int:
    if args.pull < 1:
        raise CannotRunError("which pull request? Name it with --pull N.")
    try:
        planned = rehearse(desk(credentials(os.environ, args.root, args.repo), _tell), args.pull)
    except ForgeError as failure:
        raise CannotRunError(f"{failure}.") from None
    for line in _planned(planned):
        print(visible(line))
    return 0


def _planned(planned: Visit) -> Iterator[str]:
    if planned.outcome is Outcome.SILENT:
        yield f"{planned.number} is no pull request, or carries bot/off: a visit takes no step."
        return
    if planned.review and planned.review.ids.due:
        yield "append to the ledger what is due; the steps below are those before"
    yield from (_told(step) for step in planned.steps)
    yield f"{counted(len(planned.steps), 'step')}; none was taken."


def _told(step: Step) -> str:
    return _WORDS[type(step)](step)


_WORDS: Mapping[type, Callable[[Any], str]] = {
    SetStatus: lambda step: f"status {step.context}: {step.state}, {step.description}",
    PostFindings: lambda step: f"check run with {counted(len(step.annotations), 'annotation')}",
    Say: lambda step: f"new comment of {len(step.body):,} characters",
    Reword: lambda step: f"comment {step.comment} reworded, {len(step.body):,} characters",
    Unsay: lambda step: f"comment {step.comment} deleted",
    Unsuggest: lambda step: f"suggestion {step.comment} deleted",
    Minimize: lambda step: f"comment {step.node_id} folded away",
    Suggest: lambda step: f"review with {counted(len(step.proposals), 'suggestion')}",
    Label: lambda step: f"label {step.name} {'put on' if step.on else 'taken off'}",
    React: lambda step: f"reaction {step.content} to comment {step.comment}",
    CommitIds: lambda step: f"commit with ids to {step.branch}: {', '.join(path for path, _ in step.files)}",
}


def _tell(line: Line) -> None:
    print(f"{line.what}: {line.outcome} {line.detail}", file=sys.stderr)
