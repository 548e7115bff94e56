"""What commands ask of the terminal they write to."""

import os
import sys


def wants_colour() -> bool:
    """Colour for a terminal that shows it, unless NO_COLOR says otherwise (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
