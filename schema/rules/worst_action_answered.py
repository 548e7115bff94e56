"""A worst action that strangers can still bring about is answered.

What: a worst action in reach of somebody who steers from an untrusted source, with all gates of the template switched
on (in place and available), when neither a threat nor a residual risk touches it. A threat touches it that has T, I, D
or E and targets an element of its `through` that is in reach, or the flow by which that element is reached; a residual
risk touches it that names any threat on such an element. In reach is what the steering gets to, what it then holds,
and what the secrets seen on the way open.

Why: an adopter who has done everything the template advises reads it as the end of the story. If the worst thing can
still happen, they must be told.

Fix: write the threat, or accept the rest in `residual_risks` and name the threat it comes from; better, gate the way
that the message shows.
"""

from collections.abc import Iterator

from schema import reach_blast
from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.reach import Reading
from schema.reach_blast import Step
from schema.rules.rule import rule
from schema.template import Template, WorstAction


def look(template: Template, _facts: Facts) -> Iterator[Problem]:
    """Worst actions in reach as advised that nothing touches, each with the element and the last step to it."""
    blast = reach_blast.blast_of_strangers(template, Reading.AS_ADVISED)
    fallen = {step.key: step for step in (*blast.held, *blast.steered)}
    answered = _answered(template)
    reached = {step.key: step for step in blast.worst_actions}
    for worst in template.worst_actions:
        if worst.key in reached and not answered & _touched(worst, fallen):
            yield _problem(worst, fallen[reached[worst.key].by])


def _problem(worst: WorstAction, step: Step) -> Problem:
    return Problem(
        worst.path,
        f"With every gate on, strangers still reach `{step.key}` ({step.because}), and no threat says what follows "
        f"for `{worst.key}`. Add the threat or a residual risk.",
    )


def _touched(worst: WorstAction, fallen: dict[str, Step]) -> set[str]:
    at = [fallen[key] for key in worst.through if key in fallen]
    return {step.key for step in at} | {step.flow for step in at if step.flow}


def _answered(template: Template) -> set[str]:
    """The targets of threats that make an element act, and of any threat that a residual risk names."""
    accepted = {key for risk in template.residual_risks for key in risk.threats}
    threats = (t for t in template.threats if t.key in accepted or {*"TIDE"} & {*t.stride})
    return {target for threat in threats for target in threat.targets}


RULE = rule(__name__, __doc__, Severity.WARNING, look)
