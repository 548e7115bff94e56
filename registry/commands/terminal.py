"""What commands ask of the terminal they write to, and of the person in front of it."""

import os
import sys
import textwrap
from collections.abc import Sequence

from registry.errors import CannotRunError


def wants_colour() -> bool:
    """Colour for a terminal that shows it, unless NO_COLOR says otherwise (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def somebody_is_there() -> bool:
    """Whether a question would be seen and could be answered."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def asked(question: str) -> str:
    """The answer, without blanks around it. CannotRunError where there is none or it is no text."""
    try:
        return input(question).strip()
    except EOFError:
        print()
        raise CannotRunError("the questions ended without an answer: nothing was done.") from None
    except UnicodeDecodeError:
        raise CannotRunError("the answer is not UTF-8: nothing was done.") from None


def chosen(names: Sequence[str], question: str, default: str) -> str:
    """One of the names, said in any case or by its number from 1, asked until it is one; `default` for no answer."""
    by_word = {**{str(number): name for number, name in enumerate(names, 1)}, **{name.lower(): name for name in names}}
    while True:
        said = asked(question).lower()
        if not said:
            return default
        if said in by_word:
            return by_word[said]
        print("That is none of them.")


def wrapped(label: str, text: str) -> str:
    """The text beside its label, on lines of a terminal's width."""
    return textwrap.fill(text, 79, initial_indent=label, subsequent_indent=" " * len(label), break_on_hyphens=False)
