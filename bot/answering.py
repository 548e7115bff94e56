"""The visit to an issue: read it as it stands, take the steps that are missing."""

from bot.forge import GivenUpError
from bot.issues import Shelf, missing_steps
from bot.reviewer import Desk, Line, Outcome, Visit
from bot.steps import Step


def visit_issue(desk: Desk, number: int) -> Visit:
    """One visit; silent where there is no such issue. Never raises for what the forge answers."""
    try:
        return _visited(desk, number)
    except GivenUpError:
        raise
    except Exception as failure:  # whatever it is, the next visit finds what is missing
        detail = f"{type(failure).__name__}: {failure}"
        desk.tell(Line(number, "", "issue", Outcome.FAILED, detail))
        return Visit(number, Outcome.FAILED, detail=detail)


def _visited(desk: Desk, number: int) -> Visit:
    issue = desk.forge.issue(number)
    if issue is None or desk.known is None:
        return Visit(number, Outcome.SILENT)
    names = desk.facts.vocabularies["atlas"].entries
    steps = missing_steps(issue, Shelf(desk.known, names, desk.house, desk.forge.repository), desk.moment())
    for step in steps:
        _take(desk, number, step)
    return Visit(number, Outcome.FINISHED, steps)


def _take(desk: Desk, number: int, step: Step) -> None:
    desk.forge.take_on_issue(number, step)
    desk.tell(Line(number, "", type(step).__name__, Outcome.TAKEN))
