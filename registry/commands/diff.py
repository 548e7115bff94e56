"""`threatshelf diff`: what changed from one version of a template to another, in the field's terms."""

import argparse
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from registry.commands.authoring import at_revision, document_of
from registry.commands.files import content, shown
from registry.errors import CannotRunError
from registry.exports import difference
from schema import shipped, structure
from schema.compare import Change, Comparison, Detail, Raise, compare
from schema.reports.text import visible
from schema.stride import Coverage
from schema.template import Template, from_data

EXAMPLE = "threatshelf diff main..HEAD templates/local-coding-assistant/template.yaml"


WIDEST = 79
"""Characters of a line that tells which thing changed; what is left of its title is cut."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which two versions, and how to say it."""
    parser.add_argument("before", metavar="A", help="a file, COMMIT:path, or COMMIT..COMMIT followed by one file")
    parser.add_argument("after", metavar="B", nargs="?", help="the same (left out: A as committed, against A as it is)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: the same; 1: they differ, as diff(1) has it; 2: one of them is missing or cannot be read."""
    (before, old), (after, new) = _both(args.before, args.after)
    older, newer = _template(old, before), _template(new, after)
    found = compare(older, newer)
    if args.format == "json":
        print(difference.as_json(older, newer).decode(), end="")
    for line in _as_text(found, (before, after)) if args.format == "text" else ():
        print(line)
    return int(bool(found.changes))


Named = tuple[str, bytes]


def _both(one: str, other: str | None) -> tuple[Named, Named]:
    if other is None:
        file = Path(one)
        now = content(file)
        return _committed("HEAD", file), (one, now)
    older, dots, newer = one.partition("..")
    if dots and not Path(one).exists() and ":" not in one:
        return _committed(older or "HEAD", Path(other)), _committed(newer or "HEAD", Path(other))
    return _side(one), _side(other)


def _side(name: str) -> Named:
    revision, colon, path = name.partition(":")
    if Path(name).exists() or not colon:
        return name, content(Path(name))
    return name, at_revision(revision, path)


def _committed(revision: str, file: Path) -> Named:
    folder = file.absolute().parent
    if not folder.is_dir():
        raise CannotRunError(f"there is no folder {shown(folder)}: name a file in a checkout.")
    return f"{revision}:{file}", at_revision(revision, f"./{file.name}", folder)


def _template(source: bytes, name: str) -> Template:
    return from_data(structure.typed(document_of(source, name), shipped.template_schema()))


def _as_text(found: Comparison, names: tuple[str, str]) -> Iterator[str]:
    yield visible(f"{names[0]} → {names[1]}")
    if not found.changes:
        yield "The same: nothing of a threat model differs."
        return
    for kind, changes in groupby(found.changes, key=lambda change: change.kind):
        yield ""
        yield f"{kind[0].upper()}{kind[1:]}"
        for change in changes:
            yield from map(visible, _of_change(change))
    yield ""
    yield from _figures(found)
    yield ""
    yield _advice(found)


_SIGNS = {"added": "+", "removed": "-", "renamed": "~", "changed": "~"}


def _of_change(change: Change) -> Iterator[str]:
    key = f"{change.earlier} → {change.key}" if change.earlier else change.key
    line = f"  {_SIGNS[change.word]} {key}  {' '.join(change.title.split())}".rstrip()
    yield line if len(line) < WIDEST else f"{line[: WIDEST - 3]}..."
    for detail in change.details:
        yield f"      {_of_detail(detail)}"


def _of_detail(detail: Detail) -> str:
    name = detail.field.replace("_", " ")
    if detail.before and detail.after:
        return f"{name}: {detail.before} → {detail.after}"
    return f"{name}: {detail.after}" if detail.after else f"{name}: the text changed"


def _figures(found: Comparison) -> Iterator[str]:
    before, after = found.before, found.after
    yield f"{'Threats':<12}{'risk':>12}{'residual':>14}"
    for name in before.risk:
        risk = f"{before.risk[name]} → {after.risk[name]}"
        yield f"{name:<12}{risk:>12}{f'{before.residual[name]} → {after.residual[name]}':>14}"
    yield f"STRIDE cells answered: {_coverage(before.coverage)} → {_coverage(after.coverage)}"


def _coverage(coverage: Coverage) -> str:
    return f"{coverage.asked - coverage.left} of {coverage.asked} ({coverage.percent} %)"


_REASONS = {
    Raise.MAJOR: "a threat or mitigation was taken away, renamed, or means something else",
    Raise.MINOR: "something was added, or judged anew",
    Raise.PATCH: "only wording changed",
}


def _advice(found: Comparison) -> str:
    if found.asks_for is Raise.NOTHING:
        return "The version may stay: version, credits and review are no content."
    part = found.asks_for.name.lower()
    goal = f", {visible(found.before.version)} → {found.next_version}" if found.next_version else ""
    return f"Raise the {part} part of the version{goal}:\n{_REASONS[found.asks_for]}."
