"""Every rule on its own: silent on its good files, at the stated places on its bad ones, and explained on its page.

The fixtures of a rule are slices of a template, `rules/<rule-name>/good*` and `bad*`; its page shows them as examples.
A comment on top of a file may say:

    # expect: /threats/0/title    a finding of this rule stands here; one line for each, in document order
    # expect: line 7              the same, where the reader stops before there are places with a name
    # folder: other-name          the folder the file is said to stand in
    # repeat: 16000               the last line stands that many times
    # pull-request: 12            the pull request that touches the file
    # same-as: T-EXEC-002 a-key   what a maintainer has said in it

`.yaml` files are taken as they stand. In `.txt` files the comment ends at the first empty line and is not part of the
file, `\xe9` stands for one byte, and `\u200b` for one character in UTF-8: what no editor keeps safely. A
`published.yaml` beside them is the release that is already out, a `base.yaml` the file as it stands where the pull
request wants to go, an `elsewhere.yaml` another template, a `ledger.csv` the ledger of threat ids.
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from schema.check import Checked, check
from schema.content import content_digest
from schema.facts import Facts, PublishedVersion, Telling
from schema.finding import Finding, Severity, pointer
from schema.ids import Ledger, read
from schema.prose import tellings
from schema.rules import RULES
from schema.shipped import facts
from schema.template import Template
from schema.text import apply

FOLDER = Path(__file__).parent / "rules"
NAMES = tuple(rule.name for rule in RULES)
FILES = sorted(path for path in FOLDER.glob("*/*") if path.name.startswith(("good", "bad")))
GOOD = [path for path in FILES if path.name.startswith("good")]
BAD = [path for path in FILES if path.name.startswith("bad")]
SHAPELESS = NAMES[: NAMES.index("structure") + 1]
ESCAPE = re.compile(rb"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})")
CODE = re.compile(r"`[^`]*`")
SENTENCE_END = re.compile(r"[.?!](?= |$)")
PROGRAMMER = re.compile(r"Traceback|Error\b|Exception|<class|object at 0x|\bNone\b|\bTrue\b|\bFalse\b|\['|\{'|\('")


@dataclass(frozen=True)
class Example:
    """A fixture: the bytes that are checked, and what its comment says about them."""

    source: bytes
    expected: tuple[str, ...]
    folder: str | None
    pull_request: int | None = None
    same_as: frozenset[tuple[str, str]] = frozenset()


def label(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@cache
def shipped() -> Facts:
    return facts(date(2026, 11, 20))


def example(path: Path) -> Example:
    source = path.read_bytes()
    said = [line.removeprefix(b"# ").decode() for line in source.splitlines() if line.startswith(b"# ")]
    if path.suffix == ".txt":
        source = ESCAPE.sub(_unescaped, source.partition(b"\n\n")[2])
    for times in _said(said, "repeat"):
        last = source.splitlines(keepends=True)[-1]
        source += last * (int(times) - 1)
    pull_request = next((int(number) for number in _said(said, "pull-request")), None)
    same_as = frozenset((first, key) for first, _, key in (pair.partition(" ") for pair in _said(said, "same-as")))
    return Example(source, _said(said, "expect"), next(iter(_said(said, "folder")), None), pull_request, same_as)


def _unescaped(match: "re.Match[bytes]") -> bytes:
    byte, character = match.groups()
    return bytes.fromhex(byte.decode()) if byte else chr(int(character, 16)).encode()


def _said(lines: list[str], word: str) -> tuple[str, ...]:
    return tuple(line.partition(": ")[2] for line in lines if line.startswith(f"{word}: "))


def known(path: Path, given: Example) -> Facts:
    """The shipped facts of 20 November 2026, with what the fixture and the files beside it say."""
    return replace(
        shipped(),
        folder=given.folder,
        pull_request=given.pull_request,
        same_as=given.same_as,
        published=_published(path.parent / "published.yaml"),
        base=_base(path.parent / "base.yaml"),
        ledger=_ledger(path.parent / "ledger.csv"),
        elsewhere=_elsewhere(path.parent / "elsewhere.yaml"),
    )


def _published(release: Path) -> dict[str, tuple[PublishedVersion, ...]]:
    if not release.exists():
        return {}
    out = check(release.read_bytes(), release.name, shipped())
    assert out.template is not None
    version = PublishedVersion(out.template.version, "0" * 64, content_digest(out.data))
    return {out.template.id: (version,)}


def _base(file: Path) -> Template | None:
    return check(file.read_bytes(), file.name, shipped()).template if file.exists() else None


def _elsewhere(file: Path) -> Mapping[str, tuple[Telling, ...]]:
    other = check(file.read_bytes(), file.name, shipped()).template if file.exists() else None
    return tellings([other] if other else [])


def _ledger(file: Path) -> Ledger | None:
    return read(file.read_text()) if file.exists() else None


@cache
def checked(path: Path) -> Checked:
    given = example(path)
    return check(given.source, path.name, known(path, given))


def of_the_rule(path: Path, findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.rule == path.parent.name]


def place(finding: Finding) -> str:
    return pointer(finding.path) or f"line {finding.place.line}"


def page_parts(page: str) -> list[str]:
    return [" ".join(part.split()) for part in page.split("\n\n")]


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_a_good_file_is_silent(path: Path) -> None:
    assert [(place(finding), finding.message) for finding in of_the_rule(path, checked(path).findings)] == []


@pytest.mark.parametrize("path", BAD, ids=label)
def test_a_bad_file_is_found_at_the_stated_places(path: Path) -> None:
    found = tuple(place(finding) for finding in of_the_rule(path, checked(path).findings))
    assert found
    assert found == example(path).expected


@pytest.mark.parametrize("path", BAD, ids=label)
def test_a_message_is_a_few_sentences_for_people(path: Path) -> None:
    for finding in of_the_rule(path, checked(path).findings):
        words = CODE.sub("code", finding.message)
        assert words.endswith((".", "?")), finding.message
        assert 1 <= len(SENTENCE_END.findall(words)) <= 3, finding.message
        assert not PROGRAMMER.search(words), finding.message
        assert "\n" not in finding.message
        assert "`" not in words, "a backtick is left open"


@pytest.mark.parametrize("path", [path for path in BAD if path.suffix == ".yaml"], ids=label)
def test_an_edit_makes_its_finding_go_away(path: Path) -> None:
    before = of_the_rule(path, checked(path).findings)
    text = example(path).source.decode()
    for finding in before:
        if finding.edit is not None:
            mended = apply(text, [finding.edit]).encode()
            after = of_the_rule(path, check(mended, path.name, known(path, example(path))).findings)
            assert len(after) < len(before)


def test_what_a_machine_can_mend_has_an_edit() -> None:
    mended = {
        finding.rule
        for path in BAD
        for finding in of_the_rule(path, checked(path).findings)
        if finding.edit is not None
    }
    assert mended >= {"yaml-syntax", "hidden-characters", "empty-value", "vocabulary-current"}


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name not in SHAPELESS], ids=label)
def test_a_slice_lacks_sections_but_has_no_other_fault_of_form(path: Path) -> None:
    found = [finding for finding in checked(path).findings if finding.rule in SHAPELESS]
    faults = [finding for finding in found if len(finding.path) > 1 or "is missing" not in finding.message]
    assert checked(path).document is not None
    assert [(place(fault), fault.message) for fault in faults] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_a_first_good_and_a_first_bad_file(name: str) -> None:
    stems = {path.stem for path in FILES if path.parent.name == name}
    assert stems >= {"good", "bad"}


def test_every_folder_of_fixtures_belongs_to_a_rule() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(NAMES)


def test_every_fixture_is_used() -> None:
    beside = {path.name for path in FOLDER.glob("*/*")} - {path.name for path in FILES}
    assert beside == {"published.yaml", "base.yaml", "elsewhere.yaml", "ledger.csv"}


def test_the_whole_template_among_the_fixtures_has_hints_only() -> None:
    whole = checked(FOLDER / "structure" / "good.yaml")
    assert {finding.severity for finding in whole.findings} == {Severity.HINT}
    assert whole.ok


def test_rules_are_named_once_and_like_their_modules() -> None:
    assert len(set(NAMES)) == len(NAMES)
    modules = {path.stem for path in Path(inspect.getfile(import_module("schema.rules"))).parent.glob("*.py")}
    assert {name.replace("-", "_") for name in NAMES} == modules - {"__init__", "rule"}
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
        assert import_module(f"schema.rules.{rule.name.replace('-', '_')}").RULE is rule


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_why_and_how_to_mend(name: str) -> None:
    rule = next(rule for rule in RULES if rule.name == name)
    first, *rest = page_parts(rule.page)
    assert re.fullmatch(r"[A-Z][^.]+\.", first)
    assert first == rule.title
    assert [part.split(" ", 1)[0] for part in rest] == ["What:", "Why:", "Fix:"]
    assert all(part.endswith((".", "`.", ")", ".)")) for part in rest)
