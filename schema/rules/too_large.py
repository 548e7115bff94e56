"""The file keeps within the limits.

What: a file over 1 MiB, nested deeper than 32 levels, with more than 40,000 values, or with more than 1,000 findings,
of which only the first are shown.

Why: everybody's tools read these files, most of them on small machines; a template that a person can review stays far
below.

Fix: split the model into two templates, or shorten long configuration to what has to change.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
