"""`threatshelf publish`: what the main line holds enters the kept catalogue, behind the gate."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from registry.publish import Outcome, publish
from registry.settings import database_url, from_environment
from registry.store.catalogue import open_store
from schema.reports.text import visible

EXAMPLE = "threatshelf publish --root . --ref main"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which checkout, which line of it, which catalogue."""
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: here)")
    parser.add_argument("--ref", default="main", help="the branch or commit whose first parents count (default: main)")
    parser.add_argument("--database", metavar="URL", help="the catalogue (default: THREATSHELF_DATABASE_URL)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: everything new was published; 1: something was refused and keeps what it had; 2: it could not run."""
    address = database_url(args.database) if args.database else from_environment().database_url
    store = open_store(address)
    try:
        outcome = publish(store, args.root, args.ref, datetime.now(UTC), _progress)
    finally:
        store.close()
    if args.format == "json":
        print(json.dumps(_as_json(outcome), ensure_ascii=False, indent=2))
    else:
        _tell(outcome)
    return int(bool(outcome.refused))


def _progress(step: str) -> None:
    print(f"  {step}", file=sys.stderr)


def _tell(outcome: Outcome) -> None:
    for release in outcome.published:
        print(f"published  {release.id} {release.version}  {release.sha256}")
    for refusal in outcome.refused:
        for sentence in refusal.sentences:
            print(f"refused    {visible(sentence)}")
    print(
        f"{len(outcome.published)} published, {len(outcome.kept)} as before, {len(outcome.refused)} refused "
        f"at {outcome.catalogue.commit[:12]}."
    )


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "commit": outcome.catalogue.commit,
        "published": [{"id": r.id, "version": r.version, "sha256": r.sha256} for r in outcome.published],
        "kept": [{"id": r.id, "version": r.version, "sha256": r.sha256} for r in outcome.kept],
        "refused": [
            {"file": refusal.file, "commit": refusal.commit, "reasons": list(refusal.sentences)}
            for refusal in outcome.refused
        ],
    }
