"""What follows from a template as JSON, as the OpenAPI document describes it."""

from typing import Literal

from pydantic import BaseModel, Field

Reading = Literal["as-it-comes", "as-advised"]
Letters = Field(description="Letters of STRIDE, such as `TRI`; empty for none.")
Level = Field(description="Low, Medium, High or Critical; empty without a rating.")


class Leg(BaseModel):
    """One step of a path: along a flow, or back on its reply."""

    flow: str
    sender: str = Field(alias="from")
    receiver: str = Field(alias="to")
    reply: bool


class TaintPath(BaseModel):
    """The shortest way from a source to the element."""

    source: str
    steps: list[Leg]


class TaintedElement(BaseModel):
    """An element that data reaches which nobody vouches for; `acts` are the abilities by which it changes something."""

    element: str
    acts: list[str]
    paths: list[TaintPath] = Field(description="One for each source that reaches it.")


class Taint(BaseModel):
    """How far untrusted data gets. As it comes: gates in place count; as advised: those to switch on count too."""

    reading: Reading
    elements: list[TaintedElement]


class FallingStep(BaseModel):
    """One thing that falls: how many hops away, from which element, on which flow (if any), and why."""

    key: str
    hops: int
    by: str
    flow: str
    because: str


class BlastRadius(BaseModel):
    """Everything that falls with an element, each list nearest first; `steered` leaves out what is held.

    `seen` and `altered` name assets, `ways_out` externals, `worst_actions` worst actions; `stands_on` what has to hold.
    """

    element: str
    start: Literal["hold", "steer"] = Field(description="What the attacker has of the element to begin with.")
    reading: Reading
    held: list[FallingStep]
    steered: list[FallingStep]
    seen: list[FallingStep]
    altered: list[FallingStep]
    stands_on: list[FallingStep]
    ways_out: list[FallingStep]
    abilities: list[str]
    worst_actions: list[FallingStep]


class TargetCoverage(BaseModel):
    """The letters asked of one element, flow or zone, in their three parts."""

    target: str
    name: str
    kind: str
    by_threat: str = Letters
    by_reason: str = Letters
    open: str = Letters


class StrideCoverage(BaseModel):
    """Cells of the STRIDE matrix: asked, answered by a threat, by a reason only, open; and the same by target."""

    asked: int
    by_threat: int
    by_reason: int
    open: int
    targets: list[TargetCoverage]


class RiskCell(BaseModel):
    """One cell of the risk matrix with the number of threats rated there, as it comes and as advised."""

    likelihood: int
    impact: int
    level: str
    threats: int
    residual: int = Field(description="Threats with a residual rating here; one without is counted nowhere.")


class RatedThreat(BaseModel):
    """A threat with its score (0 without a rating) and what its adopter still has to do."""

    key: str
    id: str
    title: str
    score: int
    level: str = Level
    residual: str = Level
    status: str
    standing: str
    worst_actions: list[str] = Field(description="Keys of the worst actions it bears on.")


class Risk(BaseModel):
    """The 25 cells, and the threats, worst first."""

    cells: list[RiskCell]
    threats: list[RatedThreat]


class Analysis(BaseModel):
    """What follows from one version of a template; `sha256` is that of the YAML it was derived from."""

    template: str
    version: str
    sha256: str
    taint: list[Taint] = Field(description="Both readings.")
    blast: list[BlastRadius] = Field(
        description="Every element in both readings; empty when the flows have too many ends to follow them all."
    )
    coverage: StrideCoverage
    risk: Risk
