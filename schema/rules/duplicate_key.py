"""A mapping names each key once.

What: the same key twice in one mapping.

Why: most readers keep the last one silently, so half of what the author wrote is lost.

Fix: keep one of the two, or join them.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
