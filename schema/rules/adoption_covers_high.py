"""The steps of adoption deal with the worst threats.

What: a threat that is open or partial, with a risk of High or Critical, that no step under `adoption.steps` names.
Silent where the section itself is missing.

Why: an adopter reads the steps, not the register. What is not there is not done.

Fix: name the threat in the step that answers it, or add a step.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.risk import at_least_high, level
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """High and Critical threats still open that no step mentions."""
    steps = template.adoption.steps if template.adoption else ()
    if not steps:
        return
    named = {key for step in steps for key in step.threats}
    for threat in template.threats:
        if threat.status in ("open", "partial") and at_least_high(threat.risk) and threat.key not in named:
            message = f"`{threat.key}` is {level(threat.risk)} and {threat.status}: name it in an adoption step."
            yield Problem((*threat.path, "key"), message)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
