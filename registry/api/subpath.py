"""A sub-path: the server answers under it as at the root, whether or not the proxy before it takes the path away."""

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class SubPath:
    """Takes the path off before anything looks at it; every link and redirect of ours is relative."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app, self._base = app, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http":
            path = scope["path"]
            if path == self._base:
                await RedirectResponse(f"{self._base}/", 308)(scope, receive, send)
                return
            if path.startswith(f"{self._base}/"):
                scope["path"] = path[len(self._base) :]
        await self._app(scope, receive, send)
