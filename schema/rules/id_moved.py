"""A threat keeps its key.

What: an id that the catalogue has under another key of this template, and that key is gone.

Why: a key is how the rest of the file, an adopter's notes and the ledger of ids call the threat. Under a new key it
looks like one threat taken out and another one brought in.

Fix: put the old key back. Where the new one is really better, keep it: the id stays with the threat.
"""

from collections.abc import Iterator

from schema.claims import Claim, claims
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template
from schema.text import shown


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Ids that stand under a new key."""
    for claimed in claims(template, facts):
        if claimed.claim is Claim.MOVED:
            yield Problem(
                (*claimed.threat.path, "key"),
                f"`{claimed.id}` stood under `{shown(claimed.key)}`, which is gone: put that key back, or keep this "
                "one if the threat was renamed on purpose.",
            )


RULE = rule(__name__, __doc__, Severity.WARNING, look)
