"""Two versions of a template side by side: what changed in the field's terms, and which version that asks for."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

from schema import stride
from schema.risk import LEVELS, level
from schema.template import Flow, Part, Rating, Template, Threat


class Raise(IntEnum):
    """The part of a version number that a change asks for, least first."""

    NOTHING = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True)
class Detail:
    """One field of a thing that is in both versions. Without `before` and `after` only its wording changed."""

    field: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Change:
    """One thing added, removed, renamed or changed. `kind` is the field's word: threat, mitigation, data flow ...

    `key` is the one it has now (of something removed: had); `earlier` the one it had before a renaming.
    """

    kind: str
    word: str
    key: str
    title: str = ""
    earlier: str = ""
    details: tuple[Detail, ...] = ()


@dataclass(frozen=True)
class Figures:
    """What is derived from one version: numbers of threats, all and by level, as drawn and as adopted, and coverage.

    `threats` counts those without a rating too. A threat without a residual rating keeps its risk in `residual`.
    """

    version: str
    threats: int
    risk: Mapping[str, int]
    residual: Mapping[str, int]
    coverage: stride.Coverage


@dataclass(frozen=True)
class Comparison:
    """Everything that differs, threats and mitigations first, and the figures before and after."""

    changes: tuple[Change, ...]
    before: Figures
    after: Figures
    asks_for: Raise

    @property
    def next_version(self) -> str:
        """The version that the older one becomes, empty when nothing is to be raised or it has no number."""
        return raised(self.before.version, self.asks_for)


def compare(before: Template, after: Template) -> Comparison:
    """What changed from one version of a template to another; threats are the same by id first, then by key."""
    found = (*_top(before, after), *_things(before, after), *_sections(before, after))
    asked = max((_asks_for(change) for change in found), default=Raise.NOTHING)
    return Comparison(found, figures(before), figures(after), asked)


def figures(template: Template) -> Figures:
    """What is derived from one version."""
    drawn = Counter(level(threat.risk) for threat in template.threats)
    left = Counter(level(threat.residual or threat.risk) for threat in template.threats)
    order = tuple(reversed(LEVELS))
    return Figures(
        template.version,
        len(template.threats),
        {name: drawn[name] for name in order},
        {name: left[name] for name in order},
        stride.coverage(template),
    )


def raised(version: str, part: Raise) -> str:
    """`1.2.3` with that part raised and those behind it at 0; empty for NOTHING and for what is no version."""
    numbers = version.split(".")
    if part is Raise.NOTHING or len(numbers) != 3 or not all(map(_is_number, numbers)):
        return ""
    at = Raise.MAJOR - part
    kept = [int(number) for number in numbers[:at]]
    return ".".join(map(str, [*kept, int(numbers[at]) + 1, *[0] * (2 - at)]))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def rating(given: Rating | None) -> str:
    """`High (4 x 4)`; `not rated` without a rating."""
    return f"{level(given) or 'no level'} ({given.likelihood} x {given.impact})" if given else "not rated"


_KINDS: tuple[tuple[str, Callable[[Template], tuple[Any, ...]]], ...] = (
    ("threat", lambda template: template.threats),
    ("mitigation", lambda template: template.mitigations),
    ("trust zone", lambda template: template.diagram.zones),
    ("element", lambda template: template.diagram.elements),
    ("data flow", lambda template: template.diagram.flows),
    ("assumption", lambda template: template.assumptions),
    ("asset", lambda template: template.assets),
    ("threat actor", lambda template: template.threat_actors),
    ("worst action", lambda template: template.worst_actions),
    ("failure mode", lambda template: template.failure_modes),
    ("attack chain", lambda template: template.attack_chains),
    ("security story", lambda template: template.stories),
    ("residual risk", lambda template: template.residual_risks),
)


_TOP = ("id", "version", "status", "pattern", "applies_to", "title", "summary", "tags", "license", "scope", "retired")


_TOLD = frozenset(
    (
        *_TOP,
        "path",
        "diagram",
        "threats",
        "mitigations",
        "assumptions",
        "assets",
        "threat_actors",
        "worst_actions",
        "failure_modes",
        "attack_chains",
        "stories",
        "residual_risks",
    )
)


_SECTIONS = tuple(spec.name for spec in fields(Template) if spec.name not in _TOLD)
"""Everything else, so that a field the schema gets later is told as well."""


_WORDING = frozenset(
    (
        "title",
        "name",
        "summary",
        "scenario",
        "requires",
        "description",
        "statement",
        "requirement",
        "because",
        "motivation",
        "capability",
        "detection",
        "limits",
        "narrative",
        "consequence",
        "if_wrong",
        "check",
        "gaps",
        "config",
        "steps",
        "tasks",
        "scope",
        "applies_to",
        "retired",
        "known_as",
    )
)
"""Fields of which it is enough to say that they changed: both texts would fill a screen."""


_MEANING: Mapping[str, frozenset[str]] = {
    "threat": frozenset(("key", "id", "category", "phase")),
    "mitigation": frozenset(("key", "kind")),
}
"""Fields without which a thing is another one: whoever adopted the older version has to look again."""


_NO_CONTENT = frozenset(("version", "credits", "review"))


def _top(before: Template, after: Template) -> Iterator[Change]:
    details = tuple(_details(before, after, _TOP))
    if details:
        yield Change("template", "changed", after.id, after.title, details=details)
    if before.diagram.system != after.diagram.system:
        yield Change("diagram", "changed", "system", details=(_detail("system", before.diagram, after.diagram),))


def _things(before: Template, after: Template) -> Iterator[Change]:
    for kind, of in _KINDS:
        pairs = _paired(of(before), of(after))
        yield from (_one(kind, "added", new) for old, new in pairs if old is None)
        yield from (_one(kind, "removed", old) for old, new in pairs if new is None)
        for old, new in pairs:
            if old is not None and new is not None:
                yield from _changed(kind, old, new)


def _one(kind: str, word: str, thing: Any) -> Change:
    details = (Detail("risk", "", rating(thing.risk)),) if isinstance(thing, Threat) else ()
    return Change(kind, word, thing.key, _title(thing), details=details)


def _changed(kind: str, old: Any, new: Any) -> Iterator[Change]:
    names = [spec.name for spec in fields(new) if spec.name not in ("path", "key", "given_key")]
    details = tuple(_details(old, new, names))
    if old.key != new.key:
        yield Change(kind, "renamed", new.key, _title(new), old.key, details)
    elif details:
        yield Change(kind, "changed", new.key, _title(new), details=details)


def _sections(before: Template, after: Template) -> Iterator[Change]:
    for name in _SECTIONS:
        old, new = getattr(before, name), getattr(after, name)
        if _plain(old) != _plain(new):
            yield Change("section", "changed", name, details=_counted(old, new))


def _counted(old: Any, new: Any) -> tuple[Detail, ...]:
    """How many entries of a list without keys went and came."""
    if not isinstance(old, tuple) or not isinstance(new, tuple):
        return ()
    had, has = (Counter(repr(_plain(item)) for item in items) for items in (old, new))
    return (Detail("entries", f"{(had - has).total()} gone", f"{(has - had).total()} new"),)


def _paired(before: tuple[Any, ...], after: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """The same things of both versions, in the order of the newer one; what only one of them holds stands alone.

    Where several things share an id or a key, or have none, the first is the first, the second the second.
    """
    left = dict(enumerate(before))
    partners: dict[int, Any] = {}
    for by in (_by_id, _by_key):
        waiting: dict[str | None, deque[int]] = {None: deque()}
        for number, thing in left.items():
            waiting.setdefault(by(thing), deque()).append(number)
        waiting[None].clear()
        for number, thing in enumerate(after):
            known = waiting.get(by(thing)) if number not in partners else None
            if known:
                partners[number] = left.pop(known.popleft())
    return [
        *((partners.get(number), thing) for number, thing in enumerate(after)),
        *((old, None) for old in left.values()),
    ]


def _by_id(thing: Any) -> str | None:
    return thing.id or None if isinstance(thing, Threat) else None


def _by_key(thing: Any) -> str | None:
    return str(thing.key)


def _details(old: Any, new: Any, names: Any) -> Iterator[Detail]:
    return (_detail(name, old, new) for name in names if _plain(getattr(old, name)) != _plain(getattr(new, name)))


def _detail(name: str, old: Any, new: Any) -> Detail:
    before, after = getattr(old, name), getattr(new, name)
    if name in ("risk", "residual"):
        said = rating(before), rating(after)
        return Detail(name, *said) if said[0] != said[1] else Detail(f"reason of the {name}")
    if name in _WORDING:
        return Detail(name)
    return Detail(name, _shown(before), _shown(after))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {inner}" for key, inner in value.items()) or "none"
    return str(value) if value else "not said"


def _plain(value: Any) -> Any:
    """The value without the paths in it, which move when something is put in front."""
    if isinstance(value, Part):
        return tuple((spec.name, _plain(getattr(value, spec.name))) for spec in fields(value) if spec.name != "path")
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    return dict(value) if isinstance(value, Mapping) else value


def _title(thing: Any) -> str:
    if isinstance(thing, Flow):
        return thing.carries
    named = ("title", "name", "statement", "action", "when", "i_want")
    return next((str(getattr(thing, name)) for name in named if getattr(thing, name, "")), "")


def _asks_for(change: Change) -> Raise:
    """By the schema: patch for wording, minor for additions, major for what is taken away or means something else."""
    touched = {detail.field for detail in change.details}
    if change.kind in _MEANING and (
        change.word in ("removed", "renamed") or (change.word == "changed" and touched & _MEANING[change.kind])
    ):
        return Raise.MAJOR
    if change.word != "changed":
        return Raise.MINOR
    if change.key in _NO_CONTENT or (touched and touched <= _NO_CONTENT):
        return Raise.NOTHING
    judged = (detail for detail in change.details if detail.field not in _NO_CONTENT)
    return Raise.MINOR if any(detail.before or detail.after for detail in judged) else Raise.PATCH
