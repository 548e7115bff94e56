"""No threat carries a withdrawn id.

What: an id whose threat was withdrawn: an error in a file that a pull request touches, a warning elsewhere.

Why: the id leads to a tombstone. A reader looks for the threat and finds that it is none, or is told under another id.

Fix: take the successor that the message names, and look whether the text still fits. Without a successor take the
threat out, or describe another one under a key of its own, without an id.
"""

from collections.abc import Iterator

from schema.claims import Claim, claims
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Withdrawn ids, with what follows them."""
    severity = Severity.WARNING if facts.pull_request is None else Severity.ERROR
    for claimed in claims(template, facts):
        if claimed.claim is Claim.WITHDRAWN:
            advice = f"use `{claimed.id}`." if claimed.id else "nothing follows it; take the threat out."
            yield Problem(
                (*claimed.threat.path, "id"),
                f"`{claimed.threat.id}` is withdrawn: {advice}",
                severity,
                claimed.id or None,
            )


RULE = rule(__name__, __doc__, Severity.ERROR, look)
