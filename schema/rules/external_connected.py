"""Every external entity has a part in the picture.

What: a diagram without an external entity; an external that sends, receives and supplies nothing; as a hint, a flow
between two externals.

Why: what comes from outside is where attacks begin. An external without a flow is a forgotten flow.

Fix: draw the flow, name it as `supplier` of what it makes, or take it out. What two externals tell each other is out
of the adopter's sight: draw it only when it explains something.
"""

from collections.abc import Iterator

from schema.diagram import level_zero
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """No external at all, externals without flow or supply, flows that never touch the system."""
    externals = [element for element in template.diagram.elements if element.kind == "external"]
    if template.diagram.elements and not externals:
        yield Problem(
            ("diagram", "elements"), "No element is external: draw who uses the system and whose services it uses."
        )
    busy = {key for flow in template.diagram.flows for key in (*flow.senders, *flow.receivers)}
    busy |= {element.supplier for element in template.diagram.elements}
    for element in externals:
        if element.key not in busy:
            yield Problem(
                (*element.path, "key"),
                f"`{element.key}` sends, receives and supplies nothing: draw its flow, or take it out.",
            )
    for flow in level_zero(template).outside:
        message = f"`{flow.key}` goes from external to external, where nothing here can stop it: is it needed?"
        yield Problem(flow.path, message, Severity.HINT)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
