"""Compare: two versions of a template, or two templates, by what changed, where no file says it already."""

import hashlib
import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.openapi.models import Example
from starlette.responses import Response

from registry.api import conditional, reading, wire_difference
from registry.api.problems import Problem, ProblemError, described
from registry.api.work import BUSY, Work
from registry.exports import difference
from registry.store.catalogue import Blob, Store, StoredFile
from registry.store.forms import forms
from registry.tree import Lifetime
from schema.template import Template

Understand = Callable[[bytes], Template]
"""The template that published bytes are."""

_VERSION = r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}"
_SIDE = re.compile(rf"([a-z][a-z0-9-]{{0,63}})(?:@({_VERSION}))?")
_FILE = re.compile(rf"(v1/templates/[a-z][a-z0-9-]{{0,63}})/({_VERSION})\.\.\.({_VERSION})\.(json|md)")
_NO_SIDE = Problem(
    422,
    "invalid-parameter",
    "Two templates are compared",
    "a and b are a template's id each, or id and version such as local-coding-assistant@0.1.0.",
)
_MISSING = Problem(
    404, "no-such-template", "One of the two is not there", "/v1/catalog.json leads to every id and its versions."
)
_NOT_ACCEPTABLE = Problem(
    406, "not-acceptable", "None of the formats is accepted", "There is application/json and text/markdown."
)
_BY_TYPE = {media_type: extension for extension, (media_type, _) in difference.DOCUMENTS.items()}


class Comparing:
    """Two published files, held side by side; `renderer` signs what comes of it."""

    def __init__(self, store: Store, understand: Understand, renderer: str) -> None:
        self._store, self._understand, self._renderer = store, understand, renderer

    def named(self, path: str) -> StoredFile | None:
        """The difference that a path such as `v1/templates/<id>/0.1.0...0.2.0.md` names; None for any other path."""
        found = _FILE.fullmatch(path)
        if not found:
            return None
        folder, before, after, extension = found.groups()
        return self.between(f"{folder}/{before}.yaml", f"{folder}/{after}.yaml", extension, path)

    def between(self, before: str, after: str, extension: str, path: str = "v1/compare") -> StoredFile:
        """What changed from one YAML file to the other, standing at `path`; ProblemError 404 where one is missing."""
        old, new = self._file(before), self._file(after)
        media_type, render = difference.DOCUMENTS[extension]
        body = render(self._understand(old.blob.body), self._understand(new.blob.body))
        blob = Blob(hashlib.sha256(body).hexdigest(), body, forms(body))
        lifetime = Lifetime.WORKING if Lifetime.WORKING in (old.lifetime, new.lifetime) else Lifetime.RENDERED
        modified = max(old.modified, new.modified)
        return StoredFile(path, media_type, lifetime, new.commit, self._renderer, modified, blob)

    def _file(self, path: str) -> StoredFile:
        found = self._store.read(path)
        if found is None:
            raise ProblemError(_MISSING)
        return found


def router(comparing: Comparing, work: Work) -> APIRouter:
    """The address for any two, for GET and HEAD."""
    found = APIRouter(tags=["compare"])

    async def compare(
        request: Request,
        a: Annotated[str, Query(description=_A_SIDE, openapi_examples=_example("local-coding-assistant"))],
        b: Annotated[str, Query(description=_A_SIDE, openapi_examples=_example("financial-analysis-agent"))],
    ) -> Response:
        """What is in `b` and not in `a` is added. Threats are the same by id first, then by key."""
        media_type = conditional.preferred(request.headers.get("accept"), tuple(_BY_TYPE))
        if media_type is None:
            raise ProblemError(_NOT_ACCEPTABLE)
        made = await work.done(comparing.between, _path(a), _path(b), _BY_TYPE[media_type])
        return reading.answer(request, made, vary="Accept, Accept-Encoding")

    found.add_api_route(
        "/v1/compare",
        compare,
        methods=["GET"],
        summary="Compare two templates or versions",
        operation_id="compare",
        response_model=wire_difference.Difference,
        responses=_RESPONSES,
    )
    found.add_api_route("/v1/compare", compare, methods=["HEAD"], include_in_schema=False)
    return found


def _example(value: str) -> dict[str, Example]:
    return {"ours": {"value": value}}


_A_SIDE = "A template's id for its newest version, or id@version."
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {} for media_type in _BY_TYPE if media_type != "application/json"}},
    **{problem.status: described(problem) for problem in (_MISSING, _NOT_ACCEPTABLE, _NO_SIDE, BUSY)},
}


def _path(side: str) -> str:
    found = _SIDE.fullmatch(side)
    if not found:
        raise ProblemError(_NO_SIDE)
    id_, version = found.groups()
    return f"v1/templates/{id_}/{version}.yaml" if version else f"v1/templates/{id_}.yaml"
