"""Every section is filled, or its absence has a reason.

What: worst_actions, scope.excluded, assets, threat_actors, any of the four layers of assumptions, mitigations,
failure_modes, attack_chains, residual_risks or adoption.steps that is empty and not named in `not_applicable`. As a
hint in a draft.

Why: an empty section looks like "nothing to say" and mostly means "not looked at".

Fix: fill it, or name it under `not_applicable` with the reason. A reason beside a filled section is out of date: take
it out.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Path, Problem, Severity
from schema.rules.rule import rule
from schema.template import Template

LAYERS = ("environment", "deployment", "operation", "threat")


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Empty sections without a reason, and reasons beside filled sections."""
    severity = Severity.HINT if template.status == "draft" else None
    for path, sections in _unsaid(template).items():
        names = ", ".join(f"`{section}`" for section in sections)
        yield Problem(
            path, f"Nothing is said of {names}: fill it, or say in `not_applicable` why not.", severity, on_key=True
        )
    for section, filled in _sections(template).items():
        if filled and template.not_applicable.get(section):
            message = f"`{section}` is filled, so this reason is out of date: take the line out."
            yield Problem(("not_applicable", section), message, severity)


def _unsaid(template: Template) -> dict[Path, list[str]]:
    """The empty sections without a reason by where to say it: at their key, or at the top when it is not there."""
    found: dict[Path, list[str]] = {}
    there = {"scope": bool(template.scope.included), "assumptions": bool(template.assumptions)}
    for section, filled in _sections(template).items():
        if not filled and not template.not_applicable.get(section):
            key = section.partition(".")[0]
            found.setdefault((key,) if there.get(key) else (), []).append(section)
    return found


def _sections(template: Template) -> dict[str, bool]:
    layers = {assumption.layer for assumption in template.assumptions}
    return {
        "worst_actions": bool(template.worst_actions),
        "scope.excluded": bool(template.scope.excluded),
        "assets": bool(template.assets),
        "threat_actors": bool(template.threat_actors),
        **{f"assumptions.{layer}": layer in layers for layer in LAYERS},
        "mitigations": bool(template.mitigations),
        "failure_modes": bool(template.failure_modes),
        "attack_chains": bool(template.attack_chains),
        "residual_risks": bool(template.residual_risks),
        "adoption.steps": bool(template.adoption and template.adoption.steps),
    }


RULE = rule(__name__, __doc__, Severity.WARNING, look)
