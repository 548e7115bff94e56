"""The bundle: the whole tree as one ZIP file, put together when somebody asks for it after a publication."""

import base64
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from registry.api import conditional
from registry.api.problems import Problem, ProblemError, described
from registry.api.reading import CACHE_CONTROL
from registry.api.work import BUSY, Work
from registry.bundle import PATH, bundled
from registry.store.catalogue import Snapshot, Store
from registry.tree import Lifetime

MEDIA_TYPE = "application/zip"
_EMPTY = Problem(404, "not-found", "Nothing is published yet", "Ask again when /readyz says ready.")
_NO_ROOM = Problem(
    503,
    "no-room",
    "The server has no room for the bundle",
    "Fetch the files one by one, or ask again later.",
    {"Retry-After": "60"},
)


@dataclass(frozen=True)
class Made:
    """A bundle that lies in a file, and the sha-256 of its bytes in hexadecimal."""

    snapshot: Snapshot
    file: Path
    sha256: str


class Bundles:
    """The newest bundle and the one before it, which somebody may still be reading; gone when the process ends."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = tempfile.TemporaryDirectory(prefix="threatshelf-", ignore_cleanup_errors=True)
        self._made: list[Made] = []
        self._lock = Lock()

    def close(self) -> None:
        """Take the files away."""
        self._folder.cleanup()

    def current(self) -> Made:
        """The bundle of what is published now. ProblemError 404 when nothing is, 503 when it cannot be written."""
        with self._lock:
            snapshot = self._store.snapshot()
            if not snapshot.serial:
                raise ProblemError(_EMPTY)
            if not self._made or self._made[-1].snapshot != snapshot:
                self._add(snapshot)
            return self._made[-1]

    def _add(self, snapshot: Snapshot) -> None:
        file = Path(self._folder.name, f"{snapshot.serial}.zip")
        try:
            digest = self._write(file)
        except OSError:
            file.unlink(missing_ok=True)
            raise ProblemError(_NO_ROOM) from None
        self._made.append(Made(snapshot, file, digest))
        for old in self._made[:-2]:
            old.file.unlink(missing_ok=True)
        del self._made[:-2]

    def _write(self, file: Path) -> str:
        digest = hashlib.sha256()
        with file.open("wb") as out:
            for piece in bundled(self._store.members()):
                digest.update(piece)
                out.write(piece)
        return digest.hexdigest()


def router(bundles: Bundles, work: Work) -> APIRouter:
    """The address of the bundle, for GET and HEAD."""
    found = APIRouter(tags=["catalogue"])

    async def bundle(request: Request) -> Response:
        """Every file of the registry with its SHA256SUMS; the same bytes as long as nothing is published."""
        return _answer(request, await work.done(bundles.current))

    found.add_api_route(
        f"/{PATH}",
        bundle,
        methods=["GET"],
        summary="The whole registry as one ZIP file",
        operation_id="bundle",
        response_class=Response,
        responses={
            200: {"description": "The bundle.", "content": {MEDIA_TYPE: {}}},
            **{problem.status: described(problem) for problem in (_EMPTY, BUSY)},
        },
    )
    found.add_api_route(f"/{PATH}", bundle, methods=["HEAD"], include_in_schema=False)
    return found


def _answer(request: Request, made: Made) -> Response:
    snapshot, asked = made.snapshot, request.headers
    headers = {
        "ETag": f'"{made.sha256}"',
        "Last-Modified": conditional.http_date(snapshot.written),
        "Cache-Control": CACHE_CONTROL[Lifetime.LATEST if snapshot.commit else Lifetime.WORKING],
        "X-Source-Commit": snapshot.commit,
    }
    headers = {name: value for name, value in headers.items() if value}
    if conditional.held((made.sha256,), snapshot.written, asked.get("if-none-match"), asked.get("if-modified-since")):
        return Response(status_code=304, headers=headers)
    headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(made.sha256)).decode()}:"
    return FileResponse(made.file, headers=headers, media_type=MEDIA_TYPE, filename="threatshelf-bundle.zip")
