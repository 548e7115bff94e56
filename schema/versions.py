"""Version numbers: of the schema, and of templates in order."""

SCHEMA_VERSIONS = ("1.0",)
"""The schema versions that exist, oldest first."""


def number(version: str) -> tuple[int, ...]:
    """`1.10.0` as (1, 10, 0), so that versions compare as people mean it; what is no version comes first."""
    parts = version.split(".")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else ()
