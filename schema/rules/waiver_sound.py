"""A waiver names a rule that can be waived, and is still in force.

What: a waiver for a rule that does not exist or is an error, or one whose last day has passed.

Why: a waiver that does nothing looks like an excuse that was granted.

Fix: correct the rule's name; mend the fault, or renew the day with a fresh reason.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Waivers that excuse nothing."""
    for waiver in template.waive:
        severity = facts.severities.get(waiver.rule)
        if severity is None:
            yield Problem(
                (*waiver.path, "rule"), f"There is no rule `{waiver.rule}`: correct the name, or take the waiver out."
            )
        elif severity is Severity.ERROR:
            yield Problem(
                (*waiver.path, "rule"),
                f"`{waiver.rule}` is an error and cannot be waived: mend it, and take the waiver out.",
            )
        if waiver.until and waiver.until < facts.today.isoformat():
            yield Problem(
                (*waiver.path, "until"), f"This waiver ended on {waiver.until}: take it out, or mend what it excuses."
            )


RULE = rule(__name__, __doc__, Severity.WARNING, look)
