"""Every key has a value.

What: a key with nothing behind it, or the words `null` and `~`.

Why: nobody can tell "not there" from "forgotten". No field of a template is null.

Fix: write the value, or leave the line out. Inside `{ }` a comma ends a value: put such a text in quotes.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
