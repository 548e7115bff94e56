"""No text names a way to reach a real person.

What: an e-mail address outside the reserved example domains, or a telephone number with its country's code. Shared
accounts of programs (`git@`, `noreply@`) and the numbers reserved for fiction (555-0100 to 555-0199) are left alone.
Comments are looked at too.

Why: examples are copied. An address in one belongs to somebody who never agreed to be in a thousand threat models.

Fix: write `name@example.com`, or `+1 202 555 0142` for a telephone number; people are named in `credits` and
`review.log` by their name or login.
"""

import re
from collections.abc import Iterable, Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import Slip, in_comments, in_texts, rule
from schema.template import Template, texts
from schema.text import shown

ADDRESS = re.compile(
    r"(?<![\w.+/:@-])(?!(?:git|no-?reply)@)[A-Za-z0-9][\w.+-]{0,63}@((?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![\w@/-])"
)
RESERVED = re.compile(r"(?:.+\.)?example\.(?:com|net|org)|.+\.(?:example|test|invalid|localhost|local|internal|lan)")
NO_HOST = re.compile(r".+\.(?:service|socket|timer|target|mount|path|js|mjs|ts|json|ya?ml|md|py|sh|toml|lock)")
"""Units of systemd and names of files: `agent@1.service` is no address."""
TELEPHONE = re.compile(r"(?<![\w.+/-])\+[1-9][0-9]{0,2}(?:[ .()-]{0,2}[0-9]{2,5}){2,5}(?![\w+]|\.[0-9])")
FICTION = re.compile(r"55501[0-9]{2}$")


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Addresses and telephone numbers that may be somebody's, in texts and in comments."""
    yield from in_texts(texts(template), _ways)
    yield from in_comments(facts.comments, _ways)


def _ways(text: str) -> Iterator[Slip]:
    """Each address once, and the first telephone number."""
    for match in _addresses(text) if "@" in text else ():
        message = f"`{shown(match.group())}` may be somebody's: write an address under example.com."
        yield Slip(*match.span(), message)
    number = next(filter(_may_be_called, TELEPHONE.finditer(text)), None) if "+" in text else None
    if number:
        message = "This looks like a telephone number: take it out, or use one of 555-0100 to 555-0199."
        yield Slip(*number.span(), message)


def _addresses(text: str) -> Iterable["re.Match[str]"]:
    found: dict[str, re.Match[str]] = {}
    for match in ADDRESS.finditer(text):
        if not _is_nobodys(match.group(1).casefold()):
            found.setdefault(match.group(), match)
    return found.values()


def _is_nobodys(host: str) -> bool:
    return bool(RESERVED.fullmatch(host) or NO_HOST.fullmatch(host))


def _may_be_called(match: "re.Match[str]") -> bool:
    digits = re.sub("[^0-9]", "", match.group())
    return 9 <= len(digits) <= 15 and not FICTION.search(digits)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
