"""A changed template has a higher version.

What: content that differs from the published release of the same version, or a version below the newest published
one. Content is the file without threat ids, credits and review log.

Why: somebody has downloaded that version and holds its digest. A published version never changes.

Fix: raise `version`: the third number for wording, the second for additions, the first when something is taken away
or means something else.
"""

from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template
from schema.versions import number


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """A version that is taken by other content, or that goes backwards."""
    published = facts.published.get(template.id, ())
    same = next((release for release in published if release.version == template.version), None)
    if same is not None and facts.content is not None and same.content != facts.content:
        yield Problem(("version",), f"{template.version} is published with other content: raise the version.")
    if same is None and published and number(template.version) < number(published[-1].version):
        yield Problem(
            ("version",),
            f"{template.version} is below {published[-1].version}, the newest published version: write a higher one.",
        )


RULE = rule(__name__, __doc__, Severity.ERROR, look)
