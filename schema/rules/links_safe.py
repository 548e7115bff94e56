"""A link leads where it says, and tells nobody who follows it.

What: an `http://` address of a host on the internet; an address with a name before `@`; one that a shortening service
hides; one with the marks of a campaign (`utm_source`, `fbclid` ...). Loopback, private and reserved hosts may do
without https.

Why: readers of a threat model are worth watching. A plain link can be changed on the way, a shortened one afterwards,
and a mark in the address says which page the reader came from.

Fix: write the https address of the page itself, without what follows `?` when the page opens without it.
"""

import ipaddress
import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template, texts
from schema.text import shown

LINK = re.compile(r"(https?)://([^\s/?#<>\"'`)\]}|,;]+)([^\s<>\"'`)\]}|]*)", re.IGNORECASE)
LOCAL = re.compile(
    r"[\w-]+|(?:.+\.)?example\.(?:com|net|org)|.+\.(?:example|test|invalid|localhost|local|internal|lan|arpa|svc|onion)"
)
"""A name without a dot, or under a domain that nobody can register."""
SHORT = frozenset(
    (
        "bit.ly",
        "buff.ly",
        "cutt.ly",
        "goo.gl",
        "is.gd",
        "lnkd.in",
        "ow.ly",
        "rb.gy",
        "rebrand.ly",
        "t.co",
        "t.ly",
        "tiny.cc",
    )
) | {"tinyurl.com", "v.gd"}
CAMPAIGN = re.compile(
    r"[?&](?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_hsenc|_hsmi|mkt_tok|ref_src)="
)


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Addresses that can be changed on the way, or that watch who follows them."""
    for path, text in texts(template):
        if "://" in text:
            for match in LINK.finditer(text):
                fault = _fault(match.group(1).casefold(), match.group(2).casefold(), match.group(3))
                if fault:
                    yield Problem(path, f"`{shown(match.group())}` {fault}.")


def _fault(scheme: str, authority: str, rest: str) -> str:
    user, mark, place = authority.rpartition("@")
    host = re.sub(r":[0-9]*$", "", place)
    if mark and not user.startswith(("$", "{", "<")):
        return "has a name before `@`, which looks like the host and is not: take it out"
    if scheme == "http" and not _is_local(host):
        return "is not encrypted: write `https://`"
    if host.removeprefix("www.") in SHORT:
        return "hides where it leads: write the address of the page itself"
    return "tells its host where the reader came from: take the marks after `?` out" if CAMPAIGN.search(rest) else ""


def _is_local(host: str) -> bool:
    """Whether the host is no one machine on the internet: a parameter, a reserved name, a private address."""
    if LOCAL.fullmatch(host) or "{" in host or "$" in host:
        return True
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return "." not in host


RULE = rule(__name__, __doc__, Severity.WARNING, look)
