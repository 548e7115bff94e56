"""Every piece of evidence can be looked up.

What: evidence that is no CVE, GHSA, arXiv or ATLAS case-study id, no https address and no key of `references`; an
ATLAS case study that does not exist.

Why: evidence is there so that somebody who doubts can look. What cannot be found convinces nobody.

Fix: write the id in its usual form, or add the source to `references` and cite its key (`ADR-003`,
`runner.ts:166-175`).
"""

import re
from collections.abc import Iterator

from schema.facts import Facts
from schema.finding import Problem, Severity
from schema.rules.rule import rule
from schema.template import Template, parts

FORMS = re.compile(
    r"CVE-[0-9]{4}-[0-9]{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}|AML\.CS[0-9]{4}|arXiv:[0-9]{4}\.[0-9]{4,5}|https://[^\s]+"
)


def look(template: Template, facts: Facts) -> Iterator[Problem]:
    """Evidence of no known form, and case studies nobody wrote."""
    known = {source.key for source in template.references}
    studies = facts.vocabularies["atlas-case-studies"].entries
    for part in parts(template):
        for i, value in enumerate(getattr(part, "evidence", ())):
            if not FORMS.fullmatch(value) and value.partition(":")[0] not in known:
                yield Problem(
                    (*part.path, "evidence", i),
                    f"`{value}` leads nowhere: write an id or https address, or add it to `references`.",
                )
            elif value.startswith("AML.CS") and value not in studies:
                yield Problem(
                    (*part.path, "evidence", i),
                    f"`{value}` is no case study of ATLAS {facts.vocabularies['atlas'].release}: correct it.",
                )


RULE = rule(__name__, __doc__, Severity.WARNING, look)
