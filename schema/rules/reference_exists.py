"""Every key that is mentioned exists.

What: a key in `targets`, `mitigated_by`, `from`, `zone` ... that nothing in the file declares, or that names a thing
of another kind.

Why: a dangling reference is the commonest fault of published threat models: the threat looks mitigated, the flow
looks guarded, and nothing stands there.

Fix: correct the key (the message proposes the nearest one), or declare what it should name.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Guess, Problem, Severity
from schema.near import alike, surely_meant
from schema.rules.rule import rule
from schema.template import Mention, Template, declarations, mentions
from schema.text import shown

MOST_COMPARED = 20_000
"""Keys looked at to find the one that was meant, over all mentions: a bound, so that the time stays linear."""


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Every mention that leads nowhere, or to a thing of the wrong kind."""
    kinds: dict[str, set[str]] = {}
    for declared in declarations(template):
        kinds.setdefault(declared.key, set()).add(declared.kind)
    for key in template.flows:
        kinds.setdefault(key, set()).add("flow")
    compared = 0
    for mention in mentions(template):
        if not kinds.get(mention.key, set()) & set(mention.kinds):
            candidates = _candidates(mention, kinds) if compared < MOST_COMPARED else []
            compared += len(candidates)
            yield _problem(mention, kinds, candidates)


def _problem(mention: Mention, kinds: dict[str, set[str]], candidates: list[str]) -> Problem:
    meant = None if mention.key in kinds else surely_meant(mention.key, candidates)
    message = _message(mention, kinds, candidates)
    return Problem(mention.path, message, replacement=Guess(meant) if meant else None)


def _candidates(mention: Mention, kinds: dict[str, set[str]]) -> list[str]:
    return [key for key, found in kinds.items() if found & set(mention.kinds) and "+" not in key]


def _message(mention: Mention, kinds: dict[str, set[str]], candidates: list[str]) -> str:
    wanted = " or ".join(mention.kinds)
    if mention.key in kinds:
        found = sorted(kinds[mention.key])[0]
        return f"`{mention.key}` is the key of {_a(found)}; here the key of {_a(wanted)} is needed."
    near = alike(mention.key, candidates)
    advice = f"did you mean `{near[0]}`?" if near else f"declare the {wanted} or take the key out."
    return f"There is no {wanted} with the key `{shown(mention.key)}`: {advice}"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


RULE = rule(__name__, __doc__, Severity.ERROR, look)
