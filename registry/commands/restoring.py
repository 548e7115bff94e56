"""`threatshelf ids restore`: a ledger that was put back learns which numbers it had given."""

import argparse
import os
from collections.abc import Callable
from functools import partial

from bot.forge import ForgeError
from bot.ledger import Patience, append, checked, writable
from bot.restore import promised, rows_lost
from registry.commands.reviewing import credentials
from registry.errors import CannotRunError
from schema.transitions import Cause


def run(args: argparse.Namespace, cause: Callable[[argparse.Namespace], Cause], patience: Patience) -> int:
    """0: every number that a comment of an open pull request promises is in the ledger."""
    forge = credentials(os.environ, args.root, args.repo).forge()
    store = writable(args.root, os.environ)
    before = checked(store.read()[0])
    try:
        named = {pull.number: promised(forge.standing(pull.number).comments) for pull in forge.open_pulls()}
    except ForgeError as failure:
        raise CannotRunError(f"the open pull requests could not be read: {failure}.") from None
    ledger = append(store, partial(rows_lost, named=named, cause=cause(args)), patience)
    found = sorted({row.id for row in ledger.rows[len(before.rows) :]})
    print(f"{len(named)} open pull requests read; {len(found)} numbers were missing{': ' if found else ''}", end="")
    print(f"{', '.join(found)}.")
    return 0
