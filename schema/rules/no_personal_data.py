"""No text names a way to reach a real person.

What: an e-mail address outside the reserved example domains, or a telephone number with its country's code. Shared
accounts of programs (`git@`, `noreply@`) and the numbers reserved for fiction (555-0100 to 555-0199) are left alone.

Why: examples are copied. An address in one belongs to somebody who never agreed to be in a thousand threat models.

Fix: write `name@example.com`, or `+1 202 555 0142` for a telephone number; people are named in `credits` and
`review.log` by their name or login.
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
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


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Addresses and telephone numbers that may be somebody's."""
    for path, text in texts(template):
        if "@" in text:
            for address in _addresses(text):
                yield Problem(path, f"`{shown(address)}` may be somebody's: write an address under example.com.")
        if "+" in text and _telephones(text):
            yield Problem(path, "This looks like a telephone number: take it out, or use one of 555-0100 to 555-0199.")


def _addresses(text: str) -> list[str]:
    found = (match for match in ADDRESS.finditer(text) if not _is_nobodys(match.group(1).casefold()))
    return list(dict.fromkeys(match.group() for match in found))


def _is_nobodys(host: str) -> bool:
    return bool(RESERVED.fullmatch(host) or NO_HOST.fullmatch(host))


def _telephones(text: str) -> list[str]:
    numbers = (re.sub("[^0-9]", "", match.group()) for match in TELEPHONE.finditer(text))
    return [number for number in numbers if 9 <= len(number) <= 15 and not FICTION.search(number)]


RULE = rule(__name__, __doc__, Severity.WARNING, look)
