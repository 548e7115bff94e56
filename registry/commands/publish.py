"""`threatshelf publish`: what the main line holds enters the kept catalogue, behind the gate."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from registry.errors import CannotRunError
from registry.making import Extent
from registry.publish import Outcome, Source, publish, take_back
from registry.settings import database_url, from_environment
from registry.signing import signer
from registry.store.catalogue import Store, open_store
from registry.withdrawn import NAME, Withdrawal, written
from schema.reports.text import visible

EXAMPLE = "threatshelf publish --root . --ref main"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which checkout, which line of it, which catalogue."""
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: here)")
    parser.add_argument("--ref", default="main", help="the branch or commit whose first parents count (default: main)")
    parser.add_argument("--database", metavar="URL", help="the catalogue (default: THREATSHELF_DATABASE_URL)")
    parser.add_argument(
        "--history",
        action="store_true",
        help="judge and render every version anew from the whole history; what is published has to come out the same",
    )
    parser.add_argument(
        "--undo",
        metavar="REASON",
        help="withdraw what the last publication brought, at once, and say what to write into withdrawn.yaml",
    )
    parser.add_argument("--by", metavar="NAME", default="a maintainer", help="with --undo: who takes it back")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: everything new was published; 1: something was refused and keeps what it had; 2: it could not run."""
    settings = from_environment()
    address = database_url(args.database) if args.database else settings.database_url
    store = open_store(address, signer(settings.signing_key) if settings.signing_key else None)
    try:
        if args.undo:
            return _undo(store, args)
        outcome = publish(store, Source(args.root, args.ref, _extent(args)), datetime.now(UTC), _progress)
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        raise CannotRunError(f"the catalogue is as before: {error.strerror}{where}.") from error
    finally:
        store.close()
    if args.format == "json":
        print(json.dumps(_as_json(outcome), ensure_ascii=False, indent=2))
    else:
        _tell(outcome)
    return int(bool(outcome.refused))


def _undo(store: Store, args: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    row = Withdrawal("", now.date().isoformat(), args.by, args.undo)
    for id_, rows in take_back(store, row, now, _progress).items():
        print(f"withdrawn  {id_}: {', '.join(row.version for row in rows)}")
        print(f"Commit this as templates/{id_}/{NAME}, so that a catalogue made from history alone agrees:\n")
        print(written(rows))
    return 0


def _extent(args: argparse.Namespace) -> Extent:
    return Extent.FROM_NOTHING if args.history else Extent.NEW


def _progress(step: str) -> None:
    print(f"  {step}", file=sys.stderr)


def _tell(outcome: Outcome) -> None:
    for release in outcome.published:
        print(f"published  {release.template} {release.version}  {release.sha256}")
    for refusal in outcome.refused:
        for sentence in refusal.sentences:
            print(f"refused    {visible(sentence)}")
    print(
        f"{len(outcome.published)} published, {outcome.kept} as before, {len(outcome.refused)} refused "
        f"at {outcome.commit[:12]}."
    )


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "commit": outcome.commit,
        "published": [{"id": r.template, "version": r.version, "sha256": r.sha256} for r in outcome.published],
        "kept": outcome.kept,
        "refused": [
            {"file": refusal.file, "commit": refusal.commit, "reasons": list(refusal.sentences)}
            for refusal in outcome.refused
        ],
    }
