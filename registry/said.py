"""The tested comments of the reviewer, as a checkout holds them: what it says in three cases."""

from pathlib import Path

from registry.pages.page import Said

ROOM = "tests/bot/review"
CASES = (
    (
        "newcomer",
        "A newcomer's first template, with ten faults",
        "The worst stands first, each fault with its line, what to write instead, and the page of its rule.",
    ),
    (
        "clean-update",
        "A regular contributor's update, with nothing to mend",
        "What changes is told in the terms of the field. GitHub draws the diagram where here is its text.",
    ),
    (
        "hostile",
        "A pull request that attacks its readers",
        "Mentions, links, HTML, formulas, emoji, commands and orders to machines: whatever a contributor wrote is "
        "repeated as code, cut short, or not at all.",
    ),
)


def said(root: Path) -> tuple[Said, ...]:
    """The cases whose comment the checkout holds, with the file that was sent where it is one; none elsewhere."""
    found = (
        Said(title, lead, _text(root / ROOM / "golden" / f"{name}.md"), _text(root / ROOM / "data" / f"{name}.yaml"))
        for name, title, lead in CASES
    )
    return tuple(case for case in found if case.comment)


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.is_file() else ""
