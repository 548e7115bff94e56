"""What is declared is used.

What: a zone that holds nothing, an asset that no element holds and no threat hits, a threat actor behind no threat;
as a hint, an in-place mitigation that answers nothing.

Why: an asset without a threat is either not worth listing or, more often, a threat nobody thought of.

Fix: use the key where it belongs, or take the entry out. An actor that is out of scope says so with `in_scope:
false`.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template, mentions


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Zones, assets and actors that nothing mentions; as hints, in-place mitigations that nothing rests on."""
    used = {mention.key for mention in mentions(template)}
    yield from _idle_zones(template)
    yield from _idle_assets(template, used)
    yield from _idle_actors(template, used)
    yield from _idle_mitigations(template, used)


def _idle_zones(template: Template) -> Iterator[Problem]:
    holding = {mention.key for mention in mentions(template) if mention.path[-1] in ("zone", "inside")}
    for zone in template.diagram.zones:
        if zone.key not in holding:
            message = f"Nothing stands in the zone `{zone.key}`: put an element in it, or take it out."
            yield Problem((*zone.path, "key"), message)


def _idle_assets(template: Template, used: set[str]) -> Iterator[Problem]:
    for asset in template.assets:
        if asset.key not in used and not asset.held_in:
            message = f"No element holds the asset `{asset.key}`, no flow carries it, no threat hits it: name it there."
            yield Problem((*asset.path, "key"), message)


def _idle_actors(template: Template, used: set[str]) -> Iterator[Problem]:
    for actor in template.threat_actors:
        if actor.in_scope and actor.key not in used:
            message = f"No threat names the actor `{actor.key}`: name it, or say `in_scope: false`."
            yield Problem((*actor.path, "key"), message)


def _idle_mitigations(template: Template, used: set[str]) -> Iterator[Problem]:
    for mitigation in template.mitigations:
        if mitigation.status == "in-place" and mitigation.key not in used:
            message = (
                f"Nothing rests on the in-place mitigation `{mitigation.key}`: name it under a threat, or take it out."
            )
            yield Problem((*mitigation.path, "key"), message, Severity.HINT)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
