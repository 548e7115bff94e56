"""Render: a template as the body, any of its formats as the answer; nothing is kept."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.openapi.models import Example
from starlette.responses import Response

from registry.api.problems import Problem, ProblemError, described
from registry.api.routes.check import TEMPLATE_BODY, Judge
from registry.api.work import BUSY, TOO_LARGE, TOO_SLOW, Work, body
from registry.catalog import Release
from registry.exports import SVG
from registry.exports.export import Export
from schema.finding import Severity
from schema.template import Template

MOST_DRAWN = 300
"""Elements and flows of a picture that is drawn while somebody waits; its cost grows with their square."""


def router(judge: Judge, exports: tuple[Export, ...], work: Work) -> APIRouter:
    """The address of rendering."""
    found = APIRouter(tags=["check"])
    by_format = {export.extension: export for export in exports}

    async def render(
        request: Request,
        format_: Annotated[str, Query(alias="format", description=_FORMAT, openapi_examples=_EXAMPLES)],
    ) -> Response:
        """Send one template as YAML that the check finds no error in; it comes back in the format."""
        export = by_format.get(format_)
        if export is None:
            raise ProblemError(_unknown(by_format))
        made = await work.done_apart(_rendered, await body(request), judge, export)
        return Response(made, headers={"Cache-Control": "no-store"}, media_type=export.media_type)

    media_types = dict.fromkeys(export.media_type for export in exports)
    found.add_api_route(
        "/v1/render",
        render,
        methods=["POST"],
        summary="Render a template",
        operation_id="render",
        response_class=Response,
        responses={
            200: {"description": "The template in the format.", "content": {name: {} for name in media_types}},
            **{problem.status: described(problem) for problem in (TOO_SLOW, TOO_LARGE, BUSY)},
            422: described(Problem(422, "template-invalid", "The template has errors", "The first of them is named.")),
        },
        openapi_extra=TEMPLATE_BODY,
    )
    return found


_EXAMPLES: dict[str, Example] = {"report": {"value": "md"}}
_FORMAT = "One of `formats` in /.well-known/threatshelf.json, such as `md`."


def _unknown(known: dict[str, Export]) -> Problem:
    return Problem(422, "invalid-parameter", "There is no such format", f"format is one of {', '.join(known)}.")


def _rendered(source: bytes, judge: Judge, export: Export) -> bytes:
    checked = judge(source)
    errors = [finding for finding in checked.findings if finding.severity is Severity.ERROR]
    if errors or checked.template is None:
        first = f" The first, in line {errors[0].place.line}: {errors[0].message}" if errors else ""
        detail = f"{len(errors)} errors; /v1/check lists them.{first}"
        raise ProblemError(Problem(422, "template-invalid", "The template has errors", detail[:1000]))
    if export.media_type == SVG and _size(checked.template) > MOST_DRAWN:
        raise ProblemError(_TOO_MUCH)
    return export.render(Release(checked.template, checked.data, source, "", ""))


_TOO_MUCH = Problem(
    422,
    "too-much-to-draw",
    "The diagram is too large to be drawn here",
    f"At most {MOST_DRAWN} elements and flows: threatshelf show --format svg draws it on your own machine.",
)


def _size(template: Template) -> int:
    return len(template.diagram.elements) + len(template.diagram.flows)
