"""What a rule is: a name, a severity, the version it exists since, its page, and a look at a template."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from schema.comments import Comment
from schema.facts import Facts
from schema.finding import Path, Problem, Severity
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


@dataclass(frozen=True)
class Slip:
    """What is wrong with a text: its characters from `start` up to `end`, and the sentence that says so."""

    start: int
    end: int
    message: str


Slips = Callable[[str], Iterable[Slip]]


def in_texts(texts: Iterable[tuple[Path, str]], slips: Slips) -> Iterator[Problem]:
    """The slips of values, each at the line of its words."""
    for path, text in texts:
        yield from (Problem(path, slip.message, words=text[slip.start : slip.end]) for slip in slips(text))


def in_comments(comments: Iterable[Comment], slips: Slips) -> Iterator[Problem]:
    """The slips of comments, which no reader of the template sees and everybody who opens the file does."""
    for comment in comments:
        for slip in slips(comment.text):
            yield Problem((), slip.message, stretch=(comment.start + slip.start, comment.start + slip.end))
