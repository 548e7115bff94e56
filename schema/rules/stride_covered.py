"""Every STRIDE cell that is asked is answered.

What: a process (S T R I D E), store (T I D, a log also R), sending external (S R), unencrypted crossing flow (T I),
crossing flow from an untrusted or low zone (D) or enforced zone edge (E) with a letter that neither a threat nor a
line of `stride_answers` answers. A warning; an error when the template is `vetted`.

Why: the holes of a threat model are where nobody looked. Asking each letter of each element is how one looks
everywhere.

Fix: add the letter to a threat that really breaks that property, write a new threat, or say in `stride_answers` why
nothing stands there.
"""

from collections.abc import Iterator

from schema import stride
from schema.facts import Facts
from schema.finding import Path, Problem, Severity
from schema.rules.rule import rule
from schema.template import Element, Flow, Template, Zone


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """One problem per target, naming its open letters."""
    severity = Severity.ERROR if template.status == "vetted" else None
    left: dict[str, list[str]] = {}
    for cell in stride.open_cells(template):
        left.setdefault(cell.target, []).append(cell.letter)
    paths = _paths(template)
    for target, letters in left.items():
        asked = ", ".join(f"{letter} ({stride.NAMES[letter].lower()})" for letter in letters)
        message = f"`{target}` has no answer for {asked}: add a threat, or say in `stride_answers` why there is none."
        yield Problem(paths[target], message, severity)


def _paths(template: Template) -> dict[str, Path]:
    drawn: tuple[Element | Flow | Zone, ...] = (
        *template.diagram.elements,
        *template.diagram.flows,
        *template.diagram.zones,
    )
    return {part.key: part.path for part in reversed(drawn)}


RULE = rule(__name__, __doc__, Severity.WARNING, look)
