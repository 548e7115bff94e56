"""Files of the tree are answered before any route is tried: most requests are for them, and routes are many."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from registry.api import reading
from registry.api.problems import ProblemError, response
from registry.api.routes.files import AT_THE_TOP, PREFIXES, Find, stored

ROUTE = "file"
"""What counts and log call such an answer."""


class FilesFirst:
    """What is no file goes on to the routes: search, forms by Accept, and every error."""

    def __init__(self, app: ASGIApp, find: Find) -> None:
        self._app, self._find = app, find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        file = await stored(self._find, scope["path"].lstrip("/")) if _may_be_file(scope) else None
        if file is None:
            await self._app(scope, receive, send)
            return
        scope["route_name"] = ROUTE
        request = Request(scope)
        try:
            answer = reading.answer(request, file)
        except ProblemError as error:
            answer = response(error.problem)
        await answer(scope, receive, send)


def _may_be_file(scope: Scope) -> bool:
    """Only a name with an ending stands in the tree, and the sums."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    path = scope["path"]
    name = path.rpartition("/")[2]
    return path in AT_THE_TOP or (path.startswith(PREFIXES) and ("." in name or name == "SHA256SUMS"))
