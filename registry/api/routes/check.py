"""Check: a template as the body, its findings as the answer; nothing is kept."""

from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from registry.api import wire
from registry.api.problems import MEDIA_TYPE, Problem, ProblemError
from schema.document import MOST_BYTES

Judge = Callable[[bytes], wire.Checked]
"""What is wrong in a file; never raises because of what the file holds."""

AT_ONCE = 2
MOST_WAITING = 16
SECONDS_TO_SEND = 30

_TOO_LARGE = Problem(
    413, "too-large", "The template is too large", f"A template has at most {MOST_BYTES:,} bytes: split it, or cut it."
)
_TOO_SLOW = Problem(
    408, "too-slow", "The template did not arrive", f"Send the whole body within {SECONDS_TO_SEND} seconds."
)
_BUSY = Problem(503, "busy", "Too many checks are waiting", "Try again in a few seconds.", {"Retry-After": "5"})


def router(judge: Judge) -> APIRouter:
    """The address of the check."""
    found = APIRouter(tags=["check"])
    limiter = CapacityLimiter(AT_ONCE)

    async def check(request: Request) -> Response:
        """Send one template as YAML. With findings the answer is 200 too: `ok` tells whether any is an error."""
        source = await _body(request)
        if limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise ProblemError(_BUSY)
        checked = await to_thread.run_sync(judge, source, limiter=limiter)
        return Response(checked.model_dump_json(), headers={"Cache-Control": "no-store"}, media_type="application/json")

    found.add_api_route(
        "/v1/check",
        check,
        methods=["POST"],
        summary="Check a template",
        operation_id="check",
        response_model=wire.Checked,
        responses={problem.status: _described(problem) for problem in (_TOO_SLOW, _TOO_LARGE, _BUSY)},
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}}
        },
    )
    return found


def _described(problem: Problem) -> dict[str, Any]:
    return {
        "description": f"{problem.title}. {problem.detail}",
        "model": wire.ProblemDocument,
        "content": {MEDIA_TYPE: {}},
    }


async def _body(request: Request) -> bytes:
    """The body as far as a template may go; a longer one is refused as soon as that shows."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > MOST_BYTES:
        raise ProblemError(_TOO_LARGE)
    body = bytearray()
    try:
        with fail_after(SECONDS_TO_SEND):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ProblemError(_TOO_LARGE)
    except TimeoutError:
        raise ProblemError(_TOO_SLOW) from None
    return bytes(body)
