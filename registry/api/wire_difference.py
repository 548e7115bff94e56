"""What changed from one template to another as JSON, as the OpenAPI document describes it."""

from typing import Literal

from pydantic import BaseModel, Field

from registry.api.wire import Coverage


class Compared(BaseModel):
    """One of the two, and what follows from it; a threat without a residual rating keeps its risk in `residual`."""

    template: str
    version: str
    threats: int
    risk: dict[str, int] = Field(description="Threats by level, as the pattern is drawn.")
    residual: dict[str, int] = Field(description="Threats by level for who does all the template advises.")
    coverage: Coverage


class Detail(BaseModel):
    """One field that differs. Without `before` and `after` only its wording changed."""

    field: str
    before: str
    after: str


class Change(BaseModel):
    """One thing added, removed, renamed or changed; `kind` is the field's word: threat, mitigation, data flow ..."""

    kind: str
    word: Literal["added", "removed", "renamed", "changed"]
    key: str = Field(description="The one it has now; of something removed, the one it had.")
    title: str
    earlier: str = Field(description="The key it had before a renaming; empty otherwise.")
    details: list[Detail]
    id: str | None = Field(default=None, description="Of a threat: its global id; null while it has none.")


class Difference(BaseModel):
    """Everything that differs between two versions of a template, or two templates."""

    before: Compared
    after: Compared
    changes: list[Change] = Field(description="Threats and mitigations first.")
    raise_: Literal["nothing", "patch", "minor", "major"] | None = Field(
        alias="raise", description="The part of the version that the change asks for; null for two templates."
    )
    next_version: str | None
