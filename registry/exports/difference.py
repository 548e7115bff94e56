"""Two versions of a template, or two templates, side by side: what changed, as data and as Markdown."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from itertools import groupby
from typing import Any

from registry.exports.export import MARKDOWN
from registry.exports.text import cell, inline
from schema.compare import Change, Comparison, Detail, Figures, compare
from schema.template import Template

Json = dict[str, Any]
Documents = Mapping[str, tuple[str, Callable[[Template, Template], bytes]]]
"""By extension: the media type, and how it is made from the older and the newer of two."""


def as_json(before: Template, after: Template) -> bytes:
    """What `data` says, as UTF-8."""
    return (json.dumps(data(before, after), ensure_ascii=False, indent=2) + "\n").encode()


def data(before: Template, after: Template) -> Json:
    """Which two they are, everything that differs, what follows from either.

    `raise` and `next_version` say what the older one becomes by it; null where they are two templates.
    """
    found = compare(before, after)
    same = before.id == after.id
    return {
        "before": {"template": before.id, **asdict(found.before)},
        "after": {"template": after.id, **asdict(found.after)},
        "changes": [_change(change, _ids(before, after)) for change in found.changes],
        "raise": found.asks_for.name.lower() if same else None,
        "next_version": found.next_version or None if same else None,
    }


def _change(change: Change, ids: Mapping[tuple[str, str], str]) -> Json:
    """The change; of a threat its id too, null while it has none."""
    told = asdict(change)
    return {**told, "id": ids.get((change.word, change.key))} if change.kind == "threat" else told


def _ids(before: Template, after: Template) -> Mapping[tuple[str, str], str]:
    """By word and key; a removed threat is called what it was called."""
    gone = {("removed", threat.key): threat.id for threat in before.threats if threat.id}
    words = ("added", "renamed", "changed")
    return gone | {(word, threat.key): threat.id for threat in after.threats if threat.id for word in words}


def as_markdown(before: Template, after: Template) -> bytes:
    """The same to read, as UTF-8 Markdown; what a contributor wrote is escaped throughout."""
    found = compare(before, after)
    blocks = (*_opening(before, after, found), *_parts(before, after, found))
    return ("\n\n".join(blocks) + "\n").encode()


def _opening(before: Template, after: Template, found: Comparison) -> Iterator[str]:
    if before.id == after.id:
        yield f"# {inline(f'{after.title}: what changed from {before.version} to {after.version}')}"
    else:
        yield f"# {inline(f'{before.title} beside {after.title}')}"
        yield inline(f"Added is only in {_named(after)}, removed only in {_named(before)}.")
    yield _table(("", cell(_named(before)), cell(_named(after))), _rows(found.before, found.after))
    if not found.changes:
        yield "The same: nothing of a threat model differs."


def _named(template: Template) -> str:
    return f"{template.id} {template.version}"


def _rows(before: Figures, after: Figures) -> Iterator[tuple[str, ...]]:
    yield "Threats", str(before.threats), str(after.threats)
    for level in before.risk:
        yield f"{level} risk", *(f"{side.risk[level]}" for side in (before, after))
    for level in before.residual:
        yield f"{level} residual risk", *(f"{side.residual[level]}" for side in (before, after))
    yield "STRIDE cells answered", *(_covered(side) for side in (before, after))


def _covered(side: Figures) -> str:
    covered = side.coverage
    return f"{covered.asked - covered.left} of {covered.asked}"


def _parts(before: Template, after: Template, found: Comparison) -> Iterator[str]:
    ids = _ids(before, after)
    for kind, changes in groupby(found.changes, key=lambda change: change.kind):
        yield f"## {kind.capitalize()}"
        yield "\n".join(line for change in changes for line in _lines(change, ids))


def _lines(change: Change, ids: Mapping[tuple[str, str], str]) -> Iterator[str]:
    id_ = ids.get((change.word, change.key), "") if change.kind == "threat" else ""
    earlier = f"{_key(change.earlier)} is now " if change.earlier else ""
    named = f"{earlier}{_key(change.key)}{f' ({inline(id_)})' if id_ else ''}"
    title = f": {inline(change.title)}" if change.title else ""
    yield f"- **{change.word.capitalize()}** {named}{title}"
    yield from (f"  - {_detail(detail)}" for detail in change.details)


def _key(key: str) -> str:
    """A key is a contributor's text like any other."""
    return inline(key) or "(without a key)"


def _detail(detail: Detail) -> str:
    name = inline(detail.field.replace("_", " "))
    if detail.before and detail.after:
        return f"{name}: {inline(detail.before)} → {inline(detail.after)}"
    return f"{name}: {inline(detail.after)}" if detail.after else f"{name}: the text changed"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


DOCUMENTS: Documents = {"json": ("application/json", as_json), "md": (MARKDOWN, as_markdown)}
