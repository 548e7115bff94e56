"""Every character of the file can be seen.

What: control characters, zero-width characters and those that turn the direction of writing.

Why: text that a reviewer does not see can change what the file says, or speak to the AI assistant that reads it for
them (AML.CS0041 is a case of hidden characters in shared rule files).

Fix: delete the character named; to speak about one, write its code point, `U+202E`.
"""

from schema.finding import Severity
from schema.rules.rule import by_the_reader, rule

RULE = rule(__name__, __doc__, Severity.ERROR, by_the_reader)
