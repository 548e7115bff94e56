"""A flow goes from one element to another.

What: a flow whose sender and receiver are the same element, also as one pair of two lists.

Why: it says nothing about trust, and most often one of the two keys is a slip.

Fix: correct the key; for lists, split the flow in two.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Flows with a pair of equal ends."""
    for flow in template.diagram.flows:
        for sender, receiver in flow.pairs:
            if sender == receiver:
                yield Problem(
                    (*flow.path, "to"), f"`{flow.key}` goes from `{sender}` back to itself: take it out of `to`."
                )


RULE = rule(__name__, __doc__, Severity.ERROR, look)
