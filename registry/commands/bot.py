"""`threatshelf bot`: what the workflows run, each job one part of a visit; and the worker of a GitHub App."""

import argparse
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from bot import paper
from bot.answering import visit_issue
from bot.forge import ForgeError
from bot.gates import CONTENT, OURS, PEOPLE
from bot.issues import is_due
from bot.ledger import AppendError, checked
from bot.reviewer import Line, Look, Outcome, Speaker, Visit, look, number_threats, say
from bot.visits import Broom, ended, swept
from registry.commands import setting_up, working
from registry.commands.reviewing import Credentials, credentials, desk, log_line, moment, names_an_app, speaks
from registry.errors import CannotRunError
from registry.settings import from_environment
from schema.ids import LedgerError, State

EXAMPLE = "threatshelf bot look --number 12 --out review.json"
LOOK = Path("review.json")
WORKFLOW = "bot.yml"
MOST_STARTED = 30
REQUESTS_FOR_A_VISIT = 40
"""What a run of three jobs may cost; so many are left over for each that a sweep starts."""
CLOSED_FOR_GOOD = timedelta(days=7)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which part, on which number of which repository."""
    parser.add_argument("--repo", default="", metavar="OWNER/NAME", help="default: GITHUB_REPOSITORY")
    parser.add_argument("--root", type=Path, default=Path(), metavar="FOLDER", help="a checkout of the default branch")
    part = parser.add_subparsers(metavar="<part>", required=True)
    _numbered(part, ("look", _look), "Read and judge, write nothing: the findings go into a file.").add_argument(
        "--out", type=Path, default=LOOK, metavar="FILE", help=f"default: {LOOK}"
    )
    for part_of_it in (
        _numbered(part, ("number", _number), "Ask again who said what, and append the ids that are due."),
        _numbered(part, ("say", _say), "Say what is missing on the pull request."),
    ):
        part_of_it.add_argument("--look", type=Path, default=LOOK, metavar="FILE", help="what look wrote")
    _numbered(part, ("answer", _answer), "Answer an issue that came in by a form, once, and keep the answer true.")
    _part(part, ("sweep", _sweep), "Find what is due and start a run for each.")
    _part(part, ("ended", _ended), "Print which pull requests with reserved ids ended, for threatshelf ids settle.")
    worker = _part(part, ("work", _work), "As a GitHub App: make the visits that webhooks made due, until stopped.")
    worker.add_argument("--follow", default="", metavar="BRANCH", help="keep the checkout at this branch of origin")
    _part(part, ("doctor", _doctor), "Say what is missing in the set-up, on GitHub and here.")
    registered = _part(part, ("manifest", _manifest), "Print what a GitHub App is registered with, as GitHub wants it.")
    registered.add_argument("--url", required=True, metavar="ADDRESS", help="where the server is reached: https://host")
    for silent_or_not in (worker, *(part.choices[name] for name in ("doctor", "manifest"))):
        silent_or_not.set_defaults(is_app=True)


def run(args: argparse.Namespace) -> int:
    """0: done, or nothing to do; 1: something could not be done now, a later run goes on; 2: it could not run."""
    who = credentials(os.environ, args.root, args.repo)
    if not args.is_app and not speaks(args.root, os.environ):
        print("Silent: another one speaks here, or THREATSHELF_BOT is off.")
        _output({"found": "false", "due": "false"})
        return 0
    try:
        return int(args.does(args, who))
    except (ForgeError, AppendError, LedgerError, paper.PaperError) as failure:
        _tell(Line(getattr(args, "number", 0), "", "job", Outcome.FAILED, f"{type(failure).__name__}: {failure}"))
        return 1


Part = Callable[[argparse.Namespace, Credentials], int]

_EXAMPLES = {
    "look": "threatshelf bot look --number 12 --out review.json",
    "number": "threatshelf bot number --number 12 --look review.json",
    "say": "threatshelf bot say --number 12 --look review.json",
    "answer": "threatshelf bot answer --number 12",
    "sweep": "threatshelf bot sweep",
    "ended": "threatshelf ids settle $(threatshelf bot ended)",
    "doctor": "threatshelf bot --repo owner/name doctor",
    "manifest": "threatshelf bot --repo owner/name manifest --url https://shelf.example",
    "work": "threatshelf bot --repo owner/name work --follow main",
}


def _part(
    parts: "argparse._SubParsersAction[argparse.ArgumentParser]", part: tuple[str, Part], sentence: str
) -> argparse.ArgumentParser:
    name, does = part
    parser = parts.add_parser(name, help=sentence, description=sentence, epilog=f"example: {_EXAMPLES[name]}")
    parser.set_defaults(does=does, is_app=False)
    return parser


def _numbered(
    parts: "argparse._SubParsersAction[argparse.ArgumentParser]", part: tuple[str, Part], sentence: str
) -> argparse.ArgumentParser:
    parser = _part(parts, part, sentence)
    parser.add_argument("--number", type=_positive, required=True, metavar="N", help="of the pull request or issue")
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text) < 10**10:
        raise argparse.ArgumentTypeError("a number of a pull request is 1 or more")
    return int(text)


def _look(args: argparse.Namespace, who: Credentials) -> int:
    speaker = Speaker.APP if names_an_app(args.root) else Speaker.ACTIONS
    seen = look(replace(desk(who, _tell), speaker=speaker), args.number)
    if seen is not None:
        args.out.write_text(paper.write(seen), encoding="ascii")
    # Two fixed words: nothing that a contributor wrote ever gets here.
    _output({"found": "false" if seen is None else "true", "due": "true" if seen and seen.due else "false"})
    return 0


def _number(args: argparse.Namespace, who: Credentials) -> int:
    forge, speaker = who.numbering_forge()
    seen = _read_look(args.look)
    if seen is None:
        raise CannotRunError(f"{args.look} is missing: threatshelf bot look writes it.")
    done = number_threats(replace(desk(who, _tell, forge), speaker=speaker), args.number, seen)
    return _ended_as(done)


def _say(args: argparse.Namespace, who: Credentials) -> int:
    return _ended_as(say(desk(who, _tell), args.number, _read_look(args.look)))


def _answer(args: argparse.Namespace, who: Credentials) -> int:
    return _ended_as(visit_issue(desk(who, _tell), args.number))


def _read_look(file: Path) -> Look | None:
    """What look wrote; None where it wrote nothing, or not what it writes."""
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        data = stream.read(paper.MOST_BYTES + 1)
    try:
        return paper.read(data)
    except paper.PaperError as fault:
        _tell(Line(0, "", "review.json", Outcome.REFUSED, str(fault)))
        return None


def _ended_as(done: Visit) -> int:
    _tell(Line(done.number, "", "visit", done.outcome, done.detail))
    return int(done.outcome is Outcome.FAILED)


def _sweep(_args: argparse.Namespace, who: Credentials) -> int:
    forge = who.forge()
    broom = Broom((CONTENT, PEOPLE), forge.default_branch, OURS)
    now = moment()
    issues = (issue.number for issue in forge.open_issues() if is_due(issue, now))
    due = (*swept(forge.open_pulls(), datetime.now(UTC), broom), *issues)
    affordable = MOST_STARTED if forge.left is None else forge.left // REQUESTS_FOR_A_VISIT
    for number in islice(due, min(MOST_STARTED, affordable)):
        forge.start(WORKFLOW, {"number": str(number)})
        _tell(Line(number, "", "start", Outcome.TAKEN))
    print(f"{len(due)} due, at most {min(MOST_STARTED, affordable)} started.")
    return 0


def _ended(_args: argparse.Namespace, who: Credentials) -> int:
    forge = who.forge()
    found = forge.read_file("ledger.csv", "threat-ids")
    rows = checked(found[0]).bindings.values() if found else ()
    numbers = {row.pull_request for row in rows if row.state is State.RESERVED and row.pull_request}
    before = (datetime.now(UTC) - CLOSED_FOR_GOOD).strftime("%Y-%m-%dT%H:%M:%SZ")
    merged, closed = ended(forge.ends(sorted(numbers)), forge.default_branch, before)
    print(*_flags("--merged", merged), *_flags("--closed", closed))
    return 0


def _work(args: argparse.Namespace, who: Credentials) -> int:
    return working.run(who, from_environment().database_url, args.follow, _tell)


def _doctor(_args: argparse.Namespace, who: Credentials) -> int:
    return setting_up.run(who, from_environment())


def _manifest(args: argparse.Namespace, who: Credentials) -> int:
    print(setting_up.manifest(who.repository, args.url))
    return 0


def _flags(name: str, numbers: Iterable[int]) -> list[str]:
    return [word for number in numbers for word in (name, str(number))]


def _tell(line: Line) -> None:
    print(log_line(line), flush=True)


def _output(words: Mapping[str, str]) -> None:
    """For the workflow's conditions, where one runs."""
    file = os.environ.get("GITHUB_OUTPUT")
    if file:
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.writelines(f"{name}={word}\n" for name, word in words.items())
