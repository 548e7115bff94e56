"""A mitigation says what to do.

What: a mitigation that is only a general phrase ("implement rate limiting", "validate input", "follow best
practices") with no control, configuration, requirement or way to verify it.

Why: everybody agrees with it and nobody can do it. "At most 10 messages a minute and sender" can be set, tested and
argued with.

Fix: say who sets what to which value, in `requirement` with MUST or in `config`; name the controls; say in `verify`
how to see that it works.
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Mitigation, Template

VAGUE = re.compile(
    r"^(?:[\w-]+ ){0,3}?(?:must |shall |should )?(?:please |always |properly |regularly )?"
    r"(?:implement|add|use|apply|enable|ensure|enforce|perform|provide|follow|maintain|consider|have|do|improve|increase|"
    r"validate|saniti[sz]e|monitor|limit|restrict|secure|harden|encrypt|protect|review|check|test|train|educate|filter|log)\b"
    r"(?:\W+\w+){0,5}\W*$|^(?:\w+ )?(?:limiting|validation|saniti[sz]ation|filtering|monitoring|logging|hardening|"
    r"encryption|training|awareness|controls?|review|security)\W*$",
    re.IGNORECASE,
)
"""A general verb and at most five more words, or the noun alone: no room to say what, where and how much."""
CONCRETE = re.compile(
    r"[0-9`=_]|(?<!\w)[~.]?/\w|\b(?!(?:MUST|LLM|AI|API|MCP|UI|PII|SQL|HTML)s?\b)[A-Z]{2,}\b"
    r"|(?i:\b(?:before|after|every|each|per|only|unless|until|never|without|at most|at least)\b)"
)
"""A number, a setting, a path, a named standard, a condition; the words of the trade alone name nothing."""


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Mitigations whose words could stand in any threat model."""
    for mitigation in template.mitigations:
        if _is_vague(mitigation):
            message = (
                f"“{mitigation.title}” could stand anywhere: say who sets what to which value (`requirement` with "
                "MUST, or `config`), and how to see that it works (`verify`)."
            )
            yield Problem((*mitigation.path, "title"), message)


def _is_vague(mitigation: Mitigation) -> bool:
    if mitigation.config or mitigation.controls or mitigation.verify or CONCRETE.search(mitigation.title):
        return False
    if mitigation.requirement and CONCRETE.search(mitigation.requirement):
        return False
    return bool(VAGUE.match(mitigation.requirement or mitigation.title))


RULE = rule(__name__, __doc__, Severity.WARNING, look)
