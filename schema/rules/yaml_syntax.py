"""The file is YAML.

What: text that no YAML reader understands; usually a value that begins with a sign of YAML's own, or a `: ` inside a
value.

Why: nothing further can be checked.

Fix: put the value in double quotes, or indent the line with blanks as the message says.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
