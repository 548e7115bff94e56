"""`threatshelf migrate`: the catalogue's tables brought to this version of the software, or back to an older one."""

import argparse

from registry.settings import database_url, from_environment
from registry.store.catalogue import open_engine
from registry.store.migrating import at, bring, newest

EXAMPLE = "threatshelf migrate --database postgresql+psycopg://shelf@host/shelf"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which catalogue, and how far."""
    parser.add_argument("--database", metavar="URL", help="the catalogue (default: THREATSHELF_DATABASE_URL)")
    parser.add_argument("--to", metavar="STEP", default="head", help="the step to end at (default: the newest)")
    parser.add_argument("--check", action="store_true", help="only say where the tables are, and alter nothing")


def run(args: argparse.Namespace) -> int:
    """0: the tables are as wanted; 1: with --check, they are not; 2: it could not run, and they are as before."""
    engine = open_engine(database_url(args.database) if args.database else from_environment().database_url)
    try:
        if args.check:
            with engine.connect() as connection:
                found = at(connection)
            print(f"The tables are at step {found or 'none'}, this version wants {newest()}.")
            return int(found != newest())
        before, after = bring(engine, args.to)
    finally:
        engine.dispose()
    print(f"The tables were at step {before or 'none'} and are at step {after or 'none'}.")
    return 0
