"""A key stands for one thing in the whole file.

What: two things (elements, flows, threats, mitigations ...) under one key; two references under one key, two parameters
under one name.

Why: a reference to that key could mean either, so a picture, a matrix or an export would silently choose one.

Fix: rename one of them and the references that mean it. A flow without a key is called `<from>-to-<to>`: give the
second flow between the same two elements a key of its own.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity, pointer
from schema.rules.rule import rule
from schema.template import Declaration, Template, declarations


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Every declaration of a key after the first."""
    first: dict[str, str] = {}
    for declared in (*declarations(template), *_unnamed_flows(template)):
        if declared.key in first:
            message = (
                f"`{declared.key}` is already the key of {first[declared.key]}: give this {declared.kind} another."
            )
            yield Problem((*declared.path, "key"), message)
        else:
            first[declared.key] = f"the {declared.kind} at {pointer(declared.path)}"
    yield from _own_lists(template)


def _own_lists(template: Template) -> Iterator[Problem]:
    """References and parameters have keys of their own, apart from those of the model."""
    parameters = template.adoption.parameters if template.adoption else ()
    named = [(source.path, "key", source.key) for source in template.references]
    named += [(parameter.path, "name", parameter.name) for parameter in parameters]
    seen: set[tuple[str, str]] = set()
    for path, field, key in named:
        if key and (field, key) in seen:
            yield Problem((*path, field), f"`{key}` stands here a second time: keep one of the two.")
        seen.add((field, key))


def _unnamed_flows(template: Template) -> Iterator[Declaration]:
    flows = (flow for flow in template.diagram.flows if not flow.given_key and flow.pairs)
    yield from (Declaration(flow.path, flow.key, "flow") for flow in flows)


RULE = rule(__name__, __doc__, Severity.ERROR, look)
