"""Ids for main where a rule forbids our commit there: a branch of our own, and a pull request for a person to merge."""

import os
from pathlib import Path

from bot.forge import ForgeError
from bot.settle import PROPOSAL, CloneMain, MainRefusesError
from registry.commands.reviewing import credentials
from registry.errors import CannotRunError

TITLE = "Threat ids"
BODY = (
    "These ids are in the ledger already, and main takes no commit of mine. Merge this as it is: it holds nothing "
    "else. It is made anew when more ids are due."
)


def run(root: Path, main: CloneMain, refusal: MainRefusesError) -> int:
    """1: the ids wait for a person. Raises CannotRunError where not even that could be done."""
    if not main.propose(refusal):
        raise CannotRunError(f"{refusal} Nor can the branch {PROPOSAL} be pushed.")
    print(f"{refusal} The ids wait on the branch {PROPOSAL}.")
    if not os.environ.get("GITHUB_TOKEN"):
        print(f"Open a pull request from {PROPOSAL} and merge it.")
        return 1
    try:
        credentials(os.environ, root).forge().propose(PROPOSAL, TITLE, BODY)
    except ForgeError as failure:
        print(f"No pull request could be opened ({failure}): open one from {PROPOSAL} and merge it.")
    else:
        print("A pull request is open: merge it.")
    return 1
