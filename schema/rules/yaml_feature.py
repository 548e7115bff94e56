"""The file uses the plain part of YAML.

What: anchors, aliases, merge keys, tags, directives, a second document.

Why: they make two readers see two files: one expands them, another refuses them, a third runs out of memory. None is
needed.

Fix: write the value out where it is meant.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
