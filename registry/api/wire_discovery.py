"""Where things are, and what the pinned lists hold, as the OpenAPI document describes it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Format(BaseModel):
    """A format that templates can be had in; `format` is the extension. An immutable one never changes its bytes."""

    format: str
    media_type: str
    title: str
    immutable: bool


class Signature(BaseModel):
    """What `ssh-keygen -Y verify` asks for. Take the public key from somewhere else, too, before you believe it."""

    file: str
    namespace: str
    public_key: str
    allowed_signers: str = Field(description="The one line of the file that ssh-keygen takes with -f.")
    verify: str = Field(description="The command, in the folder of the sums.")


class Integrity(BaseModel):
    """How to know that files came whole and from us."""

    sha256sums: str
    signature: Signature | None = Field(description="Null where the operator has set no signing key.")


class Discovery(BaseModel):
    """Where things are. Every address is relative to the place of this very file; braces are `placeholders`."""

    name: str
    api_version: int = Field(description="The number in /v1/.")
    schema_versions: list[str] = Field(description="Of templates, newest last.")
    commit: str | None = Field(description="The commit that was published; null for a working tree.")
    renderer: str = Field(description="The software and its version.")
    addresses: dict[str, str]
    placeholders: dict[str, str]
    formats: list[Format]
    needs_the_server: dict[str, str] = Field(description="What a mirror made of files cannot do.")
    integrity: Integrity


class Vocabulary(BaseModel):
    """A pinned list of ids and names. Fields besides these are the list's own, such as the tactics of ATLAS."""

    model_config = ConfigDict(extra="allow")

    name: str
    title: str
    release: str
    released: str = ""
    licence: str
    notice: str = ""
    source: str = ""
    entries: list[dict[str, Any]] = Field(
        default=[], description="Each with an id, apart from the few lists that are tables of another kind."
    )
