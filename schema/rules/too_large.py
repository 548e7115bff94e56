"""The file keeps within the limits.

What: a file over 1 MiB, nested deeper than 32 levels, or with more than 100,000 values.

Why: everybody's tools read these files, most of them on small machines; a template that a person can review stays far
below.

Fix: split the model into two templates, or shorten long configuration to what has to change.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
