"""`threatshelf settings`: every setting with its meaning and its value; `--check` says whether a server could start."""

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from registry.errors import CannotRunError
from registry.main import POLICY
from registry.settings import SETTINGS, Setting, database_url, faults, from_environment
from registry.store.reach import reach
from schema.near import alike

EXAMPLE = "threatshelf settings --check"
PREFIX = "THREATSHELF_"
ELSEWHERE = frozenset({"THREATSHELF_APP_KEY", "THREATSHELF_BOT", "THREATSHELF_PACE", "THREATSHELF_ORACLES"})
"""Variables of the reviewer and of the tests, which no server reads."""
HIDDEN = "(set, not shown)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """In which form, and whether to try them."""
    parser.add_argument("--check", action="store_true", help="try them: values, spelling, database, site")
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="for people, machines or a page"
    )


def run(args: argparse.Namespace) -> int:
    """0: shown, and with --check all is well; 1: --check found something; 2: the arguments make no sense."""
    wrong = tuple(_wrong(os.environ)) if args.check else ()
    if args.format == "json":
        print(json.dumps({"settings": _as_json(os.environ), "wrong": list(wrong)}, indent=2))
    elif args.format == "markdown":
        print(table())
    else:
        _show(os.environ, wrong)
    return int(bool(wrong))


def table() -> str:
    """The settings as a table of OPERATIONS.md: names, meanings and defaults; no value of this machine."""
    rows = [f"| `{s.variable}` | {f'`{s.default}`' if s.default else ''} | {s.meaning} |" for s in SETTINGS.values()]
    return "\n".join(("| variable | default | what it does |", "|---|---|---|", *rows))


def _show(environment: Mapping[str, str], wrong: tuple[str, ...]) -> None:
    for setting in SETTINGS.values():
        origin = "" if environment.get(setting.variable) else "  (default)"
        print(f"{setting.variable}={_shown(setting, environment)}{origin}\n    {setting.meaning}")
    for sentence in wrong:
        print(f"wrong: {sentence}")


def _as_json(environment: Mapping[str, str]) -> list[dict[str, str | bool]]:
    return [
        {
            "variable": setting.variable,
            "value": _shown(setting, environment),
            "default": setting.default,
            "given": bool(environment.get(setting.variable)),
            "meaning": setting.meaning,
        }
        for setting in SETTINGS.values()
    ]


def _shown(setting: Setting, environment: Mapping[str, str]) -> str:
    given = environment.get(setting.variable)
    if given and setting.secret:
        return HIDDEN
    return given or setting.default


def _wrong(environment: Mapping[str, str]) -> Iterator[str]:
    told = faults(environment)
    yield from told
    yield from _misspelt(environment)
    if told:
        return
    settings = from_environment(environment)
    yield from _unreachable(settings.database_url)
    yield from _unbuilt(settings.site)


def _misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    known = {setting.variable for setting in SETTINGS.values()}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known | ELSEWHERE:
            near = alike(name, sorted(known))
            yield f"{name} is no setting{f': did you mean {near[0]}?' if near else ', and does nothing.'}"


def _unreachable(url: str) -> Iterator[str]:
    try:
        reach(database_url(url))
    except CannotRunError as reason:
        yield f"THREATSHELF_DATABASE_URL: {reason}"


def _unbuilt(site: Path | None) -> Iterator[str]:
    if site and not site.joinpath(POLICY).is_file():
        yield f"THREATSHELF_SITE: {site} holds no built site: run threatshelf site --out there."
