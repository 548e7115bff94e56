"""A threat id is one that was assigned.

What: an id that nobody gave, one that another pull request holds, one that was given up, or a placeholder. Where the
ledger of ids could not be reached, a hint says once that new ids were not looked up.

Why: an id names a class of threat for good. A number made up in one file will be given to something else in another.

Fix: leave the line out: the id is assigned at review and written into the file. To say that this is a threat the
catalogue already knows, keep its published id.
"""

from collections.abc import Iterator

from schema.claims import Claim, Claimed, claims
from schema.facts import Facts
from schema.finding import Problem, Removal, Severity
from schema.ids import State
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Ids that may not stand here, and once, that nobody could tell."""
    found = tuple(claims(template, facts))
    for claimed in found:
        if claimed.claim is Claim.UNASSIGNED:
            message = f"`{claimed.threat.id}` {_why(claimed, facts)}: leave the line out, the id is given at review."
            yield Problem((*claimed.threat.path, "id"), message, replacement=Removal())
    unknown = next((claimed for claimed in found if claimed.claim is Claim.UNKNOWN), None)
    if unknown is not None:
        yield Problem(
            (*unknown.threat.path, "id"),
            f"The ledger of threat ids could not be reached, so nobody has looked whether `{unknown.threat.id}` was "
            "assigned: check again where it can be.",
            Severity.HINT,
        )


def _why(claimed: Claimed, facts: Facts) -> str:
    state = facts.ledger.state(claimed.threat.id) if facts.ledger else None
    if state is State.RESERVED:
        return "is reserved for another threat"
    return "was given up and names nothing" if state is State.REJECTED else "was never assigned"


RULE = rule(__name__, __doc__, Severity.ERROR, look)
