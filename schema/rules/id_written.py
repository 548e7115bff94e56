"""A threat carries the id that is reserved for it.

What: a threat without an id, although the registry has reserved or published one for it.

Why: readers cite the id. A version of the template becomes public only when every threat has one.

Fix: take the line that the message names. If nobody does, the registry writes it after the merge.
"""

from collections.abc import Iterator

from schema.claims import Claim, claims
from schema.facts import Facts
from schema.finding import Addition, Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Threats whose id waits to be written."""
    for claimed in claims(template, facts):
        if claimed.claim is Claim.UNWRITTEN:
            yield Problem(
                (*claimed.threat.path, "key"),
                f"The id of this threat is `{claimed.id}`: write the line `id: {claimed.id}` below its key.",
                replacement=Addition("id", claimed.id),
            )


RULE = rule(__name__, __doc__, Severity.HINT, look)
