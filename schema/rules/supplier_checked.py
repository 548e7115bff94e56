"""What comes from a supplier is checked when it arrives.

What: an element with `supplier` whose supplier is no external, or without `integrity_check`; `integrity_check: none`
without a threat on that element.

Why: the publisher of an adapter, skill or server can change it after it was reviewed. Without a check they act
inside.

Fix: name the external and the check (`image digest pinned in compose.yaml`); when there is none, write `none` and add
the threat that follows.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Supplied elements without an external supplier, without a check, or without the threat that `none` means."""
    threatened = {target for threat in template.threats for target in threat.targets}
    for element in template.diagram.elements:
        if not element.supplier:
            continue
        supplier = template.elements.get(element.supplier)
        if supplier is not None and supplier.kind != "external":
            yield Problem(
                (*element.path, "supplier"),
                f"`{supplier.key}` is no external: name one, for a supplier is somebody you do not run.",
            )
        if not element.integrity_check:
            yield Problem(
                element.path,
                f"`{element.key}` has a supplier: say in `integrity_check` how a changed delivery is noticed.",
            )
        if element.integrity_check.casefold() == "none" and element.key not in threatened:
            yield Problem(
                (*element.path, "integrity_check"),
                f"Nothing checks `{element.key}`: name a check, or add a threat that targets it.",
            )


RULE = rule(__name__, __doc__, Severity.WARNING, look)
