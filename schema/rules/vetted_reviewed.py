"""A vetted template was reviewed by two others.

What: `status: vetted` with fewer than two people in `review.log` who approved it and are not its authors; a log that
is not in order of days; `retired` without `deprecated`, or the reverse.

Why: the word is a promise to everybody who deploys by it.

Fix: keep `candidate` until two reviewers have approved, each with a line of their own in the log.
"""

from collections.abc import Iterator
from itertools import pairwise

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """A promise of review that the log does not hold."""
    approved = _approvers(template)
    if template.status == "vetted" and len(approved) < 2:
        yield Problem(
            ("status",),
            f"Vetted takes approval by two people beside the author, the log shows {len(approved)}: stay `candidate`.",
        )
    for before, after in pairwise(template.review.log):
        if after.date < before.date:
            yield Problem(
                (*after.path, "date"), f"{after.date} comes after {before.date} in the log: put the oldest first."
            )
    if (template.status == "deprecated") != (template.retired is not None):
        yield Problem(("status",), "`status: deprecated` and `retired` go together: add the one that is missing.")


def _approvers(template: Template) -> set[str]:
    """Who approved, is no author, and did not ask for changes afterwards; spelling of a name apart from its case."""
    latest = {_person(entry.by): entry for entry in template.review.log if entry.verdict in _JUDGING}
    authors = {_person(credit.name) for credit in template.credits if credit.role == "author"}
    authors |= {_person(entry.by) for entry in template.review.log if entry.role == "author"}
    return {person for person, entry in latest.items() if entry.verdict == "approved"} - authors


def _person(name: str) -> str:
    return " ".join(name.casefold().split())


_JUDGING = ("approved", "changes-requested")
RULE = rule(__name__, __doc__, Severity.ERROR, look)
