"""A High or Critical threat says how it would be noticed.

What: a threat whose risk is High or Critical, that is not fixed, without `detection`.

Why: what is likely and bad will happen to somebody. Who cannot notice it cannot stop it.

Fix: say which log, alert or look shows it; "nothing shows it" is an honest answer and belongs into `gaps` too.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.risk import at_least_high, level
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """High and Critical threats without a detection."""
    for threat in template.threats:
        if at_least_high(threat.risk) and threat.status != "fixed" and not threat.detection:
            message = f"`{threat.key}` is {level(threat.risk)}: say in `detection` how it would be noticed."
            yield Problem(threat.path, message)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
