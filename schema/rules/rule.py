"""What a rule is: a name, a severity, the version it exists since, its page, and a look at a template."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.template import Template

Look = Callable[[Template, Facts], Iterable[Problem]]


@dataclass(frozen=True)
class Rule:
    """One rule. `page` is its documentation: a first line that says what holds, then What, Why and Fix."""

    name: str
    severity: Severity
    since: str
    page: str
    look: Look

    @property
    def title(self) -> str:
        """What holds in a file that satisfies the rule."""
        return self.page.split("\n", 1)[0]


def rule(module: str, page: str | None, severity: Severity, look: Look, since: str = "1.0") -> Rule:
    """The rule that a module is: `rule(__name__, __doc__, Severity.ERROR, look)`; its name is the module's."""
    name = module.rpartition(".")[2].replace("_", "-")
    return Rule(name, severity, since, inspect.cleandoc(page or ""), look)


def by_the_reader(_template: Template, _facts: Facts) -> Iterable[Problem]:
    """The look of a rule that the reader or the schema has kept before any template exists."""
    return ()
