"""Reading: whatever path of the tree is asked for, as it stands in the catalogue; a format by name or by Accept."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import Response

from registry.api import conditional, reading
from registry.api.problems import MEDIA_TYPE, Problem, ProblemError
from registry.api.routes.compare import Comparing
from registry.api.wire import ProblemDocument
from registry.api.work import Work
from registry.exports.export import Export
from registry.store.catalogue import StoredFile

PREFIXES = ("/v1/", "/schema/", "/.well-known/")
AT_THE_TOP = ("/SHA256SUMS", "/SHA256SUMS.sig", "/feed.atom", "/llms.txt")
Read = Callable[[Request], Awaitable[Response]]
Find = Callable[[str], Awaitable[StoredFile | None]]
"""What stands at a path of the tree; None when nothing does."""

EXAMPLES = {
    "id": "local-coding-assistant",
    "version": "0.1.0",
    "before": "0.1.0",
    "format": "yaml",
    "page": "1",
    "threat": "T-EXEC-002",
    "technique": "AML.T0051",
    "control": "OC-SBX-02",
    "framework": "atlas",
    "vocabulary": "atlas",
}
"""A value for each placeholder that stands in a catalogue of our own templates."""
_PATH = re.compile(r"[A-Za-z0-9._/-]{1,300}")
_WITHOUT_FORMAT = re.compile(r"v1/templates/([a-z0-9-]+)(?:/([0-9]+\.[0-9]+\.[0-9]+))?")


@dataclass(frozen=True)
class Resource:
    """A kind of file for the OpenAPI document: `path` as `/v1/threats/{threat}.json`; no model where it is not JSON."""

    path: str
    summary: str
    model: type[BaseModel] | None = None
    media_types: tuple[str, ...] = ("application/json",)


def reader(find: Find, exports: tuple[Export, ...], comparing: Comparing, work: Work) -> Read:
    """The one way to read: looks the path up and answers; 404 and 406 as problems."""
    offered = {export.media_type: export.extension for export in reversed(exports) if "." not in export.extension}
    offered = {"application/json": "json", **offered}

    async def read(request: Request) -> Response:
        path = request.scope["path"].lstrip("/")
        file = await stored(find, path)
        if file is not None:
            return reading.answer(request, file)
        made = await work.done(comparing.named, path) if "..." in path else None
        if made is not None:
            return reading.answer(request, made)
        if not _WITHOUT_FORMAT.fullmatch(path):
            raise ProblemError(_missing(path))
        return await _negotiated(request, find, path, offered)

    return read


def routes(read: Read, resources: tuple[Resource, ...], tag: str) -> APIRouter:
    """Documented addresses for the resources, each for GET and HEAD."""
    router = APIRouter(tags=[tag])
    for resource in resources:
        router.add_api_route(
            resource.path,
            read,
            methods=["GET"],
            summary=resource.summary,
            operation_id=_operation(resource),
            response_class=Response,
            responses=_responses(resource),
            openapi_extra={"parameters": [_parameter(name) for name in re.findall(r"\{(\w+)\}", resource.path)]},
        )
        router.add_api_route(resource.path, read, methods=["HEAD"], include_in_schema=False)
    return router


def everything_else(read: Read) -> APIRouter:
    """Every other path of the tree."""
    router = APIRouter()
    for prefix in PREFIXES:
        router.add_api_route(f"{prefix}{{path:path}}", read, methods=["GET", "HEAD"], include_in_schema=False)
    for path in AT_THE_TOP:
        router.add_api_route(path, read, methods=["GET", "HEAD"], include_in_schema=False)
    return router


async def stored(find: Find, path: str) -> StoredFile | None:
    # A character that no path of ours has (NUL among them) never reaches the database.
    return await find(path) if _PATH.fullmatch(path) else None


async def _negotiated(request: Request, find: Find, path: str, offered: dict[str, str]) -> Response:
    media_type = conditional.preferred(request.headers.get("accept"), tuple(offered))
    if media_type is None:
        if await stored(find, f"{path}.json") is None:
            raise ProblemError(_missing(path))
        raise ProblemError(_not_acceptable(offered))
    file = await stored(find, f"{path}.{offered[media_type]}")
    if file is None:
        raise ProblemError(_missing(path))
    response = reading.answer(request, file, vary="Accept, Accept-Encoding")
    response.headers["Content-Location"] = f"/{file.path}".rpartition("/")[2]
    return response


def _missing(path: str) -> Problem:
    title = "Nothing stands at this address"
    if path.startswith("v1/templates/"):
        detail = (
            "No such template, version or format: /v1/catalog.json leads to every id, versions.json to its versions."
        )
        return Problem(404, "no-such-template", title, detail)
    if path.startswith("v1/threats/"):
        return Problem(404, "no-such-threat", title, "No such threat id was given: /v1/threats.json lists them all.")
    detail = "/.well-known/threatshelf.json says how addresses are made, /v1/catalog.json which templates there are."
    return Problem(404, "not-found", title, detail)


def _not_acceptable(offered: dict[str, str]) -> Problem:
    detail = f"There is {', '.join(sorted(offered))}: name one in Accept, or put its extension behind the address."
    return Problem(406, "not-acceptable", "None of the formats is accepted", detail, {"Vary": "Accept"})


def _operation(resource: Resource) -> str:
    return "read" + "".join(part.capitalize() for part in re.findall(r"[a-z0-9]+", resource.path))


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": EXAMPLES[name]}


def _responses(resource: Resource) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {media_type: {} for media_type in resource.media_types}
    found: dict[str, Any] = {"description": "The file.", "content": content, "headers": _HEADERS}
    if resource.model:
        found["model"] = resource.model
    problem = {"model": ProblemDocument, "content": {MEDIA_TYPE: {}}}
    return {
        200: found,
        206: {"description": "The part asked for by Range."},
        304: {"description": "The reader has it already."},
        404: {"description": "Nothing stands there.", **problem},
        416: {"description": "The range lies outside of the file.", **problem},
    }


_HEADERS = {
    "ETag": {
        "description": "The sha-256 of the bytes, in quotes; `-gzip` behind it for the compressed form.",
        "schema": {"type": "string"},
    },
    "Repr-Digest": {"description": "RFC 9530: the sha-256 of what is sent.", "schema": {"type": "string"}},
    "X-Source-Commit": {"description": "The commit the file comes from.", "schema": {"type": "string"}},
}
