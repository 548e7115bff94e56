"""The command `threatshelf`: a list of what it can do; a command's code is imported when it is called."""

import argparse
import importlib
import os
import sys
import textwrap
from collections.abc import Callable, Sequence

from registry.errors import CannotRunError
from schema.near import alike
from schema.reports.text import visible

COMMANDS = {
    "check": "Check templates: every finding with its line, its rule and what to do.",
    "explain": "Explain a rule: what it finds, why that matters, and how to mend it.",
    "fmt": "Lay templates out in their one way: order and spaces, every comment kept.",
    "diff": "Say what changed from one version of a template to another, in the field's terms.",
    "new": "Write a first draft of a template: a few questions, then a file that passes the check.",
    "show": "Show what follows from a template: taint, blast radius, STRIDE coverage, risk.",
    "preview": "Show the page and the findings of one file, made anew whenever it is saved.",
    "review": "Review what a clone changes, as the reviewer will, before anything is pushed.",
    "bot": "What the workflows run: look, number, say, answer, sweep.",
    "queue": "Say who waits for a reviewer and how long, and how soon people were answered of late.",
    "serve": "Publish the working tree into a throw-away catalogue and serve API and site.",
    "settings": "Show every setting of a server with its meaning; --check tries them.",
    "publish": "Publish what the history of a checkout holds into the kept catalogue.",
    "withdraw": "Take published versions of a template back, with the reason everybody reads.",
    "migrate": "Bring the catalogue's tables to this version of the software, or back.",
    "doctor": "Look for damage in a kept catalogue, and say what to do about it.",
    "export": "Write the registry's files into a folder, byte for byte as the API serves them.",
    "suggest": "Say what a threat in plain words is like: category, known threats, techniques.",
    "vocabulary": "Show what a template may cite; take a vocabulary anew from its publisher's file.",
    "ids": "Begin, write, settle and show the ledger of threat ids.",
    "site": "Build the site of the working tree.",
}
"""Every command with what it does, in one sentence."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0: fine; 1: there are findings; 2: it could not run."""
    try:
        args = _parsed(list(sys.argv[1:] if argv is None else argv))
        return int(args.run(args))
    except CannotRunError as reason:
        print(f"threatshelf: {reason}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; say nothing more
        return 0


def _parsed(argv: list[str]) -> argparse.Namespace:
    if argv and not argv[0].startswith("-") and argv[0] not in COMMANDS:
        near = alike(argv[0], COMMANDS)
        advice = f"did you mean {near[0]}? " if near else ""
        raise CannotRunError(f"there is no command {visible(argv[0])[:80]}: {advice}threatshelf --help lists them all.")
    parser = argparse.ArgumentParser(
        prog="threatshelf",
        description="Vetted threat-model templates for AI-agent deployments: check, publish, serve.",
        epilog="example: threatshelf check templates/local-coding-assistant/template.yaml",
    )
    commands = parser.add_subparsers(metavar="<command>", required=True)
    for name, sentence in COMMANDS.items():
        command = commands.add_parser(
            name, help=sentence, description=sentence, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if name in argv[:1]:
            module = importlib.import_module(f"registry.commands.{name}")
            command.epilog = f"exit code: {_exit_codes(module.run)}\n\nexample: {module.EXAMPLE}"
            module.arguments(command)
            command.set_defaults(run=module.run)
    return parser.parse_args(argv)


def _exit_codes(run: Callable[..., int]) -> str:
    """What stands in the command's own docstring, on lines of a terminal's width."""
    words = (run.__doc__ or "").split()
    return textwrap.fill(" ".join(words), 79, subsequent_indent="  ", initial_indent=" " * 11).lstrip()
