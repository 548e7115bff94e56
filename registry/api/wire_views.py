"""What the views across templates look like on the wire, as the OpenAPI document describes it."""

from pydantic import BaseModel, Field

from registry.api.wire import Href, Rating


class Told(BaseModel):
    """A threat as one template tells it. `standing` is what its adopter still has to do."""

    template: str
    key: str
    id: str | None = Field(description="Its global id; null while it has none.")
    title: str
    risk: Rating | None
    residual: Rating | None
    standing: str
    mitigations: list[str] = Field(description="Keys of the mitigations that answer it.")
    href: str = Href


class Gap(BaseModel):
    """An entry that no template has a threat for."""

    id: str
    name: str


class Covered(BaseModel):
    """An entry, and the threats that name it or one of its sub-techniques."""

    id: str
    name: str
    templates: list[str]
    threats: list[Told]


class CoverageGroup(BaseModel):
    """A part of a framework: a tactic, an edition, a list."""

    id: str
    name: str
    entries: list[Covered]
    gaps: list[Gap]


class FrameworkCoverage(BaseModel):
    """A framework held against the newest version of every template. An entry of several groups stands in each."""

    framework: str
    title: str
    release: str
    entries: int
    covered: int
    groups: list[CoverageGroup]


class Technique(BaseModel):
    """A technique of ATLAS or ATT&CK that some template has a threat for."""

    id: str
    name: str
    framework: str
    release: str
    tactics: list[str]
    parent: str | None
    templates: list[str]
    threats: list[Told]


class ControlSummary(BaseModel):
    """A setting or means of the product, and how much it answers."""

    id: str
    name: str
    setting: str
    default: str | None
    limit: str | None
    protects: str
    versions: str | None
    docs: list[str] = Field(description="Pages of the product's documentation.")
    answers: int = Field(description="Distinct threats it helps against.")
    to_turn_on: int = Field(description="Those of them that it helps against only once an adopter turned it on.")
    templates: list[str]


class ControlLink(ControlSummary):
    """A control in the list."""

    href: str = Href


class Controls(BaseModel):
    """Every control that a template uses, those that answer most threats first."""

    first: list[str] = Field(description="The ids to turn on before all others.")
    controls: list[ControlLink]


class Use(BaseModel):
    """A mitigation that uses the control; `configured` when settings to copy come with it."""

    template: str
    mitigation: str
    title: str
    kind: str
    status: str
    configured: bool
    threats: list[str] = Field(description="Keys of the threats it answers.")


class Control(ControlSummary):
    """A control, where it is used and against what."""

    uses: list[Use]
    threats: list[Told]


class Named(BaseModel):
    """A threat that would have named the incident, and the mitigation that breaks it."""

    template: str
    threat: str
    threat_id: str | None
    mitigation: str
    sentence: str
    href: str = Href


class Incident(BaseModel):
    """Something that happened or was shown, held against the templates."""

    id: str
    kind: str = Field(description="incident or research")
    date: str
    product: str
    summary: str
    verification: str
    source: str
    named: list[Named]
    miss: str | None = Field(description="Why no template names it; null when one does.")


class Incidents(BaseModel):
    """The back-test, newest first, misses included."""

    tested: int
    named: int
    incidents: list[Incident]
