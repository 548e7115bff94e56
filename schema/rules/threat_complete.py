"""A threat names who is behind it and what it takes.

What: a threat without `actors`; a post-exploitation threat without `requires`; `fixed` without `fixed_in`, or
`fixed_in` without `fixed`.

Why: how likely a threat is depends on who would do it and what they must have first.

Fix: name the actors by key; say in `requires` which foothold is needed; name product and version in `fixed_in`.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Threats that leave out who, from where, or since when."""
    for threat in template.threats:
        if not threat.actors:
            yield Problem(threat.path, f"`{threat.key}` names no actor: who would do this, or whose mistake is it?")
        if threat.phase == "post-exploitation" and not threat.requires:
            yield Problem(
                threat.path, f"`{threat.key}` comes after a foothold: say in `requires` what the attacker already has."
            )
        if (threat.status == "fixed") != bool(threat.fixed_in):
            message = f"`{threat.key}`: `status: fixed` and `fixed_in` go together: add the one that is missing."
            yield Problem((*threat.path, "status"), message)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
