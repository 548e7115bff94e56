"""Check: a template as the body, its findings as the answer; nothing is kept."""

import json
from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import Response

from registry.api import conditional, wire
from registry.api.problems import Problem, ProblemError, described
from registry.api.work import BUSY, TOO_LARGE, TOO_SLOW, Work, body
from schema.check import Checked
from schema.reports import sarif
from schema.reports.plain import as_json

Judge = Callable[[bytes], Checked]
"""What is wrong in a file; never raises because of what the file holds."""

NAME = "template.yaml"
"""What a file is called that has no name."""
JSON, SARIF = "application/json", "application/sarif+json"

_NOT_ACCEPTABLE = Problem(
    406, "not-acceptable", "None of the formats is accepted", f"There is {JSON} and {SARIF}: name one in Accept."
)


def router(judge: Judge, tool: sarif.Tool, work: Work) -> APIRouter:
    """The address of the check."""
    found = APIRouter(tags=["check"])

    async def check(request: Request) -> Response:
        """Send one template as YAML. With findings the answer is 200 too: `ok` tells whether any is an error."""
        media_type = conditional.preferred(request.headers.get("accept"), (JSON, SARIF))
        if media_type is None:
            raise ProblemError(_NOT_ACCEPTABLE)
        told = _as_sarif if media_type == SARIF else _as_json
        content = await work.done_apart(_told, await body(request), judge, told, tool)
        return Response(content, headers={"Cache-Control": "no-store", "Vary": "Accept"}, media_type=media_type)

    found.add_api_route(
        "/v1/check",
        check,
        methods=["POST"],
        summary="Check a template",
        operation_id="check",
        response_model=wire.Checked,
        responses={
            200: {"content": {SARIF: {"schema": {"$ref": sarif.SCHEMA}}}},
            **{problem.status: described(problem) for problem in (_NOT_ACCEPTABLE, TOO_SLOW, TOO_LARGE, BUSY)},
        },
        openapi_extra=TEMPLATE_BODY,
    )
    return found


_BODIES = {"ours": {"externalValue": "v1/templates/local-coding-assistant.yaml"}}
TEMPLATE_BODY = {
    "requestBody": {
        "required": True,
        "description": "A template; see /schema/v1/template.schema.json.",
        "content": {"application/yaml": {"schema": {"type": "string"}, "examples": _BODIES}},
    }
}
Telling = Callable[[bytes, Checked, sarif.Tool], str]


def _told(source: bytes, judge: Judge, telling: Telling, tool: sarif.Tool) -> str:
    return telling(source, judge(source), tool)


def _as_json(_source: bytes, checked: Checked, tool: sarif.Tool) -> str:
    findings = [wire.Finding.model_validate(as_json(finding, tool.pages)) for finding in checked.findings]
    return wire.Checked(ok=checked.ok, findings=findings).model_dump_json()


def _as_sarif(source: bytes, checked: Checked, tool: sarif.Tool) -> str:
    text = checked.document.text if checked.document else source.decode("utf-8", "replace")
    looked = sarif.Looked(NAME, text, checked.data, checked.findings)
    return json.dumps(sarif.log([looked], tool), ensure_ascii=False)
