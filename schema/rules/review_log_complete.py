"""The review log tells what happened.

What: a log whose first line is not the proposal; `changes-requested` without `changes`; an approval in the role of
the author; a line dated after today.

Why: the log is all that a stranger has to judge the review by. "Changes requested" without the changes says that
something was wrong and hides what.

Fix: begin with the line `verdict: proposed`; say in `changes` what was found; let somebody else approve; correct the
day.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import LogEntry, Template


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Lines of the log that leave out what they are there for."""
    log = template.review.log
    if log and log[0].verdict not in ("", "proposed"):
        yield Problem(
            (*log[0].path, "verdict"),
            f"The log begins with `{log[0].verdict}`: put the line with `proposed` before it.",
        )
    for entry in log:
        yield from _unsound(entry, facts.today.isoformat())


def _unsound(entry: LogEntry, today: str) -> Iterator[Problem]:
    if entry.date > today:
        yield Problem((*entry.path, "date"), f"{entry.date} has not come yet: write the day of the review.")
    if entry.verdict == "changes-requested" and not entry.changes:
        yield Problem(entry.path, "Changes were requested: say in `changes` which.")
    if entry.verdict == "approved" and entry.role == "author":
        yield Problem(
            (*entry.path, "role"), "An author does not approve their own template: name the reviewer, or take it out."
        )


RULE = rule(__name__, __doc__, Severity.WARNING, look)
