"""What a pull request changes in a template, in as few lines as tell it; what differs is found by `schema.compare`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from schema.compare import Change, Comparison, Detail
from schema.versions import number

ONLY_TEXTS = "Only texts differ: the same parts, ratings and categories"
"""Where nothing but wording, credits, the review log or comments is another."""

_ARROW = " → "
_NAMES = MappingProxyType({"stride": "STRIDE letters"})
_RATINGS = ("risk", "residual")
_NO_MODEL = frozenset(("credits", "review"))


@dataclass(frozen=True)
class Line:
    """Words of ours, the keys or values of the contributor's that they speak of, and what joins these."""

    words: str
    keys: tuple[str, ...] = ()
    joint: str = ", "


def lines(found: Comparison) -> tuple[Line, ...]:
    """What differs, most telling first; one line that says so when only texts differ."""
    things = tuple(change for change in found.changes if change.kind != "template")
    told = (*_version(found), *_top(found.changes), *_whole(things), *_judged(things))
    return told or (Line(ONLY_TEXTS),)


def _version(found: Comparison) -> Iterator[Line]:
    before, after = found.before.version, found.after.version
    if before != after:
        yield Line(f"Version {'raised' if number(after) > number(before) else 'changed'}", (before, after), _ARROW)


def _top(changes: Iterable[Change]) -> Iterator[Line]:
    """The status, the pattern and what else stands at the top of a template, before and after."""
    details = (detail for change in changes if change.kind == "template" for detail in change.details)
    for detail in details:
        if detail.field != "version" and _has_values(detail):
            yield Line(f"{_name(detail)} changed", (detail.before, detail.after), _ARROW)


def _whole(changes: Iterable[Change]) -> Iterator[Line]:
    """What came, went, or is called something else, and the sections that have no parts of their own."""
    told = (change for change in changes if change.word != "changed" or _is_telling_section(change))
    for (kind, word), group in groupby(told, key=lambda change: (change.kind, change.word)):
        found = tuple(f"{change.earlier}{_ARROW}{change.key}" if change.earlier else change.key for change in group)
        yield Line(f"{_counted(len(found), kind)} {word}", found)


def _judged(changes: Iterable[Change]) -> Iterator[Line]:
    """Fields of parts that are in both versions, each with the parts in which it is another."""
    found: dict[tuple[str, str], list[str]] = {}
    for change in changes:
        if change.word in ("changed", "renamed") and change.kind != "section":
            for detail in filter(_has_values, change.details):
                found.setdefault((change.kind, _name(detail)), []).append(_moved(change, detail))
    for (kind, name), keys in found.items():
        yield Line(f"{name} of {_counted(len(keys), kind)} changed", tuple(keys))


def _moved(change: Change, detail: Detail) -> str:
    return f"{change.key}: {detail.before}{_ARROW}{detail.after}" if detail.field in _RATINGS else change.key


def _is_telling_section(change: Change) -> bool:
    return change.kind == "section" and change.key not in _NO_MODEL


def _has_values(detail: Detail) -> bool:
    return bool(detail.before or detail.after)


def _name(detail: Detail) -> str:
    words = _NAMES.get(detail.field, detail.field.replace("_", " "))
    return f"{words[:1].upper()}{words[1:]}"


def _counted(count: int, kind: str) -> str:
    if count == 1:
        return f"1 {kind}"
    return f"{count} {kind[:-1]}ies" if kind.endswith("y") else f"{count} {kind}s"
