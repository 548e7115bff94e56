"""How a version comes into being: the states of template files, oldest first, become releases and refusals."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from registry.catalog import Catalogue, Gate, Release, refusals
from schema.check import check
from schema.content import content_digest
from schema.facts import Facts, PublishedVersion
from schema.finding import Finding, Severity

Progress = Callable[[str], None]
"""Told what is being done, in a few words, as it is done."""


@dataclass(frozen=True)
class State:
    """A template's file as it stood at a commit. `source` is None where the commit took the file away.

    `folder` is the name of the template's folder, `file` the path from the root of the checkout, `at` a moment in UTC
    (`2026-11-20T09:00:00Z`); `commit` is empty for a working tree.
    """

    folder: str
    file: str
    source: bytes | None
    commit: str
    at: str


@dataclass(frozen=True)
class Refusal:
    """Why the newest state of a template is not published: errors found in the file, or reasons of the gate."""

    file: str
    commit: str
    reasons: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it for a person: `templates/x/template.yaml:12:3: rule: what is wrong`."""
        told = (f"{f.file}:{f.place.line}:{f.place.column}: {f.rule}: {f.message}" for f in self.findings)
        return (*(f"{self.file}: {reason}" for reason in self.reasons), *told)

    def __str__(self) -> str:
        return "\n".join(self.sentences)


@dataclass(frozen=True)
class Life:
    """Every release that exists, and what was refused."""

    releases: tuple[Release, ...]
    refused: tuple[Refusal, ...]


def lived(states: Iterable[State], before: Catalogue, gate: Gate, facts: Facts, progress: Progress) -> Life:
    """The releases of before and those that the states bring.

    A version exists from the first state on that has it, holds no error and passes the gate. A template that fails
    keeps what it has; it is refused only if its newest state fails.
    """
    published = {id_: list(releases) for id_, releases in before.by_id.items()}
    refused: dict[str, Refusal | None] = {}
    for state in states:
        own = published.get(state.folder, [])
        result = _judged(state, own, gate, facts)
        refused[state.folder] = result if isinstance(result, Refusal) else None
        if isinstance(result, Release):
            progress(f"{result.id} {result.version}")
            published[result.id] = sorted([*own, result], key=_number, reverse=True)
    releases = tuple(release for id_ in sorted(published) for release in reversed(published[id_]))
    return Life(releases, tuple(refusal for refusal in refused.values() if refusal))


def published_versions(releases: Sequence[Release]) -> tuple[PublishedVersion, ...]:
    """What rules may know of a template's releases; given newest first, told oldest first."""
    return tuple(PublishedVersion(r.version, r.sha256, content_digest(r.data)) for r in reversed(releases))


def restored(state: State, facts: Facts) -> Release | None:
    """The release that was published from this state, not judged again; None when it can be read no more."""
    checked = check(state.source or b"", state.file, facts)
    if checked.template is None:
        return None
    return Release(checked.template, checked.data, state.source or b"", state.at, state.commit)


def _judged(state: State, own: Sequence[Release], gate: Gate, facts: Facts) -> Release | Refusal | None:
    """None when the state is nothing new."""
    if state.source is None or any(release.source == state.source for release in own):
        return None
    known: Mapping[str, tuple[PublishedVersion, ...]] = {state.folder: published_versions(own)}
    checked = check(state.source, state.file, replace(facts, folder=state.folder, published=known))
    errors = tuple(finding for finding in checked.findings if finding.severity is Severity.ERROR)
    if checked.template is None or errors:
        return Refusal(state.file, state.commit, findings=errors)
    release = Release(checked.template, checked.data, state.source, state.at, state.commit)
    reasons = refusals(release, own, gate)
    return Refusal(state.file, state.commit, reasons) if reasons else release


def _number(release: Release) -> tuple[int, ...]:
    return tuple(int(part) for part in release.version.split("."))
