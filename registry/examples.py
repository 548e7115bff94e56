"""The tested fixtures of the rules, as a checkout holds them: what each rule finds, and how it is written instead."""

from collections.abc import Mapping
from pathlib import Path

from registry.pages.page import Example

ROOM = "tests/schema/rules"
_FOR_THE_TEST = ("# expect: ", "# folder: ", "# repeat: ")


def examples(root: Path) -> Mapping[str, Example]:
    """The first bad and the first good fixture of each rule by its name; empty for a folder that is no checkout."""
    found = {folder.name: example(root, folder.name) for folder in sorted(root.joinpath(ROOM).glob("*/"))}
    return {name: shown for name, shown in found.items() if shown}


def example(root: Path, rule: str) -> Example | None:
    """Those of one rule; None where the checkout does not hold both in plain text."""
    bad, good = (_without_comments(root / ROOM / rule / f"{kind}.yaml") for kind in ("bad", "good"))
    return Example(bad, good) if bad and good else None


def _without_comments(file: Path) -> str:
    """The fixture without the comments that are meant for its test; empty when there is none."""
    if not file.is_file():
        return ""
    lines = file.read_text("utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(_FOR_THE_TEST)).strip()
