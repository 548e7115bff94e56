"""The versions a template speaks of can be compared.

What: `versions` that is no list of comparisons joined by commas, or that no version can satisfy; `tested` that is no
version, or that lies outside `versions`.

Why: a tool has to decide whether the template speaks of what somebody runs. "Recent releases" means another thing
every month.

Fix: write the bounds: `>=2026.6.9`, or `>=2.1,<3`; in `tested` the one version the settings were tried with.
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Product, Template
from schema.text import shown

VERSION = re.compile(r"v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,5})(?:[-+.]?[A-Za-z][\w.+-]*)?")
BOUND = re.compile(rf"(>=|<=|==|!=|>|<|=)\s*({VERSION.pattern})")
Number = tuple[int, ...]
Bound = tuple[str, Number]


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Ranges no tool can read or no version can meet, and tested versions outside of them."""
    for product in template.applies_to:
        bounds = _bounds(product.versions) if product.versions else ()
        if bounds is None:
            message = f"`{shown(product.versions)}` is no range: write comparisons joined by commas, like `>=2.1,<3`."
            yield Problem((*product.path, "versions"), message)
        elif not _can_be_met(bounds):
            yield Problem(
                (*product.path, "versions"), f"No version can be in `{shown(product.versions)}`: correct a bound."
            )
        else:
            yield from _tested(product, bounds)


def _tested(product: Product, bounds: tuple[Bound, ...]) -> Iterator[Problem]:
    if not product.tested:
        return
    version = VERSION.fullmatch(product.tested)
    if version is None:
        yield Problem((*product.path, "tested"), f"`{shown(product.tested)}` is no version: write one, like `2.1.4`.")
    elif not all(_holds(_number(version.group(1)), bound) for bound in bounds):
        message = f"`{shown(product.tested)}` lies outside `{shown(product.versions)}`: correct one of them."
        yield Problem((*product.path, "tested"), message)


def _bounds(text: str) -> tuple[Bound, ...] | None:
    found = [BOUND.fullmatch(part.strip()) for part in text.split(",")]
    matches = [match for match in found if match is not None]
    return tuple((match.group(1), _number(match.group(3))) for match in matches) if len(matches) == len(found) else None


def _number(text: str) -> Number:
    """The numbers of a version without the zeros at its end, so that 2.1 and 2.1.0 are one."""
    numbers = [int(part) for part in text.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _can_be_met(bounds: tuple[Bound, ...]) -> bool:
    """Whether every lower bound lies below every upper one, and every exact version within all."""
    exact = [number for sign, number in bounds if sign in ("=", "==")]
    if exact:
        return all(_holds(number, bound) for number in exact for bound in bounds)
    lower = [bound for bound in bounds if bound[0] in (">", ">=")]
    upper = [bound for bound in bounds if bound[0] in ("<", "<=")]
    return all(a < b or (a == b and over == ">=" and under == "<=") for over, a in lower for under, b in upper)


def _holds(number: Number, bound: Bound) -> bool:
    sign, limit = bound
    return {
        ">=": number >= limit, "<=": number <= limit, ">": number > limit, "<": number < limit, "!=": number != limit,
    }.get(sign, number == limit)  # fmt: skip


RULE = rule(__name__, __doc__, Severity.WARNING, look)
