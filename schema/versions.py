"""Version numbers: of the schema, of templates in order, and of the vocabularies they cite."""

import re

SCHEMA_VERSIONS = ("1.0",)
"""The schema versions that exist, oldest first."""


def number(version: str) -> tuple[int, ...]:
    """`1.10.0` as (1, 10, 0), so that versions compare as people mean it; what is no version comes first."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else ()


def leading(release: str) -> str:
    """The number a vocabulary's release begins with: `4.14` of "4.14, with CWE-1426"; empty when there is none."""
    found = re.match(r"[0-9]+(\.[0-9]+)*", release)
    return found[0] if found else ""
