"""What every door promises for any bytes whatever; a promise that is not kept is an AssertionError or a crash."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from itertools import product

import yaml

from fuzzing.seeds import MINIMAL
from schema import analysis, show
from schema.check import Checked, check
from schema.compare import compare
from schema.document import MOST_FINDINGS, Document, read
from schema.facts import Facts, PublishedVersion
from schema.finding import Finding, Severity
from schema.fmt import FormatError, formatted
from schema.ids import Ledger
from schema.ids import read as read_ledger
from schema.mending import mended
from schema.reach import Reading
from schema.reach_blast import Power
from schema.reports import sarif
from schema.reports.github import annotations
from schema.reports.plain import as_json
from schema.reports.text import as_text
from schema.rules import RULES
from schema.shipped import facts
from schema.structure import typed
from schema.template import Template, from_data
from schema.text import line_at

NAME = "template.yaml"
PAGES = "https://example.org"
RULE_NAMES = frozenset(rule.name for rule in RULES)
LEDGER = """seq,at,id,state,subject,pull_request,by,title,reason,note,superseded_by
1,2026-11-02T09:00:00Z,T-EXEC-001,RESERVED,desk-assistant/orders-in-file,7,maintainer-a,,,,
2,2026-11-03T09:00:00Z,T-EXEC-001,PUBLISHED,desk-assistant/orders-in-file,7,maintainer-a,A file gives orders,,,
3,2026-11-03T09:00:00Z,T-EXEC-002,RESERVED,elsewhere/another-threat,8,maintainer-a,,,,
4,2026-11-03T09:00:00Z,T-EXEC-002,PUBLISHED,elsewhere/another-threat,8,maintainer-a,Names are guessed,,,
5,2026-11-04T09:00:00Z,T-EXEC-002,WITHDRAWN,,,maintainer-a,,not-a-threat,Names are public.,
6,2026-11-05T09:00:00Z,T-RECON-001,RESERVED,desk-assistant/spare-threat,12,maintainer-a,,,,
"""


def open_reader(source: bytes) -> None:
    """The reader: a document that means what other readers find in it, or reasons that point into the file."""
    document = read(source, NAME)
    if not isinstance(document, Document):
        assert 1 <= len(document) <= MOST_FINDINGS
        _told_well(document, _text(source))
        return
    assert document.text.encode() == source
    assert yaml.load(document.text, Loader=yaml.CBaseLoader) == document.data  # noqa: S506  # it builds text only
    assert all(0 <= node.span.start <= node.span.end <= len(document.text) for node in document.nodes.values())


def open_check(source: bytes) -> None:
    """Structure and rules: findings in order, each in the file and on one line, in every form of report."""
    checked = check(source, NAME, known())
    _told_well(checked.findings, _text(source))
    order = [(finding.place.line, finding.place.column) for finding in checked.findings]
    assert order == sorted(order)
    _reported(checked, _text(source))


def open_fix(source: bytes) -> None:
    """`--fix`: never more errors than before, and never a change that is not told."""
    before = check(source, NAME, known())
    if not any(finding.edit for finding in before.findings):
        return
    after = mended(source, _judged)
    assert before.document is None or _errors(after.checked) <= _errors(before)
    assert bool(after.gone) == (after.source != source)


def open_fmt(source: bytes) -> None:
    """The layout: the same data, the same the second time, or a refusal."""
    document = read(source, NAME)
    if not isinstance(document, Document):
        return
    try:
        once = formatted(document, known().schema)
    except FormatError:
        return
    again = read(once.encode(), NAME)
    assert isinstance(again, Document)
    assert again.data == document.data
    assert formatted(again, known().schema) == once


def open_diff(source: bytes) -> None:
    """What changed, either way round; a file beside itself is the same."""
    template, whole = _read_as_far_as_it_goes(source), known().base
    if template is None or whole is None:
        return
    assert not compare(template, template).changes
    for found in (compare(template, whole), compare(whole, template)):
        assert json.dumps(asdict(found))


def open_show(source: bytes) -> None:
    """Every view of what follows from a template, as data and as lines without a line break in them."""
    template = _read_as_far_as_it_goes(source)
    if template is None:
        return
    data = [analysis.coverage_data(template), analysis.risk_data(template)]
    lines = [*show.coverage_lines(template), *show.risk_lines(template)]
    for reading in Reading:
        data.append(analysis.taint_data(template, reading))
        lines += show.taint_lines(template, reading)
        for element, power in product(list(template.elements)[:3], Power):
            data.append(analysis.blast_data(template, element, power, reading))
            lines += show.blast_lines(template, element, power, reading)
    assert json.dumps(data)


DOORS: Mapping[str, Callable[[bytes], None]] = {
    "reader": open_reader,
    "check": open_check,
    "fix": open_fix,
    "fmt": open_fmt,
    "diff": open_diff,
    "show": open_show,
}
"""Every door by its name."""


@cache
def known() -> Facts:
    """Facts that give every rule something to look at: a ledger, a base, a release, a pull request."""
    alone = facts(date(2026, 11, 20), "desk-assistant", {"desk-assistant": (_published("0.1.0"),)})
    ledger: Ledger = read_ledger(LEDGER)
    return replace(alone, ledger=ledger, base=_template(MINIMAL, alone), pull_request=12)


def _published(version: str) -> PublishedVersion:
    return PublishedVersion(version, "0" * 64, "1" * 64)


def _template(source: bytes, about: Facts) -> Template:
    template = check(source, NAME, about).template
    assert template is not None
    return template


def _judged(source: bytes) -> Checked:
    return check(source, NAME, known())


def _errors(checked: Checked) -> int:
    return sum(finding.severity is Severity.ERROR for finding in checked.findings)


def _told_well(findings: tuple[Finding, ...], text: str) -> None:
    lines = text.count("\n") + 1
    for finding in findings:
        place = finding.place
        assert 1 <= place.line <= place.end_line <= lines
        assert 1 <= place.column <= len(line_at(text, place.line)) + 2  # behind the line, or on its line break
        assert finding.rule in RULE_NAMES
        assert finding.message
        assert "\n" not in finding.message
        assert finding.edit is None or 0 <= finding.edit.start <= finding.edit.end <= len(text)


def _reported(checked: Checked, text: str) -> None:
    found = checked.findings
    looked = sarif.Looked(NAME, text, checked.data, found)
    plain = [as_json(finding, PAGES) for finding in found]
    assert json.loads(json.dumps([plain, sarif.log([looked], sarif.Tool("1", PAGES, RULES))]))
    assert all("\n" not in line for line in (*as_text(found, text, PAGES), *annotations(found, PAGES)))


def _text(source: bytes) -> str:
    """The text in which the places of findings count."""
    try:
        return source.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return source.decode("utf-8", "replace")


def _read_as_far_as_it_goes(source: bytes) -> Template | None:
    document = read(source, NAME)
    return from_data(typed(document, known().schema)) if isinstance(document, Document) else None
