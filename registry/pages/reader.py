"""A release as its page tells it: names for keys, links for ids, and the figures that are derived."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from markupsafe import Markup

from registry.catalog import Release
from registry.pages.citations import Citation, evidence, mapping
from registry.pages.html import inline, spaced
from schema import diagram, picture, risk, stride
from schema.facts import Vocabularies
from schema.template import Flow, Mitigation, Rating, StrideAnswer, Template, Threat

_DAYS = {"D": 1, "W": 7, "M": 30, "Y": 365}


@dataclass(frozen=True)
class Named:
    """What a key stands for: its kind, its name, and the anchor on the template's page."""

    kind: str
    name: str
    anchor: str


@dataclass(frozen=True)
class LevelCount:
    """How many threats stand at a level, before and after the adopter's part."""

    level: str
    before: int
    after: int


@dataclass(frozen=True)
class Square:
    """One square of the risk matrix."""

    likelihood: int
    impact: int
    level: str
    threats: tuple[Threat, ...]
    after: int
    """How many stand here once the advice is followed. A threat without a residual rating keeps its risk."""


@dataclass(frozen=True)
class Reader:
    """One release, ready to be told."""

    release: Release
    vocabularies: Vocabularies

    @property
    def template(self) -> Template:
        """The template itself."""
        return self.release.template

    @property
    def mapped_against(self) -> tuple[tuple[str, str], ...]:
        """(title of a vocabulary, the release its ids were taken from)."""
        given, known = self.template.mapped_against, self.vocabularies.by_name
        return tuple((known[name].title, release) for name, release in given.items() if name in known)

    @cached_property
    def names(self) -> Mapping[str, Named]:
        """Everything that has a key and a place on the page; of two with one key the first."""
        found: dict[str, Named] = {}
        for key, named in self._named():
            found.setdefault(key, named)
        return found

    def ref(self, key: str) -> Markup:
        """A link to what the key stands for."""
        named = self.names.get(key)
        if named is None:
            return Markup("<code>{}</code>").format(key)
        return Markup('<a href="#{}">{}</a>').format(named.anchor, inline(named.name))

    def name(self, key: str) -> str:
        """The name of what the key stands for, as plain text."""
        named = self.names.get(key)
        return named.name if named else key

    def refs(self, keys: Iterable[str]) -> Markup:
        """Links parted by commas."""
        return Markup(", ").join(self.ref(key) for key in keys)

    def cite(self, id_: str) -> Citation:
        """An id of `maps_to`."""
        return mapping(id_, self.vocabularies)

    def evidence(self, text: str) -> Citation:
        """An entry of `evidence`."""
        return evidence(text, self.template.references, self.vocabularies)

    def entry(self, vocabulary: str, id_: str) -> Mapping[str, Any]:
        """An entry of a vocabulary, empty when there is none."""
        return self.vocabularies[vocabulary].entries.get(id_, {})

    @cached_property
    def pattern(self) -> str:
        """The pattern's title."""
        return str(self.entry("patterns", self.template.pattern).get("title", spaced(self.template.pattern)))

    @cached_property
    def threats(self) -> tuple[Threat, ...]:
        """Worst first."""
        return risk.by_severity(self.template.threats)

    def standing(self, threat: Threat) -> str:
        """What is left to do about it."""
        return risk.standing(self.template, threat)

    def mitigations(self, keys: Iterable[str]) -> tuple[Mitigation, ...]:
        """Those of the keys that stand for a mitigation."""
        return tuple(self.template.mitigation_by_key[key] for key in keys if key in self.template.mitigation_by_key)

    def threats_at(self, key: str) -> tuple[Threat, ...]:
        """The threats that target an element, flow or zone, worst first."""
        return tuple(threat for threat in self.threats if key in threat.targets)

    def threats_answered_by(self, key: str) -> tuple[Threat, ...]:
        """The threats a mitigation is named by, worst first."""
        return tuple(threat for threat in self.threats if key in threat.mitigated_by)

    @cached_property
    def levels(self) -> tuple[LevelCount, ...]:
        """From Critical to Low. A threat without a residual rating keeps its risk."""
        before = Counter(risk.level(threat.risk) for threat in self.threats)
        after = Counter(risk.level(threat.residual or threat.risk) for threat in self.threats)
        return tuple(LevelCount(level, before[level], after[level]) for level in reversed(risk.LEVELS))

    @cached_property
    def standings(self) -> Mapping[str, int]:
        """How many threats stand how for the adopter, in the order of `Standing`, without empty ones."""
        counted = Counter(self.standing(threat) for threat in self.threats)
        return {str(standing): counted[standing] for standing in risk.Standing if counted[standing]}

    @cached_property
    def matrix(self) -> tuple[tuple[Square, ...], ...]:
        """The risk matrix, likelihood from 5 down to 1, impact from 1 to 5."""
        return tuple(tuple(self._square(5 - row, impact) for impact in range(1, 6)) for row in range(5))

    def _square(self, likelihood: int, impact: int) -> Square:
        rating = Rating(likelihood=likelihood, impact=impact)
        held = tuple(threat for threat in self.threats if _stands_at(threat.risk, rating))
        after = sum(_stands_at(threat.residual or threat.risk, rating) for threat in self.threats)
        return Square(likelihood, impact, risk.level(rating), held, after)

    @cached_property
    def flows(self) -> Mapping[int, Flow]:
        """By the number in the picture."""
        return picture.flow_numbers(self.template)

    def crossed(self, flow: Flow) -> tuple[str, ...]:
        """Keys of the zones whose edge the flow crosses."""
        return diagram.crossed(self.template, flow)

    def is_untrusted(self, flow: Flow) -> bool:
        """Whether it brings in content nobody vouches for."""
        return picture.is_untrusted(self.template, flow)

    @cached_property
    def outside(self) -> tuple[Flow, ...]:
        """Flows from external to external, which level 0 does not draw."""
        return diagram.level_zero(self.template).outside

    @cached_property
    def stride_rows(self) -> tuple[stride.Row, ...]:
        """The STRIDE matrix."""
        return stride.matrix(self.template)

    @cached_property
    def coverage(self) -> stride.Coverage:
        """How much of the STRIDE matrix is answered."""
        return stride.coverage(self.template)

    def answer_number(self, line: StrideAnswer) -> int:
        """The place of a line of `stride_answers`, counted from 1."""
        return self.template.stride_answers.index(line) + 1

    @cached_property
    def reviewed(self) -> str:
        """The day of the last review, empty when there was none."""
        return max((entry.date for entry in self.template.review.log), default="")

    @cached_property
    def due(self) -> str:
        """The day of the next review, empty when it cannot be told."""
        every = self.template.review.every
        try:
            days = int(every[1:-1]) * _DAYS[every[-1]]
            return (date.fromisoformat(self.reviewed) + timedelta(days=days)).isoformat()
        except (ValueError, KeyError, IndexError, OverflowError):
            return ""

    def _named(self) -> Iterator[tuple[str, Named]]:
        parts = self.template
        yield from ((e.key, Named(e.kind, e.name, f"element-{e.key}")) for e in parts.diagram.elements)
        for number, flow in self.flows.items():
            yield flow.key, Named("flow", f"flow {number}, {flow.carries}", f"flow-{flow.key}")
        yield from ((z.key, Named("zone", z.name, f"zone-{z.key}")) for z in parts.diagram.zones)
        yield from ((t.key, Named("threat", t.title, f"threat-{t.key}")) for t in parts.threats)
        yield from ((m.key, Named("mitigation", m.title, f"mitigation-{m.key}")) for m in parts.mitigations)
        yield from ((a.key, Named("asset", a.name, f"asset-{a.key}")) for a in parts.assets)
        yield from ((a.key, Named("actor", a.name, f"actor-{a.key}")) for a in parts.threat_actors)


def _stands_at(given: Rating | None, square: Rating) -> bool:
    return given is not None and (given.likelihood, given.impact) == (square.likelihood, square.impact)
