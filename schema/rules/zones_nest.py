"""Zones lie inside one another without a circle.

What: a zone that is, over one or more steps, inside itself.

Why: nobody can say which edges a flow crosses, so crossings, STRIDE cells and pictures would all be wrong.

Fix: take the `inside` of the outermost zone out.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Every zone from which the way outwards comes back to itself."""
    for zone in template.diagram.zones:
        around, outer = [zone.key], zone.inside
        while outer in template.zones and outer not in around:
            around.append(outer)
            outer = template.zones[outer].inside
        if outer == zone.key:
            way = " inside ".join(f"`{key}`" for key in (*around, zone.key))
            yield Problem((*zone.path, "inside"), f"{way}: one of them has to be the outermost.")


RULE = rule(__name__, __doc__, Severity.ERROR, look)
