"""A threat keeps its id, and an id stands on one threat.

What: a threat with another id than it has in the catalogue, two threats that have swapped theirs, or one id twice in
a file.

Why: reports, tickets and other templates cite the id. Whoever follows it has to arrive at the same threat.

Fix: put the old id back. For another threat write an entry of its own without an id; of two entries for the same
threat keep one.
"""

from collections.abc import Iterator

from schema.claims import Claim, claims
from schema.facts import Facts
from schema.finding import Problem, Removal, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Ids that differ from the base, and repeated ones."""
    for claimed in claims(template, facts):
        path = (*claimed.threat.path, "id")
        if claimed.claim is Claim.CHANGED:
            message = f"This threat is `{claimed.id}`, and an id never changes: put it back."
            yield Problem(path, message, replacement=claimed.id)
        elif claimed.claim is Claim.REPEATED:
            message = f"`{claimed.id}` already stands on `{claimed.key}`: one id, one threat; leave the line out here."
            yield Problem(path, message, replacement=Removal())


RULE = rule(__name__, __doc__, Severity.ERROR, look)
