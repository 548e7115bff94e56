"""Headers that every answer carries: what a browser may do with it, and who may read it."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EXPOSED = (
    "ETag, Last-Modified, Content-Length, Content-Range, Content-Disposition, Content-Location, Repr-Digest, "
    "X-Source-Commit, X-Renderer, X-Withdrawn, Link, Retry-After, Allow"
)
_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
}
API: Mapping[str, str] = {
    **_EVERYWHERE,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": EXPOSED,
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""For everything that is not a page. The style is for pictures, which carry their own."""
PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


def of_pages(policy: str) -> Mapping[str, str]:
    """For the pages of the site; `policy` is the site's Content-Security-Policy."""
    return {**_EVERYWHERE, "Content-Security-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin"}


class Headers:
    """Adds them to every answer that does not say otherwise."""

    def __init__(self, app: ASGIApp, api: tuple[str, ...], pages: Mapping[str, str]) -> None:
        self._app, self._api, self._pages = app, api, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = scope["path"].startswith(self._api)
        if own and scope["method"] == "OPTIONS":
            await Response(status_code=204, headers={**API, **PREFLIGHT})(scope, receive, send)
            return
        added = API if own else self._pages

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableHeaders(scope=message)
                for name, value in added.items():
                    present.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)
