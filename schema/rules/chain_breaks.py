"""An attack chain shows where it breaks.

What: a chain without a step that names the threat it is, or without a single `broken_by`.

Why: a chain is told to show the one place where effort pays most. Without it, it is a horror story.

Fix: name the threats of the steps, and the mitigations that stop the chain at the step where they stop it.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Chains that nothing breaks, or that are made of no threat of this model."""
    for chain in template.attack_chains:
        if chain.steps and not any(step.broken_by for step in chain.steps):
            yield Problem(
                chain.path,
                f"Nothing breaks the chain `{chain.key}`: name the mitigation that does, in `broken_by`.",
            )
        if chain.steps and not any(step.threat for step in chain.steps):
            yield Problem(chain.path, f"No step of the chain `{chain.key}` names a threat: put a key into `threat`.")


RULE = rule(__name__, __doc__, Severity.WARNING, look)
