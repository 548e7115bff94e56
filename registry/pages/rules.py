"""The reference of rules: an index, and for each rule what it finds, why that matters and how to mend it."""

import re
from collections.abc import Iterator

from registry.pages.html import fill
from registry.pages.page import Documented, Example, Page, Shelf

_PART = re.compile(r"^(What|Why|Fix):\s+(\w?)", re.MULTILINE)


def pages(shelf: Shelf) -> Iterator[Page]:
    """`reference/rules/` and `reference/rules/<name>/`."""
    body = fill("rules.html", rules=shelf.rules, checks=shelf.checks)
    yield Page("reference/rules/index.md", "Rules", "What every template is checked for.", body)
    for rule in (*shelf.rules, *shelf.checks):
        yield Page(f"reference/rules/{rule.name}.md", rule.name, rule.title, _rule(rule, shelf.examples.get(rule.name)))


def _rule(rule: Documented, example: Example | None) -> str:
    """Markdown: the docstring of the rule is ours and may hold lists and code."""
    heading = fill("rule.html", rule=rule)
    text = _PART.sub(lambda part: f"## {part[1]}\n\n{part[2].upper()}", rule.page.partition("\n")[2].strip())
    shown = fill("rule_example.html", example=example) if example else ""
    return f"{heading}\n\n{text}\n\n{shown}\n"
