"""`threatshelf ids`: the ledger of threat ids begun, written into files, settled with main, and shown."""

import argparse
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.clone import Clone, CloneError
from bot.ledger import SNAPSHOT, AppendError, CloneLedger, NoLedgerError, Patience, append, checked, nearest, writable
from bot.settle import CloneMain, Ended, Main, MainRefusesError, Occasion, Settled, missing_ids, settle, wishes
from registry.commands import proposing, restoring
from registry.errors import CannotRunError
from registry.source import working_tree
from schema import shipped
from schema.entries import with_ids
from schema.ids import CATEGORIES, Ledger, LedgerError, Row, State, parse_id, write
from schema.reports.text import visible
from schema.transitions import Cause, reserved, seeded, settled

EXAMPLE = "threatshelf ids show T-EXEC-003"
_PREFIX = re.compile(r"[A-Z]{2,8}")
_SOURCE = "openclaw-trust"
_IN_FORCE = (State.RESERVED, State.PUBLISHED)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, in which clone, and in whose name."""
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="the clone (default: here)")
    what = parser.add_subparsers(metavar="<what>", required=True)
    begin = _command(what, ("init", _init), "Begin the ledger on the branch threat-ids: from the snapshot, else new.")
    begin.add_argument("--remote", default="origin", metavar="NAME", help="where the branch goes (default: origin)")
    into = _command(what, ("write", _write), "Write the ids that the ledger knows into the templates of the folder.")
    into.add_argument("--pull-request", type=int, metavar="N", help="take the ids reserved for this pull request")
    into.add_argument("--reserve", action="store_true", help="give new numbers where there are none; cannot be undone")
    now = _command(what, ("settle", _settle), "Give every threat on main its id, and enter in the ledger what stands.")
    now.add_argument("--remote", default="origin", metavar="NAME", help="whose main (default: origin)")
    now.add_argument("--branch", default="main", metavar="NAME", help="the main branch (default: main)")
    now.add_argument("--merged", type=int, action="append", default=[], metavar="N", help="a merged pull request")
    now.add_argument("--closed", type=int, action="append", default=[], metavar="N", help="one closed for good")
    now.add_argument("--snapshot", action="store_true", help=f"write {SNAPSHOT} even if nothing else changes")
    back = _command(
        what, ("restore", _restore), "After an older ledger was put back: no number is given a second time."
    )
    back.add_argument("--repo", default="", metavar="OWNER/NAME", help="on GitHub (default: GITHUB_REPOSITORY)")
    for command in (begin, into, now, back):
        command.add_argument("--by", default="threatshelf", metavar="LOGIN", help="who is named in the rows")
    for command in (into, now):
        command.add_argument("--prefix", type=_prefix, default="", help="of a private shelf: 2 to 8 capitals")
    told = _command(what, ("show", _show), "Show every id and its state, or the history of one.")
    told.add_argument("id", nargs="?", metavar="id", help="a threat id")
    told.add_argument("--format", choices=("text", "json"), default="text", help="for people or for machines")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: something is left (see what was said); 2: it could not run."""
    try:
        return int(args.does(args))
    except (AppendError, CloneError, LedgerError) as reason:
        raise CannotRunError(str(reason)) from reason


_EXAMPLES = {
    "init": "threatshelf ids init --remote origin",
    "write": "threatshelf ids write --pull-request 12",
    "settle": "threatshelf ids settle --merged 12",
    "restore": "threatshelf ids restore --repo owner/name",
    "show": "threatshelf ids show T-EXEC-003 --format json",
}


def _command(
    what: "argparse._SubParsersAction[argparse.ArgumentParser]",
    command: tuple[str, Callable[[argparse.Namespace], int]],
    sentence: str,
) -> argparse.ArgumentParser:
    name, does = command
    parser = what.add_parser(name, help=sentence, description=sentence, epilog=f"example: {_EXAMPLES[name]}")
    parser.set_defaults(does=does)
    return parser


def _prefix(text: str) -> str:
    if text and not _PREFIX.fullmatch(text):
        raise argparse.ArgumentTypeError("a prefix is 2 to 8 capitals")
    return text


def _cause(args: argparse.Namespace, pull_request: int | None = None) -> Cause:
    return Cause(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), args.by, pull_request)


def _patience() -> Patience:
    return Patience(time.sleep, time.monotonic, random.random)


def _init(args: argparse.Namespace) -> int:
    store = CloneLedger(Clone(args.root, args.remote, os.environ))
    try:
        there = checked(store.read()[0])
    except NoLedgerError:
        return _begin(args, store)
    print(f"There is a ledger already on {store.where}: {len(there.rows)} rows, {len(there.ids)} ids.")
    return 0


def _begin(args: argparse.Namespace, store: CloneLedger) -> int:
    snapshot = args.root / SNAPSHOT
    if snapshot.is_file() and not snapshot.is_symlink():
        ledger = checked(snapshot.read_bytes().decode("utf-8", "surrogateescape"))
    else:
        ledger = Ledger().extended(seeded(_known_threats(), _SOURCE, _cause(args)))
    if not store.create(write(ledger)):
        raise CannotRunError(f"{store.where} could not be made: somebody was faster, or it takes the right to push.")
    print(f"The ledger begins on {store.where} with {len(ledger.ids)} ids.")
    return 0


def _known_threats() -> Mapping[str, str]:
    entries = shipped.vocabularies()["known-threats"].entries
    return {threat_id: str(entry["title"]) for threat_id, entry in sorted(entries.items())}


def _write(args: argparse.Namespace) -> int:
    states = working_tree(args.root, datetime.now(UTC).date()).states
    here = Main("", {state.file: state.source or b"" for state in states})
    own = frozenset(() if args.pull_request is None else (args.pull_request,))
    ledger = _with_numbers(args, here) if args.reserve else checked(nearest(args.root, os.environ)[0])
    ids = missing_ids(ledger, here, Occasion(_cause(args), args.prefix, Ended(merged=own)))
    for template, document in here.documents.items():
        keys = {subject.partition("/")[2]: id_ for subject, id_ in ids.items() if subject.startswith(f"{template}/")}
        text = with_ids(document, keys)
        if text != document.text:
            (args.root / document.file).write_bytes(text.encode())
            print(f"{document.file}: {', '.join(keys.values())}")
    left = [subject for subject, threat in here.threats.items() if not threat.id and subject not in ids]
    return _say_left(left, "no id is reserved for it: it gets one at review, or with --reserve")


def _with_numbers(args: argparse.Namespace, here: Main) -> Ledger:
    cause, wanted = _cause(args, args.pull_request), wishes(here, args.prefix)
    if args.pull_request is None:
        compute = partial(settled, wishes=wanted, merged=(), cause=cause)
    else:
        compute = partial(reserved, wishes=wanted, cause=cause)
    return append(writable(args.root, os.environ), compute, _patience())


def _settle(args: argparse.Namespace) -> int:
    clone = Clone(args.root, args.remote, os.environ)
    ended = Ended(frozenset(args.merged), frozenset(args.closed))
    occasion = Occasion(_cause(args), args.prefix, ended, args.snapshot)
    main = CloneMain(clone, args.branch)
    try:
        done = settle(CloneLedger(clone), main, occasion, _patience())
    except MainRefusesError as refusal:
        return proposing.run(args.root, main, refusal)
    for subject, threat_id in done.written.items():
        print(f"{subject}: {threat_id}")
    print(_summary(done))
    return _say_left(done.left, "no id could be written: look at its key, its category and the layout of its lines")


def _restore(args: argparse.Namespace) -> int:
    return restoring.run(args, _cause, _patience())


def _summary(done: Settled) -> str:
    counted = Counter(str(row.state) for row in done.rows)
    said = ", ".join(f"{number} {state}" for state, number in sorted(counted.items()))
    return f"{len(done.written)} ids written; the ledger has {len(done.ledger.rows)} rows ({said or 'none'} new)."


def _say_left(left: Iterable[str], why: str) -> int:
    """1 when something is left, with a line for each."""
    said = [f"{visible(subject)}: {why}" for subject in left]
    for line in said:
        print(line)
    return int(bool(said))


def _show(args: argparse.Namespace) -> int:
    text, where = nearest(args.root, os.environ)
    ledger = checked(text)
    if args.id:
        return _show_one(args, ledger)
    known = sorted(ledger.ids, key=_order)
    if args.format == "json":
        _print_json({"ledger": where, "rows": len(ledger.rows), "ids": [_about(ledger, id_) for id_ in known]})
        return 0
    width = max((len(id_) for id_ in known), default=0)
    for id_ in known:
        about = _about(ledger, id_)
        print(f"{id_:{width}}  {about['state']:9}  {next(iter(about['titles']), '')}".rstrip())
    print(f"{len(known)} ids in {len(ledger.rows)} rows, read from {where}.")
    return 0


def _show_one(args: argparse.Namespace, ledger: Ledger) -> int:
    if ledger.state(args.id) is None:
        raise CannotRunError(f"the ledger has no id {visible(args.id)}: threatshelf ids show lists them all.")
    rows = [row for row in ledger.rows if row.id == args.id]
    if args.format == "json":
        _print_json({**_about(ledger, args.id), "history": [_as_json(row) for row in rows]})
        return 0
    print(f"{args.id} is {ledger.state(args.id)}.")
    for row in rows:
        print(_line(row))
    return 0


def _about(ledger: Ledger, threat_id: str) -> dict[str, Any]:
    subjects = [row.subject for row in ledger.bindings.values() if row.id == threat_id and row.state in _IN_FORCE]
    return {
        "id": threat_id,
        "state": str(ledger.state(threat_id)),
        "titles": list(ledger.titles(threat_id)),
        "subjects": subjects,
        "superseded_by": ledger.successor(threat_id),
    }


def _as_json(row: Row) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if value not in ("", None)}


def _line(row: Row) -> str:
    pull_request = f"pull request {row.pull_request}" if row.pull_request else ""
    successor = f"superseded by {row.superseded_by}" if row.superseded_by else ""
    parts = (row.at, str(row.state), row.subject, row.reason, successor, pull_request, row.by, row.title, row.note)
    return "  ".join(part for part in parts if part)


def _order(threat_id: str) -> tuple[str, int, int]:
    """By shelf, in the order in which categories are listed, by number."""
    parts = parse_id(threat_id)
    return (parts.prefix, CATEGORIES.index(parts.category), parts.number) if parts else (threat_id, 0, 0)


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
