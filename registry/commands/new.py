"""`threatshelf new`: a first draft of a template, valid as it stands, with guidance where its author goes on."""

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from registry.commands.authoring import shown
from registry.errors import CannotRunError
from schema import shipped
from schema.check import check
from schema.draft import Wish, draft, title_from
from schema.finding import Severity
from schema.reports.text import visible
from schema.versions import leading

EXAMPLE = "threatshelf new ci-review-agent --pattern ci-security-agent"
FALLBACK = "other"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which template; what is not said is asked on a terminal."""
    parser.add_argument("id", help="the folder's name for ever: lower-case words joined by hyphens")
    parser.add_argument(
        "--pattern", choices=sorted(_patterns()), metavar="PATTERN", help=", ".join(sorted(_patterns()))
    )
    parser.add_argument("--title", help="what it is called in a list")
    parser.add_argument("--product", help="the product it speaks of (default: OpenClaw)")
    parser.add_argument("--yes", action="store_true", help="ask nothing: what is not said is filled in")
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="FOLDER", help="the checkout (default: this folder)"
    )


def run(args: argparse.Namespace) -> int:
    """0: the draft stands in templates/<id>/template.yaml; 2: it does already, or an answer makes no template."""
    folder = args.root / "templates"
    if not folder.is_dir():
        raise CannotRunError(f"there is no folder {shown(folder)}: call it in a checkout, or name one with --root.")
    file = folder / args.id / "template.yaml"
    _refuse_id(args.id, file)
    text = _text(_wish(args))
    _write(file, text)
    print(f"{shown(file)}: a first draft. Next: threatshelf preview {shown(file)}")
    return 0


def _patterns() -> dict[str, str]:
    """Each pattern with its sentence."""
    return {name: str(entry["summary"]) for name, entry in shipped.vocabularies()["patterns"].entries.items()}


def _refuse_id(template_id: str, file: Path) -> None:
    faults = _faults(_written(Wish(template_id, "A title", FALLBACK)))
    if faults or "/" in template_id:
        raise CannotRunError(f"{visible(repr(template_id))} is no id: write lower-case words joined by hyphens.")
    if file.parent.exists() or file.parent.is_symlink():
        raise CannotRunError(f"{shown(file.parent)} is there already: nothing is overwritten; choose another id.")


def _wish(args: argparse.Namespace) -> Wish:
    """What was said, asked where somebody is there to answer, else filled in."""
    asks = not args.yes and sys.stdin.isatty() and sys.stdout.isatty()
    title = args.title or _answer("Title", title_from(args.id), asks)
    pattern = args.pattern or (_asked_pattern() if asks else FALLBACK)
    product = args.product or _answer("Product", Wish.product, asks)
    return Wish(args.id, title, pattern, product)


def _answer(question: str, default: str, asks: object) -> str:
    return (_asked(f"{question} [{default}]: ") or default) if asks else default


def _asked_pattern() -> str:
    patterns = _patterns()
    names = sorted(patterns)
    for number, name in enumerate(names, 1):
        print(f"{number:>4}  {name:<24}{patterns[name]}")
    while True:
        said = _asked(f"Pattern, by name or number [{FALLBACK}]: ") or FALLBACK
        if said.isascii() and said.isdecimal() and 0 < int(said[:9]) <= len(names):
            return names[int(said[:9]) - 1]
        if said in patterns:
            return said
        print("That is none of them.")


def _asked(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        raise CannotRunError("the questions ended without an answer: nothing was written.") from None
    except UnicodeDecodeError:
        raise CannotRunError("the answer is not UTF-8: nothing was written.") from None


def _text(wish: Wish) -> str:
    text = _written(wish)
    faults = _faults(text)
    if faults:
        raise CannotRunError(f"this makes no template: {faults[0]}")
    return text


def _written(wish: Wish) -> str:
    known = shipped.vocabularies()
    try:
        return draft(wish, _patterns()[wish.pattern], _today(), {"atlas": leading(known["atlas"].release)})
    except ValueError as reason:
        raise CannotRunError(f"this makes no template: {reason}.") from None


def _faults(text: str) -> list[str]:
    found = check(text.encode(), "template.yaml", shipped.facts(_today())).findings
    return [finding.message for finding in found if finding.severity is Severity.ERROR]


def _today() -> date:
    return datetime.now(UTC).date()


def _write(file: Path, text: str) -> None:
    """Into a folder that was not there before."""
    try:
        file.parent.mkdir()
        with file.open("x", encoding="utf-8", newline="") as stream:
            stream.write(text)
    except OSError as error:
        raise CannotRunError(f"{shown(file)} cannot be written: {error.strerror}.") from None
