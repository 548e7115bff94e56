"""The file has the shape of the schema.

What: a field that is missing, unknown, of another type, or with a value the schema does not list.

Why: pages, exports and rules read the fields by name; a field they do not know is lost on everybody.

Fix: the message names the field and what it takes; the schema reference lists all of them.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
