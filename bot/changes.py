"""What a pull request changes in a template, in the field's terms."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from schema.risk import level
from schema.template import Template, Threat
from schema.versions import number


@dataclass(frozen=True)
class Change:
    """One line: words of ours, the keys or versions of the contributor's that they speak of, and what joins these."""

    words: str
    keys: tuple[str, ...] = ()
    joint: str = ", "


_PARTS: tuple[tuple[str, str, Callable[[Template], tuple[str, ...]]], ...] = (
    ("threat", "threats", lambda template: _keys(template.threats)),
    ("mitigation", "mitigations", lambda template: _keys(template.mitigations)),
    ("trust zone", "trust zones", lambda template: _keys(template.diagram.zones)),
    ("element", "elements", lambda template: _keys(template.diagram.elements)),
    ("data flow", "data flows", lambda template: _keys(template.diagram.flows)),
    ("asset", "assets", lambda template: _keys(template.assets)),
    ("threat actor", "threat actors", lambda template: _keys(template.threat_actors)),
    ("assumption", "assumptions", lambda template: _keys(template.assumptions)),
    ("attack chain", "attack chains", lambda template: _keys(template.attack_chains)),
    ("residual risk", "residual risks", lambda template: _keys(template.residual_risks)),
)


_ARROW = " → "


def changes(base: Template, head: Template) -> tuple[Change, ...]:
    """What differs, most telling first; one line that says so when only texts differ."""
    found = (*_version(base, head), *_parts(base, head), *_threats(base, head))
    return found or (Change("Only texts differ: the same parts, ratings and categories"),)


def _version(base: Template, head: Template) -> Iterator[Change]:
    if base.version != head.version:
        word = "raised" if number(head.version) > number(base.version) else "changed"
        yield Change(f"Version {word}", (base.version, head.version), _ARROW)
    if base.status != head.status:
        yield Change("Status changed", (base.status, head.status), _ARROW)


def _parts(base: Template, head: Template) -> Iterator[Change]:
    for one, many, keys in _PARTS:
        before, after = keys(base), keys(head)
        for word, found in (("added", _missing(after, before)), ("removed", _missing(before, after))):
            if found:
                yield Change(f"{len(found)} {one if len(found) == 1 else many} {word}", found)


def _threats(base: Template, head: Template) -> Iterator[Change]:
    """Threats in both whose judgement is another."""
    both = [
        (base.threat_by_key[key], threat) for key, threat in head.threat_by_key.items() if key in base.threat_by_key
    ]
    for word, look in _LOOKS.items():
        found = tuple(after.key for before, after in both if look(before) != look(after))
        if found:
            yield Change(f"{word} changed", found)


_LOOKS: Mapping[str, Callable[[Threat], object]] = {
    "Category": lambda threat: threat.category,
    "Risk level": lambda threat: level(threat.risk),
    "Residual risk level": lambda threat: level(threat.residual),
    "Status": lambda threat: threat.status,
    "Targets or STRIDE letters": lambda threat: (sorted(threat.targets), sorted(threat.stride)),
    "Mitigations": lambda threat: sorted(threat.mitigated_by),
}


def _keys(parts: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for part in parts if (key := str(getattr(part, "key", "")))))


def _missing(keys: tuple[str, ...], among: tuple[str, ...]) -> tuple[str, ...]:
    there = set(among)
    return tuple(key for key in keys if key not in there)
