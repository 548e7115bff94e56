"""What the documents across templates need to know of one release, small enough to keep beside it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from registry.catalog import Release
from registry.withdrawn import Withdrawal
from schema import risk, stride
from schema.template import Mitigation, Rating, Template, Threat

Json = dict[str, Any]


@dataclass(frozen=True)
class Rated:
    """Likelihood and impact, 1 to 5 each, with what follows from them."""

    likelihood: int
    impact: int
    score: int
    level: str


@dataclass(frozen=True)
class Name:
    """A threat's id at another source."""

    source: str
    id: str


@dataclass(frozen=True)
class ThreatBrief:
    """A threat as its template tells and answers it. `mitigations` are keys; `standing` is what is left to do."""

    id: str
    key: str
    title: str
    category: str
    scenario: str
    stride: tuple[str, ...]
    maps_to: tuple[str, ...]
    known_as: tuple[Name, ...]
    risk: Rated | None
    residual: Rated | None
    status: str
    standing: str
    mitigations: tuple[str, ...]
    gaps: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class MitigationBrief:
    """A measure: the controls it uses, whether settings to copy come with it, the keys of the threats it answers."""

    key: str
    title: str
    controls: tuple[str, ...]
    configured: bool
    kind: str
    status: str
    threats: tuple[str, ...]


@dataclass(frozen=True)
class Thanked:
    """A person and what they did."""

    name: str
    github: str
    role: str


@dataclass(frozen=True)
class Earlier:
    """A threat id that the template carried up to this version and carries no more."""

    id: str
    version: str
    title: str


@dataclass(frozen=True)
class Version:
    """A version that was published; `published` is a moment in UTC."""

    version: str
    published: str
    title: str
    summary: str


@dataclass(frozen=True)
class Brief:
    """One release in brief. `entry` is what the catalogue's page says of it, apart from addresses.

    `versions` are all that its template ever had, newest first, `withdrawn` those of them that were taken back. Of a
    template without any other only these and `earlier` are told; its `entry` is empty.
    """

    id: str
    version: str
    title: str
    pattern: str
    status: str
    entry: Json
    threats: tuple[ThreatBrief, ...]
    mitigations: tuple[MitigationBrief, ...]
    credits: tuple[Thanked, ...]
    earlier: tuple[Earlier, ...] = ()
    versions: tuple[Version, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()

    @property
    def listed(self) -> bool:
        """Whether the template stands in lists."""
        return bool(self.entry)


def brief(release: Release, releases: Sequence[Release] = (), withdrawn: Sequence[Withdrawal] = ()) -> Brief:
    """The release in brief; `releases` are all of its template, newest first."""
    template = release.template
    before = [other for other in releases if other.version != release.version]
    return Brief(
        id=release.id,
        version=release.version,
        title=template.title,
        pattern=template.pattern,
        status=template.status,
        entry=_entry(release),
        threats=tuple(_threat(template, threat) for threat in template.threats),
        mitigations=tuple(_mitigation(template, mitigation) for mitigation in template.mitigations),
        credits=tuple(Thanked(credit.name, credit.github, credit.role) for credit in template.credits),
        earlier=tuple(_earlier(before, {threat.id for threat in template.threats})),
        versions=tuple(_version(other) for other in releases),
        withdrawn=tuple(withdrawn),
    )


def unlisted(releases: Sequence[Release], withdrawn: Sequence[Withdrawal]) -> Brief:
    """The brief of a template whose releases, newest first, were all withdrawn."""
    found = brief(releases[0], releases, withdrawn)
    earlier = tuple(_earlier(releases, set()))
    return replace(found, entry={}, threats=(), mitigations=(), credits=(), earlier=earlier)


def to_json(found: Brief) -> Json:
    """As plain data, for `from_json`."""
    return asdict(found)


def from_json(told: Mapping[str, Any]) -> Brief:
    """The brief that `to_json` wrote, also after a way through JSON."""
    return Brief(
        **{
            **told,
            "threats": tuple(_threat_from(threat) for threat in told["threats"]),
            "mitigations": tuple(MitigationBrief(**_tuples(mitigation)) for mitigation in told["mitigations"]),
            "credits": tuple(Thanked(**credit) for credit in told["credits"]),
            "earlier": tuple(Earlier(**threat) for threat in told["earlier"]),
            "versions": tuple(Version(**version) for version in told["versions"]),
            "withdrawn": tuple(Withdrawal(**row) for row in told["withdrawn"]),
        }
    )


def rated(rating: Rating | None) -> Rated | None:
    """The rating with its score and level; None where there is none."""
    if rating is None:
        return None
    return Rated(rating.likelihood, rating.impact, risk.score(rating), risk.level(rating))


def _threat_from(told: Mapping[str, Any]) -> ThreatBrief:
    ratings = {name: Rated(**told[name]) if told[name] else None for name in ("risk", "residual")}
    names = tuple(Name(**name) for name in told["known_as"])
    return ThreatBrief(**{**_tuples(told), **ratings, "known_as": names})


def _version(release: Release) -> Version:
    return Version(release.version, release.published, release.template.title, release.template.summary)


def _earlier(before: Iterable[Release], seen: set[str]) -> Iterator[Earlier]:
    """Of each id the newest that carries it; adds to `seen`."""
    for release in before:
        for threat in release.template.threats:
            if threat.id and threat.id not in seen:
                seen.add(threat.id)
                yield Earlier(threat.id, release.version, threat.title)


def _tuples(told: Mapping[str, Any]) -> Json:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}


def _threat(template: Template, threat: Threat) -> ThreatBrief:
    known = template.mitigation_by_key
    return ThreatBrief(
        id=threat.id,
        key=threat.key,
        title=threat.title,
        category=threat.category,
        scenario=threat.scenario,
        stride=threat.stride,
        maps_to=threat.maps_to,
        known_as=tuple(Name(alias.source, alias.id) for alias in threat.known_as),
        risk=rated(threat.risk),
        residual=rated(threat.residual),
        status=threat.status,
        standing=risk.standing(template, threat).value,
        mitigations=tuple(key for key in threat.mitigated_by if key in known),
        gaps=threat.gaps,
        evidence=threat.evidence,
    )


def _mitigation(template: Template, mitigation: Mitigation) -> MitigationBrief:
    return MitigationBrief(
        key=mitigation.key,
        title=mitigation.title,
        controls=mitigation.controls,
        configured=mitigation.config is not None,
        kind=mitigation.kind,
        status=mitigation.status,
        threats=tuple(threat.key for threat in template.threats if mitigation.key in threat.mitigated_by),
    )


def _entry(release: Release) -> Json:
    template = release.template
    covered = stride.coverage(template)
    return {
        "id": release.id,
        "version": release.version,
        "title": template.title,
        "summary": template.summary,
        "status": template.status,
        "pattern": template.pattern,
        "tags": list(template.tags),
        "applies_to": [_present({"product": p.product, "versions": p.versions}) for p in template.applies_to],
        "license": template.license,
        "published": release.published,
        "sha256": release.sha256,
        "counts": _counts(template),
        "risk": _levels(threat.risk for threat in template.threats),
        "residual": _levels(threat.residual for threat in template.threats),
        "coverage": {
            "asked": covered.asked,
            "by_threat": covered.by_threat,
            "by_answer": covered.by_answer,
            "left": covered.left,
        },
        "review": _present({"every": template.review.every, "last": _last_review(template)}),
    }


def _counts(template: Template) -> Json:
    return {
        "elements": len(template.diagram.elements),
        "flows": len(template.diagram.flows),
        "zones": len(template.diagram.zones),
        "threats": len(template.threats),
        "mitigations": len(template.mitigations),
        "assumptions": len(template.assumptions),
        "failure_modes": len(template.failure_modes),
        "attack_chains": len(template.attack_chains),
    }


def _levels(ratings: Iterable[Rating | None]) -> Json:
    levels = [risk.level(rating) for rating in ratings]
    return {level.lower(): levels.count(level) for level in reversed(risk.LEVELS)}


def _last_review(template: Template) -> str:
    return max((entry.date for entry in template.review.log), default="")


def _present(values: Json) -> Json:
    return {key: value for key, value in values.items() if value}
