"""What goes over the wire as JSON, as the OpenAPI document describes it."""

from typing import Any, Literal

from pydantic import BaseModel, Field

Sha256 = Field(description="Hexadecimal sha-256 of the file's bytes.")
Href = Field(description="Relative to the place of this very file.")
State = Field(description="RESERVED, PUBLISHED, REJECTED or WITHDRAWN.")


class ProblemDocument(BaseModel):
    """An error as RFC 9457 has it. `code` is stable; `detail` says what to do."""

    type: str
    title: str
    status: int
    code: str
    detail: str


class CataloguePageLink(BaseModel):
    """One page of the catalogue."""

    href: str = Href
    sha256: str = Sha256
    first: str = Field(description="The first template id on the page.")
    last: str = Field(description="The last template id on the page.")
    templates: int


class CatalogueIndex(BaseModel):
    """The pages of the catalogue in the order of the template ids."""

    templates: int
    page_size: int
    pages: list[CataloguePageLink]


class Product(BaseModel):
    """What a template speaks of."""

    product: str
    versions: str | None = None


class Coverage(BaseModel):
    """Cells of the STRIDE matrix: asked, answered by a threat, by a stated reason only, left open."""

    asked: int
    by_threat: int
    by_answer: int
    left: int


class TemplateSummary(BaseModel):
    """The newest version of a template, in what one needs to choose."""

    id: str
    version: str
    title: str
    summary: str
    status: str
    pattern: str
    tags: list[str]
    applies_to: list[Product]
    license: str
    published: str = Field(description="The moment of the commit, in UTC.")
    sha256: str = Field(description="Hexadecimal sha-256 of the YAML: its ETag and its row in SHA256SUMS.")
    counts: dict[str, int]
    risk: dict[str, int] = Field(description="Threats by level, as the pattern is drawn.")
    residual: dict[str, int] = Field(description="Threats by level for who does all the template advises.")
    coverage: Coverage
    review: dict[str, str]
    files: dict[str, str] = Field(description="An address per format, relative to the place of this very file.")
    checklist: str = Href
    all_versions: str = Href


class CataloguePage(BaseModel):
    """Some templates of the catalogue."""

    templates: list[TemplateSummary]


class Version(BaseModel):
    """One published version."""

    version: str
    status: str
    published: str
    commit: str | None = Field(description="The commit it came from; null for a working tree.")
    sha256: str = Sha256
    files: dict[str, str]


class WithdrawnVersion(Version):
    """A version that was taken back."""

    withdrawn_on: str = Field(description="The day, such as 2026-11-20.")
    withdrawn_by: str
    reason: str
    superseded_by: str | None = Field(description="The version to take instead.")


class Versions(BaseModel):
    """Every version of a template, newest first."""

    id: str
    title: str
    latest: str | None = Field(description="Null when every version was taken back.")
    versions: list[Version]
    withdrawn: list[WithdrawnVersion] = Field(description="Versions taken back: still there, and not to be used.")


class ThreatLink(BaseModel):
    """A threat id that was given."""

    id: str
    title: str = Field(description="Empty for an id that was never published: nobody has reviewed one.")
    category: str
    state: str = State
    templates: list[str] = Field(description="Ids of the templates whose newest version carries it.")
    recurrence: int = Field(description="In how many templates it stands.")
    href: str = Href


class LedgerLink(BaseModel):
    """The ledger of threat ids as it stood at this publication."""

    commit: str | None = Field(description="The commit on the branch threat-ids; null for the snapshot on main.")
    rows: int
    sha256: str = Sha256
    href: str = Href


class Threats(BaseModel):
    """Every threat id ever given."""

    ledger: LedgerLink | None = Field(description="Null for a working tree that knows no ledger.")
    threats: list[ThreatLink]


class Rating(BaseModel):
    """Likelihood and impact, 1 to 5 each; the score is their product, the level its band."""

    likelihood: int
    impact: int
    score: int
    level: str


class Answering(BaseModel):
    """A mitigation that a template names for a threat."""

    key: str
    title: str
    status: str


class Appearance(BaseModel):
    """How one template tells and answers a threat. `standing` is what its adopter still has to do."""

    template: str
    template_title: str
    version: str
    pattern: str
    key: str
    title: str
    category: str
    scenario: str
    stride: list[str]
    maps_to: list[str]
    risk: Rating | None
    residual: Rating | None
    status: str
    standing: str
    mitigations: list[Answering]
    gaps: list[str]
    href: str = Href


class Earlier(BaseModel):
    """A template that carries the id no more, and the last version that did."""

    id: str
    version: str
    title: str


class Withdrawal(BaseModel):
    """The end of a published id, and the published id that follows it."""

    reason: str = Field(description="duplicate, not-a-threat, out-of-scope, superseded, legal or malicious")
    note: str
    successor: str | None


class LedgerRow(BaseModel):
    """One row of the ledger about an id."""

    at: str = Field(description="A moment in UTC.")
    state: str = State
    subject: str | None = Field(description="<template id>/<threat key>; <catalogue>:<name> for an id begun elsewhere.")
    pull_request: int | None
    reason: str | None
    superseded_by: str | None
    note: str | None


class Threat(BaseModel):
    """A threat id: what it means, where it stands, how each template answers it, what became of it."""

    id: str
    title: str = Field(description="Empty for an id that was never published: nobody has reviewed one.")
    category: str
    category_name: str
    state: str = State
    withdrawn: Withdrawal | None
    known: dict[str, Any] | None = Field(description="What its first publisher says of it; null when it began here.")
    templates: list[Appearance]
    earlier: list[Earlier]
    history: list[LedgerRow] = Field(description="Oldest first; empty where no ledger is known.")


class Change(BaseModel):
    """One thing that happened to the catalogue; either `template` and `version` or `threat` says to what."""

    at: str = Field(description="A moment in UTC.")
    kind: Literal["published", "withdrawn", "threat-withdrawn"]
    template: str | None
    threat: str | None
    version: str | None
    title: str
    text: str = Field(description="The template's summary, or why something was withdrawn.")
    successor: str | None = Field(description="What to take instead of something withdrawn.")
    href: str = Href
    difference: str | None = Field(description="What the version changed; null for a first one. Relative like href.")


class Changes(BaseModel):
    """The newest 500 things that happened, newest first."""

    changes: list[Change]


class VocabularyLink(BaseModel):
    """A pinned list of ids and names, with its release."""

    name: str
    title: str
    release: str
    licence: str
    entries: int
    sha256: str = Sha256
    href: str = Href


class Vocabularies(BaseModel):
    """Every pinned list."""

    vocabularies: list[VocabularyLink]


class Rule(BaseModel):
    """A rule of the check; `page` is its documentation in Markdown."""

    name: str
    severity: str
    since: str
    title: str
    page: str


class Rules(BaseModel):
    """Every rule in reading order."""

    rules: list[Rule]


class Marked(BaseModel):
    """A text and where the words of the query stand in it: pairs of first and last-plus-one character, from 0."""

    text: str
    marks: list[tuple[int, int]]


class Hit(BaseModel):
    """A template, or a threat in one. `href` leads to the template as JSON."""

    kind: str = Field(description="template or threat")
    template: str
    version: str
    threat: str | None = Field(description="The threat's key in the template; null for a template.")
    threat_id: str | None = Field(description="Its global id; null while it has none.")
    title: Marked
    text: Marked
    score: float
    href: str


class Counted(BaseModel):
    """A value and how many hits have it."""

    value: str
    count: int


class Found(BaseModel):
    """A page of hits, best first; `next` is the address of the next page, null on the last."""

    found: int = Field(description="How many match, up to a bound of some hundred: narrow the search to see others.")
    relaxed: bool = Field(description="True when (nearly) nothing holds all the words, so that some were enough.")
    corrected: dict[str, str] = Field(description="Words that nothing holds, and what was looked for in their place.")
    hits: list[Hit]
    facets: dict[str, list[Counted]]
    next: str | None


class Edit(BaseModel):
    """Put `text` in place of the characters `start` to `end`, counted from 0; `sure`: only this can be meant."""

    start: int
    end: int
    text: str
    sure: bool


class Finding(BaseModel):
    """What is wrong, where (lines and columns from 1), and the edit that mends it where a machine knows it."""

    rule: str
    severity: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    path: str = Field(description="JSON Pointer to the value.")
    message: str
    page: str
    edit: Edit | None


class Checked(BaseModel):
    """Every finding, in the order of the lines; `ok` when none is an error."""

    ok: bool
    findings: list[Finding]


class SearchQuery(BaseModel):
    """What a search takes; every facet that is given has to hold."""

    q: str = Field(
        "",
        description="Words, of which all have to be there; in double quotes they stand together; inj* begins a word.",
    )
    pattern: str = Field("", description="A deployment pattern, such as coding-assistant.")
    status: str = Field("", description="draft, candidate, vetted or deprecated.")
    category: str = Field("", description="A threat category, such as EXEC.")
    technique: str = Field("", description="An id that threats map to, such as AML.T0051.")
    tag: str = Field("", description="A tag of the template.")
    after: str = Field("", description="The cursor from `next` of the page before.", max_length=1000)
    limit: int = Field(20, description="Hits on a page.", ge=1, le=100)
