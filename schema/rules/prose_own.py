"""A long sentence stands in one template only.

What: a sentence of twelve words or more that another template holds as well; case and punctuation make no difference.
Code, words in quotation marks, `verify`, `config` and the titles of threats and of references may be the same.
Templates are compared when `threatshelf check` looks at several files under `templates/`, and in the review of a pull
request; the check of one file alone does not read the others.

Why: a sentence that fits two deployments tells of neither. What was copied goes on saying what is true elsewhere, and
an error in it is mended in one place of two.

Fix: say what holds in this deployment, with its own elements and settings. What both share needs no second telling:
give the threat the same `key` and title, and cite a source in `evidence`.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity, pointer
from schema.prose import sentences
from schema.rules.rule import rule
from schema.template import Template
from schema.text import shown


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Sentences that another template holds too."""
    for sentence in sentences(template) if facts.elsewhere else ():
        tellings = facts.elsewhere.get(sentence.digest, ())
        other = next((telling for telling in tellings if telling.template != template.id), None)
        if other:
            message = (
                f"`{shown(sentence.text)}` stands in `{shown(other.template)}` too (`{pointer(other.path)}`): "
                "say what holds in this deployment, in its own words."
            )
            yield Problem(sentence.path, message, words=sentence.text)


RULE = rule(__name__, __doc__, Severity.WARNING, look)
