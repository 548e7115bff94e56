"""Webhooks: a delivery of GitHub, believed when its signature holds, answered before anything is done about it."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from anyio import fail_after, to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from registry.api.problems import Problem, ProblemError, described
from registry.errors import CannotRunError

Hear = Callable[[str, Mapping[str, Any]], None]
"""Takes the name of an event and its payload, and keeps what follows from it."""

PATH = "/webhooks/github"
MOST_BYTES = 25 * 1024 * 1024
"""https://docs.github.com/en/webhooks/webhook-events-and-payloads: what is larger is not delivered."""
SECONDS_TO_SEND = 9
"""GitHub itself gives up after ten."""
AT_ONCE = 8
"""Deliveries read at the same time: what strangers can make us hold in memory."""

_UNSIGNED = Problem(
    401, "bad-signature", "The delivery is not signed with our secret", "The webhook and the server need the same one."
)
_UNREADABLE = Problem(
    400,
    "unreadable-delivery",
    "The delivery is no event",
    "Send X-GitHub-Event and a JSON object: choose application/json as the webhook's content type.",
)
_TOO_LARGE = Problem(413, "too-large", "The delivery is too large", f"A delivery has at most {MOST_BYTES:,} bytes.")
_TOO_SLOW = Problem(
    408, "too-slow", "The delivery did not arrive", f"Send the whole body within {SECONDS_TO_SEND} seconds."
)
_BUSY = Problem(503, "busy", "Too many deliveries at once", "Deliver it again in a few seconds.", {"Retry-After": "5"})


def router(hear: Hear, secrets: Sequence[str]) -> APIRouter:
    """The address of deliveries. `secrets`: any of them may sign, so that one can be changed while another is in use.

    Raises CannotRunError without one.
    """
    if not all(secrets) or not secrets:
        raise CannotRunError("a webhook needs a secret: set THREATSHELF_WEBHOOK_SECRETS to that of the GitHub App.")
    found, reading = APIRouter(tags=["webhook"]), _Places(AT_ONCE)

    async def deliver(request: Request) -> Response:
        """A delivery as GitHub sends it. It says only that something may be due; the same again does no harm."""
        with reading:
            body = await _signed_body(request, secrets)
        await to_thread.run_sync(_heard, hear, request.headers.get("x-github-event", ""), body)
        return Response(status_code=202, headers={"Cache-Control": "no-store"})

    found.add_api_route(
        PATH,
        deliver,
        methods=["POST"],
        status_code=202,
        summary="Deliver an event of GitHub",
        operation_id="deliver",
        response_class=Response,
        responses={p.status: described(p) for p in (_UNREADABLE, _UNSIGNED, _TOO_SLOW, _TOO_LARGE, _BUSY)},
        openapi_extra={
            "requestBody": {
                "required": True,
                "description": "A payload of GitHub; X-Hub-Signature-256 holds its HMAC-SHA-256.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            }
        },
    )
    return found


class _Places:
    """So many at once; one more is told to come again."""

    def __init__(self, places: int) -> None:
        self._left = places

    def __enter__(self) -> None:
        if not self._left:
            raise ProblemError(_BUSY)
        self._left -= 1

    def __exit__(self, *_: object) -> None:
        self._left += 1


async def _signed_body(request: Request, secrets: Sequence[str]) -> bytes:
    """The bytes as they came, when one of the secrets has signed them."""
    said = request.headers.get("x-hub-signature-256", "")
    declared = request.headers.get("content-length", "")
    if not said.startswith("sha256="):
        raise ProblemError(_UNSIGNED)
    if declared.isdecimal() and int(declared[:20]) > MOST_BYTES:
        raise ProblemError(_TOO_LARGE)
    signers = [hmac.new(secret.encode(), digestmod=hashlib.sha256) for secret in secrets]
    body = await _read(request, signers)
    expected = [f"sha256={signer.hexdigest()}".encode() for signer in signers]
    if not any(hmac.compare_digest(said.encode(), one) for one in expected):
        raise ProblemError(_UNSIGNED)
    return body


async def _read(request: Request, signers: Sequence[hmac.HMAC]) -> bytes:
    found = bytearray()
    try:
        with fail_after(SECONDS_TO_SEND):
            async for chunk in request.stream():
                found += chunk
                if len(found) > MOST_BYTES:
                    raise ProblemError(_TOO_LARGE)
                for signer in signers:
                    signer.update(chunk)
    except TimeoutError:
        raise ProblemError(_TOO_SLOW) from None
    return bytes(found)


def _heard(hear: Hear, event: str, body: bytes) -> None:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise ProblemError(_UNREADABLE) from None
    if not event or not isinstance(payload, dict):
        raise ProblemError(_UNREADABLE)
    hear(event, payload)
