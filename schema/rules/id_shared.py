"""A shared id means the same threat.

What: the published id of a threat elsewhere. A hint shows both titles. It is an error in a pull request when the titles
have little in common and no maintainer has said `/same-as`. Titles are alike when at least half of the words of the
shorter one, without endings and words such as "the" and "agent", also stand in the longer one.

Why: templates share ids on purpose: the catalogue shows how each pattern answers the same threat. An id copied by
mistake puts an answer beside a question it does not belong to.

Fix: if it is the same threat, keep the id; a maintainer confirms it with `/same-as`. If it is not, leave the line out:
the threat gets an id of its own.
"""

import re
from collections.abc import Iterator

from schema.claims import Claim, claims
from schema.facts import Facts
from schema.finding import Problem, Removal, Severity
from schema.rules.rule import rule
from schema.template import Template, Threat
from schema.text import shown

_WORD = re.compile(r"[^\W_]{3,}")
_ENDING = re.compile(r"(?<=\w{4})(?:ing|ed|es|s)$")
_SAYS_NOTHING = frozenset(("agent", "and", "are", "can", "for", "from", "has", "into", "its", "not", "that", "the"))


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Ids published elsewhere, with the titles they have there."""
    for claimed in claims(template, facts):
        titles = facts.ledger.titles(claimed.id) if facts.ledger and claimed.claim is Claim.SHARED else ()
        if not titles:
            continue
        says = f"`{claimed.id}` says that `{shown(claimed.threat.title)}` is the same threat as `{shown(titles[0])}`"
        if _is_sure(claimed.threat, titles, facts):
            yield Problem((*claimed.threat.path, "id"), f"{says}: keep it only if it is.")
        else:
            ask = f"/same-as {claimed.id} {shown(claimed.threat.key)}"
            message = f"{says}: a maintainer confirms it with `{ask}`, or leave the line out."
            yield Problem((*claimed.threat.path, "id"), message, Severity.ERROR, Removal())


def _is_sure(threat: Threat, titles: tuple[str, ...], facts: Facts) -> bool:
    """Outside a pull request nobody can be asked, so that nothing is refused."""
    said = facts.pull_request is None or (threat.id, threat.key) in facts.same_as
    return said or any(alike(threat.title, title) for title in titles)


def alike(one: str, other: str) -> bool:
    """Whether at least half of the words of the shorter title also stand in the longer one."""
    first, second = _words(one), _words(other)
    return bool(first and second) and 2 * len(first & second) >= min(len(first), len(second))


def _words(title: str) -> frozenset[str]:
    found = (word for word in _WORD.findall(title.casefold()) if word not in _SAYS_NOTHING)
    return frozenset(_ENDING.sub("", word) for word in found)


RULE = rule(__name__, __doc__, Severity.HINT, look)
