"""The bytes of a pull request's templates become plain data: what was found, what changed, which threats there are.

This is the only part of a review that reads what a contributor wrote. What it says is believed for text, not for who.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot import places
from bot.changes import Line, lines
from bot.digest import content_digest
from bot.facts import ChangedFile, Contents, PullRequest
from bot.mends import Mend, Slot, mends, slot
from schema.check import STRUCTURE, Checked, check
from schema.compare import Figures, compare, figures
from schema.document import Document, read
from schema.drawing import mermaid
from schema.facts import Facts
from schema.finding import Finding, Severity
from schema.ids import parse_id, subject_of
from schema.similarity import ranked
from schema.structure import typed
from schema.suggestion import Known
from schema.template import Template, Threat, from_data

UNREADABLE = (
    "encoding", "too-large", "hidden-characters", "yaml-syntax", "yaml-feature", "duplicate-key", "empty-value",
    STRUCTURE, "keys-unique", "folder-is-id",
)  # fmt: skip
"""Errors of structure: while one of them stands, nobody can say which threats there are."""

ID_WRITTEN = "id-written"

ALIKE = 0.3
"""Likeness from which on a known threat is likely the same. With each template of this catalogue compared with all
others, two of three that share an id are found, and what else is found mostly lacks one only because nobody saw it."""
MOST_ALIKE, MOST_COMPARED, LONGEST_COMPARED = 2, 60, 2_000
"""Ids named for one threat, threats compared in one file, characters of each."""


@dataclass(frozen=True)
class SeenThreat:
    """A threat of a template that can be read. `id`: as the file says, empty when it says none.

    `alike`: ids of known threats that read like it, most like first; only where it has no id.
    """

    subject: str
    title: str
    category: str
    id: str
    slot: Slot | None
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeenTemplate:
    """A template at the head. Unsound: errors of structure; then only `path`, `folder` and `is_new` say something.

    `now`: its threats by level and its STRIDE coverage; `before`: the same of the template at the base, None without
    one. `waives`: the warnings the author asks to be excused from, each with its place.
    """

    path: str
    folder: str
    is_new: bool
    sound: bool
    title: str = ""
    version: str = ""
    status: str = ""
    changes: tuple[Line, ...] = ()
    threats: tuple[SeenThreat, ...] = ()
    now: Figures | None = None
    before: Figures | None = None
    diagram: str = ""
    waives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judgement:
    """All that the files say. `digest`: of their content, what an approval is for."""

    digest: str
    templates: tuple[SeenTemplate, ...]
    findings: tuple[Finding, ...]
    mends: tuple[Mend, ...]


def judge(pull_request: PullRequest, contents: Contents, facts: Facts, known: Known | None = None) -> Judgement:
    """Judge every template that may be read. Never raises because of what the files hold.

    `facts` are those of the default branch; folder, base and pull request are filled in for each file. `known`: the
    threats that new ones are compared with.
    """
    facts = replace(facts, pull_request=pull_request.number)
    looked = [_look(file, contents, facts) for file in places.readable(pull_request)]
    return Judgement(
        digest=digest_at(pull_request, contents.head),
        templates=tuple(_template(look, known) for look in looked),
        findings=tuple(finding for look in looked for finding in look.checked.findings),
        mends=tuple(mend for look in looked for mend in _mends(look.checked)),
    )


def digest_at(pull_request: PullRequest, files: Mapping[str, bytes]) -> str:
    """The digest of the templates that the head touches, as they stand in `files` (those of any commit)."""
    touched = [file.path for file in pull_request.files if places.folder_of(file.path)]
    return content_digest({path: files.get(path) for path in touched})


@dataclass(frozen=True)
class _Look:
    """A file, what was found in it, and the template that stands at the base."""

    file: ChangedFile
    is_new: bool
    checked: Checked
    base: Template | None


def _look(file: ChangedFile, contents: Contents, facts: Facts) -> _Look:
    """Everything but ids that are only to be written: the review gives these a place of their own."""
    before = contents.base.get(places.path_at_base(file))
    base = _as_it_stands(before, facts) if before is not None else None
    own = replace(facts, folder=places.folder_of(file.path), base=base)
    checked = check(contents.head.get(file.path, b""), file.path, own)
    kept = tuple(finding for finding in checked.findings if finding.rule != ID_WRITTEN)
    return _Look(file, before is None, replace(checked, findings=kept), base)


def _as_it_stands(source: bytes, facts: Facts) -> Template | None:
    """The template in a file that nobody judges here."""
    document = read(source, "")
    data = typed(document, facts.schema) if isinstance(document, Document) else None
    return from_data(data) if isinstance(data, dict) else None


def _template(look: _Look, known: Known | None) -> SeenTemplate:
    checked, base = look.checked, look.base
    bare = SeenTemplate(look.file.path, str(places.folder_of(look.file.path)), look.is_new, sound=False)
    template = checked.template
    if template is None or not _is_sound(checked.findings):
        return bare
    compared = compare(base, template) if base else None
    return replace(
        bare,
        sound=True,
        title=template.title,
        version=template.version,
        status=template.status,
        changes=lines(compared) if compared else (),
        threats=tuple(_threats(checked, template, bare.folder, known)),
        now=compared.after if compared else figures(template),
        before=compared.before if compared else None,
        diagram=mermaid(template),
        waives=tuple(f"{waiver.rule} {waiver.at}".strip() for waiver in template.waive),
    )


def _is_sound(findings: tuple[Finding, ...]) -> bool:
    return not any(finding.rule in UNREADABLE and finding.severity is Severity.ERROR for finding in findings)


def _threats(checked: Checked, template: Template, folder: str, known: Known | None) -> Iterator[SeenThreat]:
    for index, threat in enumerate(template.threats):
        subject = subject_of(folder, threat.key)
        plain = SeenThreat(subject, threat.title, threat.category, threat.id, None)
        if threat.id:
            yield plain
            continue
        place = slot(checked.document, ("threats", index), subject) if checked.document else None
        yield replace(plain, slot=place, alike=tuple(_alike(threat, known)) if known and index < MOST_COMPARED else ())


def _alike(threat: Threat, known: Known) -> Iterator[str]:
    """Known threats with an id that are likely the same."""
    text = f"{threat.title}. {threat.scenario}"[:LONGEST_COMPARED]
    near = [match for match in ranked(known.threats, text) if match.likeness >= ALIKE and parse_id(match.key)]
    yield from (match.key for match in near[:MOST_ALIKE])


def _mends(checked: Checked) -> Iterator[Mend]:
    """The edits of findings, where the file could be read as text."""
    if checked.document:
        yield from mends(checked.document, (finding.edit for finding in checked.findings if finding.edit))
