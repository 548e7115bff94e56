"""A template as rules, pages and exports see it: frozen, every part knowing its path in the file.

It is built from whatever data there is: a field that is missing or of the wrong type keeps its default, so that a
rule can look at a file whose structure is not right yet. `schema.structure` says what is wrong with such a field.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from schema.finding import Path

MOST_ZONES_AROUND = 32
"""How deep zones may nest: what stands deeper is an error, and nothing has to look at it."""

TextMap = Mapping[str, str]


def _refers(*kinds: str) -> Any:
    """A tuple of keys, each naming something of one of these kinds."""
    return field(default=(), metadata={"refers": kinds})


def _names(*kinds: str) -> Any:
    """One key naming something of one of these kinds; empty when absent."""
    return field(default="", metadata={"refers": kinds})


@dataclass(frozen=True)
class Part:
    """Anything that stands in a template: `path` leads to it."""

    path: Path = ()


@dataclass(frozen=True)
class Rating(Part):
    """Likelihood and impact, 1 to 5 each (0: not given)."""

    likelihood: int = 0
    impact: int = 0
    because: str = ""


@dataclass(frozen=True)
class Product(Part):
    """A product and the versions a template speaks of."""

    product: str = ""
    versions: str = ""
    tested: str = ""


@dataclass(frozen=True)
class Credit(Part):
    """A person and what they did."""

    name: str = ""
    github: str = ""
    role: str = ""


@dataclass(frozen=True)
class LogEntry(Part):
    """One review."""

    date: str = ""
    by: str = ""
    role: str = ""
    verdict: str = ""
    changes: str = ""


@dataclass(frozen=True)
class Review(Part):
    """Who keeps the template true, how often, and what was found."""

    owner: str = ""
    every: str = ""
    also_when: tuple[str, ...] = ()
    log: tuple[LogEntry, ...] = ()


@dataclass(frozen=True)
class Retired(Part):
    """Why a deprecated template is no longer recommended."""

    because: str = ""
    superseded_by: str = ""


@dataclass(frozen=True)
class Adopted(Part):
    """The release an adopter's copy was made from."""

    id: str = ""
    version: str = ""


@dataclass(frozen=True)
class Source(Part):
    """A reference that evidence cites by its key."""

    key: str = ""
    title: str = ""
    url: str = ""


@dataclass(frozen=True)
class WorstAction(Part):
    """The worst wrong thing the system can be made to do."""

    key: str = ""
    action: str = ""
    consequence: str = ""
    through: tuple[str, ...] = _refers("element")
    reversible: bool | None = None
    guarded_by: tuple[str, ...] = _refers("mitigation")


@dataclass(frozen=True)
class Excluded(Part):
    """Something out of scope, with its reason."""

    item: str = ""
    reason: str = ""
    revisit_when: str = ""


@dataclass(frozen=True)
class Scope(Part):
    """What is in and what is out."""

    included: tuple[str, ...] = ()
    excluded: tuple[Excluded, ...] = ()


@dataclass(frozen=True)
class Asset(Part):
    """What is worth protecting."""

    key: str = ""
    name: str = ""
    kind: str = ""
    description: str = ""
    held_in: tuple[str, ...] = _refers("element")
    needs: TextMap = field(default_factory=dict)
    sensitivity: str = ""
    opens: tuple[str, ...] = _refers("element")


@dataclass(frozen=True)
class Actor(Part):
    """A threat actor."""

    key: str = ""
    name: str = ""
    kind: str = ""
    access: str = ""
    skill: str = ""
    motivation: str = ""
    capability: str = ""
    in_scope: bool = True
    because: str = ""


@dataclass(frozen=True)
class Assumption(Part):
    """What has to be true, how to check it, and what if it is not."""

    key: str = ""
    layer: str = ""
    statement: str = ""
    check: str = ""
    if_wrong: str = ""
    tested: str = "untested"
    threats: tuple[str, ...] = _refers("threat")
    failure_modes: tuple[str, ...] = _refers("failure mode")
    elements: tuple[str, ...] = _refers("element")


@dataclass(frozen=True)
class Misbelief(Part):
    """What people believe and is not so."""

    belief: str = ""
    because: str = ""
    threats: tuple[str, ...] = _refers("threat")


@dataclass(frozen=True)
class Zone(Part):
    """A trust zone; its edge is a trust boundary."""

    key: str = ""
    name: str = ""
    trust: str = ""
    inside: str = _names("zone")
    enforced_by: str = ""
    strength: str = ""
    entry: str = ""
    exit: str = ""


@dataclass(frozen=True)
class Element(Part):
    """A process, data store or external entity."""

    key: str = ""
    name: str = ""
    kind: str = ""
    role: str = ""
    zone: str = _names("zone")
    runs_as: str = ""
    abilities: tuple[str, ...] = ()
    supplier: str = _names("element")
    integrity_check: str = ""
    evidence: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True)
class Flow(Part):
    """A data flow; several senders or receivers mean one flow between each pair."""

    given_key: str = field(default="", metadata={"name": "key"})
    senders: tuple[str, ...] = field(default=(), metadata={"name": "from", "refers": ("element",)})
    receivers: tuple[str, ...] = field(default=(), metadata={"name": "to", "refers": ("element",)})
    carries: str = ""
    returns: str = ""
    assets: tuple[str, ...] = _refers("asset")
    protocol: str = ""
    authentication: str = ""
    encryption: str = ""
    untrusted: bool | None = None
    gated_by: tuple[str, ...] = _refers("mitigation")
    because: str = ""

    @property
    def key(self) -> str:
        """The key given, else `<from>-to-<to>`; with lists that is no valid key, so only a given one can be named."""
        return self.given_key or f"{'+'.join(self.senders)}-to-{'+'.join(self.receivers)}"

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every (sender, receiver) this flow stands for."""
        return tuple((a, b) for a in self.senders for b in self.receivers)


@dataclass(frozen=True)
class Diagram(Part):
    """The level-1 data-flow diagram."""

    system: str = ""
    zones: tuple[Zone, ...] = ()
    elements: tuple[Element, ...] = ()
    flows: tuple[Flow, ...] = ()


@dataclass(frozen=True)
class Alias(Part):
    """A threat's name and rating elsewhere."""

    source: str = ""
    id: str = ""
    rated: str = ""
    rated_risk: str = "inherent"
    scale: str = ""


@dataclass(frozen=True)
class Threat(Part):
    """What can go wrong."""

    key: str = ""
    id: str = ""
    known_as: tuple[Alias, ...] = ()
    category: str = ""
    title: str = ""
    scenario: str = ""
    requires: str = ""
    phase: str = "initial"
    targets: tuple[str, ...] = _refers("element", "flow", "zone")
    stride: tuple[str, ...] = ()
    ai_factors: tuple[str, ...] = ()
    actors: tuple[str, ...] = _refers("actor")
    assets: tuple[str, ...] = _refers("asset")
    maps_to: tuple[str, ...] = ()
    risk: Rating | None = None
    mitigated_by: tuple[str, ...] = _refers("mitigation")
    gaps: tuple[str, ...] = ()
    gap_level: str = ""
    status: str = ""
    fixed_in: str = ""
    residual: Rating | None = None
    detection: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config(Part):
    """Settings ready to copy."""

    language: str = ""
    content: str = ""


@dataclass(frozen=True)
class Mitigation(Part):
    """One measure."""

    key: str = ""
    title: str = ""
    requirement: str = ""
    kind: str = "prevent"
    status: str = "available"
    controls: tuple[str, ...] = ()
    config: Config | None = None
    verify: str = ""
    limits: str = ""
    depends_on: tuple[str, ...] = _refers("mitigation")
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class StrideAnswer(Part):
    """Cells of the STRIDE matrix that no threat answers, with the reason."""

    targets: tuple[str, ...] = _refers("element", "flow", "zone")
    within: tuple[str, ...] = _refers("zone")
    stride: tuple[str, ...] = ()
    because: str = ""
    mitigated_by: tuple[str, ...] = _refers("mitigation")


@dataclass(frozen=True)
class FailureMode(Part):
    """How it fails without an attacker."""

    key: str = ""
    when: str = ""
    then: str = ""
    detect_by: str = ""
    threats: tuple[str, ...] = _refers("threat")
    elements: tuple[str, ...] = _refers("element")
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step(Part):
    """One step of an attack chain."""

    how: str = ""
    threat: str = _names("threat")
    maps_to: tuple[str, ...] = ()
    broken_by: tuple[str, ...] = _refers("mitigation")


@dataclass(frozen=True)
class AttackChain(Part):
    """Threats that lead to one another."""

    key: str = ""
    title: str = ""
    goal: str = ""
    narrative: str = ""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Story(Part):
    """A security story and its tasks."""

    key: str = ""
    as_a: str = ""
    i_want: str = ""
    so_that: str = ""
    tasks: tuple[str, ...] = ()
    threats: tuple[str, ...] = _refers("threat")
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResidualRisk(Part):
    """What remains and who accepts it."""

    key: str = ""
    statement: str = ""
    threats: tuple[str, ...] = _refers("threat")
    accepted_by: str = ""
    date: str = ""
    revisit_when: str = ""
    plan: str = ""


@dataclass(frozen=True)
class Compliance(Part):
    """A framework's control that the model bears on."""

    framework: str = ""
    control: str = ""
    title: str = ""
    status: str = ""
    gap: str = ""
    threats: tuple[str, ...] = _refers("threat")


@dataclass(frozen=True)
class Parameter(Part):
    """What differs from adopter to adopter."""

    name: str = ""
    ask: str = ""
    default: str = ""


@dataclass(frozen=True)
class AdoptionStep(Part):
    """One thing the adopter does."""

    when: str = ""
    do: str = ""
    threats: tuple[str, ...] = _refers("threat")
    mitigations: tuple[str, ...] = _refers("mitigation")


@dataclass(frozen=True)
class Adoption(Part):
    """How to put the template to use."""

    parameters: tuple[Parameter, ...] = ()
    steps: tuple[AdoptionStep, ...] = ()


@dataclass(frozen=True)
class Waiver(Part):
    """A warning the author asks to be excused from. `at` is a JSON Pointer; empty means the whole file."""

    rule: str = ""
    at: str = field(default="", metadata={"name": "path"})
    reason: str = ""
    until: str = ""


@dataclass(frozen=True)
class Template(Part):
    """One fully realised threat model of one deployment pattern."""

    schema_version: str = ""
    id: str = ""
    version: str = ""
    title: str = ""
    summary: str = ""
    status: str = ""
    retired: Retired | None = None
    pattern: str = ""
    applies_to: tuple[Product, ...] = ()
    license: str = ""
    tags: tuple[str, ...] = ()
    credits: tuple[Credit, ...] = ()
    review: Review = field(default_factory=Review)
    adopted_from: Adopted | None = None
    mapped_against: TextMap = field(default_factory=dict)
    references: tuple[Source, ...] = ()
    worst_actions: tuple[WorstAction, ...] = ()
    scope: Scope = field(default_factory=Scope)
    assets: tuple[Asset, ...] = ()
    threat_actors: tuple[Actor, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    wrong_assumptions: tuple[Misbelief, ...] = ()
    diagram: Diagram = field(default_factory=Diagram)
    threats: tuple[Threat, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    stride_answers: tuple[StrideAnswer, ...] = ()
    failure_modes: tuple[FailureMode, ...] = ()
    attack_chains: tuple[AttackChain, ...] = ()
    stories: tuple[Story, ...] = ()
    residual_risks: tuple[ResidualRisk, ...] = ()
    compliance: tuple[Compliance, ...] = ()
    adoption: Adoption | None = None
    open_questions: tuple[str, ...] = ()
    not_applicable: TextMap = field(default_factory=dict)
    waive: tuple[Waiver, ...] = ()

    @cached_property
    def zones(self) -> Mapping[str, Zone]:
        """Zones by key; of two with one key the first."""
        return _by_key(self.diagram.zones)

    @cached_property
    def zone_order(self) -> Mapping[str, int]:
        """By key, which zone of the diagram it is, counted from 0."""
        return {zone.key: number for number, zone in enumerate(self.diagram.zones)}

    @cached_property
    def elements(self) -> Mapping[str, Element]:
        """Elements by key."""
        return _by_key(self.diagram.elements)

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """Flows by key, given or implied."""
        return _by_key(self.diagram.flows)

    @cached_property
    def mitigation_by_key(self) -> Mapping[str, Mitigation]:
        """Mitigations by key."""
        return _by_key(self.mitigations)

    @cached_property
    def threat_by_key(self) -> Mapping[str, Threat]:
        """Threats by key."""
        return _by_key(self.threats)

    @cached_property
    def around(self) -> Mapping[str, tuple[str, ...]]:
        """By element, the keys of the zones that hold it, innermost first; no more of them than zones may nest deep."""
        return {key: tuple(_outwards(self.zones, element.zone)) for key, element in self.elements.items()}

    @cached_property
    def held(self) -> Mapping[str, tuple[Element, ...]]:
        """By zone, the elements in it or in a zone inside it."""
        found: dict[str, list[Element]] = {}
        for element in self.diagram.elements:
            for zone in self.around.get(element.key, ()):
                found.setdefault(zone, []).append(element)
        return {zone: tuple(elements) for zone, elements in found.items()}

    @cached_property
    def _mentions(self) -> tuple["Mention", ...]:
        return tuple(_all_mentions(self))

    @cached_property
    def _texts(self) -> tuple[tuple[Path, str], ...]:
        return tuple(_all_texts(self))


@dataclass(frozen=True)
class Mention:
    """A key used at `path` to name something of one of `kinds`."""

    path: Path
    key: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Declaration:
    """A key that stands for something of `kind`; `path` leads to what it names."""

    path: Path
    key: str
    kind: str


def from_data(data: Any) -> Template:
    """The template that this data (a document's mapping, scalars already typed) describes; never raises."""
    return _build(Template, data, ())  # type: ignore[no-any-return]  # _build is generic over dataclasses


def mentions(template: Template) -> tuple[Mention, ...]:
    """Every key used anywhere to name something, in document order."""
    return template._mentions


def declarations(template: Template) -> Iterator[Declaration]:
    """Every key that stands for something, in document order; a flow without a key is left out."""
    groups: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("worst action", template.worst_actions),
        ("asset", template.assets),
        ("actor", template.threat_actors),
        ("assumption", template.assumptions),
        ("zone", template.diagram.zones),
        ("element", template.diagram.elements),
        ("flow", template.diagram.flows),
        ("threat", template.threats),
        ("mitigation", template.mitigations),
        ("failure mode", template.failure_modes),
        ("chain", template.attack_chains),
        ("story", template.stories),
        ("residual risk", template.residual_risks),
    )
    for kind, things in groups:
        keys = ((thing.path, thing.given_key if isinstance(thing, Flow) else thing.key) for thing in things)
        yield from (Declaration(path, key, kind) for path, key in keys if key)


def parts(part: Part) -> Iterator[Part]:
    """The part itself and everything inside it, in document order."""
    yield part
    for name in _HOLDING_PARTS[type(part)]:
        value = getattr(part, name)
        for inner in value if isinstance(value, tuple) else (value,):
            if inner is not None:
                yield from parts(inner)


def texts(template: Template) -> tuple[tuple[Path, str], ...]:
    """Every text of the template with its path, in document order; a field that is empty or absent has none."""
    return template._texts


def _all_texts(template: Template) -> Iterator[tuple[Path, str]]:
    for part in parts(template):
        for name, key in _HOLDING_TEXT[type(part)]:
            value = getattr(part, name)
            if value:
                yield from _texts((*part.path, key), value)


def _texts(path: Path, value: str | tuple[str, ...] | TextMap) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, tuple):
        yield from (((*path, i), item) for i, item in enumerate(value))
    else:
        yield from (((*path, key), item) for key, item in value.items())


def _all_mentions(template: Template) -> Iterator[Mention]:
    for part in parts(template):
        for spec in _REFERRING[type(part)]:
            yield from _mentions(part, spec, spec.metadata["refers"])


def _mentions(part: Part, spec: "dataclasses.Field[Any]", kinds: tuple[str, ...]) -> Iterator[Mention]:
    value = getattr(part, spec.name)
    path = (*part.path, _key(spec))
    if isinstance(value, str):
        if value:
            yield Mention(path, value, kinds)
        return
    single = spec.name in ("senders", "receivers") and len(value) == 1  # `from: a` reads like `from: [a]`
    named = ((i, item) for i, item in enumerate(value) if item)
    yield from (Mention(path if single else (*path, i), item, kinds) for i, item in named)


def _outwards(zones: Mapping[str, Zone], zone: str) -> Iterator[str]:
    """The zone and those around it; a cycle of zones ends where it closes."""
    seen: set[str] = set()
    while zone in zones and zone not in seen and len(seen) < MOST_ZONES_AROUND:
        seen.add(zone)
        yield zone
        zone = zones[zone].inside


def _by_key(things: tuple[Any, ...]) -> dict[str, Any]:
    return {thing.key: thing for thing in reversed(things) if thing.key}


def _key(spec: "dataclasses.Field[Any]") -> str:
    return str(spec.metadata.get("name", spec.name))


def _without_none(hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        return next(arg for arg in get_args(hint) if arg is not NoneType)
    return hint


def _build(kind: type[Part], data: Any, path: Path) -> Any:
    if not isinstance(data, dict):
        return kind(path=path)
    values = {}
    for name, key, read in _READERS[kind]:
        if key in data:
            value = read(data[key], (*path, key))
            if value is not None:
                values[name] = value
    return kind(path=path, **values)


_Read = Callable[[Any, Path], Any]
"""The value as a field wants it, None when it is something else."""


def _reader(hint: Any) -> _Read:
    if get_origin(hint) is tuple:
        (item, _) = get_args(hint)
        return _read_words if item is str else partial(_read_parts, item)
    if hint == TextMap:
        return _read_map
    return partial(_read_part if issubclass(hint, Part) else _read_scalar, hint)


def _read_words(value: Any, _path: Path) -> Any:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list):
        return None
    return tuple(item if isinstance(item, str) else "" for item in value)  # an item keeps its place


def _read_parts(kind: type[Part], value: Any, path: Path) -> Any:
    if not isinstance(value, list):
        return None
    return tuple(_build(kind, item, (*path, i)) for i, item in enumerate(value) if isinstance(item, dict))


def _read_map(value: Any, _path: Path) -> Any:
    return {k: v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else None


def _read_part(kind: type[Part], value: Any, path: Path) -> Any:
    return _build(kind, value, path) if isinstance(value, dict) else None


def _read_scalar(kind: type, value: Any, _path: Path) -> Any:
    return value if type(value) is kind else None


_KINDS = Part.__subclasses__()
_SPECS: Mapping[Any, tuple["dataclasses.Field[Any]", ...]] = {
    kind: tuple(spec for spec in dataclasses.fields(kind) if spec.name != "path") for kind in _KINDS
}
_TYPES: Mapping[Any, Mapping[str, Any]] = {
    kind: {spec.name: _without_none(spec.type) for spec in _SPECS[kind]} for kind in _KINDS
}
_TEXTUAL: tuple[Any, ...] = (str, tuple[str, ...], TextMap)
_READERS: Mapping[Any, tuple[tuple[str, str, _Read], ...]] = {
    kind: tuple((spec.name, _key(spec), _reader(_TYPES[kind][spec.name])) for spec in _SPECS[kind]) for kind in _KINDS
}
_HOLDING_TEXT: Mapping[Any, tuple[tuple[str, str], ...]] = {
    kind: tuple((spec.name, _key(spec)) for spec in _SPECS[kind] if _TYPES[kind][spec.name] in _TEXTUAL)
    for kind in _KINDS
}
_HOLDING_PARTS: Mapping[Any, tuple[str, ...]] = {
    kind: tuple(spec.name for spec in _SPECS[kind] if _TYPES[kind][spec.name] not in (*_TEXTUAL, int, bool))
    for kind in _KINDS
}
_REFERRING: Mapping[Any, tuple["dataclasses.Field[Any]", ...]] = {
    kind: tuple(spec for spec in _SPECS[kind] if "refers" in spec.metadata) for kind in _KINDS
}
