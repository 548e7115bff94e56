"""The file is UTF-8.

What: a byte sequence that is no UTF-8 text.

Why: a reader that guesses an encoding shows one person another text than the next.

Fix: save the file as UTF-8, without a byte order mark.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
