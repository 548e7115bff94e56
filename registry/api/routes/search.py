"""Search: templates and threats by words and by facets."""

import re
from typing import Annotated
from urllib.parse import urlencode

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query
from starlette.responses import Response

from registry.api import wire
from registry.api.problems import MEDIA_TYPE, Problem, ProblemError
from registry.store.catalogue import Store
from registry.store.search import FACETS, NOTHING, Answer, BadCursorError, Hit, Question
from registry.store.words import Excerpt

AT_ONCE = 4
LONGEST_QUERY = 1000

_VALUE = re.compile(r"[A-Za-z0-9.:_-]{1,64}")
_BAD_CURSOR = Problem(
    400, "bad-cursor", "The cursor is none of ours", "Take `after` from `next` of the page before, or leave it out."
)


def router(store: Store) -> APIRouter:
    """The address of search, for GET and HEAD."""
    found = APIRouter(tags=["search"])
    limiter = CapacityLimiter(AT_ONCE)

    async def search(asked: Annotated[wire.SearchQuery, Query()]) -> Response:
        """Best first. Ask for `next` until it is null; an unknown facet value finds nothing."""
        answer = await to_thread.run_sync(_answer, store, asked, limiter=limiter)
        body = _found(asked, answer).model_dump_json()
        return Response(body, headers={"Cache-Control": "no-cache"}, media_type="application/json")

    problem = {"model": wire.ProblemDocument, "content": {MEDIA_TYPE: {}}}
    found.add_api_route(
        "/v1/search",
        search,
        methods=["GET"],
        summary="Search templates and threats",
        operation_id="search",
        response_model=wire.Found,
        responses={400: {"description": "The cursor is none of ours.", **problem}, 422: problem},
    )
    found.add_api_route("/v1/search", search, methods=["HEAD"], include_in_schema=False)
    return found


def _answer(store: Store, asked: wire.SearchQuery) -> Answer:
    facets = {name: getattr(asked, name) for name in FACETS if getattr(asked, name)}
    if not all(_VALUE.fullmatch(value) for value in facets.values()):
        return NOTHING
    try:
        return store.search(Question(asked.q[:LONGEST_QUERY], facets, asked.after, asked.limit))
    except BadCursorError:
        raise ProblemError(_BAD_CURSOR) from None


def _found(asked: wire.SearchQuery, answer: Answer) -> wire.Found:
    return wire.Found(
        found=answer.found,
        relaxed=answer.relaxed,
        corrected=dict(answer.corrected),
        hits=[_hit(hit) for hit in answer.hits],
        facets={
            name: [wire.Counted(value=value, count=count) for value, count in values]
            for name, values in answer.facets.items()
        },
        next=_next(asked, answer.after),
    )


def _hit(hit: Hit) -> wire.Hit:
    return wire.Hit(
        kind="threat" if hit.threat else "template",
        template=hit.template,
        version=hit.version,
        threat=hit.threat or None,
        threat_id=hit.threat_id or None,
        title=_marked(hit.title),
        text=_marked(hit.text),
        score=round(hit.score, 6),
        href=f"templates/{hit.template}.json",
    )


def _marked(excerpt: Excerpt) -> wire.Marked:
    return wire.Marked(text=excerpt.text, marks=list(excerpt.marks))


def _next(asked: wire.SearchQuery, after: str) -> str | None:
    """Relative to the address of the search itself."""
    if not after:
        return None
    given = asked.model_dump(exclude_defaults=True) | {"q": asked.q[:LONGEST_QUERY], "after": after}
    return "?" + urlencode({name: value for name, value in given.items() if value != ""})
