"""Zones lie inside one another without a circle.

What: a zone that is, over one or more steps, inside itself, or that stands more than 32 zones deep.

Why: nobody can say which edges a flow crosses, so crossings, STRIDE cells and pictures would all be wrong. What
stands deeper than 32 zones is not followed.

Fix: take the `inside` of the outermost zone out.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import MOST_ZONES_AROUND, Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Every zone from which the way outwards comes back to itself."""
    for zone in template.diagram.zones:
        around, outer = {zone.key: None}, zone.inside
        while outer in template.zones and outer not in around and len(around) <= MOST_ZONES_AROUND:
            around[outer] = None
            outer = template.zones[outer].inside
        if outer == zone.key:
            way = " inside ".join(f"`{key}`" for key in (*around, zone.key))
            yield Problem((*zone.path, "inside"), f"{way}: one of them has to be the outermost.")
        elif len(around) > MOST_ZONES_AROUND:
            message = (
                f"`{zone.key}` stands more than {MOST_ZONES_AROUND} zones deep: take out zones that enforce nothing."
            )
            yield Problem((*zone.path, "inside"), message)


RULE = rule(__name__, __doc__, Severity.ERROR, look)
