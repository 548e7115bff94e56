"""What a check on the pull request itself is: a rule whose subject is the pull request, not a template."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.facts import PullRequest, Role
from schema.finding import Severity
from schema.text import shown


@dataclass(frozen=True)
class Fault:
    """What a check found: the file it is about (empty: all of it), a sentence, perhaps another severity."""

    path: str
    message: str
    severity: Severity | None = None


Look = Callable[[PullRequest, Role], Iterable[Fault]]
"""The pull request, and what its author may do here."""


@dataclass(frozen=True)
class Check:
    """One check. `page` is its documentation: a first line that says what holds, then What, Why and Fix."""

    name: str
    severity: Severity
    page: str
    look: Look
    since: str = "1.0"

    @property
    def title(self) -> str:
        """What holds in a pull request that satisfies the check."""
        return self.page.split("\n", 1)[0]


def check(module: str, page: str | None, severity: Severity, look: Look) -> Check:
    """The check that a module is: `check(__name__, __doc__, Severity.ERROR, look)`; its name is the module's."""
    name = module.rpartition(".")[2].replace("_", "-")
    return Check(name, severity, inspect.cleandoc(page or ""), look)


def named(paths: Iterable[str], most: int = 5) -> str:
    """File names as they may stand in a message: between backticks, a few of them, the rest counted."""
    every = list(paths)
    said = ", ".join(f"`{shown(path)}`" for path in every[:most])
    return said if len(every) <= most else f"{said} and {len(every) - most:,} more"
