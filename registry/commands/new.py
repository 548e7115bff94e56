"""`threatshelf new`: a first draft of a template, valid as it stands, with guidance where its author goes on."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

from registry.commands.files import shown
from registry.commands.terminal import asked, chosen, somebody_is_there, wrapped
from registry.errors import CannotRunError
from registry.settings import from_environment
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
        "--pattern", choices=sorted(_patterns()), metavar="PATTERN", help="the nearest of the patterns below"
    )
    known = "\n".join(wrapped(f"  {name:<24}", text) for name, text in sorted(_patterns().items()))
    parser.description = f"{parser.description}\n\npatterns:\n{known}"
    parser.add_argument("--title", help="what it is called in a list")
    parser.add_argument("--product", help="the product it speaks of (default: OpenClaw)")
    parser.add_argument("--yes", action="store_true", help="ask nothing: what is not said is filled in")
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="FOLDER", help="where the folder templates is (default: here)"
    )


def run(args: argparse.Namespace) -> int:
    """0: the draft stands in templates/<id>/template.yaml; 2: it does already, or an answer makes no template."""
    folder = args.root / "templates"
    if not folder.is_dir():
        raise CannotRunError(f"there is no folder {shown(folder)}: make it, or name with --root where it is.")
    file = folder / args.id / "template.yaml"
    _refuse_id(args.id, file)
    text = _text(_wish(args))
    _write(file, text)
    print(f"{shown(file)}: a first draft. Next:")
    print(f"  threatshelf check {shown(file)}")
    print(f"  threatshelf preview {shown(file)}")
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
    asks = not args.yes and somebody_is_there()
    title = args.title or _answer("Title", title_from(args.id), asks)
    pattern = args.pattern or (_asked_pattern() if asks else FALLBACK)
    product = args.product or _answer("Product", Wish.product, asks)
    return Wish(args.id, title, pattern, product, schema=_schema(args.root))


def _schema(root: Path) -> str:
    """The checkout's own file beside the template; elsewhere the published one, where the settings say that it is."""
    if (root / "schema" / "v1" / "template.schema.json").is_file():
        return Wish.schema
    return f"{from_environment().public_address}/schema/v1/template.schema.json"


def _answer(question: str, default: str, asks: object) -> str:
    return (asked(f"{question} [{default}]: ") or default) if asks else default


def _asked_pattern() -> str:
    patterns = _patterns()
    names = sorted(patterns)
    print("Which pattern is nearest?")
    for number, name in enumerate(names, 1):
        print(wrapped(f"{number:>4}  {name:<24}", patterns[name]))
    return chosen(names, f"Pattern, by name or number [{FALLBACK}]: ", FALLBACK)


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
