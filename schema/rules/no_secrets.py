"""No text holds a working key.

What: text in the form of a well-known key or token: cloud access keys, forge, chat, model and registry tokens, signed
web tokens, private keys, and a password inside an address. What is plainly made up (`AKIAIOSFODNN7EXAMPLE`, a row of
one letter) is left alone. Comments are looked at too.

Why: a template is public and is copied by strangers. A key that was pushed once is known, even when the next commit
takes it out.

Fix: revoke the key first. Then write a placeholder (`$MODEL_KEY`, `<token>`) or a parameter.
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import Slip, in_comments, in_texts, rule
from schema.template import Template, texts

FORMS = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY(?: BLOCK)?-----")),
    ("a cloud access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}(?![\w-])")),
    ("a forge token", re.compile(r"\bgh[opsur]_[A-Za-z0-9]{36,255}\b|\bgithub_pat_\w{50,255}|\bglpat-[\w-]{20,64}")),
    (
        "a chat token",
        re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{20,255}|hooks\.slack\.com/services/T\w{6,}/B\w{6,}/\w{16,}"),
    ),
    ("a model provider's key", re.compile(r"\bsk-[A-Za-z0-9_-]{32,255}|\bhf_[A-Za-z0-9]{30,64}\b")),
    ("a payment key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{20,255}\b")),
    ("a package registry's token", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[\w-]{50,255}")),
    ("a signed web token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}")),
    (
        "a password in an address",
        re.compile(r"\b[a-z][a-z0-9+]{1,15}://[^\s/:@]{1,64}:(?![$<{*%[])([^\s/:@]{6,64})@[\w.-]+"),
    ),
)
ANY = re.compile(
    r"-----BEGIN |AKIA|ASIA|AIza|gh[opsur]_|github_pat_|glpat-|xox|hooks\.|sk-|k_live_|hf_|npm_|pypi-|eyJ|://"
)
"""What every form begins with: most texts hold none of it and need no second look."""
MADE_UP = re.compile(r"example|x{6}|password|(.)\1{7}", re.IGNORECASE)


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Texts and comments with a key in them; the message does not repeat it."""
    yield from in_texts(texts(template), _keys)
    yield from in_comments(facts.comments, _keys)


def _keys(text: str) -> Iterator[Slip]:
    """The first of each kind."""
    for name, form in FORMS if ANY.search(text) else ():
        found = next((match for match in form.finditer(text) if not _is_made_up(match)), None)
        if found:
            message = f"This looks like {name}: revoke it, then write a placeholder in its place."
            yield Slip(*found.span(), message)


def _is_made_up(match: "re.Match[str]") -> bool:
    return MADE_UP.search(match[match.lastindex or 0]) is not None


RULE = rule(__name__, __doc__, Severity.ERROR, look)
